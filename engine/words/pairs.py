"""Which words a person writes after which: counts of pairs, faded, that join what the context model says of the next word."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.lexicon import Lexicon, key_sequence
from engine.trie import Trie

HALF_LIFE = 4000.0
"""Pairs counted after which a pair's weight has halved."""
LEAST_WEIGHT = 0.25
"""A pair that weighs less is forgotten: one that was written once, after 8,000 others."""
MOST_FOLLOWERS = 64
"""Words after a word that count, those with the most weight."""
SWEPT_EVERY = 200
"""Pairs counted between two times that faded ones are dropped."""
FRESH = 50
"""Pairs counted until a word's followers are reckoned anew, although none of them was among these: they hardly fade meanwhile."""
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


class Followers:
    """What the person writes after a word: the share of the person's own counts, beside the rest, which is the context model's."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        self.shares = shares
        """written word -> its part of the whole probability"""
        self.share = sum(shares.values())
        """of all of them together, below 1"""
        self._nodes: tuple[Trie, dict[int, float]] | None = None

    def at_nodes(self, lexicon: Lexicon) -> Mapping[int, float]:
        """The shares by where the words' key sequences end in the lexicon's trie. Found again only when something was laid over it."""
        if self._nodes is None or self._nodes[0] is not lexicon.trie:
            found: dict[int, float] = {}
            for word, share in self.shares.items():
                sequence = key_sequence(word, lexicon.alphabet)
                node = lexicon.find(sequence) if sequence else None
                if node is not None:
                    found[node] = found.get(node, 0.0) + share
            self._nodes = lexicon.trie, found
        return self._nodes[1]


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
        self._reckoned: dict[str, tuple[int, PairStrength, Followers | None]] = {}
        """for a word, when its followers were reckoned, with what, and what they are"""

    def __len__(self) -> int:
        return sum(map(len, self._after.values()))

    def gains(self) -> list[PairGain]:
        """All pairs with what they weigh now."""
        return [(first, second, pair.weight_at(self.now)) for first, after in self._after.items() for second, pair in after.items()]

    def count(self, gains: Iterable[PairGain], *, fading: bool = True) -> None:
        """fading: whether they make the others fade, as what is written does."""
        before = self.now
        for first, second, gain in gains:
            self.now += fading
            after = self._after.setdefault(first, {})
            after[second] = counted(after.get(second), gain, self.now)
            self._reckoned.pop(first, None)
        if self.now // SWEPT_EVERY > before // SWEPT_EVERY:
            self._keep(lambda first, second, pair: pair.weight_at(self.now) >= LEAST_WEIGHT)

    def replace(self, pairs: Mapping[tuple[str, str], Pair], now: int) -> None:
        """Has these instead."""
        self.now, self._after, self._reckoned = now, {}, {}
        for (first, second), pair in pairs.items():
            self._after.setdefault(first, {})[second] = pair

    def weight(self, first: str, second: str) -> float:
        """How often the second word was written after the first, faded; 0 for never."""
        pair = self._after.get(first, {}).get(second)
        return 0.0 if pair is None else pair.weight_at(self.now)

    def remove(self, first: str, second: str) -> None:
        """Drops one pair."""
        self._keep(lambda one, other, pair: (one, other) != (first, second))

    def forget(self, word: str) -> None:
        """Drops the pairs that a word is in, in whatever case."""
        lower = word.lower()
        self._keep(lambda first, second, pair: lower not in (first, second.lower()))

    def _keep(self, wanted: Callable[[str, str, Pair], bool]) -> None:
        """Drops the other pairs."""
        kept = {
            first: {second: pair for second, pair in after.items() if wanted(first, second, pair)} for first, after in self._after.items()
        }
        self._after, self._reckoned = {first: after for first, after in kept.items() if after}, {}

    def after(self, first: str | None) -> Followers | None:
        """What is written after a word, in any case; None where nothing is known, or pairs do not count."""
        known = self._after.get(first.lower()) if self.enabled and first is not None else None
        if not known or first is None:
            return None
        at, strength, followers = self._reckoned.get(first.lower(), (-FRESH, self.strength, None))
        if self.now - at >= FRESH or strength != self.strength:
            followers = self._reckon(known)
            self._reckoned[first.lower()] = self.now, self.strength, followers
        return followers

    def _reckon(self, known: Mapping[str, Pair]) -> Followers | None:
        weights = {second: weight for second, pair in known.items() if (weight := pair.weight_at(self.now)) >= LEAST_WEIGHT}
        whole = sum(weights.values()) + self.strength.words * len(weights)
        best = sorted(weights, key=weights.__getitem__, reverse=True)[:MOST_FOLLOWERS]
        return Followers({second: weights[second] / whole for second in best}) if best else None
