"""The explanation of a candidate: it adds up to the score, and says where the decoder looked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.explain import END, N_ALTERNATIVES, explain
from engine.grid import Grid
from engine.lexicon import Entry
from engine.recognizer import Candidate, SwipeRecognizer
from engine.swipe import Swipe
from engine.two_languages import TwoLanguages
from tests.engine.words.test_of_two import lexicon_of
from tests.support import toy, toy_context
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


# --- the words before, and the person's ---


@pytest.fixture
def with_context(toy_recognizer: SwipeRecognizer, qwerty: Grid, tmp_path: Path) -> SwipeRecognizer:
    (tmp_path / "toy.context").write_bytes(toy_context.content())
    return SwipeRecognizer(toy_recognizer.bundle, toy_context.lexicon(), qwerty, context=tmp_path / "toy.context")


@pytest.mark.parametrize("before", ["", "we could ", "we could meet at "])
def test_with_words_before_letters_prior_and_what_they_add_make_up_the_score(with_context: SwipeRecognizer, before: str) -> None:
    swipe, options = toy.swipe_of("meet", with_context.grid), with_context.default_options
    without = [one.key_sequence for one in with_context.recognize(swipe, options)]
    for candidate in with_context.recognize(swipe, options, before):
        explanation = explain(with_context, swipe, candidate, options, before)
        assert explanation.context is not None
        letters = sum(letter.log_prob for letter in explanation.letters)
        assert letters + explanation.weighted_log_prior + explanation.context.added == pytest.approx(candidate.score, abs=1e-4)
        assert explanation.score == about(candidate.score, abs=1e-4)
        assert explanation.context.place_without == without.index(candidate.key_sequence) + 1
        assert (explanation.context.own_pairs, explanation.own_use) == (0.0, 0.0)


def test_words_before_count_for_nothing_where_they_were_not_known(with_context: SwipeRecognizer, toy_recognizer: SwipeRecognizer) -> None:
    for recognizer, before in ((with_context, None), (toy_recognizer, "we could ")):
        swipe = toy.swipe_of("at", recognizer.grid)
        for candidate in recognizer.recognize(swipe):
            assert explain(recognizer, swipe, candidate, recognizer.default_options, before).context is None


def test_the_words_before_change_places(with_context: SwipeRecognizer) -> None:
    """Pairs of words that the person writes lift a word above one that fits the swipe as well."""
    recognizer, swipe = with_context, toy.swipe_of("meets", with_context.grid)
    first, second = recognizer.recognize(swipe)[:2]
    recognizer.words.learn_pairs([("we", second.word)] * 2000)
    candidates = recognizer.recognize(swipe, before="we ")
    (place,) = [place for place, one in enumerate(candidates) if one.key_sequence == second.key_sequence]
    explanation = explain(recognizer, swipe, candidates[place], recognizer.default_options, "we ")
    assert explanation.context is not None
    assert explanation.context.own_pairs > 0.1
    assert explanation.context.place_without == 2
    loser = explain(recognizer, swipe, first, recognizer.default_options, "we ")
    assert loser.context is not None
    assert loser.context.own_pairs < -0.1
    assert explanation.score == about(candidates[place].score, abs=1e-4)


def test_what_the_person_uses_counts_as_a_part_of_the_prior(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    swipe, options = toy.swipe_of("cart", qwerty), recognizer.default_options
    before = recognizer.lexicon.log_prior("cart")
    recognizer.words.boost("cart", 5000.0)
    recognizer.words.add("Carts")
    candidates = {one.word: one for one in recognizer.recognize(swipe, replace(options, n_best=50))}
    used = explain(recognizer, swipe, candidates["cart"], options)
    assert used.own_use == about(options.prior_weight * (recognizer.lexicon.log_prior("cart") - before), abs=1e-6)
    assert used.own_use is not None
    assert used.own_use > 0.1
    assert explain(recognizer, swipe, Candidate("Carts", 0.0, 0.0, "carts", ("Carts",)), options).own_use is None
    assert explain(recognizer, swipe, candidates["car"], options).own_use == 0.0


def test_a_word_of_either_of_two_languages_is_explained(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    lexicons = lexicon_of({"cat": 40.0, "car": 20.0, "hell": 5.0}), lexicon_of({"cat": 2.0, "vat": 30.0, "cart": 20.0})
    two = TwoLanguages(toy_recognizer.bundle, lexicons, qwerty, codes=("en", "xx"))
    swipe, options = toy.swipe_of("cat", qwerty), replace(two.default_options, n_best=10)
    candidates = two.recognize(swipe, options, before="car ")
    assert {"cat", "car", "vat"} <= {one.word for one in candidates}
    for candidate in candidates:
        assert explain(two, swipe, candidate, options, "car ").score == about(candidate.score, abs=1e-4)


def test_a_word_that_has_gone_is_not_explained(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    swipe = toy.swipe_of("cat", qwerty)
    best = recognizer.recognize(swipe)[0]
    recognizer.words.block("cat")
    with pytest.raises(ValueError, match="'cat' is not in the lexicon any more"):
        explain(recognizer, swipe, best, recognizer.default_options)
