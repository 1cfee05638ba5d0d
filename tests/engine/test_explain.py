"""The explanation of a candidate: it adds up to the score, and says where the decoder looked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.explain import END, N_ALTERNATIVES, explain
from engine.lexicon import Entry
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from tests.support import toy
from tests.support.approximately import about


@pytest.mark.parametrize("ctc_weight", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("entry", toy.ENTRIES, ids=lambda entry: entry.key_sequence)
def test_letters_and_prior_add_up_to_the_score(toy_recognizer: SwipeRecognizer, entry: Entry, ctc_weight: float) -> None:
    swipe = toy.swipe_of(entry.key_sequence, toy_recognizer.grid)
    options = replace(toy_recognizer.default_options, ctc_weight=ctc_weight)
    for candidate in toy_recognizer.recognize(swipe, options):
        explanation = explain(toy_recognizer, swipe, candidate, options)
        assert [letter.letter for letter in explanation.letters] == [*candidate.key_sequence, END]
        log_probs = sum(letter.log_prob for letter in explanation.letters)
        assert log_probs + explanation.weighted_log_prior == pytest.approx(candidate.score, abs=1e-4)
        assert explanation.score == candidate.score


def test_alternatives_are_the_best_others(toy_recognizer: SwipeRecognizer) -> None:
    swipe = toy.swipe_of("cat", toy_recognizer.grid)
    candidate = toy_recognizer.recognize(swipe)[0]
    third = explain(toy_recognizer, swipe, candidate, toy_recognizer.default_options).letters[2]
    log_probs = toy.log_probs(toy_recognizer.model.extractor(swipe).key_distances, "ca")
    names = [*toy.ALPHABET, END]
    others = sorted(((names[i], value) for i, value in enumerate(log_probs) if names[i] != "t"), key=lambda item: -item[1])
    assert list(third.others) == [(name, about(value, abs=1e-4)) for name, value in others[:N_ALTERNATIVES]]
    assert list(third.allowed) == [(name, about(value, abs=1e-4)) for name, value in others if name in "ru"]  # car, caught


def test_the_point_is_one_that_was_recorded(toy_recognizer: SwipeRecognizer) -> None:
    """Three samples for each of the toy's points: letter i was looked at where sample 6 i was recorded."""
    swipe = toy.swipe_of("quick", toy_recognizer.grid)
    t = np.linspace(swipe.t[0], swipe.t[-1], 3 * len(swipe) - 2)
    dense = Swipe.from_points(np.interp(t, swipe.t, swipe.x), np.interp(t, swipe.t, swipe.y), t)
    candidate = toy_recognizer.recognize(dense)[0]
    letters = explain(toy_recognizer, dense, candidate, toy_recognizer.default_options).letters
    assert [letter.looked_at.index for letter in letters] == [0, 6, 12, 18, 24, 30]
    assert [letter.looked_at.key for letter in letters[:-1]] == list("quick")
    for letter in letters[:-1]:
        key = toy_recognizer.grid.letter_key(letter.letter)
        assert (letter.looked_at.x, letter.looked_at.y) == pytest.approx((key.centre_x, key.centre_y))
        assert letter.looked_at.t == pytest.approx(t[letter.looked_at.index])


@pytest.mark.parametrize("word", ["cat", "hello"])
def test_each_letter_has_the_attention_of_all_frames(toy_recognizer: SwipeRecognizer, word: str) -> None:
    """The toy looks at frame i alone before letter i, and its frame s is the swipe's point 2 s."""
    swipe = toy.swipe_of(word, toy_recognizer.grid)
    explanation = explain(toy_recognizer, swipe, toy_recognizer.recognize(swipe)[0], toy_recognizer.default_options)
    assert np.array([letter.attention for letter in explanation.letters]).tolist() == np.eye(toy.N_FRAMES)[: len(word) + 1].tolist()
    assert explanation.frames == pytest.approx(np.array([swipe.x, swipe.y, swipe.t])[:, ::2])
