"""The key reader's encoder as one kernel, where the processor has the instructions for it."""
