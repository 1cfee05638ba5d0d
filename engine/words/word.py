"""One word of a person's own, and what changes it. The store and the memory change words by the same function."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["learnt", "added", "blocked"]
"""learnt from use; added on purpose, which never fades; blocked, never to be offered"""

HALF_LIFE = 2000.0
"""Learnt words after which a word's weight has halved. Counted in words, not in days: a keyboard that rests forgets nothing."""
LEAST_WEIGHT = 0.05
"""A learnt word that weighs less is forgotten."""
LONGEST = 64
"""Characters that a word may have."""


@dataclass(frozen=True)
class PersonalWord:
    """A written form that the person has added, used or blocked."""

    word: str
    """as it is written, with its capitals and apostrophes"""
    kind: Kind = "learnt"
    weight: float = 0.0
    """how often it was used, faded; as of `at`"""
    at: int = 0
    """how many words had been learnt when the weight was right"""

    def weight_at(self, now: int) -> float:
        """The weight when `now` words have been learnt."""
        return self.weight * math.pow(0.5, max(0, now - self.at) / HALF_LIFE)


@dataclass(frozen=True)
class Change:
    """What is to become of a word."""

    word: str
    gain: float = 0.0
    """added to its weight, which never falls below 0"""
    kind: Kind | None = None
    """what it becomes; None: it was used, and stays what it is or is learnt"""
    forget: bool = False
    """whether what was known of it is dropped first"""

    @property
    def is_use(self) -> bool:
        """Whether it comes from writing, not from the person's telling Keyglide about the word. Only this makes other words fade."""
        return self.kind is None and not self.forget

    def then(self, later: Change) -> Change:
        """Both changes of the word as one."""
        if later.forget:
            return later
        told = later.kind in ("added", "blocked")
        return replace(self, gain=self.gain + later.gain, kind=later.kind if told else self.kind or later.kind)

    def applied(self, before: PersonalWord | None, now: int) -> PersonalWord | None:
        """The word after the change, or None where nothing is to be remembered.

        "learnt" makes no other kind of word one that is learnt. A blocked word gains nothing until it is added.
        """
        known = None if self.forget else before
        kind = self.kind if self.kind in ("added", "blocked") else known.kind if known is not None else "learnt"
        weight = max(0.0, (known.weight_at(now) if known is not None else 0.0) + self.gain)
        if kind == "blocked":
            weight = 0.0
        if kind == "learnt" and weight < LEAST_WEIGHT:
            return None
        return PersonalWord(self.word, kind, weight, now)


def checked(word: str) -> str:
    """The word in the form in which it is kept (NFC). Raises: ValueError for nothing, white space or what cannot be shown, too long."""
    kept = unicodedata.normalize("NFC", word)
    if not kept:
        raise ValueError("the word is empty: give at least one letter")
    if len(kept) > LONGEST:
        raise ValueError(f"the word '{kept[:20]}...' has {len(kept)} characters, expected at most {LONGEST}")
    if not kept.isprintable() or any(map(str.isspace, kept)):
        raise ValueError(f"the word {kept!r} has white space or characters that cannot be shown: add each word by itself")
    return kept
