"""The classes of words that a context model does not know: by how they end, and by whether they have a capital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_ENDING = 4


@dataclass(frozen=True)
class WordClasses:
    """2 (n + 1) classes for n endings: in lower case without a known ending, with each, then the same with a capital.

    A word's class is that of the longest ending that it has, so every word has one: the model always has something to say.
    """

    endings: tuple[str, ...]
    """of key sequences, 1 to LONGEST_ENDING letters each"""

    def __len__(self) -> int:
        return 2 * (len(self.endings) + 1)

    @property
    def first_capital(self) -> int:
        """The class of a word with a capital and no known ending."""
        return len(self.endings) + 1

    def of(self, sequence: str, has_capital: bool) -> int:
        """The class of a word: of its key sequence, and whether it is written with a capital first."""
        number = max((len(end), place) for place, end in enumerate(("", *self.endings)) if sequence.endswith(end))[1]
        return number + (self.first_capital if has_capital else 0)


def starts_with_capital(written: str) -> bool:
    return written[:1] != written[:1].lower()


def choose_endings(sequences: Sequence[str], counts: Sequence[float], n_endings: int, least_share: float = 0.004) -> tuple[str, ...]:
    """The endings of 1 to LONGEST_ENDING letters that divide the words best: taken greedily, each the commonest that is left.

    An ending counts by the words that have none of those chosen before; it is worth its count times its length less one half,
    so that "ing" comes before "g". Ties: alphabetical.
    """
    total = sum(counts)
    left: dict[str, float] = {}
    for sequence, one in zip(sequences, counts, strict=True):
        left[sequence] = left.get(sequence, 0.0) + one
    chosen: list[str] = []
    while len(chosen) < n_endings:
        seen: dict[str, float] = {}
        for sequence, one in left.items():
            for length in range(1, min(LONGEST_ENDING, len(sequence) - 2) + 1):
                seen[sequence[-length:]] = seen.get(sequence[-length:], 0.0) + one
        worth = {end: one * (len(end) - 0.5) for end, one in seen.items() if one >= least_share * total}
        if not worth:
            break
        chosen.append(min(worth, key=lambda end: (-worth[end], end)))
        left = {sequence: one for sequence, one in left.items() if not sequence.endswith(chosen[-1])}
    return tuple(chosen)
