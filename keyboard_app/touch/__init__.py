"""Touches: what fingers do on the keys, and what they mean by it. Never Kivy."""
