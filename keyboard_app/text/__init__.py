"""What is written: text, cursor, capitals, spaces, undo. Never Kivy."""
