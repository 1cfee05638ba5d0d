"""Numbers on a command line."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """The whole number above 0 that the text spells. Raises: ArgumentTypeError, which argparse reports as a usage error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, got '{text}'")
    return int(text)
