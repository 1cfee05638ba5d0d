"""The pages of the app, and what stands on them beside the keyboard."""
