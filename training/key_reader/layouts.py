"""Keyboards to train on: where letters lie in the languages whose words are spliced, and keyboards that nobody has.

All in keys: key widths across, key heights down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import wordfreq

from engine.grid import Grid, load_grids, pick_grid
from engine.key_places import KeyPlaces
from engine.language import load_languages
from engine.lexicon import key_sequence
from engine.naming import did_you_mean

Places = npt.NDArray[np.float32]
"""(K, 4): x, y, w, h of each key"""

FREQUENCY_POWER = 0.4
"""A word is drawn by its frequency to this power."""
N_WORDS = 60_000
"""The most frequent words of each language that are spliced."""
LONGEST = 24
"""Letters of the longest word that is trained on."""
ROW_LENGTHS = (
    (10, 9, 7), (10, 10, 7), (10, 10, 6), (11, 11, 9), (11, 11, 10), (12, 11, 9), (12, 12, 10), (9, 9, 8), (8, 8, 8, 8), (10, 10, 10, 8),
    (7, 7, 7, 7, 5), (6, 6, 6, 6, 6, 6),
)  # fmt: skip
"""Of keyboards that nobody has."""


def rows_to_places(lengths: tuple[int, ...], staggers: npt.NDArray[np.float64]) -> Places:
    """(K, 4): x, y, w, h of the keys of rows of these lengths, each row moved by its stagger from the middle; centred."""
    places = [
        (column - (length - 1) / 2 + stagger, row - (len(lengths) - 1) / 2, 1.0, 1.0)
        for row, (length, stagger) in enumerate(zip(lengths, staggers.tolist(), strict=True))
        for column in range(length)
    ]
    keys = np.array(places, dtype=np.float32)
    keys[:, :2] -= (keys[:, :2].min(axis=0) + keys[:, :2].max(axis=0)) / 2
    return keys


@dataclass(frozen=True, eq=False)
class TaughtLanguage:
    """A language whose words are spliced: where its letters lie, and its words with their frequencies."""

    code: str
    alphabet: str
    """a letter for each key"""
    keys: Places
    """(K, 4), in the order of the alphabet"""
    words: tuple[str, ...]
    """key sequences, in the order of their most frequent spelling"""
    frequencies: npt.NDArray[np.float64]

    @classmethod
    def load(cls, code: str, n_words: int = N_WORDS, keep: Callable[[str], bool] = bool) -> TaughtLanguage:
        """The language's words according to wordfreq that can be swiped on its home grid. keep: whether training may see a key sequence.

        A letter that shares another's key is written as that letter: the network cannot tell them apart. Raises: as `home_grid`;
        ValueError for a language that wordfreq does not know.
        """
        grid = home_grid(code)
        if code not in (known := wordfreq.available_languages()):
            raise ValueError(f"wordfreq has no words for language '{code}': choose one of {', '.join(sorted(known))}")
        alphabet = "".join(key.label or "" for key in grid.letter_keys)
        places = KeyPlaces.on(grid, alphabet)
        fold = str.maketrans(dict(grid.aliases))
        found: dict[str, float] = {}
        for token in wordfreq.top_n_list(code, n_words):
            sequence = key_sequence(token.translate(fold), alphabet)
            if sequence and len(sequence) <= LONGEST and keep(sequence):
                found[sequence] = found.get(sequence, 0.0) + wordfreq.word_frequency(token, code)
        return cls(code, alphabet, places.keys[places.key_of], tuple(found), np.array(list(found.values())))

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """Of the words, cumulative, as they are drawn for training."""
        shares: npt.NDArray[np.float64] = np.cumsum(self.frequencies**FREQUENCY_POWER)
        return shares


def home_grid(code: str) -> Grid:
    """The grid that a language is swiped on: the first of its language file, or else the first whose name ends in its code.

    Raises: ValueError for a language without a grid.
    """
    grids, languages = load_grids(), load_languages()
    if code in languages:
        return pick_grid(grids, languages[code].default_grid)
    named = [name for name in grids if name.endswith(f"_{code}")]
    if not named:
        known = sorted({*languages, *(name.rpartition("_")[2] for name in grids)})
        raise ValueError(f"there is no grid for language '{code}'{did_you_mean(code, known)}: grids are there for {', '.join(known)}")
    return grids[named[0]]


def any_keys(n_letters: int, random: np.random.Generator) -> Places:
    """(K, 4) of a keyboard that nobody has, with n_letters keys or a few more, in random order: key i lies anywhere."""
    fitting = [lengths for lengths in ROW_LENGTHS if n_letters <= sum(lengths) <= n_letters + 12] or [(12, 12, 12, 10)]
    lengths = fitting[random.integers(len(fitting))]
    kind = random.integers(3)
    staggers = np.zeros(len(lengths)) if kind == 0 else random.normal(0.0, 0.3 if kind == 1 else 0.6, len(lengths))
    keys = rows_to_places(lengths, staggers)
    if random.random() < 0.5:  # some keys are missing
        keys = keys[random.permutation(len(keys))[: max(n_letters, len(keys) - 3)]]
    return keys[random.permutation(len(keys))]
