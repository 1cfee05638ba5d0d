"""The decoder's internal language model: the table, what is found out as it comes up, and the score that it is taken off."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import beam_search, kernels
from engine.beam_search import LIKE_CTC, LIKE_INTERNAL_LM, MORE_MARGIN, search
from engine.internal_lm import STEPS_PER_NAT, UNKNOWN, InternalLm
from engine.lexicon import Lexicon, OverlayWord
from engine.model import Cache, Integers, Memory, StepOutput
from engine.search_options import SearchOptions
from tests.engine.test_beam_search import ALPHABET, NO_MEMORY, TableDecoder, ctc_memory, found, lexicon_of, scores_of, seeds, short_words

NOTHING = Memory(np.full((1, 2, 1, 1), 7.0, np.float32), np.empty((0, len(ALPHABET) + 1), np.float32))


class SeeingDecoder(TableDecoder):
    """Says something else of a word if it sees nothing."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.nothing = NOTHING
        self.blind = TableDecoder(seed + 1)

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        return self.blind.step(tokens, parents, cache, memory) if memory is NOTHING else super().step(tokens, parents, cache, memory)

    def expected(self, word: str) -> float:
        """log P(word | no swipe)"""
        ends = [*[ALPHABET.index(letter) for letter in word], len(ALPHABET)]
        return math.fsum(self.blind.log_probs(word[:at])[token] for at, token in enumerate(ends))


def asked(lm: InternalLm, lexicon: Lexicon, words: list[str]) -> list[float]:
    """What the model says of words, each of which is a branch of its own of the tree."""
    parents, tokens, ends = [-1], [len(ALPHABET) + 1], []
    for word in words:
        above = 0
        for letter in word:
            parents.append(above)
            tokens.append(ALPHABET.index(letter))
            above = len(parents) - 1
        ends.append(above)
    nodes = [lexicon.find(word) for word in words]
    values: list[float] = lm.of(np.array(parents), np.array(tokens), np.array(ends), np.array(nodes)).tolist()
    return values


@given(short_words, st.integers(0, 100))
def test_the_table_and_what_comes_up_are_what_the_decoder_says(words: dict[str, float], seed: int) -> None:
    lexicon, decoder = lexicon_of(words), SeeingDecoder(seed)
    expected = [decoder.expected(word) for word in words]
    as_it_comes, built = InternalLm(decoder, lexicon.trie), InternalLm(decoder, lexicon.trie)
    built.build()
    assert ((built.table == UNKNOWN) == (lexicon.trie.word_prior == 0)).all()
    for lm in (as_it_comes, built):
        np.testing.assert_allclose(asked(lm, lexicon, list(words)), expected, atol=0.51 / STEPS_PER_NAT)
    assert asked(as_it_comes, lexicon, list(words)) == asked(built, lexicon, list(words))


def test_the_decoder_is_asked_once() -> None:
    lexicon, decoder = lexicon_of({"ab": 1.0, "ca": 1.0}), SeeingDecoder(3)
    lm = InternalLm(decoder, lexicon.trie)
    first = asked(lm, lexicon, ["ab", "ca"])
    n_steps = decoder.blind.n_steps
    assert n_steps == 1
    assert asked(lm, lexicon, ["ca", "ab"]) == first[::-1]
    assert decoder.blind.n_steps == n_steps


def test_a_word_that_was_laid_over_has_its_own() -> None:
    lexicon, decoder = lexicon_of({"ab": 1.0}), SeeingDecoder(3)
    lm = InternalLm(decoder, lexicon.trie)
    lm.build()
    n_steps = decoder.blind.n_steps
    for words in ([OverlayWord("cab", -1.0)], [OverlayWord("cab", -1.0), OverlayWord("b", -2.0)]):
        wider = lexicon.overlaid(words)
        for _ in range(2):
            np.testing.assert_allclose(asked(lm, wider, ["ab", "cab"]), [decoder.expected("ab"), decoder.expected("cab")], atol=0.01)
    assert decoder.blind.n_steps == n_steps + 1


def test_a_saved_table_comes_back(tmp_path: Path) -> None:
    lexicon, decoder = lexicon_of({"ab": 1.0, "ca": 1.0}), SeeingDecoder(3)
    lm = InternalLm(decoder, lexicon.trie)
    lm.build()
    lm.save(tmp_path / "new" / "table.npz")
    with np.load(tmp_path / "new" / "table.npz") as arrays:
        np.testing.assert_array_equal(arrays["table"], lm.table)


