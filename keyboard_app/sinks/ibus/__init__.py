"""IBus: the keyboard as an input method, for X11, for GNOME, and for KDE where IBus runs."""
