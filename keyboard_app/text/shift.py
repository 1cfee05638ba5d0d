"""The case in which letters are written, and the key that switches it."""

from __future__ import annotations

import enum

from keyboard_app.text.rules import capitalized

DOUBLE_TAP_MS = 400.0
"""Two presses of shift within it lock the capitals."""


class Shift(enum.Enum):
    """The case in which the next letters are written."""

    OFF = "off"
    ONCE = "once"
    LOCK = "lock"

    def cased(self, word: str) -> str:
        """A word of a lexicon, in small letters or with capitals of its own, as it is written in this case."""
        if self is Shift.LOCK:
            return word.upper()
        return capitalized(word) if self is Shift.ONCE else word

    def letter(self, label: str) -> str:
        """A key's label in this case; as it is where the capital would be two letters (ß)."""
        return label if self is Shift.OFF or len(label.upper()) != len(label) else label.upper()


class ShiftKey:
    """The presses of one shift key."""

    def __init__(self) -> None:
        self._last_ms: float | None = None

    def press(self, shift: Shift, t_ms: float) -> Shift:
        """The case after a press at a time, given the one that the key shows: a quick second press locks, one more unlocks."""
        last, self._last_ms = self._last_ms, t_ms
        if shift is Shift.LOCK:
            self._last_ms = None
            return Shift.OFF
        if last is not None and 0 <= t_ms - last <= DOUBLE_TAP_MS:
            return Shift.LOCK
        return Shift.OFF if shift is Shift.ONCE else Shift.ONCE
