"""The swipe keyboard for the desktop and touch screens, and the desktop harness."""
