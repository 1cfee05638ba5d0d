"""SHARK2, the classical peer: template matching."""
