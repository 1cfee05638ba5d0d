"""The worst mistakes, and why the model made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.explain import Explanation, explain
from engine.recognizer import Candidate, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe import Swipe

Order = Literal["probability", "rank"]
"""probability: by falling probability of the wrong best candidate. rank: first those whose word is not among the candidates, then by
falling rank; equals by falling probability."""


@dataclass(frozen=True)
class Reading:
    """What a swipe was read as."""

    row: int
    """of the data"""
    meant: str | None
    """the key sequence, None if the alphabet cannot spell the word"""
    rank: int | None
    """its rank, from 0; None if it is not among the candidates"""
    candidates: tuple[tuple[str, float], ...]
    """key sequences with their scores, best first"""
    probabilities: tuple[float, ...]
    """of the candidates"""

    @property
    def is_right(self) -> bool:
        return self.rank == 0

    @property
    def probability(self) -> float:
        """Of the best candidate; 0 if there is none."""
        return next((share for _, share in self.shares), 0.0)

    @property
    def shares(self) -> list[tuple[tuple[str, float], float]]:
        """Each candidate with its probability."""
        return list(zip(self.candidates, self.probabilities, strict=True))


@dataclass(frozen=True, eq=False)
class Mistake:
    """A wrong best candidate beside the word that was meant."""

    reading: Reading
    swipe: Swipe
    read: Explanation
    meant: Explanation

    @property
    def gap(self) -> float:
        """How much more the wrong word scores than the one that was meant, in nats; below 0: the search lost it."""
        return _score(self.read) - _score(self.meant)


def worst(readings: Sequence[Reading], recognizer: SwipeRecognizer, n: int, order: Order) -> list[Reading]:
    """The n worst mistakes, or all if there are fewer; without words that are not in the lexicon or are too long for the model."""

    def badness(reading: Reading) -> tuple[float, float]:
        n_candidates = len(reading.candidates)
        rank = 0 if order == "probability" else n_candidates + 1 if reading.rank is None else reading.rank
        return -rank, -reading.probability

    def could_be_read(word: str | None) -> bool:
        return word in recognizer.lexicon and len(word or "") <= recognizer.model.max_letters

    wrong = [one for one in readings if one.candidates and not one.is_right and could_be_read(one.meant)]
    return sorted(wrong, key=badness)[:n]


def explain_mistake(recognizer: SwipeRecognizer, swipe: Swipe, reading: Reading, options: SearchOptions) -> Mistake:
    """options: those of the search. reading: one of `worst`."""
    assert reading.meant is not None
    words = [reading.candidates[0][0], reading.meant]
    read, meant = (explain(recognizer, swipe, Candidate(word, 0.0, 0.0, word, (word,)), options) for word in words)
    return Mistake(reading, swipe, read, meant)


def _score(explanation: Explanation) -> float:
    return sum(letter.log_prob for letter in explanation.letters) + explanation.weighted_log_prior
