"""The sentences about a word: what its score is made of, and what the words before and the person's words did to it."""

from __future__ import annotations

import numpy as np
import pytest

from engine import ContextExplanation, Explanation
from keyboard_app.session import why


def explanation(own_use: float | None = 0.0, context: ContextExplanation | None = None) -> Explanation:
    return Explanation("may", -6.0, -4.0, own_use, context, (), np.zeros((3, 0)))


def test_without_words_before_nothing_is_said_of_them() -> None:
    assert why._parts(explanation()) == "'may' has -6.0: the swipe +0.0, how common it is -4.0."
    assert (why._order(explanation(), 1), why._own(explanation(), 0.0)) == ([], [])


@pytest.mark.parametrize(
    ("place", "place_without", "order"),
    [
        (1, 3, "Without the words before it would come third."),
        (2, 2, "Without the words before it would come second, too."),
        (1, 12, "Without the words before it would come number 12."),
        (1, None, "Without the words before it would not come up."),
    ],
)
def test_where_it_would_stand_without_the_words_before(place: int, place_without: int | None, order: str) -> None:
    said = explanation(context=ContextExplanation(-0.31, 0.0, place_without))
    assert why._parts(said).endswith(", the words before -0.3.")
    assert why._order(said, place) == [order]


@pytest.mark.parametrize(
    ("own_use", "own_pairs", "uses", "sentences"),
    [
        (None, 0.0, 0.0, ["It can be swiped because it is one of your words."]),
        (0.5, 0.0, 3.0, ["+0.5 of how common it is comes from your use of it."]),
        (0.01, 0.0, 3.0, ["You have used it about 3 times, which hardly counts, as it is common anyway."]),
        (0.0, 1.24, 0.0, ["+1.2 of the words before comes from your own text, which had it there."]),
        (0.0, -0.2, 0.0, ["-0.2 of the words before comes from your own text, which had other words there."]),
    ],
)
def test_what_the_person_did_to_it(own_use: float | None, own_pairs: float, uses: float, sentences: list[str]) -> None:
    assert why._own(explanation(own_use, ContextExplanation(1.0, own_pairs, 1)), uses) == sentences
