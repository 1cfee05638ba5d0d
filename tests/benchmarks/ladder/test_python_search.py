"""The search in plain Python finds what the engine's finds, by every method."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ladder import python_search
from benchmarks.ladder.python_search import CtcPrefixes, build_trie
from benchmarks.ladder.whole_prefixes import PrefixCache, Tokens, read
from engine import beam_search
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.model import Cache, Integers, Memory, ReadsBySteps, StepOutput
from engine.search_options import Method, SearchOptions
from tests.support import naive

ALPHABET = "abc"

words = st.dictionaries(st.text(ALPHABET, min_size=1, max_size=6), st.floats(1e-6, 1e6), min_size=1, max_size=50)
seeds = st.integers(0, 2**32 - 1)


class TableDecoder(ReadsBySteps):
    """A decoder whose log-probabilities are a function of the letters so far."""

    alphabet = ALPHABET
    empty_cache: Cache = PrefixCache.empty()
    nothing: Memory | None = None

    def __init__(self, seed: int, max_letters: int = 32) -> None:
        self.seed, self.max_letters = seed, max_letters

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        reading = read(tokens, parents, cache)
        rows = [self.log_probs(prefix) for prefix in reading.cache.prefixes[len(cache) :]]
        return StepOutput(np.array(rows, dtype=np.float32), reading.cache, np.ones((len(tokens), 1), dtype=np.float32))

    @functools.cache  # noqa: B019
    def log_probs(self, prefix: Tokens) -> tuple[float, ...]:
        logits = np.random.default_rng([self.seed, *prefix]).normal(0, 2, len(ALPHABET) + 1)
        return tuple((logits - np.log(np.exp(logits).sum())).tolist())


def frames(seed: int, n_frames: int) -> npt.NDArray[np.float32]:
    """(S, K + 1) log probabilities."""
    return np.log(np.random.default_rng(seed).dirichlet(np.full(len(ALPHABET) + 1, 0.7), n_frames)).astype(np.float32)


def memory(seed: int, n_frames: int) -> Memory:
    return Memory(np.zeros((1, 2, 1, 1), np.float32), frames(seed, n_frames))


def lexicon_of(words: Mapping[str, float]) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, frequency, (word,)) for word, frequency in words.items()], ALPHABET, "test"))


@given(
    words,
    seeds,
    st.builds(
        SearchOptions,
        beam_width=st.integers(1, 8),
        prior_weight=st.floats(0, 2),
        margin=st.one_of(st.just(math.inf), st.floats(0, 8)),
        n_best=st.integers(1, 6),
        ctc_weight=st.sampled_from([0.0, 0.35, 1.0]),
        method=st.sampled_from(get_args(Method)),
    ),
    st.integers(4, 14),
    st.integers(1, 7),
)
def test_it_finds_what_the_engine_finds(
    words: Mapping[str, float], seed: int, options: SearchOptions, n_frames: int, max_letters: int
) -> None:
    """Also where frames are too few for a word, and words longer than the decoder may write."""
    lexicon, decoder, heard = lexicon_of(words), TableDecoder(seed, max_letters), memory(seed, n_frames)
    expected = beam_search.search(decoder, heard, lexicon, options)
    found = python_search.search(decoder, heard, build_trie(lexicon), options)
    assert [one.key_sequence for one in found] == ["".join(ALPHABET[token] for token in one.tokens) for one in expected]
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], abs=1e-6)


def test_the_trie_holds_the_words_and_their_priors() -> None:
    lexicon = lexicon_of({"ab": 8, "abc": 2, "b": 1})
    root = build_trie(lexicon)
    a, b = root.following.values()
    assert list(root.following) == [0, 1] and (a.letters, b.letters) == ("a", "b")
    assert a.word_prior == -math.inf and a.best_prior == root.best_prior == lexicon.log_prior("ab")
    ab = a.following[1]
    assert (ab.letters, ab.word_prior) == ("ab", lexicon.log_prior("ab"))
    assert ab.following[2].best_prior == ab.following[2].word_prior == lexicon.log_prior("abc")
    assert b.word_prior == lexicon.log_prior("b") and not b.following


def test_the_ctc_head_of_a_prefix_is_the_sum_over_labellings() -> None:
    """Prefixes a, ba, baa, extended together: the second from another parent than its own row."""
    log_probs = frames(3, 5)
    prefixes = CtcPrefixes.empty(log_probs)
    spelt: list[list[int]] = [[]]
    for parents, tokens in (([0, 0], [0, 1]), ([1, 0], [0, 2]), ([0, 1, 0], [0, 2, 1])):
        prefixes = prefixes.extend(prefixes.reached(), parents, tokens)
        spelt = [[*spelt[parent], token] for parent, token in zip(parents, tokens, strict=True)]
        probabilities = np.exp(log_probs.astype(np.float64)).tolist()
        for row, word in enumerate(spelt):
            begins, _ = naive.ctc_probabilities(probabilities, word)
            following = [naive.ctc_probabilities(probabilities, [*word, token])[0] for token in range(3)]
            ends = naive.ctc_probabilities(probabilities, word)[1]
            assert np.exp(prefixes.so_far[row]) == pytest.approx(begins)
            assert np.exp(prefixes.reached()[row]) == pytest.approx([*following, ends])
