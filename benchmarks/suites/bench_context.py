"""The words before a swipe: what they cost it, opening the model, and the next words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.suites.stages import Stage
from engine.beam_search import MORE_WORDS
from engine.context.model import ContextModel
from engine.context.ranking import Ranking
from engine.recognizer import SwipeRecognizer

TEXTS = ("We could meet at ", "thanks for the quick ", "I don't think that is the ", "", "see you ", "what number should he call you ")
MOST_MB, MOST_MS = 3.0, 0.15
"""The budget of a language's file, and of a swipe."""


@pytest.fixture(scope="module")
def ranking(recognizer: SwipeRecognizer) -> Ranking:
    assert recognizer.ranking is not None
    return recognizer.ranking


def test_open(stage: Stage, recognizer: SwipeRecognizer) -> None:
    (model,) = stage.measure(ContextModel.open, [Path(str(recognizer.context))])
    megabytes = Path(str(recognizer.context)).stat().st_size / 1e6
    stage.note("words", model.header.sizes.n_words)
    stage.limit("MB on disk", megabytes, MOST_MB)


def test_words_before(stage: Stage, recognizer: SwipeRecognizer, ranking: Ranking) -> None:
    """A step of the network for the latest word, and what it says of the words that the first pass finds."""
    n_words = MORE_WORDS * recognizer.default_options.beam_width
    ends = np.flatnonzero(recognizer.lexicon.trie.word_prior)
    nodes = np.random.default_rng(0).choice(ends, n_words).astype(np.int64)

    def added(text: str) -> float:
        ranking.model.forget(text)
        return float(ranking.words_before(text, recognizer.lexicon).added(nodes).max())

    found = stage.measure(added, list(TEXTS))
    assert np.isfinite(found).all()
    if stage.timing:
        stage.limit("ms", stage.timing.p95_ms, MOST_MS)


def test_next_words(stage: Stage, ranking: Ranking) -> None:
    found = stage.measure(lambda text: ranking.model.next_words(text, 3), list(TEXTS))
    assert [word.word for word in found[TEXTS.index("see you ")]]
