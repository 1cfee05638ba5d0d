"""The keyboard measured through its window."""
