"""What the words before a swipe say of it: a small language model, re-ranking and next words."""
