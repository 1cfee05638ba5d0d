"""What a model does on recorded swipes, as a page to look at."""
