"""Whether two searches found the same: the same words in the same order, with the same scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

TOLERANCE = 1e-3
"""Nats by which the scores of a word may differ: they are float32 sums over its letters and the swipe's frames, in different orders."""


class Scored(Protocol):
    """What is compared: ScoredWord here, Candidate in the engine."""

    @property
    def key_sequence(self) -> str: ...

    @property
    def score(self) -> float: ...


@dataclass(frozen=True)
class ScoredWord:
    """A word that a search found."""

    key_sequence: str
    score: float
    """natural log, higher is better"""


class Agreement(Enum):
    """The result of a comparison."""

    EQUAL = "equal"
    TIED = "tied"
    """words whose scores are within TOLERANCE have changed places, or one of them has just missed the list"""
    DIFFERENT = "different"


def agreement(one: Sequence[Scored], other: Sequence[Scored]) -> Agreement:
    """Compares two lists of candidates, best first.

    They must have the same length, with scores within TOLERANCE at every rank. A word at another rank must have the same
    score in both lists, so that it can only have changed places with its equals. A word that is missing from one list must score
    like the last word there, which may have pushed it out.
    """
    if len(one) != len(other) or any(not abs(a.score - b.score) <= TOLERANCE for a, b in zip(one, other, strict=True)):
        return Agreement.DIFFERENT
    if [word.key_sequence for word in one] == [word.key_sequence for word in other]:
        return Agreement.EQUAL
    excused = _excused(one, other) and _excused(other, one)
    return Agreement.TIED if excused else Agreement.DIFFERENT


def _excused(one: Sequence[Scored], other: Sequence[Scored]) -> bool:
    """Whether every word of `one` is in `other` with its score, or scores like the last word there."""
    scores = {word.key_sequence: word.score for word in other}
    return all(abs(word.score - scores.get(word.key_sequence, other[-1].score)) <= TOLERANCE for word in one)


def listed(words: Sequence[Scored]) -> str:
    """For people."""
    return ", ".join(f"{word.key_sequence} {word.score:.4f}" for word in words) or "nothing"
