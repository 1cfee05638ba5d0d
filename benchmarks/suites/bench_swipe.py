"""A whole swipe, from points to candidates: by word length and by beam width; and what of it is not the network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.common.timed_model import TimedModel
from benchmarks.suites.stages import Stage
from benchmarks.suites.swipes import common_words, made_up_records_of
from engine.accuracy import Accuracy, rank_of
from engine.lexicon import key_sequence
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe_file import SwipeRecord

LENGTHS = range(2, 16)
BEAMS = (1, 5, 10, 16, 30, 100)
N_OF_LENGTH = 20
N_SWIPES = 100
N_TURNS = 3
"""of the swipes, for the shares"""
MOST_FEATURES, MOST_SEARCH = 0.05, 0.15
"""The budgets, as shares of a swipe's time."""
LEAST_FOUND = 0.5
"""Share of the swipes whose word is among the first four; that much is left of it at beam 1."""


def measure(stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord], options: SearchOptions) -> None:
    found = stage.measure(lambda record: recognizer.recognize(record.swipe, options), records)
    alphabet = recognizer.model.alphabet
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
    """If fewer words of that length were swiped, made-up swipes of common words are added."""
    of_length = [one for one in records if one.word and letters_of(one.word, recognizer) == n_letters][:N_OF_LENGTH]
    more = made_up_records_of(words[n_letters], recognizer.grid, N_OF_LENGTH - len(of_length))
    measure(stage, recognizer, of_length + more, recognizer.default_options)


@pytest.mark.parametrize("beam_width", BEAMS)
def test_beam(stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord], beam_width: int) -> None:
    measure(stage, recognizer, records[:N_SWIPES], replace(recognizer.default_options, beam_width=beam_width))


def test_shares(stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> None:
    """The shares of a swipe's time in the features, and in the search, which is everything but features and network."""
    timed = TimedModel(recognizer.model)

    def shares(record: SwipeRecord) -> tuple[float, float]:
        """Of the features, and of the search."""
        with timed.timing():
            times = recognizer.decode(record.swipe).milliseconds
        assert 0 < timed.graph_ms < times.total
        return times.features / times.total, (times.total - times.features - timed.graph_ms) / times.total

    stage.measure(shares, records[:N_SWIPES])
    if not stage.is_quick:
        features, search = np.median([shares(record) for record in records[:N_SWIPES] * N_TURNS], axis=0)
        stage.limit("features, share of a swipe", float(features), MOST_FEATURES)
        stage.limit("search, share of a swipe", float(search), MOST_SEARCH)


def letters_of(word: str, recognizer: SwipeRecognizer) -> int:
    return len(key_sequence(word, recognizer.model.alphabet) or "")
