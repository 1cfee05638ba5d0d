"""The text that is written: cursor, capitals, spaces, undo, and the sink that every edit goes to. Never Kivy."""
