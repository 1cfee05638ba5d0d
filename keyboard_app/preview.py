"""Which word to show while the finger moves, so that it does not flicker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import Candidate, Swipe

MIN_TRAVEL = 1.0
"""key widths that a finger has gone before a first word is shown"""
MIN_STEP = 0.25
"""key widths between two places worth decoding: a finger that rests trembles less"""
LEAD = 1.0
"""nats by which a new word must beat the shown one, unless it comes twice in a row"""


class PreviewFilter:
    """Decides which places of a swipe are decoded, and which of the words found is shown."""

    def __init__(self, key_width: float) -> None:
        """key_width: of the grid, in grid units."""
        self.key_width = key_width
        self.shown = ""
        """the word over the keys; "" before there is one"""
        self._challenger = ""
        self._asked: tuple[float, float] | None = None

    def reset(self) -> None:
        """Begins a new swipe."""
        self.shown = self._challenger = ""
        self._asked = None

    def wants(self, swipe: Swipe) -> bool:
        """Whether the finger has moved far enough since the last decoded place. Counts on its being decoded then."""
        start = (float(swipe.x[0]), float(swipe.y[0]))
        last, needed = (start, MIN_TRAVEL) if self._asked is None else (self._asked, MIN_STEP)
        x, y = float(swipe.x[-1]), float(swipe.y[-1])
        if (x - last[0]) ** 2 + (y - last[1]) ** 2 < (needed * self.key_width) ** 2:
            return False
        self._asked = (x, y)
        return True

    def show(self, candidates: Sequence[Candidate]) -> str:
        """The word to show now. candidates: of the last decoded place, best first."""
        if not candidates:
            return self.shown
        best = candidates[0]
        scores = {candidate.word: candidate.score for candidate in candidates}
        if not self.shown or best.word == self._challenger or best.score - scores.get(self.shown, float("-inf")) >= LEAD:
            self.shown = best.word
        self._challenger = best.word
        return self.shown
