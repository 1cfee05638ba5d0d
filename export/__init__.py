"""Checkpoint -> model bundle, and the proof that both give the same numbers."""
