"""A whole swipe, from points to candidates: by word length and by beam width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.stages import Stage
from benchmarks.swipes import common_words, made_up_records_of
from engine.accuracy import Accuracy, rank_of
from engine.beam_search import SearchOptions
from engine.lexicon import key_sequence
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord

LENGTHS = range(2, 16)
BEAMS = (1, 5, 10, 16, 30, 100)
N_OF_LENGTH = 20
N_SWIPES = 100
LEAST_FOUND = 0.5
"""Share of the swipes whose word is among the first four; that much is left of it at beam 1."""


def measure(stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord], options: SearchOptions) -> None:
    found = stage.measure(lambda record: recognizer.recognize(record.swipe, options), records)
    alphabet = recognizer.bundle.alphabet
    ranks = [rank_of(record.word or "", candidates, alphabet) for record, candidates in zip(records, found, strict=True)]
    accuracy = Accuracy.of_ranks(ranks)
    assert accuracy.top_4 >= LEAST_FOUND
    for candidates in found:
        assert [one.score for one in candidates] == sorted((one.score for one in candidates), reverse=True)
        assert all(one.key_sequence in recognizer.lexicon for one in candidates)
    stage.note("top-1 %", 100 * accuracy.top_1)
    stage.note("top-4 %", 100 * accuracy.top_4)


@pytest.fixture(scope="module")
def words(recognizer: SwipeRecognizer) -> dict[int, list[str]]:
    return common_words(recognizer.lexicon)


@pytest.mark.parametrize("n_letters", LENGTHS)
def test_word_length(
    stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord], words: dict[int, list[str]], n_letters: int
) -> None:
    """Where fewer words of that length were swiped, made-up swipes of common ones come on top."""
    of_length = [one for one in records if one.word and letters_of(one.word, recognizer) == n_letters][:N_OF_LENGTH]
    more = made_up_records_of(words[n_letters], recognizer.grid, N_OF_LENGTH - len(of_length))
    measure(stage, recognizer, of_length + more, recognizer.default_options)


@pytest.mark.parametrize("beam_width", BEAMS)
def test_beam(stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord], beam_width: int) -> None:
    measure(stage, recognizer, records[:N_SWIPES], replace(recognizer.default_options, beam_width=beam_width))


def letters_of(word: str, recognizer: SwipeRecognizer) -> int:
    return len(key_sequence(word, recognizer.bundle.alphabet) or "")
