"""The desktop harness: recorded swipes over the rendered grid, and what the decoder looked at."""
