"""A word that was begun by taps and may be finished by a swipe. Never Kivy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import Candidate, Swipe, SwipeRecognizer

APART = -18.0
"""Log probability that letters stand for a word of their own where there is no such word."""
TOGETHER = -6.0
"""Log probability that a swipe goes on with letters that were tapped. Measured with a synthetic hand: of 300 of the 4,000 commonest words,
cut in two, 289 were joined, all of them right; of 300 pairs of whole words none was. With -9: 271 and none; with 0: 300 and two."""
N_WHOLE = 3
"""how many such words are offered"""


@dataclass(frozen=True)
class Finished:
    """The words that a swipe may finish."""

    candidates: Sequence[Candidate]
    """best first"""
    advantage: float
    """what their scores gain on those of words that stand alone"""

    @classmethod
    def of(cls, recognizer: SwipeRecognizer, swipe: Swipe, letters: str, before: str | None) -> Finished:
        """letters: what was tapped right before the swipe. before: the text before them, if it counts."""
        from engine.finish import finish  # late: importing the engine takes a third of a second
        from engine.lexicon import key_sequence

        found = recognizer.lexicon.find(key_sequence(letters, recognizer.lexicon.alphabet) or "")
        alone = APART if found is None else recognizer.lexicon.log_prior(found)
        advantage = recognizer.default_options.prior_weight * (TOGETHER - alone)
        return cls(finish(recognizer, swipe, letters, before=before), advantage)

    def words(self, score: float) -> list[str]:
        """Those that are likelier than a word of that score after the letters."""
        return [one.word for one in self.candidates[:N_WHOLE] if one.score + self.advantage > score]
