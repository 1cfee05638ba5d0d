"""The desktop harness: replays recorded swipes on the keys, and shows what the decoder looked at."""
