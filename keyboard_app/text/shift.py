"""The case that letters are written in, and the key that switches it."""

from __future__ import annotations

import enum

from keyboard_app.text.rules import capitalized, upper_case

DOUBLE_TAP_MS = 400.0
"""Two presses of shift within this time lock the capitals."""


class Shift(enum.Enum):
    """The case that the next letters are written in."""

    OFF = "off"
    ONCE = "once"
    LOCK = "lock"

    def cased(self, word: str, dotless: bool = False) -> str:
        """A word of the lexicon (lower case, or with capitals of its own) as it is written in this case.

        dotless: whether the language has an i without a dot, so that i becomes İ.
        """
        if self is Shift.LOCK:
            return upper_case(word, dotless)
        return capitalized(word, dotless) if self is Shift.ONCE else word

    def letter(self, label: str, dotless: bool = False) -> str:
        """A key's label in this case; unchanged if its capital would be two letters (ß). dotless: as in `cased`."""
        capital = upper_case(label, dotless)
        return label if self is Shift.OFF or len(capital) != len(label) else capital


class ShiftKey:
    """Turns presses of the shift key into a case."""

    def __init__(self) -> None:
        self._last_ms: float | None = None

    def press(self, shift: Shift, t_ms: float) -> Shift:
        """The case after a press at `t_ms`, given the case that the key shows. A quick second press locks it, one more unlocks it."""
        last, self._last_ms = self._last_ms, t_ms
        if shift is Shift.LOCK:
            self._last_ms = None
            return Shift.OFF
        if last is not None and 0 <= t_ms - last <= DOUBLE_TAP_MS:
            return Shift.LOCK
        return Shift.OFF if shift is Shift.ONCE else Shift.ONCE
