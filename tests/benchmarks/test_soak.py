"""The soak: words come and go, and it says what became of memory and time."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.common.paired import Ratio
from benchmarks.soak import Soak, change_a_word, soak
from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from tests.support import toy


def test_a_short_soak(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    swipes = [toy.swipe_of(word, qwerty) for word in ("cat", "hello", "quick")]
    found = soak(recognizer, swipes, 10)
    assert (found.n_swipes, found.n_changes, len(found.resident_mb)) == (10, 2, 10)
    assert len(recognizer.words) <= 2


def test_words_are_removed_once_there_are_many(toy_recognizer: SwipeRecognizer, qwerty: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.soak.N_WORDS", 5)
    recognizer, chance = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty), Random(3)
    for _ in range(60):
        change_a_word(recognizer.words, ["cat", "hell", "wet"], chance)
    assert 0 < len(recognizer.words) <= 5


@pytest.mark.parametrize(
    ("memory", "ratio", "passes"), [([100, 104], 1.02, True), ([100, 106, 100], 1.02, False), ([100, 100], 1.2, False)]
)
def test_what_fails_is_said(memory: list[float], ratio: float, passes: bool) -> None:
    found = Soak(100, 20, memory, Ratio(ratio, ratio - 0.01, ratio + 0.01))
    assert found.passes == passes
    assert found.lines()[-1] == ("passed" if passes else "FAILED")