@given(short_words, st.integers(0, 100), st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1.5), st.integers(1, 6))
def test_it_is_taken_off_the_decoders_share_of_the_score(
    words: dict[str, float], seed: int, prior_weight: float, ctc_weight: float, weight: float, n_best: int
) -> None:
    lexicon, decoder, memory = lexicon_of(words), SeeingDecoder(seed), ctc_memory(seed)
    options = SearchOptions(
        200, prior_weight, n_best=n_best, ctc_weight=ctc_weight, method="two_pass", internal_lm_weight=weight, first_prior=0.7
    )
    scores = scores_of(dict(lexicon.key_sequences()), decoder, memory, options)
    expected = {word: score - (1 - ctc_weight) * weight * decoder.expected(word) for word, (_, score) in scores.items()}
    hypotheses = search(decoder, memory, lexicon, options)
    for one in hypotheses:
        word = "".join(ALPHABET[token] for token in one.tokens)
        assert one.score == pytest.approx(expected[word], abs=weight * 0.51 / STEPS_PER_NAT + 1e-6)
    best = sorted(expected.values(), reverse=True)[: len(hypotheses)]
    np.testing.assert_allclose([one.score for one in hypotheses], best, atol=weight * 0.51 / STEPS_PER_NAT + 1e-6)


@given(short_words, seeds, st.floats(0, 2), st.floats(0.1, 1.5), st.floats(0, 2), st.integers(1, 4))
def test_it_and_the_letters_choose_too_what_the_decoder_scores(
    words: dict[str, float], seed: int, prior_weight: float, weight: float, letter_bonus: float, beam_width: int
) -> None:
    lexicon, decoder, memory = lexicon_of(words), SeeingDecoder(seed), ctc_memory(seed)
    options = SearchOptions(
        beam_width, prior_weight, n_best=1, ctc_weight=0.3, method="two_pass", internal_lm_weight=weight, letter_bonus=letter_bonus
    )
    priors = {word: prior_weight * prior for word, prior in lexicon.key_sequences()}
    scores = scores_of(dict(lexicon.key_sequences()), decoder, memory, options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beam_search, "FIRST_BEAM", 200)
        patch.setattr(beam_search, "MORE_WORDS_ALONE", 100)
        (best,) = search(decoder, memory, lexicon, options)
    expected = {word: weight * round(decoder.expected(word) * STEPS_PER_NAT) / STEPS_PER_NAT for word in scores}
    likely = {word: LIKE_CTC * (first - options.first_prior * priors[word]) for word, (first, _) in scores.items()}
    likely = {word: one - LIKE_INTERNAL_LM * expected[word] + letter_bonus * len(word) for word, one in likely.items()}
    guesses = {word: one + options.first_prior * priors[word] for word, one in likely.items()}
    chosen = sorted(scores, key=lambda word: -guesses[word])[:beam_width]
    assert best.score == pytest.approx(max(scores[word][1] - 0.7 * expected[word] + letter_bonus * len(word) for word in chosen), abs=1e-5)


@pytest.mark.parametrize("letter_bonus", [0.0, 0.7])
def test_both_methods_give_a_word_the_same_score(letter_bonus: float) -> None:
    lexicon, decoder, memory = lexicon_of({"ab": 3.0, "ba": 1.0, "cab": 1.0, "c": 2.0}), SeeingDecoder(5), ctc_memory(5)
    scores = {}
    for method in ("two_pass", "steps"):
        options = SearchOptions(50, 0.5, n_best=4, ctc_weight=0.3, method=method, internal_lm_weight=0.6, letter_bonus=letter_bonus)
        scores[method] = {one.tokens: one.score for one in search(decoder, memory, lexicon, options)}
    assert scores["two_pass"] == pytest.approx(scores["steps"], abs=0.01)


def test_a_model_that_never_saw_nothing_is_refused() -> None:
    options = SearchOptions(5, 0.5, internal_lm_weight=0.5)
    with pytest.raises(ValueError, match=r"has not been trained to see nothing, got internal_lm_weight 0\.5: choose 0"):
        search(TableDecoder(1), NO_MEMORY, lexicon_of({"ab": 1.0}), options)


