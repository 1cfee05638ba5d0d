"""Which words of a frequency list are misspellings of others: no dictionary knows them, and a much commoner known word is an edit away.

How much commoner depends on the edit and on the length: short words have many neighbours, and names, slang and new words among
them (lol, hehe, imma) stand on their own. Measured: of the misspellings that these rules take out, transcripts of conversation
have hardly any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby

VOWELS = ("aeiouy", "аеёиоуыэюяіїє", "αεηιουω")
"""Of each script that writes them."""
DOUBLED = 3.0
"""How much commoner a word must be whose letters are the same but for doubling (dilema), at any length: a swipe shows no doubling."""
RATIOS: Mapping[str, tuple[tuple[int, float], ...]] = {
    "swapped": ((8, 30), (6, 100), (4, 300)),
    "vowel": ((8, 30), (6, 300)),
    "missing": ((8, 100), (4, 300)),
    "extra": ((8, 300),),
}
"""Edit -> (letters from, how much commoner): swapped neighbours, one vowel for another, a letter missing, a letter too many."""


def undoubled(word: str) -> str:
    """The word with each run of a letter once: what a swipe without a rest shows of it."""
    return "".join(letter for letter, _ in groupby(word))


class MisspellingFinder:
    """Tells misspellings from words that stand on their own."""

    def __init__(self, known: Mapping[str, float]) -> None:
        """known: key sequence of each word that dictionaries know -> frequency."""
        self._known = known
        self._undoubled: dict[str, float] = {}
        self._shortened: dict[str, float] = {}
        for word, frequency in known.items():
            _raise(self._undoubled, undoubled(word), frequency)
            for shorter in _without_a_letter(word):
                _raise(self._shortened, shorter, frequency)

    def is_misspelling(self, word: str, frequency: float) -> bool:
        """Whether a key sequence that no dictionary knows is a slip of a commoner one."""
        if self._undoubled.get(undoubled(word), 0) >= DOUBLED * frequency:
            return True
        for edit, steps in RATIOS.items():
            ratio = next((ratio for letters, ratio in steps if len(word) >= letters), None)
            if ratio is not None and self._commonest(edit, word) >= ratio * frequency:
                return True
        return False

    def _commonest(self, edit: str, word: str) -> float:
        """The frequency of the commonest known word that an edit leads to."""
        if edit == "missing":
            return self._shortened.get(word, 0)
        edits = {"swapped": _swapped, "vowel": _with_another_vowel, "extra": _without_a_letter}[edit]
        return max((self._known.get(other, 0) for other in edits(word)), default=0)


def _raise(best: dict[str, float], key: str, frequency: float) -> None:
    if frequency > best.get(key, 0):
        best[key] = frequency


def _without_a_letter(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1 :] for i in range(len(word)))


def _swapped(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))


def _with_another_vowel(word: str) -> Iterator[str]:
    for i, letter in enumerate(word):
        for vowel in _OTHER_VOWELS.get(unicodedata.normalize("NFD", letter)[0], ""):
            yield word[:i] + vowel + word[i + 1 :]


_OTHER_VOWELS = {vowel: script.replace(vowel, "") for script in VOWELS for vowel in script}
