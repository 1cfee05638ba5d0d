"""Which letters were read instead of which others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rapidfuzz.distance import Hamming, Levenshtein

from engine.grid import Grid
from training.evaluation.strata import neighbours

N_EXAMPLES = 3
Letters = TypeVar("Letters", str, tuple[str, str])


@dataclass(frozen=True)
class Misreading:
    """One letter read for another, in all mistakes together."""

    meant: str
    read: str
    n_times: int
    are_neighbours: bool
    """whether their keys share part of an edge"""
    examples: tuple[tuple[str, str], ...]
    """the commonest pairs of (word that was meant, word that was read), N_EXAMPLES at most"""


@dataclass(frozen=True)
class Confusion:
    """How the letters of wrong best candidates differ from those that were meant."""

    n_mistakes: int
    misreadings: tuple[Misreading, ...]
    """commonest first, then by letter"""
    left_out: tuple[tuple[str, int], ...]
    """letters that are missing from the candidate, commonest first"""
    put_in: tuple[tuple[str, int], ...]
    """letters that it should not have, commonest first"""

    @property
    def n_misread(self) -> int:
        return sum(one.n_times for one in self.misreadings)

    @property
    def neighbours_share(self) -> float:
        """Of the letters that were read for others; 0 if there are none."""
        near = sum(one.n_times for one in self.misreadings if one.are_neighbours)
        return near / self.n_misread if self.n_misread else 0.0


def confuse(mistakes: Sequence[tuple[str, str]], grid: Grid, alphabet: str) -> Confusion:
    """mistakes: key sequences (meant, read), each of letters of the alphabet."""
    near = neighbours(grid, alphabet)
    pairs: Counter[tuple[str, str]] = Counter()
    words: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    left_out: Counter[str] = Counter()
    put_in: Counter[str] = Counter()
    for meant, read in mistakes:
        for letter, other in edits(meant, read):
            if letter and other:
                pairs[letter, other] += 1
                words.setdefault((letter, other), Counter())[meant, read] += 1
            elif letter:
                left_out[letter] += 1
            else:
                put_in[other] += 1
    misreadings = [
        Misreading(letter, other, n_times, other in near[letter], tuple(pair for pair, _ in words[letter, other].most_common(N_EXAMPLES)))
        for (letter, other), n_times in _commonest(pairs)
    ]
    return Confusion(len(mistakes), tuple(misreadings), tuple(_commonest(left_out)), tuple(_commonest(put_in)))


def edits(meant: str, read: str) -> Iterable[tuple[str, str]]:
    """(letter that was meant, letter that was read) wherever they differ; "" for none.

    By the fewest edits; words of equal length are compared letter by letter if that takes no more edits.
    """
    if len(meant) == len(read) and Hamming.distance(meant, read) == Levenshtein.distance(meant, read):
        return [(one, other) for one, other in zip(meant, read, strict=True) if one != other]
    found = []
    for edit in Levenshtein.editops(meant, read):
        letter = meant[edit.src_pos] if edit.tag != "insert" else ""
        found.append((letter, read[edit.dest_pos] if edit.tag != "delete" else ""))
    return found


def _commonest(counts: Counter[Letters]) -> list[tuple[Letters, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
