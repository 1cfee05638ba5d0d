"""Making lexicons out of word lists."""
