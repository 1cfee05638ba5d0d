"""A typing session: swipes become words on a worker thread. Never Kivy."""
