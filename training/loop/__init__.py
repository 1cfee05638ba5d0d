"""The training loop: Lightning module, optimizer, checkpoints."""
