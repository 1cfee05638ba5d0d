"""A typing session: swipes become words on a worker's thread, and practice records them. Never Kivy."""
