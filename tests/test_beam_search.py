"""The search: against exhaustive scoring, against slow twins, and where it stops."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import kernels
from engine.beam_search import Hypothesis, SearchOptions, search
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.model import Cache, Memory, StepOutput
from tests import naive

ALPHABET = "abc"
NO_MEMORY = Memory(np.zeros((1, 2, 1, 1, 1), np.float32), np.zeros((1, 4), np.float32))

words = st.dictionaries(st.text(ALPHABET, min_size=1, max_size=6), st.floats(1e-6, 1e6), min_size=1, max_size=50)
seeds = st.integers(0, 2**32 - 1)


class TableDecoder:
    """A decoder whose log-probabilities are a function of the letters so far, which it keeps in its cache."""

    def __init__(self, seed: int, alphabet: str = ALPHABET, max_letters: int = 32, spread: float = 2.0) -> None:
        self.seed, self.alphabet, self.max_letters, self.spread = seed, alphabet, max_letters, spread
        self.empty_cache: Cache = np.zeros((1, 1, 1, 1, 0, 1), dtype=np.float32)
        self.n_steps = 0

    def step(self, tokens: npt.NDArray[np.int64], parents: npt.NDArray[np.int64], cache: Cache, memory: Memory) -> StepOutput:
        assert tokens.dtype == parents.dtype == np.int64
        self.n_steps += 1
        last = tokens.astype(np.float32).reshape(1, 1, -1, 1, 1, 1)
        cache = np.concatenate((cache[:, :, parents], last), axis=4)
        rows = [self.log_probs("".join(self.alphabet[int(token)] for token in row[1:])) for row in cache[0, 0, :, 0, :, 0]]
        return StepOutput(np.array(rows, dtype=np.float32), cache, np.ones((len(tokens), 1), dtype=np.float32))

    @functools.cache  # noqa: B019
    def log_probs(self, letters: str) -> tuple[float, ...]:
        """float32 numbers: what comes after these letters, the end last."""
        random = np.random.default_rng([self.seed, len(letters), *map(ord, letters)])
        logits = random.normal(0, self.spread, len(self.alphabet) + 1)
        return tuple((logits - np.log(np.exp(logits).sum())).astype(np.float32).tolist())


def lexicon_of(words: Mapping[str, float], alphabet: str = ALPHABET) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, frequency, (word,)) for word, frequency in words.items()], alphabet, "test"))


def found(hypotheses: list[Hypothesis], alphabet: str = ALPHABET) -> list[tuple[str, float]]:
    return [("".join(alphabet[token] for token in one.tokens), pytest.approx(one.score, abs=1e-9)) for one in hypotheses]


@given(words, seeds, st.floats(0, 2), st.integers(1, 60))
def test_a_wide_beam_equals_scoring_every_word(words: Mapping[str, float], seed: int, prior_weight: float, n_best: int) -> None:
    lexicon, decoder = lexicon_of(words), TableDecoder(seed)
    options = SearchOptions(beam_width=1000, prior_weight=prior_weight, n_best=n_best)
    expected = naive.score_all(dict(lexicon.key_sequences()), decoder.log_probs, ALPHABET, prior_weight)
    assert found(search(decoder, NO_MEMORY, lexicon, options)) == expected[:n_best]


@given(words, seeds, st.floats(0, 2), st.integers(1, 6), st.floats(0, 8), st.integers(1, 6))
def test_a_narrow_beam_equals_its_twin(
    words: Mapping[str, float], seed: int, prior_weight: float, beam_width: int, margin: float, n_best: int
) -> None:
    """The twin never prunes by finished hypotheses and never stops early: the search loses nothing by both."""
    lexicon, decoder = lexicon_of(words), TableDecoder(seed)
    options = SearchOptions(beam_width, prior_weight, margin, n_best)
    expected = naive.beam_search(dict(lexicon.key_sequences()), decoder.log_probs, ALPHABET, options)
    assert found(search(decoder, NO_MEMORY, lexicon, options)) == expected


@given(words, seeds, st.integers(1, 6))
def test_nodes_and_probabilities(words: Mapping[str, float], seed: int, beam_width: int) -> None:
    lexicon = lexicon_of(words)
    hypotheses = search(TableDecoder(seed), NO_MEMORY, lexicon, SearchOptions(beam_width, 0.5, n_best=1000))
    scores = np.array([one.score for one in hypotheses])
    np.testing.assert_allclose([one.probability for one in hypotheses], np.exp(scores) / np.exp(scores).sum(), atol=1e-12)
    assert [lexicon.find("".join(ALPHABET[token] for token in one.tokens)) for one in hypotheses] == [one.node for one in hypotheses]


quarters = st.integers(-40, 0).map(lambda n: n / 4)


@given(words, st.data())
def test_expand_equals_its_twin(words: Mapping[str, float], data: st.DataObject) -> None:
    """With numbers that are exact in binary, so that there are many ties."""
    trie = lexicon_of(words).trie
    nodes = data.draw(st.lists(st.integers(0, len(trie.token) - 1), min_size=1, max_size=8))
    live = [(node, data.draw(quarters)) for node in nodes]
    log_probs = [[data.draw(quarters) for _ in range(len(ALPHABET) + 1)] for _ in live]
    leaders = sorted(data.draw(st.lists(quarters | st.just(-math.inf), min_size=1, max_size=4)), reverse=True)
    margin = data.draw(quarters.map(abs) | st.just(math.inf))
    options = SearchOptions(data.draw(st.integers(1, 12)), 0.5, margin)
    finished, led, kept = naive.expand(trie, 0.25, live, log_probs, leaders, options)
    scores = np.array([score for _, score in live])
    result = kernels.expand(trie, 0.25, np.array(nodes), scores, np.array(log_probs), np.array(leaders), options.beam_width, options.margin)
    assert [array.tolist() for array in result] == [
        finished,
        led,
        [one[1] for one in kept],
        [one[2] for one in kept],
        [one[3] for one in kept],
        [one[4] for one in kept],
    ]
    assert [array.dtype for array in result] == [np.float64, np.float64, np.int64, np.int64, np.int64, np.float64]


def test_expand_drops_what_is_impossible_or_not_a_number() -> None:
    trie = lexicon_of({"a": 1, "b": 1, "c": 1}).trie
    log_probs = np.array([[-math.inf, math.nan, -1.0, -2.0]])
    _, _, _, tokens, _, _ = kernels.expand(trie, 0.0, np.zeros(1, np.int64), np.zeros(1), log_probs, np.full(4, -np.inf), 8, math.inf)
    assert tokens.tolist() == [2]


def test_equal_scores_come_shorter_first_then_by_alphabet() -> None:
    class Even(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            return (0.0,) * 4  # no distribution: every word scores 0

    lexicon = lexicon_of(dict.fromkeys(("c", "bb", "ba", "ab", "a"), 1))
    hypotheses = search(Even(0), NO_MEMORY, lexicon, SearchOptions(8, 0.0, n_best=5))
    assert [word for word, _ in found(hypotheses)] == ["a", "c", "ab", "ba", "bb"]


def test_the_search_stops_when_nothing_can_enter_the_best() -> None:
    class ShortWords(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            end = 0.9 if letters else 0.01
            return (*(math.log((1 - end) / 3),) * 3, math.log(end))

    lexicon, options = lexicon_of({"a": 5, "aaaaaa": 1}), SearchOptions(8, 0.2, n_best=1)
    decoder = ShortWords(0)
    assert [word for word, _ in found(search(decoder, NO_MEMORY, lexicon, options))] == ["a"]
    assert decoder.n_steps == 2
    patient = ShortWords(0)
    both = search(patient, NO_MEMORY, lexicon, SearchOptions(8, 0.2, n_best=2))
    assert ([word for word, _ in found(both)], patient.n_steps) == (["a", "aaaaaa"], 7)


def test_words_as_long_as_the_decoder_can_write_are_found_whole() -> None:
    lexicon, options = lexicon_of({"abca": 1, "abcab": 1}), SearchOptions(8, 0.0)
    assert [word for word, _ in found(search(TableDecoder(1, max_letters=4), NO_MEMORY, lexicon, options))] == ["abca"]
    assert search(TableDecoder(1, max_letters=3), NO_MEMORY, lexicon, options) == []


def test_nothing_is_found_where_no_word_can_end() -> None:
    class NeverEnds(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            return (-0.1, -5.0, -5.0, -math.inf)

    assert search(NeverEnds(0), NO_MEMORY, lexicon_of({"ab": 1, "b": 1}), SearchOptions(4, 0.1)) == []


@pytest.mark.parametrize(
    ("field", "value"), [("beam_width", 0), ("n_best", 0), ("prior_weight", -0.1), ("prior_weight", math.nan), ("margin", -1.0)]
)
def test_options_that_make_no_sense(field: str, value: float) -> None:
    fields: dict[str, float] = {"beam_width": 8, "prior_weight": 0.2, field: value}
    with pytest.raises(ValueError, match=rf"{field} must be at least \d, got {value}"):
        SearchOptions(**fields)  # type: ignore[arg-type]
