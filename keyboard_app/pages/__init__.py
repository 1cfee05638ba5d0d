"""The pages of the app, and what is on them besides the keyboard."""
