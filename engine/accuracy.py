"""Accuracy over many swipes, counted on key sequences: written forms of one (were, we're) are the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.lexicon import key_sequence
from engine.recognizer import Candidate

SWIPE_MRR = (1.0, 0.1, 0.09, 0.08)
"""What a word is worth at each rank, as in the Yandex Cup 2023; further down it is worth nothing."""


@dataclass(frozen=True)
class Accuracy:
    """Shares of the swipes, 0 to 1."""

    n_swipes: int
    top_1: float
    top_3: float
    top_4: float
    swipe_mrr: float

    @classmethod
    def of_ranks(cls, ranks: Iterable[int | None]) -> Accuracy:
        """ranks: for each swipe where its word stood, 0 for the first candidate, None for a miss. At least one swipe."""
        found = list(ranks)
        top_1, top_3, top_4 = (sum(rank is not None and rank < top for rank in found) / len(found) for top in (1, 3, 4))
        worth = [SWIPE_MRR[rank] for rank in found if rank is not None and rank < len(SWIPE_MRR)]
        return cls(len(found), top_1, top_3, top_4, sum(worth) / len(found))

    def __str__(self) -> str:
        shares = f"top-1 {self.top_1:.2%}, top-3 {self.top_3:.2%}, top-4 {self.top_4:.2%}, swipe_mrr {self.swipe_mrr:.4f}"
        return f"{shares} over {self.n_swipes:,} swipe{'s' if self.n_swipes != 1 else ''}"


def rank_of(word: str, candidates: Sequence[Candidate], alphabet: str) -> int | None:
    """The rank of the word's key sequence among the candidates, counting from 0; None if it is not among them."""
    wanted = key_sequence(word, alphabet)
    sequences = [candidate.key_sequence for candidate in candidates]
    return sequences.index(wanted) if wanted in sequences else None
