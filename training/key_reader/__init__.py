"""The key reader: a network that is trained on where keys are, and never on which letters they bear. docs/key-reader.md describes it."""
