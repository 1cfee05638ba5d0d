"""Whether two searches found the same: the same words in the same order, with the same scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

TOLERANCE = 1e-3
"""Nats that the scores of a word may differ: sums over its letters and the swipe's frames, in float32 and in another order."""


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
    """What came of a comparison."""

    EQUAL = "equal"
    TIED = "tied"
    """words that score the same but for TOLERANCE stand in another order, or one of them just missed the list"""
    DIFFERENT = "different"


def agreement(one: Sequence[Scored], other: Sequence[Scored]) -> Agreement:
    """Compares two lists of candidates, best first.

    They must be of one length, with scores within TOLERANCE at every rank. A word at another rank must have the same
    score in both lists, so that it can only have changed places with its equals; a word that one list lacks must be as good as the
    other's last, which then may have pushed it out.
    """
    if len(one) != len(other) or any(not abs(a.score - b.score) <= TOLERANCE for a, b in zip(one, other, strict=True)):
        return Agreement.DIFFERENT
    if [word.key_sequence for word in one] == [word.key_sequence for word in other]:
        return Agreement.EQUAL
    excused = _excused(one, other) and _excused(other, one)
    return Agreement.TIED if excused else Agreement.DIFFERENT


def _excused(one: Sequence[Scored], other: Sequence[Scored]) -> bool:
    """Whether every word of `one` stands in `other` with its score, or scores as the last word there."""
    scores = {word.key_sequence: word.score for word in other}
    return all(abs(word.score - scores.get(word.key_sequence, other[-1].score)) <= TOLERANCE for word in one)


def listed(words: Sequence[Scored]) -> str:
    """For people."""
    return ", ".join(f"{word.key_sequence} {word.score:.4f}" for word in words) or "nothing"
