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

from engine.lexicon import key_sequence
from engine.naming import check_choice

Places = npt.NDArray[np.float32]
"""(K, 4): x, y, w, h of each key"""

LAYOUTS: dict[str, tuple[str, ...]] = {
    "en": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "de": ("qwertzuiopü", "asdfghjklöä", "yxcvbnmß"),
    "fr": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    "es": ("qwertyuiop", "asdfghjklñ", "zxcvbnm"),
    "it": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "pt": ("qwertyuiop", "asdfghjklç", "zxcvbnm"),
    "pl": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "nl": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "sv": ("qwertyuiopå", "asdfghjklöä", "zxcvbnm"),
    "tr": ("qwertyuıopğü", "asdfghjklşi", "zxcvbnmöç"),
    "el": ("ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    "he": ("קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"),
    "ru": ("йцукенгшщзх", "фывапролджэ", "ячсмитьбю"),
}
"""language -> its letters, row by row, top left first"""
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
    keys: Places
    """(K, 4), in the order of the alphabet"""
    words: tuple[str, ...]
    """key sequences, the most frequent first"""
    frequencies: npt.NDArray[np.float64]

    @classmethod
    def load(cls, code: str, n_words: int = N_WORDS, keep: Callable[[str], bool] = bool) -> TaughtLanguage:
        """The language's words according to wordfreq that its layout can type. keep: whether training may see a key sequence.

        Raises: ValueError for a language without a layout, with the nearest that has one.
        """
        check_choice("language", code, tuple(LAYOUTS))
        rows = LAYOUTS[code]
        alphabet = "".join(rows)
        folded = {"ё": "е", "ъ": "ь"} if code == "ru" else {}
        found: dict[str, float] = {}
        for token in wordfreq.top_n_list(code, n_words):
            sequence = key_sequence("".join(folded.get(letter, letter) for letter in token), alphabet)
            if sequence and len(sequence) <= LONGEST and keep(sequence):
                found[sequence] = found.get(sequence, 0.0) + wordfreq.word_frequency(token, code)
        lengths = tuple(len(row) for row in rows)
        return cls(code, alphabet, rows_to_places(lengths, np.zeros(len(rows))), tuple(found), np.array(list(found.values())))

    @cached_property
    def shares(self) -> npt.NDArray[np.float64]:
        """Of the words, cumulative, as they are drawn for training."""
        shares: npt.NDArray[np.float64] = np.cumsum(self.frequencies**FREQUENCY_POWER)
        return shares


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
