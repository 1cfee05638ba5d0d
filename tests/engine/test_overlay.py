"""Words laid over a lexicon: the same candidates as from a lexicon that was built with them."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.explain import explain
from engine.grid import Grid
from engine.lexicon import Lexicon, OverlayWord, WrittenForms
from engine.recognizer import Candidate, SwipeRecognizer, open_lexicon
from engine.search_options import Method
from engine.trie import Trie
from tests.support import naive, toy

SHORT = st.text("acehlorst", min_size=1, max_size=7)
KNOWN = [entry.key_sequence for entry in toy.ENTRIES]
overlays = st.lists(
    st.builds(OverlayWord, st.one_of(SHORT, st.sampled_from(KNOWN)), st.one_of(st.none(), st.floats(-9, 0))), min_size=1, max_size=12
)


def rebuilt(lexicon: Lexicon, overlay: list[OverlayWord]) -> Lexicon:
    """A lexicon of all the words, by the slow twin, with priors in the same unit."""
    words = {
        sequence: (lexicon.trie.prior(lexicon.find(sequence) or 0), lexicon.forms(sequence)) for sequence, _ in lexicon.key_sequences()
    }
    for word in overlay:
        forms = word.forms or words.get(word.key_sequence, (0, (word.key_sequence,)))[1]
        words.pop(word.key_sequence, None)
        if word.log_prior is not None:
            words[word.key_sequence] = min(255, 1 + round(-word.log_prior / lexicon.prior_unit)), forms
    return from_words(words, lexicon)


def from_words(words: Mapping[str, tuple[int, tuple[str, ...]]], like: Lexicon) -> Lexicon:
    first_child, *others = naive.build_trie({sequence: prior for sequence, (prior, _) in words.items()}, like.alphabet)
    token, word_prior, best_prior = (np.array(array, np.uint8) for array in others)
    trie = Trie(np.array(first_child, np.uint32), token, word_prior, best_prior)
    bare = replace(like, n_words=len(words), trie=trie, overlay={})
    forms = sorted((bare.find(sequence), "\n".join(forms).encode()) for sequence, (_, forms) in words.items() if forms != (sequence,))
    start = np.cumsum([0, *(len(text) for _, text in forms)])
    text = np.frombuffer(b"".join(text for _, text in forms), np.uint8)
    return replace(bare, written=WrittenForms(np.array([node for node, _ in forms], np.uint32), start.astype(np.uint32), text))


def recognized(recognizer: SwipeRecognizer, lexicon: Lexicon, word: str, method: Method) -> list[Candidate]:
    other = SwipeRecognizer(recognizer.bundle, lexicon, recognizer.grid)
    options = replace(other.default_options, method=method, beam_width=3, ctc_weight=0.3, n_best=4)
    return other.recognize(toy.swipe_of(word, recognizer.grid), options)


@pytest.mark.parametrize("method", ["two_pass", "steps"])
@settings(max_examples=60)
@given(overlay=overlays, swiped=st.one_of(SHORT, st.sampled_from(KNOWN)))
def test_candidates_are_those_of_a_lexicon_built_with_the_words(
    toy_recognizer: SwipeRecognizer, method: Method, overlay: list[OverlayWord], swiped: str
) -> None:
    """A narrow beam: what is pruned, and which of equal ones comes first, is the same too."""
    lexicon = toy_recognizer.lexicon
    overlay = list({word.key_sequence: word for word in overlay}.values())
    if {word.key_sequence for word in overlay if word.log_prior is None} >= set(KNOWN):
        return
    one_by_one = lexicon
    for word in overlay:
        one_by_one = one_by_one.overlaid([word])
    expected = recognized(toy_recognizer, rebuilt(lexicon, overlay), swiped, method)
    assert recognized(toy_recognizer, lexicon.overlaid(overlay), swiped, method) == expected
    assert recognized(toy_recognizer, one_by_one, swiped, method) == expected


@given(overlays)
def test_words_priors_and_forms_are_those_of_a_lexicon_built_with_them(toy_recognizer: SwipeRecognizer, overlay: list[OverlayWord]) -> None:
    overlay = list({word.key_sequence: word for word in overlay}.values())
    laid, built = toy_recognizer.lexicon.overlaid(overlay), rebuilt(toy_recognizer.lexicon, overlay)
    assert list(laid.key_sequences()) == list(built.key_sequences())
    assert len(laid) == len(built)
    for sequence, log_prior in built.key_sequences():
        assert (sequence in laid, laid.log_prior(sequence), laid.forms(sequence)) == (True, log_prior, built.forms(sequence))
    for word in overlay:
        assert (word.key_sequence in laid) == (word.log_prior is not None)


def test_a_word_that_the_lexicon_lacks_is_found_at_the_next_swipe(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    swipe = toy.swipe_of("rotate"[:6], qwerty)
    assert "Rotate" not in [candidate.word for candidate in recognizer.recognize(swipe)]
    recognizer.lay_over([OverlayWord("rotate", -2.0, ("Rotate", "rotate"))])
    best = recognizer.recognize(swipe)[0]
    assert (best.word, best.key_sequence, best.forms) == ("Rotate", "rotate", ("Rotate", "rotate"))
    explanation = explain(recognizer, swipe, best, recognizer.default_options)
    letters = sum(letter.log_prob for letter in explanation.letters)
    assert letters + explanation.weighted_log_prior == pytest.approx(best.score, rel=1e-5, abs=1e-4)
    recognizer.lay_over([OverlayWord("rotate", None)])
    assert "rotate" not in [candidate.key_sequence for candidate in recognizer.recognize(swipe)]
    assert "Rotate" not in [candidate.word for candidate in toy_recognizer.recognize(swipe)]  # the other one's lexicon is its own


def test_a_blocked_word_leaves_those_that_begin_with_it(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty, [OverlayWord("hell", None)])
    assert recognizer.recognize(toy.swipe_of("hello", qwerty))[0].word == "hello"
    assert "hell" not in [candidate.key_sequence for candidate in recognizer.recognize(toy.swipe_of("hell", qwerty))]


def test_a_word_of_the_file_keeps_its_forms_unless_it_is_given_others(toy_recognizer: SwipeRecognizer) -> None:
    lexicon = toy_recognizer.lexicon.overlaid([OverlayWord("were", -1.0), OverlayWord("dont", -1.0, ("Don't",))])
    assert lexicon.forms("were") == ("were", "we're")
    assert lexicon.forms("dont") == ("Don't",)
    assert lexicon.overlaid([OverlayWord("werewolf", -3.0)]).forms("were") == ("were", "we're")


def test_every_word_may_be_blocked(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty, [OverlayWord(word, None) for word in KNOWN])
    assert recognizer.recognize(toy.swipe_of("cat", qwerty)) == []
    recognizer.lay_over([OverlayWord("cat", 0.0)])
    assert [candidate.word for candidate in recognizer.recognize(toy.swipe_of("cat", qwerty))] == ["cat"]


def test_the_file_is_neither_copied_nor_changed() -> None:
    english = open_lexicon()
    laid = english.overlaid([OverlayWord("wuliangyes", -12.0, ("Wuliangyes",)), OverlayWord("the", None)])
    for array, own in zip(laid.trie[:4], english.trie[:4], strict=True):
        assert array is own
    assert len(laid.trie.patch_nodes) == 1 + len("wuliangyes") + len("the")
    assert (len(laid), "the" in laid, "then" in laid, "the" in english) == (len(english), False, True, True)
    assert laid.log_prior("wuliangyes") == pytest.approx(-12.0, abs=english.prior_unit / 2)
    assert laid.log_prior("hello") == english.log_prior("hello")


def test_another_process_has_the_overlay_too(toy_recognizer: SwipeRecognizer) -> None:
    laid = toy_recognizer.lexicon.overlaid([OverlayWord("rotate", -2.0, ("Rotate",)), OverlayWord("cat", None)])
    again = pickle.loads(pickle.dumps(laid))
    assert list(again.key_sequences()) == list(laid.key_sequences())
    assert again.forms("rotate") == ("Rotate",)


def test_no_words_leave_the_lexicon_itself(toy_recognizer: SwipeRecognizer) -> None:
    assert toy_recognizer.lexicon.overlaid([]) is toy_recognizer.lexicon


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (OverlayWord("", -1.0), "key sequence '': expected letters of"),
        (OverlayWord("naïve", -1.0), "key sequence 'naïve': expected letters of"),
        (OverlayWord("cat", 0.5), "key sequence 'cat' has the log prior 0.5, expected a number up to 0"),
        (OverlayWord("cat", math.nan), "has the log prior nan"),
        (OverlayWord("cat", -math.inf), "has the log prior -inf"),
        (OverlayWord("cat", -1.0, ("Dog",)), "written form 'Dog' is not swiped as 'cat' but 'dog'"),
        (OverlayWord("cat", -1.0, ("Cat", "Cat")), "expected one or more different ones"),
    ],
)
def test_a_word_that_cannot_be_laid_over_changes_nothing(
    toy_recognizer: SwipeRecognizer, qwerty: Grid, word: OverlayWord, message: str
) -> None:
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    with pytest.raises(ValueError, match=message):
        recognizer.lay_over([OverlayWord("rotate", -2.0), word])
    assert recognizer.lexicon is toy_recognizer.lexicon
