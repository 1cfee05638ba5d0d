"""The search that guesses letters and repairs the guesses: against every sequence, a slow twin, and edits made one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.common.agreement import ScoredWord
from benchmarks.searches.repair import Repair, guess_letters
from benchmarks.searches.ways import Exhaustive, engine_search
from benchmarks.searches.words import Problem, WordIndex
from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from tests.benchmarks.searches.test_searches import WIDE, problem, same, seeds, steps, weights, words
from tests.engine.test_beam_search import ALPHABET, TableDecoder, lexicon_of
from tests.support import naive, toy
from tests.support.approximately import about

guesses = st.lists(st.text(ALPHABET, max_size=6), max_size=3)
LONGEST = 6
"""of `words`"""


def one_edit(text: str) -> set[str]:
    """What one letter left out, added, replaced, or swapped with the next makes of it; and itself."""
    cuts = [(text[:at], text[at:]) for at in range(len(text) + 1)]
    without = {left + right[1:] for left, right in cuts}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    added = {left + letter + right for left, right in cuts for letter in ALPHABET}
    replaced = {left + letter + right[1:] for left, right in cuts if right for letter in ALPHABET}
    return without | swapped | added | replaced | {text}


def within(text: str, n_edits: int) -> set[str]:
    found = {text}
    for _ in range(n_edits):
        found = set().union(*map(one_edit, found))
    return found


@given(words, guesses, st.integers(1, 3))
def test_near_words_are_those_that_so_many_edits_reach(drawn: Mapping[str, float], guessed: list[str], n_edits: int) -> None:
    repair = Repair.of(WordIndex.of(lexicon_of(drawn)))
    reached = set().union(*(within(guess, n_edits) for guess in guessed))
    near = repair.near(guessed, n_edits)
    assert repair.spelt[near].tolist() == sorted(word for word in drawn if word in reached)


def test_a_swapped_letter_may_be_edited_again() -> None:
    """ca, ac, abc: three edits where each letter may be touched once."""
    repair = Repair.of(WordIndex.of(lexicon_of({"abc": 1, "b": 1})))
    assert repair.spelt[repair.near(["ca"], 2)].tolist() == ["abc", "b"]
    assert repair.spelt[repair.near(["ca"], 1)].tolist() == []


@given(seeds, weights, st.integers(1, 3))
def test_a_wide_beam_guesses_every_sequence(seed: int, ctc_weight: float, max_letters: int) -> None:
    """Each as its letters and its end score by both heads."""
    decoder = TableDecoder(seed, max_letters=max_letters)
    task = problem(lexicon_of({"a": 1}), seed, steps(0.7, ctc_weight), decoder)
    every = ["".join(letters) for n in range(max_letters + 1) for letters in itertools.product(ALPHABET, repeat=n)]
    frames = np.exp(task.memory.ctc_log_probs.astype(np.float64)).tolist()
    expected = []
    for letters, decoded in naive.score_all(dict.fromkeys(every, 0.0), decoder.log_probs, ALPHABET, 0.0):
        _, written = naive.ctc_probabilities(frames, [ALPHABET.index(letter) for letter in letters])
        expected.append(ScoredWord(letters, (1 - ctc_weight) * decoded + ctc_weight * math.log(max(written, 1e-300))))
    expected.sort(key=lambda one: -one.score)
    found = guess_letters(task, WIDE)
    assert len(found) == len(every) and same(found, expected)


def guess_slowly(decoder: TableDecoder, beam_width: int) -> list[ScoredWord]:
    """A beam that never stops early."""
    live, finished = [("", 0.0)], list[ScoredWord]()
    for _ in range(decoder.max_letters + 1):
        finished += [ScoredWord(letters, score + decoder.log_probs(letters)[-1]) for letters, score in live]
        longer = [(letters + one, score + decoder.log_probs(letters)[at]) for letters, score in live for at, one in enumerate(ALPHABET)]
        live = sorted(longer, key=lambda one: -one[1])[:beam_width]
    return sorted(finished, key=lambda one: -one.score)[:beam_width]


@given(seeds, st.integers(1, 6), st.integers(1, 8))
def test_stopping_early_loses_no_guess(seed: int, beam_width: int, max_letters: int) -> None:
    decoder = TableDecoder(seed, max_letters=max_letters)
    found = guess_letters(problem(lexicon_of({"a": 1}), seed, steps(0.7, 0.0), decoder), beam_width)
    assert found == [ScoredWord(one.key_sequence, about(one.score, abs=1e-9)) for one in guess_slowly(decoder, beam_width)]


@given(words, seeds, weights, weights, st.integers(1, 5), st.integers(1, 3))
def test_the_near_words_are_scored_like_all(
    drawn: Mapping[str, float], seed: int, prior_weight: float, ctc_weight: float, beam_width: int, n_edits: int
) -> None:
    task = problem(lexicon_of(drawn), seed, steps(prior_weight, ctc_weight, n_best=60), TableDecoder(seed, max_letters=LONGEST))
    reached = set().union(*(within(guess.key_sequence, n_edits) for guess in guess_letters(task, beam_width)))
    expected = [word for word in Exhaustive.of(task).search(task) if word.key_sequence in reached]
    assert same(Repair.of(task.index).search(task, beam_width, n_edits), expected)


@given(words, seeds, weights)
def test_edits_enough_for_every_word_find_what_a_wide_beam_finds(drawn: Mapping[str, float], seed: int, ctc_weight: float) -> None:
    task = problem(lexicon_of(drawn), seed, steps(0.5, ctc_weight), TableDecoder(seed, max_letters=LONGEST))
    assert same(Repair.of(task.index).search(task, beam_width=1, n_edits=LONGEST), engine_search(task, "steps", WIDE))


@pytest.mark.parametrize("word", ["cat", "were", "london", "a"])
def test_repaired_guesses_of_the_toy_model(toy_recognizer: SwipeRecognizer, qwerty: Grid, word: str) -> None:
    model, index = toy_recognizer.model, WordIndex.of(toy_recognizer.lexicon)
    memory = model.encode(toy_recognizer.model.extractor(toy.swipe_of(word, qwerty)))
    task = Problem(model, memory, index, replace(toy_recognizer.default_options, ctc_weight=0.3))
    assert guess_letters(task, 1)[0].key_sequence == word
    found = Repair.of(index).search(task, 4, 2)
    best = engine_search(task, "steps", WIDE)[0]
    assert found[0] == ScoredWord(word, about(best.score, abs=1e-3))


def test_words_longer_than_the_decoder_can_write_are_never_found() -> None:
    task = problem(lexicon_of({"abca": 1, "abcab": 1, "abc": 1}), 1, steps(0.2, 0.0), TableDecoder(1, max_letters=4))
    found = Repair.of(task.index).search(task, WIDE, LONGEST)
    assert {word.key_sequence for word in found} == {"abc", "abca"}


def test_nothing_is_found_where_no_guess_can_end() -> None:
    class NeverEnds(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            return (-0.1, -5.0, -5.0, -math.inf)

    task = problem(lexicon_of({"ab": 1, "b": 1}), 0, steps(0.1, 0.0), NeverEnds(0))
    assert guess_letters(task, 4) == [] == Repair.of(task.index).search(task, 4, 2)
