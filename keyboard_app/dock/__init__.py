"""The keyboard's window as a dock: at the bottom of the screen or floating, never with the focus, hidden and shown by a handle."""
