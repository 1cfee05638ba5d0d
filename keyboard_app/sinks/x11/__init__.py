"""X11: keys that are pressed for other programs, and what the window of the keyboard needs to stay out of the focus's way."""
