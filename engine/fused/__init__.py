"""The key reader's encoder and decoder as one kernel each, for processors that multiply bytes."""
