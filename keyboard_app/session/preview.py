"""Which word to show while the finger moves: the one that lifting it now would write, without flicker.

Measured with benchmarks.keyboard.preview on 500 swipes of How We Swipe's dev set, seen as frames of 60 Hz. If every frame were
decoded and its best word shown, the word would change 11.5 times in a swipe of 5 letters, 0.4 of these while the finger rests,
and 9.1 words would be shown for less than 150 ms. With the rules below it changes 5.0 times, about once per letter, never at
rest, and 2.3 words are that brief; for 91 % of the swipes the word was shown before the finger was lifted (97 % with every
frame), and 12 places are decoded instead of 73. Waiting for the finger to slow down was worse: people lift it in full motion,
and the word was shown before that for only 76 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import Candidate, Swipe

FIRST_STEP = 1.0
"""key widths from the start to the first place that is decoded"""
STEP = 0.3
"""key widths between places that are decoded"""
INTERVAL_MS = 80.0
"""time between places that are decoded: five frames at 60 Hz"""
REST_MS = 100.0
REST_STEP = 0.15
"""key widths: a finger that has moved no further in REST_MS is at rest, and the word does not change"""
LEAD = 2.0
"""nats by which a new word must beat the shown one, unless it is the best twice in a row"""


class PreviewFilter:
    """Decides when to decode an unfinished swipe, and which of the words to show."""

    def __init__(self, key_width: float) -> None:
        """key_width: of the grid, in grid units."""
        self._key_width = key_width
        self.reset()

    def reset(self) -> None:
        """Starts on a new swipe."""
        self.shown = ""
        """the word above the keys; "" until there is one"""
        self._challenger = ""
        self._place: tuple[float, float] | None = None
        """where the swipe was decoded last, grid units"""
        self._time_ms = 0.0

    def wants(self, swipe: Swipe) -> bool:
        """Whether to decode the swipe so far; if so, it counts as decoded there."""
        x, y, now = float(swipe.x[-1]), float(swipe.y[-1]), float(swipe.t[-1])
        if self._place is None:
            place, step = (float(swipe.x[0]), float(swipe.y[0])), FIRST_STEP
        elif now - self._time_ms < INTERVAL_MS:
            return False
        else:
            place, step = self._place, STEP
        if (x - place[0]) ** 2 + (y - place[1]) ** 2 < (step * self._key_width) ** 2 or self._rests(swipe):
            return False
        self._place, self._time_ms = (x, y), now
        return True

    def show(self, candidates: Sequence[Candidate]) -> str:
        """The word to show now. candidates: of the last place decoded, best first."""
        if not candidates:
            return self.shown
        best = candidates[0]
        shown_score = next((candidate.score for candidate in candidates if candidate.word == self.shown), float("-inf"))
        if best.score - shown_score >= LEAD or best.word == self._challenger:
            self.shown = best.word
        self._challenger = best.word
        return self.shown

    def _rests(self, swipe: Swipe) -> bool:
        since = swipe.t[-1] - REST_MS
        n_before = int(swipe.t.searchsorted(since, side="right"))
        recent = slice(n_before - 1, None)  # the first of these is where the finger was then
        moved = (swipe.x[recent] - swipe.x[-1]) ** 2 + (swipe.y[recent] - swipe.y[-1]) ** 2
        return n_before > 0 and bool(moved.max() < (REST_STEP * self._key_width) ** 2)
