"""The CTC head's prefix probabilities against the sum over all ways to label the frames."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.beam_search import search
from engine.ctc import CtcPrefixes
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.model import Memory
from engine.search_options import SearchOptions
from tests.engine.test_beam_search import ALPHABET, TableDecoder, found
from tests.support import naive
from tests.support.approximately import about

seeds = st.integers(0, 2**32 - 1)
words = st.lists(st.integers(0, 2), min_size=1, max_size=4)


def frames(seed: int, n_frames: int = 5) -> npt.NDArray[np.float32]:
    """(S, 4) log-probabilities."""
    return np.log(np.random.default_rng(seed).dirichlet(np.ones(4), n_frames)).astype(np.float32)


def one(token: int) -> npt.NDArray[np.int64]:
    return np.array([token], dtype=np.int64)


@given(seeds, words)
def test_prefixes_equal_the_sum_over_labellings(seed: int, word: list[int]) -> None:
    log_probs = frames(seed)
    prefixes = CtcPrefixes.empty(log_probs)
    for length, token in enumerate([*word, None]):
        begins, ends = naive.ctc_probabilities(np.exp(log_probs.astype(np.float64)).tolist(), word[:length])
        assert np.exp(prefixes.log_probs[0]) == pytest.approx(begins, abs=1e-5, rel=1e-4)
        assert np.exp(prefixes.log_next()[0, -1]) * begins == pytest.approx(ends, abs=1e-5, rel=1e-4)
        if token is not None:
            ahead = prefixes.log_next()[0, token] + prefixes.log_probs[0]
            prefixes = prefixes.extend(one(0), one(token))
            assert prefixes.log_probs[0] == pytest.approx(ahead, abs=1e-5, rel=1e-5)


@given(seeds, words, words)
def test_several_prefixes_are_extended_as_each_alone(seed: int, word: list[int], other: list[int]) -> None:
    length = min(len(word), len(other))
    alone = CtcPrefixes.empty(frames(seed))
    together = alone.extend(np.zeros(2, dtype=np.int64), np.array([word[0], other[0]]))
    for token in word[:length]:
        alone = alone.extend(one(0), one(token))
    for i in range(1, length):  # swapped each time, so that rows and parents differ
        order = np.array([1, 0])
        together = together.extend(order, np.array([(word, other)[(r + i) % 2][i] for r in range(2)]))
    row = (length - 1) % 2
    np.testing.assert_allclose(together.aligned[row], alone.aligned[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(together.log_next()[row], alone.log_next()[0], rtol=1e-5, atol=1e-6)


@given(st.dictionaries(st.text(ALPHABET, min_size=1, max_size=5), st.floats(1e-3, 1e3), min_size=1, max_size=30), seeds, st.floats(0.05, 1))
def test_a_wide_beam_equals_scoring_every_word_with_both_heads(words: dict[str, float], seed: int, ctc_weight: float) -> None:
    lexicon = Lexicon.from_bytes(build_lexicon([Entry(word, n, (word,)) for word, n in words.items()], ALPHABET, "test"))
    decoder, log_probs = TableDecoder(seed), frames(seed, 6)
    decoded = naive.score_all(dict(lexicon.key_sequences()), decoder.log_probs, ALPHABET, 0.0)
    scores = {}
    for word, score in decoded:
        _, written = naive.ctc_probabilities(np.exp(log_probs.astype(np.float64)).tolist(), [ALPHABET.index(c) for c in word])
        if written > 0:
            scores[word] = (1 - ctc_weight) * score + ctc_weight * math.log(written) + 0.3 * lexicon.log_prior(word)
    expected = sorted(scores.items(), key=lambda item: -item[1])
    memory = Memory(np.zeros((1, 2, 1, 1), np.float32), log_probs)
    hypotheses = search(decoder, memory, lexicon, SearchOptions(1000, 0.3, n_best=3, ctc_weight=ctc_weight))
    assert found(hypotheses)[: len(expected)] == [(word, about(score, abs=1e-5, rel=1e-5)) for word, score in expected[:3]]


def test_long_unlikely_prefixes_keep_finite_numbers() -> None:
    log_probs = np.full((32, 4), -25.0, dtype=np.float32)
    log_probs[:, 3] = 0.0
    prefixes = CtcPrefixes.empty(log_probs)
    for token in itertools.islice(itertools.cycle([0, 0, 1]), 40):
        assert np.isfinite(prefixes.log_next()).all()
        prefixes = prefixes.extend(one(0), one(token))
    assert np.isfinite(prefixes.log_probs).all()
