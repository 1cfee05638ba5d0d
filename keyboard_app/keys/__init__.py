"""The keyboard itself: where its keys are, how they look, and the trail of a finger over them."""
