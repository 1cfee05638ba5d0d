"""Accuracy: the Yandex Cup's swipe_mrr and the shares, on planted ranks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accuracy import Accuracy, rank_of
from engine.recognizer import Candidate
from tests.support.approximately import about

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
WERE = Candidate("were", -1.0, 0.9, "were", ("were", "we're"))
DONT = Candidate("don't", -2.0, 0.1, "dont", ("don't",))


def test_planted_ranks() -> None:
    accuracy = Accuracy.of_ranks([0, 1, 2, 3, 4, None, 0, None])
    assert accuracy == Accuracy(8, 2 / 8, 4 / 8, 5 / 8, about((1 + 0.1 + 0.09 + 0.08 + 1) / 8))
    assert str(accuracy) == "top-1 25.00%, top-3 50.00%, top-4 62.50%, swipe_mrr 0.2838 over 8 swipes"


@given(st.lists(st.none() | st.integers(0, 9), min_size=1))
def test_shares_grow_with_the_number_of_candidates(ranks: list[int | None]) -> None:
    accuracy = Accuracy.of_ranks(ranks)
    assert 0 <= accuracy.top_1 <= accuracy.top_3 <= accuracy.top_4 <= 1
    assert accuracy.top_1 <= accuracy.swipe_mrr + 1e-12
    assert accuracy.swipe_mrr <= accuracy.top_1 + 0.1 * (accuracy.top_4 - accuracy.top_1) + 1e-12


@pytest.mark.parametrize(
    ("word", "rank"),
    [("were", 0), ("we're", 0), ("We're", 0), ("don't", 1), ("dont", 1), ("DON’T", 1), ("wet", None), ("", None), ("42", None)],
)
def test_words_are_compared_by_key_sequence(word: str, rank: int | None) -> None:
    assert rank_of(word, [WERE, DONT], ALPHABET) == rank
