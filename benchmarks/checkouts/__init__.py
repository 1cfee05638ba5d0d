"""Times this engine against those of other checkouts, and SHARK2."""
