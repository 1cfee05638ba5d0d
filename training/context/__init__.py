"""Context models: from text to the file that the engine reads."""
