"""What a decoder without a cache reads at a step: whole prefixes, from the first letter on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.model import NO_PARENT, Cache, Integers

Tokens = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PrefixCache(Cache):
    """The prefixes of the search so far, in the place of their keys and values."""

    prefixes: Sequence[Tokens]
    """P of them, each whole: BOS and letters"""

    @classmethod
    def empty(cls) -> PrefixCache:
        return cls(np.zeros((0, 2, 0, 0, 0), np.float32), np.empty(0, np.int64), [])


@dataclass(frozen=True, eq=False)
class Reading:
    """What to read at one step, and where what follows each of the step's prefixes is then found."""

    cache: PrefixCache
    """with the step's prefixes as its last rows"""
    sequences: Sequence[Tokens]
    """those prefixes that none of the others continues: at one letter a step, all of them; of a tree, whole words"""
    places: Sequence[tuple[int, int]]
    """for each prefix of the step a sequence that it begins, and the position of its last token there"""


def read(tokens: Integers, parents: Integers, cache: Cache) -> Reading:
    """Arguments as of ModelBundle.step; cache: PrefixCache.empty() or of an earlier Reading."""
    prefixes, n_before = list(cast(PrefixCache, cache).prefixes), len(cache)
    sequences, places = list[Tokens](), dict[int, tuple[int, int]]()
    rows = list(zip(tokens.tolist(), parents.tolist(), strict=True))
    for token, parent in rows:
        prefixes.append((*prefixes[parent], token) if parent != NO_PARENT else (token,))
    for row in range(len(prefixes) - 1, n_before - 1, -1):  # children before parents
        if row not in places:
            places[row] = len(sequences), len(prefixes[row]) - 1
            sequences.append(prefixes[row])
        parent = rows[row - n_before][1]
        if parent >= n_before:
            sequence, position = places[row]
            places[parent] = sequence, position - 1
    after = PrefixCache(cache.keys_values, np.concatenate((cache.parents, parents)), prefixes)
    return Reading(after, sequences, [places[row] for row in range(n_before, len(prefixes))])
