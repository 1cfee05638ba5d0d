"""How much each way of using a word counts. The keyboard and the measurement of its learning count alike."""

from __future__ import annotations

from typing import Literal

Use = Literal["kept", "picked", "tapped", "taken back"]
"""written by a swipe and left; chosen instead of the word that a swipe wrote; typed by taps; written by a swipe and removed or replaced"""

GAINS: dict[Use, float] = {"kept": 0.0, "picked": 1.0, "tapped": 1.0, "taken back": -1.0}
"""What each adds to a word's weight."""