def test_words_far_behind_are_not_left_to_the_decoder() -> None:
    lexicon = lexicon_of({"a": 1.0, "b": 1.0, "c": 1.0})
    nodes = np.array([lexicon.find(word) for word in "abc"])
    scores = np.array([-9.0, -1.0, -4.0])
    for n_words, least, left_behind, expected in (
        (3, 1, math.inf, [1, 2, 0]),
        (2, 1, math.inf, [1, 2]),
        (3, 1, 4.0, [1, 2]),
        (3, 3, 1.0, [1, 2, 0]),
    ):
        assert kernels.choose_words(lexicon.trie, 0.1, nodes, scores, n_words, least, left_behind)[0].tolist() == expected


def test_words_left_behind_are_not_found() -> None:
    lexicon, decoder, memory = lexicon_of(dict.fromkeys(("a", "b", "c", "ab", "ba", "ca", "ac"), 1.0)), SeeingDecoder(2), ctc_memory(2)
    all_words = SearchOptions(50, 0.5, n_best=1, ctc_weight=0.3, method="two_pass")
    few = SearchOptions(50, 0.5, n_best=1, ctc_weight=0.3, method="two_pass", left_behind=0.0)
    assert found(search(decoder, memory, lexicon, all_words))
    n_steps, before = decoder.n_steps, []
    step = decoder.step

    def counted(tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        before.append(len(tokens))
        return step(tokens, parents, cache, memory)

    decoder.step = counted  # type: ignore[method-assign]
    search(decoder, memory, lexicon, all_words)
    search(decoder, memory, lexicon, few)
    assert before[1] < before[0] and decoder.n_steps == n_steps + 2


def test_a_swipe_far_from_every_word_is_looked_at_again_with_more_margin() -> None:
    lexicon, decoder, memory = lexicon_of(dict.fromkeys(("a", "b", "c", "ab", "ba", "ca"), 1.0)), TableDecoder(1), ctc_memory(3)
    narrow = SearchOptions(50, 1.0, margin=1.0, ctc_weight=0.3, method="two_pass", first_prior=1.0)
    wide = replace(narrow, margin=MORE_MARGIN)
    few, more = (found(search(decoder, memory, lexicon, one)) for one in (narrow, wide))
    assert few != more
    assert found(search(decoder, memory, lexicon, replace(narrow, look_again_below=0.0))) == more
    assert found(search(decoder, memory, lexicon, replace(narrow, look_again_below=-100.0))) == few


@given(short_words, seeds, st.floats(0, 2), st.floats(0, 1), st.sampled_from([0.0, 0.6]))
def test_the_decoder_is_not_asked_where_the_first_pass_is_sure(
    words: dict[str, float], seed: int, prior_weight: float, ctc_weight: float, weight: float
) -> None:
    """Then the CTC head stands for it, as it does in choosing what it reads."""
    lexicon, decoder, memory = lexicon_of(words), SeeingDecoder(seed), ctc_memory(seed)
    options = SearchOptions(200, prior_weight, n_best=3, ctc_weight=ctc_weight, method="two_pass", internal_lm_weight=weight, first_prior=1)
    internal_lm, questions = InternalLm(decoder, lexicon.trie), list[object]()
    expected = search(decoder, memory, lexicon, options, internal_lm=internal_lm)
    assert search(decoder, memory, lexicon, replace(options, sure_margin=1000.0 if len(words) > 1 else math.inf)) == expected
    step = decoder.step

    def counted(tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        questions.append(tokens)
        return step(tokens, parents, cache, memory)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder, "step", counted)
        guessed = search(decoder, memory, lexicon, replace(options, sure_margin=0.0), internal_lm=internal_lm)
    assume(not questions)  # it is where two words are as likely
    priors = {word: prior_weight * prior for word, prior in lexicon.key_sequences()}
    scores = scores_of(dict(lexicon.key_sequences()), decoder, memory, replace(options, internal_lm_weight=0.0))
    like_ctc = ctc_weight + (1 - ctc_weight) * (LIKE_CTC if weight else 1.0)
    for one in guessed:
        word = "".join(ALPHABET[token] for token in one.tokens)
        taken_off = (1 - ctc_weight) * weight * decoder.expected(word)
        guess = like_ctc * (scores[word][0] - priors[word]) + priors[word] - taken_off
        assert one.score == pytest.approx(guess, abs=weight * 0.51 / STEPS_PER_NAT + 1e-6)
    assert [one.score for one in guessed] == sorted((one.score for one in guessed), reverse=True)
