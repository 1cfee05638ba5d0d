"""The decoder, one call of it: for the next letter of every hypothesis, and for all words that a first pass left to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from benchmarks.suites.replay import RecordingDecoder
from benchmarks.suites.stages import Stage
from engine.beam_search import search
from engine.model import NO_PARENT, Cache, Integers, Memory, Model, Tree
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord
from export.key_reader.bundle import FUSED_TOLERANCE, quarter

BEAMS = (1, 5, 10, 30, 100)
N_LETTERS = 5
"""T, that the hypotheses have: as many as a word at the median"""
N_SWIPES = 30
ATOL = 1e-4
"""nats; of another order of the same sums"""


@dataclass(frozen=True, eq=False)
class Prefixes:
    """Prefixes of up to N_LETTERS letters: the empty one, then B of one letter, B of two, and so on."""

    tokens: Integers
    parents: Integers
    beam_width: int


@pytest.fixture(scope="module")
def memories(recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> list[Memory]:
    return [recognizer.model.encode(recognizer.model.extractor(record.swipe)) for record in records[:N_SWIPES]]


def tree_of(beam_width: int, alphabet: str) -> Prefixes:
    """Each prefix continues any of those that are a letter shorter."""
    rng = np.random.default_rng(0)
    tokens, parents = [np.array([len(alphabet) + 1])], [np.array([NO_PARENT])]
    for length in range(N_LETTERS):
        first, n = (0, 1) if length == 0 else (1 + (length - 1) * beam_width, beam_width)
        parents.append(first + rng.integers(n, size=beam_width))
        tokens.append(rng.integers(len(alphabet), size=beam_width))
    return Prefixes(np.concatenate(tokens), np.concatenate(parents), beam_width)


def read_all_but_the_last_letters(model: Model, tree: Prefixes, memory: Memory) -> Cache:
    n = len(tree.tokens) - tree.beam_width
    return model.step(tree.tokens[:n], tree.parents[:n], model.empty_cache, memory).cache


@pytest.mark.parametrize("beam_width", BEAMS)
def test_next_letter(stage: Stage, recognizer: SwipeRecognizer, memories: list[Memory], beam_width: int) -> None:
    """The step from N_LETTERS letters to the next, with the cache of the letters before."""
    model = recognizer.model
    tree, memory = tree_of(beam_width, model.alphabet), memories[0]
    cache = read_all_but_the_last_letters(model, tree, memory)
    last, last_parents = tree.tokens[-beam_width:], tree.parents[-beam_width:]
    (output,) = stage.measure(lambda memory: model.step(last, last_parents, cache, memory), [memory])
    at_once = model.step(tree.tokens, tree.parents, model.empty_cache, memory)
    assert output.log_probs.shape == (beam_width, len(model.alphabet) + 1)
    np.testing.assert_allclose(output.log_probs, at_once.log_probs[-beam_width:], atol=ATOL)


@pytest.mark.parametrize("beam_width", BEAMS)
def test_words(stage: Stage, recognizer: SwipeRecognizer, memories: list[Memory], beam_width: int) -> None:
    """The best words of the CTC head, as the tree of their prefixes, in one call."""
    model = recognizer.model
    decoder, options = RecordingDecoder(model), replace(recognizer.default_options, beam_width=beam_width, method="two_pass")
    for memory in memories:
        search(decoder, memory, recognizer.lexicon, options)
    outputs = stage.measure(lambda call: model.read_trees([Tree(call.parents, call.tokens)], [call.memory])[0], decoder.calls)
    for log_probs in outputs:
        np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1.0, rtol=1e-4)
    apart = [np.abs(log_probs - call.output.log_probs).max() for log_probs, call in zip(outputs, decoder.calls, strict=True)]
    assert quarter(apart) < FUSED_TOLERANCE
    stage.note("prefixes a call", float(np.mean([len(call.tokens) for call in decoder.calls])))
