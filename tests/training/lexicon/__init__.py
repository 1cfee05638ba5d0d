"""Making lexicons."""
