"""The CTC head's part of the search: prefixes and their next letters, and a search whose decoder costs nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from benchmarks.suites.replay import RecordingDecoder, ReplayingDecoder
from benchmarks.suites.stages import Stage
from engine.beam_search import Hypothesis, search
from engine.ctc import CtcPrefixes
from engine.kernels import UNRESTED
from engine.model import Memory
from engine.recognizer import SwipeRecognizer
from engine.search_options import Method
from engine.swipe_file import SwipeRecord

BEAMS = (1, 5, 10, 30, 100)
N_SWIPES = 50


@pytest.fixture(scope="module")
def memories(recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> list[Memory]:
    return [recognizer.model.encode(recognizer.model.extractor(record.swipe)) for record in records[:N_SWIPES]]


@pytest.mark.parametrize("beam_width", BEAMS)
def test_prefixes(stage: Stage, memories: list[Memory], beam_width: int) -> None:
    """One more letter for each prefix, and how probable each letter is after that."""
    rng = np.random.default_rng(0)
    n_letters = memories[0].ctc_log_probs.shape[1] - 1
    tokens, parents = rng.integers(n_letters, size=beam_width), rng.integers(beam_width, size=beam_width)
    first = [CtcPrefixes.empty(memory.ctc_log_probs).extend(np.zeros(beam_width, np.int64), tokens) for memory in memories]
    for before in first:
        before.log_next()
    others = tokens[::-1].copy()
    following = stage.measure(lambda before: before.extend(parents, others).log_next(), first)
    for log_probs in following:
        assert log_probs.shape == (beam_width, n_letters + 1)
        sums = np.exp(log_probs).sum(
            axis=1
        )  # some letter follows, or the end, or the same letter without a rest; what vanished sums to less
        assert (sums < 1.001 + UNRESTED).all() and (sums > 0.999).any()


@pytest.mark.parametrize("method", get_args(Method))
def test_search_without_the_decoder(stage: Stage, recognizer: SwipeRecognizer, memories: list[Memory], method: Method) -> None:
    """All of the search but the decoder's graph, whose answers are replayed."""
    options = replace(recognizer.default_options, method=method, internal_lm_weight=0.0)
    prepared = []
    for memory in memories:
        recording = RecordingDecoder(recognizer.model)
        expected = search(recording, memory, recognizer.lexicon, options)
        prepared.append((ReplayingDecoder(recognizer.model, recording.calls), memory, expected))

    def replay(one: tuple[ReplayingDecoder, Memory, list[Hypothesis]]) -> list[Hypothesis]:
        return search(one[0], one[1], recognizer.lexicon, options)

    assert stage.measure(replay, prepared) == [expected for _, _, expected in prepared]
