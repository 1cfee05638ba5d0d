"""Fingers: what they do on the screen, and what they mean by it."""
