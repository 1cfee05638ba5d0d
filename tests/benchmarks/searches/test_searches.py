"""Other searches against exhaustive scoring, the engine's search, and words spelled out by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.common.agreement import Agreement, ScoredWord, agreement
from benchmarks.searches import ways
from benchmarks.searches.beam import Pruning, walk
from benchmarks.searches.ways import Exhaustive, below_prefixes, engine_search, exact, greedy, pruned
from benchmarks.searches.words import Problem, WordIndex, WordTree, in_trees, score
from engine.beam_search import search
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.model import NO_PARENT, Memory
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from tests.engine.test_beam_search import ALPHABET, TableDecoder, ctc_memory, lexicon_of
from tests.support import naive, toy
from tests.support.approximately import about

words = st.dictionaries(st.text(ALPHABET, min_size=1, max_size=6), st.floats(1e-6, 1e6), min_size=1, max_size=50)
seeds = st.integers(0, 2**32 - 1)
weights = st.floats(0, 1)
WIDE = 1000


def problem(lexicon: Lexicon, seed: int, options: SearchOptions, decoder: TableDecoder | None = None) -> Problem:
    return Problem(decoder or TableDecoder(seed), ctc_memory(seed, 4), WordIndex.of(lexicon), options)


def steps(prior_weight: float, ctc_weight: float, n_best: int = 4) -> SearchOptions:
    return SearchOptions(5, prior_weight, n_best=n_best, ctc_weight=ctc_weight)


def same(one: list[ScoredWord], other: list[ScoredWord]) -> bool:
    return agreement(one, other) is not Agreement.DIFFERENT


# --- the words of a lexicon ---


@given(words)
def test_the_words_below_a_node_are_those_that_begin_with_it(drawn: Mapping[str, float]) -> None:
    lexicon = lexicon_of(drawn)
    index = WordIndex.of(lexicon)
    assert [index.spell(node) for node in index.alphabetical.tolist()] == sorted(drawn)
    for node in range(len(lexicon.trie.token)):
        prefix = lexicon.spell(node)
        assert index.spell(node) == prefix
        below = index.words_below(np.array([node]))
        assert [index.spell(word) for word in below.tolist()] == sorted(word for word in drawn if word.startswith(prefix))
        if node > 0:
            assert index.spell(int(index.parents[node])) == prefix[:-1]
    assert index.parents[0] == NO_PARENT
    letters = np.arange(1, 1 + int(lexicon.trie.first_child[1]) - 1)[::-1]
    assert index.words_below(letters).tolist() == index.alphabetical.tolist()
    assert index.words_below(letters[:0]).tolist() == []
    for n_letters in range(8):
        kept = index.no_longer_than(index.alphabetical, n_letters)
        assert [index.spell(node) for node in kept.tolist()] == sorted(word for word in drawn if len(word) <= n_letters)


@given(words, st.integers(1, 12))
def test_trees_hold_the_prefixes_of_their_words(drawn: Mapping[str, float], n_words: int) -> None:
    index = WordIndex.of(lexicon_of(drawn))
    spelt = []
    for tree in in_trees(index, index.alphabetical, n_words):
        prefixes: list[str] = []
        for parent, token in zip(tree.parents.tolist(), tree.tokens.tolist(), strict=True):
            assert parent < len(prefixes)
            prefixes.append(prefixes[parent] + ALPHABET[token] if parent != NO_PARENT else "")
        found = [prefixes[end] for end in tree.ends.tolist()]
        assert sorted(prefixes) == sorted({word[:end] for word in found for end in range(len(word) + 1)})
        assert found == [index.spell(node) for node in tree.words.tolist()]
        spelt += found
    assert spelt == sorted(drawn)


@given(words, seeds, weights, weights)
def test_a_tree_scores_its_words_by_both_heads_and_the_prior(
    drawn: Mapping[str, float], seed: int, prior_weight: float, ctc_weight: float
) -> None:
    task = problem(lexicon_of(drawn), seed, steps(prior_weight, ctc_weight))
    index, decoder = task.index, TableDecoder(seed)
    frames = np.exp(task.memory.ctc_log_probs.astype(np.float64)).tolist()
    decoded = dict(naive.score_all(dict(index.lexicon.key_sequences()), decoder.log_probs, ALPHABET, 0.0))
    tree = WordTree.of(index, index.alphabetical)
    expected = list[float]()
    for word in map(index.spell, tree.words.tolist()):
        _, written = naive.ctc_probabilities(frames, [ALPHABET.index(letter) for letter in word])
        ctc = math.log(max(written, 1e-300))
        expected.append((1 - ctc_weight) * decoded[word] + ctc_weight * ctc + prior_weight * index.lexicon.log_prior(word))
    assert score(task, tree).tolist() == pytest.approx(expected, abs=1e-6)


# --- exact searches ---


@given(words, seeds, weights, weights, st.integers(1, 60))
def test_exact_searches_equal_a_wide_enough_beam(
    drawn: Mapping[str, float], seed: int, prior_weight: float, ctc_weight: float, n_best: int
) -> None:
    task = problem(lexicon_of(drawn), seed, steps(prior_weight, ctc_weight, n_best))
    expected = engine_search(task, "steps", WIDE)
    assert len(expected) == min(n_best, len(drawn))
    assert same(Exhaustive.of(task).search(task), expected)
    assert same(exact(task), expected)
    assert same(pruned(task, Pruning(WIDE)), expected)
    for n_letters in (1, 2, 3):
        assert same(below_prefixes(task, n_letters, WIDE), expected)


@pytest.mark.parametrize("word", ["cat", "were", "london", "a"])
def test_exact_searches_of_the_toy_model(toy_recognizer: SwipeRecognizer, qwerty: Grid, word: str) -> None:
    model, index = toy_recognizer.model, WordIndex.of(toy_recognizer.lexicon)
    memory = model.encode(toy_recognizer.model.extractor(toy.swipe_of(word, qwerty)))
    task = Problem(model, memory, index, replace(toy_recognizer.default_options, margin=math.inf, ctc_weight=0.3))
    expected = engine_search(task, "steps", WIDE)
    assert expected[0].key_sequence == word
    for found in (Exhaustive.of(task).search(task), exact(task), below_prefixes(task, 2, WIDE), pruned(task, Pruning(WIDE))):
        assert same(found, expected)
    assert greedy(task) == [ScoredWord(word, about(expected[0].score, abs=1e-6))]


@given(words, seeds, st.integers(1, 20))
def test_no_cut_of_the_words_or_the_hypotheses_changes_what_is_found(drawn: Mapping[str, float], seed: int, n_read: int) -> None:
    task = problem(lexicon_of(drawn), seed, steps(0.5, 0.3))
    expected = engine_search(task, "steps", WIDE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.searches.beam.N_READ", n_read)
        assert same(exact(task), expected)
        patch.setattr("benchmarks.searches.ways.N_LIVE", n_read)
        assert same(exact(task), expected)
    trees = in_trees(task.index, task.index.alphabetical, n_read)
    assert same(Exhaustive(trees).search(task), expected)


def test_words_longer_than_the_decoder_can_write_are_never_found() -> None:
    decoder = TableDecoder(1, max_letters=4)
    task = problem(lexicon_of({"abca": 1, "abcab": 1, "abc": 1}), 1, steps(0.2, 0.0), decoder)
    for found in (Exhaustive.of(task).search(task), exact(task), below_prefixes(task, 2, 8), pruned(task, Pruning(8))):
        assert {word.key_sequence for word in found} == {"abc", "abca"}
    short = problem(task.index.lexicon, 1, task.options, TableDecoder(1, max_letters=2))
    for found in (Exhaustive.of(short).search(short), exact(short), below_prefixes(short, 2, 8), greedy(short)):
        assert found == []


def test_the_exact_search_finds_all_where_the_engine_finds_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    task = problem(lexicon_of({"ab": 8, "ba": 4, "c": 1}), 3, replace(steps(0.5, 0.3), n_best=2))
    expected = engine_search(task, "steps", WIDE)
    monkeypatch.setattr(ways, "engine_search", lambda problem, method, beam_width: expected[:1])
    assert same(exact(task), expected)


# --- searches that may lose words ---


@given(words, seeds, st.integers(1, 6), st.floats(0, 8), weights)
def test_a_beam_that_prunes_by_nothing_else_is_the_engines(
    drawn: Mapping[str, float], seed: int, beam_width: int, margin: float, ctc_weight: float
) -> None:
    options = replace(steps(0.5, ctc_weight), beam_width=beam_width, margin=margin)
    task = problem(lexicon_of(drawn), seed, options)
    expected = search(TableDecoder(seed), task.memory, task.index.lexicon, options)
    found = pruned(task, Pruning(beam_width, margin))
    assert [one.key_sequence for one in found] == ["".join(ALPHABET[token] for token in one.tokens) for one in expected]
    assert [one.score for one in found] == [one.score for one in expected]


@given(words, seeds, st.floats(0.01, 0.9))
def test_letters_that_are_not_probable_enough_are_not_followed(drawn: Mapping[str, float], seed: int, least: float) -> None:
    """The end of a word is no letter."""
    lexicon, decoder = lexicon_of(drawn), TableDecoder(seed)

    def followed(word: str) -> bool:
        return all(decoder.log_probs(word[:at])[ALPHABET.index(letter)] >= math.log(least) for at, letter in enumerate(word))

    scored = naive.score_all(dict(lexicon.key_sequences()), decoder.log_probs, ALPHABET, 0.5)
    expected = [ScoredWord(word, value) for word, value in scored if followed(word)]
    task = problem(lexicon, seed, steps(0.5, 0.0, n_best=60))
    assert same(pruned(task, Pruning(WIDE, least_letter=least)), expected)


@given(words, seeds, weights)
def test_greedy_follows_the_best_letter(drawn: Mapping[str, float], seed: int, prior_weight: float) -> None:
    lexicon, decoder = lexicon_of(drawn), TableDecoder(seed)
    priors = dict(lexicon.key_sequences())
    prefix, total, finished = "", 0.0, []
    while True:
        log_probs = decoder.log_probs(prefix)
        if prefix in priors:
            finished.append((total + log_probs[-1] + prior_weight * priors[prefix], prefix))
        bounds = [
            (total + log_probs[token] + prior_weight * max(below), letter)
            for token, letter in enumerate(ALPHABET)
            if (below := [prior for word, prior in priors.items() if word.startswith(prefix + letter)])
        ]
        if not bounds:
            break
        letter = max(bounds)[1]
        prefix, total = prefix + letter, total + log_probs[ALPHABET.index(letter)]
    value, word = max(finished)
    assert greedy(problem(lexicon, seed, steps(prior_weight, 0.0))) == [ScoredWord(word, about(value, abs=1e-9))]


def test_a_beam_of_a_few_letters_leaves_the_prefixes_it_would_read_next() -> None:
    lexicon = lexicon_of({"a": 1, "ab": 1, "abc": 1, "ba": 1, "cab": 1})
    task = problem(lexicon, 0, steps(0.0, 0.0))
    two = walk(task, Pruning(WIDE, n_letters=2))
    assert sorted(map(task.index.spell, two.live.tolist())) == ["ab", "ba", "ca"]
    read = [[task.index.spell(node) for node in nodes.tolist()] for nodes in two.words]
    assert (read[0], sorted(read[1]), two.n_read) == ([""], ["a", "b", "c"], 4)
    ended = [task.index.spell(int(node)) for node in two.words[1][np.isfinite(two.scores[1])]]
    assert ended == ["a"]


def test_nothing_is_found_where_no_word_can_end() -> None:
    class NeverEnds(TableDecoder):
        def log_probs(self, letters: str) -> tuple[float, ...]:
            return (-0.1, -5.0, -5.0, -math.inf)

    task = problem(lexicon_of({"ab": 1, "b": 1}), 0, steps(0.1, 0.0), NeverEnds(0))
    for found in (Exhaustive.of(task).search(task), exact(task), below_prefixes(task, 1, 8), greedy(task), pruned(task, Pruning(8))):
        assert found == []


def test_a_silent_ctc_head_is_not_asked() -> None:
    """With a weight of 0 its numbers may be anything."""
    lexicon = lexicon_of({"ab": 8, "ba": 4, "c": 1})
    broken = Memory(ctc_memory(0).seen, np.full((6, 4), np.nan, np.float32))
    task = Problem(TableDecoder(0), broken, WordIndex.of(lexicon), steps(0.5, 0.0))
    assert same(Exhaustive.of(task).search(task), pruned(task, Pruning(8)))
