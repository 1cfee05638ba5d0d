"""The keyboard: where its keys are, how they look, and the trail of a finger on them."""
