"""Which words a person writes after which: counts of pairs, faded, that join what the context model says of the next word."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HALF_LIFE = 4000.0
"""Pairs counted after which a pair's weight has halved."""
LEAST_WEIGHT = 0.25
"""A pair that weighs less is forgotten: one that was written once, after 8,000 others."""
MOST_FOLLOWERS = 32
"""Words after a word that count, those with the most weight."""
START = ""
"""In the place of the first word: the beginning of a sentence."""

PairGain = tuple[str, str, float]
"""The first word in lower case, the second as it is written, and how often they were written."""


@dataclass(frozen=True)
class Pair:
    """How often two words were written one after the other."""

    weight: float
    """faded; as of `at`"""
    at: int
    """how many pairs had been counted when the weight was right"""

    def weight_at(self, now: int) -> float:
        """The weight when `now` pairs have been counted."""
        return self.weight * math.pow(0.5, max(0, now - self.at) / HALF_LIFE)


def counted(pair: Pair | None, gain: float, now: int) -> Pair:
    """The pair after it was written `gain` times more. The store and the memory count alike."""
    return Pair((0.0 if pair is None else pair.weight_at(now)) + gain, now)


@dataclass(frozen=True)
class Followers:
    """What the person writes after a word: the share of the person's own counts, beside the rest, which is the context model's."""

    shares: Mapping[str, float]
    """written word -> its part of the whole probability"""

    @property
    def share(self) -> float:
        """Of all of them together, below 1."""
        return sum(self.shares.values())


@dataclass(frozen=True)
class PairStrength:
    """How much a person's pairs count against the context model."""

    words: float = 4.0
    """A word's followers share count / (count + words x different followers): Witten and Bell, IEEE Trans. Inf. Theory 37, 1991, have 1.
    Measured: training.context.pairs, docs/context.md"""


class PersonalPairs:
    """The pairs in memory."""

    def __init__(self, strength: PairStrength | None = None) -> None:
        self.strength = strength or PairStrength()
        self.enabled = True
        """whether they count, and new ones are counted"""
        self.now = 0
        """how many have been counted"""
        self._after: dict[str, dict[str, Pair]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._after.values()))

    def gains(self) -> list[PairGain]:
        """All pairs with what they weigh now."""
        return [(first, second, pair.weight_at(self.now)) for first, after in self._after.items() for second, pair in after.items()]

    def count(self, gains: Iterable[PairGain]) -> None:
        for first, second, gain in gains:
            self.now += 1
            after = self._after.setdefault(first, {})
            after[second] = counted(after.get(second), gain, self.now)

    def replace(self, pairs: Mapping[tuple[str, str], Pair], now: int) -> None:
        """Has these instead."""
        self.now, self._after = now, {}
        for (first, second), pair in pairs.items():
            self._after.setdefault(first, {})[second] = pair

    def forget(self, word: str) -> None:
        """Drops the pairs that a word is in, in whatever case."""
        lower = word.lower()
        after = {
            first: {second: pair for second, pair in seconds.items() if second.lower() != lower} for first, seconds in self._after.items()
        }
        self._after = {first: seconds for first, seconds in after.items() if seconds and first != lower}

    def after(self, first: str | None) -> Followers | None:
        """What is written after a word, in any case; None where nothing is known, or pairs do not count."""
        known = self._after.get(first.lower()) if self.enabled and first is not None else None
        if not known:
            return None
        weights = {second: weight for second, pair in known.items() if (weight := pair.weight_at(self.now)) >= LEAST_WEIGHT}
        whole = sum(weights.values()) + self.strength.words * len(weights)
        best = sorted(weights, key=weights.__getitem__, reverse=True)[:MOST_FOLLOWERS]
        return Followers({second: weights[second] / whole for second in best}) if best else None
