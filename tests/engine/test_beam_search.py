"""The search: against exhaustive scoring, against slow twins, and where it stops."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import beam_search, kernels
from engine.beam_search import FIRST_BEAM, Hypothesis, search
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.model import NO_PARENT, Cache, Memory, ReadsBySteps, StepOutput
from engine.search_options import Method, SearchOptions
from tests.support import naive
from tests.support.approximately import about

ALPHABET = "abc"
NO_MEMORY = Memory(np.zeros((1, 2, 1, 1), np.float32), np.zeros((1, 4), np.float32))

words = st.dictionaries(st.text(ALPHABET, min_size=1, max_size=6), st.floats(1e-6, 1e6), min_size=1, max_size=50)
seeds = st.integers(0, 2**32 - 1)


class TableDecoder(ReadsBySteps):
    """A decoder whose log-probabilities are a function of the letters so far, which it keeps in its cache."""

    def __init__(self, seed: int, alphabet: str = ALPHABET, max_letters: int = 32, spread: float = 2.0) -> None:
        self.seed, self.alphabet, self.max_letters, self.spread = seed, alphabet, max_letters, spread
        self.nothing: Memory | None = None
        self.empty_cache = Cache(np.zeros((1, 2, 0, 1), np.float32), np.empty(0, np.int64))
        self.n_steps = 0

    def step(self, tokens: npt.NDArray[np.int64], parents: npt.NDArray[np.int64], cache: Cache, memory: Memory) -> StepOutput:
        assert tokens.dtype == parents.dtype == np.int64
        self.n_steps += 1
        tree = np.concatenate((cache.parents, parents))
        keys = np.concatenate((cache.keys_values[0, 0, :, 0], tokens.astype(np.float32)))
        rows = [self.log_probs(self.letters(tree, keys, row)) for row in range(len(cache), len(tree))]
        after = Cache(np.stack((keys, keys))[None, :, :, None], tree)
        return StepOutput(np.array(rows, dtype=np.float32), after, np.ones((1, len(tokens), 1), dtype=np.float32))

    def letters(self, parents: npt.NDArray[np.int64], tokens: npt.NDArray[np.float32], row: int) -> str:
        """The prefix in a row."""
        parent = int(parents[row])
        assert NO_PARENT <= parent < row
        return "" if parent == NO_PARENT else self.letters(parents, tokens, parent) + self.alphabet[int(tokens[row])]

    def log_probs(self, letters: str) -> tuple[float, ...]:
        """float32 numbers: what comes after these letters, the end last."""
        return random_log_probs(self.seed, letters, self.spread, len(self.alphabet) + 1)


@functools.cache
def random_log_probs(seed: int, letters: str, spread: float, n: int) -> tuple[float, ...]:
    logits = np.random.default_rng([seed, len(letters), *map(ord, letters)]).normal(0, spread, n)
    return tuple((logits - np.log(np.exp(logits).sum())).astype(np.float32).tolist())


def lexicon_of(words: Mapping[str, float], alphabet: str = ALPHABET) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, frequency, (word,)) for word, frequency in words.items()], alphabet, "test"))


def found(hypotheses: list[Hypothesis], alphabet: str = ALPHABET) -> list[tuple[str, float]]:
    return [("".join(alphabet[token] for token in one.tokens), about(one.score, abs=1e-9)) for one in hypotheses]


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


# --- two passes ---


def ctc_memory(seed: int, n_frames: int = 6) -> Memory:
    log_probs = np.log(np.random.default_rng(seed).dirichlet(np.ones(4), n_frames)).astype(np.float32)
    return Memory(NO_MEMORY.seen, log_probs)


def scores_of(words: Mapping[str, float], decoder: TableDecoder, memory: Memory, options: SearchOptions) -> dict[str, tuple[float, float]]:
    """Of each word: its score in the first pass, and in the end. words: with log priors, short enough for the frames."""
    frames = np.exp(memory.ctc_log_probs.astype(np.float64)).tolist()
    scores = {}
    for word, decoded in naive.score_all(words, decoder.log_probs, ALPHABET, 0.0):
        _, written = naive.ctc_probabilities(frames, [ALPHABET.index(letter) for letter in word])
        prior, ctc = options.prior_weight * words[word], math.log(written)
        scores[word] = ctc + options.first_prior * prior, (1 - options.ctc_weight) * decoded + options.ctc_weight * ctc + prior
    return scores


short_words = st.dictionaries(st.text(ALPHABET, min_size=1, max_size=3), st.floats(1e-3, 1e3), min_size=1, max_size=40)


@given(short_words, seeds, st.floats(0, 1), st.floats(0, 1), st.integers(1, 20), st.integers(1, 6))
def test_two_passes_score_the_words_that_the_first_likes_best(
    words: dict[str, float], seed: int, prior_weight: float, ctc_weight: float, beam_width: int, n_best: int
) -> None:
    """Against every word scored by both heads, where the first pass is wide enough to see all prefixes."""
    lexicon, decoder, memory = lexicon_of(words), TableDecoder(seed), ctc_memory(seed)
    options = SearchOptions(beam_width, prior_weight, n_best=n_best, ctc_weight=ctc_weight, method="two_pass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beam_search, "FIRST_BEAM", 200)
        hypotheses = search(decoder, memory, lexicon, options)
    scores = scores_of(dict(lexicon.key_sequences()), decoder, memory, options)
    chosen = sorted(scores, key=lambda word: -scores[word][0])[: max(beam_width, n_best)]
    expected = sorted(((word, scores[word][1]) for word in chosen), key=lambda item: -item[1])
    assert found(hypotheses) == [(word, about(score, abs=1e-6)) for word, score in expected[:n_best]]
    assert decoder.n_steps == 1
    shares = np.exp([score for _, score in expected])
    np.testing.assert_allclose([one.probability for one in hypotheses], (shares / shares.sum())[: len(hypotheses)], atol=1e-6)
    assert [lexicon.find("".join(ALPHABET[token] for token in one.tokens)) for one in hypotheses] == [one.node for one in hypotheses]


@given(short_words, seeds, st.sampled_from(["steps", "two_pass"]), st.floats(0.1, 5), st.floats(-30, 5) | st.just(-math.inf))
def test_probabilities_have_a_temperature_and_leave_room_for_no_word(
    words: dict[str, float], seed: int, method: Method, temperature: float, none_score: float
) -> None:
    options = SearchOptions(50, 0.5, n_best=1000, ctc_weight=0.3, method=method, temperature=temperature, none_score=none_score)
    lexicon, memory = lexicon_of(words), ctc_memory(seed)
    hypotheses = search(TableDecoder(seed), memory, lexicon, options)
    plain = search(TableDecoder(seed), memory, lexicon, replace(options, temperature=1.0, none_score=-math.inf))
    scores = np.array([one.score for one in plain])
    assert [one.score for one in hypotheses] == scores.tolist()
    odds = np.exp(scores / temperature)
    expected = odds / (odds.sum() + np.exp(none_score / temperature))
    np.testing.assert_allclose([one.probability for one in hypotheses], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", ["steps", "two_pass"])
def test_what_fits_nothing_is_no_word(method: Method) -> None:
    """Scores far below none_score overflow nothing."""
    options = SearchOptions(4, 5000.0, ctc_weight=0.3, method=method, none_score=-6.0)
    hypotheses = search(TableDecoder(0), ctc_memory(0), lexicon_of({"ab": 1, "b": 1}), options)
    assert [one.probability for one in hypotheses] == [0.0, 0.0]


@given(short_words, seeds, st.integers(1, 3), st.floats(0, 6))
def test_a_narrow_first_pass_equals_a_beam_search_by_the_ctc_head_alone(
    words: dict[str, float], seed: int, beam_width: int, margin: float
) -> None:
    lexicon, memory = lexicon_of(words), ctc_memory(seed)
    options = SearchOptions(beam_width, 0.3, margin, beam_width, 1.0, "two_pass")
    first = SearchOptions(FIRST_BEAM * beam_width, options.first_prior * 0.3, margin, beam_width, 1.0, "steps")
    words_of_both = [{word for word, _ in found(search(TableDecoder(seed), memory, lexicon, one))} for one in (options, first)]
    assert words_of_both[0] == words_of_both[1]


def test_two_passes_find_nothing_where_no_frame_can_be_a_letter() -> None:
    blank = Memory(NO_MEMORY.seen, np.array([[-np.inf, -np.inf, -np.inf, 0.0]] * 3, dtype=np.float32))
    hypotheses = search(TableDecoder(0), blank, lexicon_of({"abcabc": 1, "aa": 1}), SearchOptions(4, 0.1, 50.0, method="two_pass"))
    assert [one.score for one in hypotheses] == sorted((one.score for one in hypotheses), reverse=True)


@pytest.mark.parametrize("nonsense", [math.nan, -math.inf])
def test_two_passes_find_nothing_where_the_decoder_gives_no_numbers(nonsense: float) -> None:
    class Broken(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            return (nonsense,) * 4

    options = SearchOptions(4, 0.1, method="two_pass")
    assert search(Broken(0), ctc_memory(0), lexicon_of({"ab": 1, "b": 1}), options) == []


def test_words_that_the_decoder_gives_no_number_are_left_out() -> None:
    class Half(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            return (-1.0, -math.inf, -1.0, math.nan if letters == "c" else -1.0)

    hypotheses = search(Half(0), ctc_memory(0), lexicon_of({"a": 1, "ab": 1, "c": 1}), SearchOptions(4, 0.1, method="two_pass"))
    assert [(word, one.probability) for (word, _), one in zip(found(hypotheses), hypotheses, strict=True)] == [("a", 1.0)]


def test_two_passes_write_no_word_longer_than_the_decoder_can() -> None:
    lexicon, options = lexicon_of({"abca": 1, "abcab": 1}), SearchOptions(8, 0.0, method="two_pass")
    memory = ctc_memory(2, 8)
    assert [word for word, _ in found(search(TableDecoder(1, max_letters=4), memory, lexicon, options))] == ["abca"]
    assert search(TableDecoder(1, max_letters=3), memory, lexicon, options) == []


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method 'best' is not known: choose one of two_pass, steps"):
        SearchOptions(8, 0.1, method="best")  # type: ignore[arg-type]


@given(st.lists(st.integers(-1, 30), min_size=1, max_size=30), st.data())
def test_ancestors_are_kept_and_seen(drawn: list[int], data: st.DataObject) -> None:
    """A random tree, parents before children."""
    parents = np.array([-1, *(min(max(parent, 0), row) for row, parent in enumerate(drawn))])
    ancestry = naive.ancestry(parents.tolist())
    n_before = data.draw(st.integers(0, len(parents) - 1))
    lengths, mask = kernels.see_ancestors(parents, n_before, -60.0)
    assert lengths.tolist() == [len(ancestry[row]) - 1 for row in range(n_before, len(parents))]
    assert [set(np.flatnonzero(row == 0)) for row in mask] == [set(ancestry[row]) for row in range(n_before, len(parents))]
    assert set(mask.ravel().tolist()) <= {0.0, -60.0} and (mask.dtype, lengths.dtype) == (np.float32, np.int64)
    ends = np.array(data.draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, max_size=5)))
    tokens = np.arange(100, 100 + len(parents))
    kept_parents, kept_tokens, places = kernels.keep_ancestors(parents, tokens, ends)
    assert sorted(kept_tokens.tolist()) == sorted({100 + row for end in ends for row in ancestry[end]} | {100})
    assert kept_tokens[places].tolist() == tokens[ends].tolist()
    known = {token: row for row, token in enumerate(kept_tokens.tolist())}
    assert kept_parents.tolist() == [-1, *(known[100 + int(parents[token - 100])] for token in kept_tokens.tolist()[1:])]


def test_trees_that_are_read_together_are_few_or_small() -> None:
    sizes = [*[3] * 40, *range(10, 60), 700, 900]
    groups = list(beam_search._groups([(size, row) for row, size in enumerate(sizes)]))
    assert [row for group in groups for row in group] == list(range(len(sizes)))
    assert len(groups[0]) == beam_search.READ_AT_ONCE and groups[-2:] == [[len(sizes) - 2], [len(sizes) - 1]]
    for group in groups[:-2]:
        assert len(group) * max(sizes[row] for row in group) <= beam_search.PREFIXES_AT_ONCE
    assert not list(beam_search._groups([]))
