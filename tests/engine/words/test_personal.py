"""A person's words: what swiping makes of them at once, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.grid import Grid
from engine.lexicon import Lexicon, OverlayWord, key_sequence
from engine.recognizer import SwipeRecognizer
from engine.words.personal import PersonalWords
from engine.words.prior import Strength
from tests.engine.test_overlay import rebuilt, recognized
from tests.support import toy

WRITTEN = ["cat", "Cat", "were", "we're", "don't", "dont", "Hello", "rotate", "Rotate", "coal", "wetter", "c'at", "hell"]
actions = st.lists(
    st.tuples(st.sampled_from(("add", "boost", "block", "remove", "learn", "clear")), st.sampled_from(WRITTEN)), min_size=1, max_size=12
)


@pytest.fixture
def recognizer(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)


def words_of(recognizer: SwipeRecognizer, swiped: str) -> list[str]:
    return [candidate.word for candidate in recognizer.recognize(toy.swipe_of(swiped, recognizer.grid))]


def do(words: PersonalWords, action: str, word: str) -> None:
    actions: dict[str, Callable[[], object]] = {
        "remove": lambda: words.remove(word) if word in words else None,
        "learn": lambda: words.learn([(word, 1.0)]),
        "clear": words.clear,
    }
    act = actions.get(action)
    if act is None:
        getattr(words, action)(word)
    else:
        act()


def expected_overlay(words: PersonalWords, base: Lexicon) -> list[OverlayWord]:
    """By the formula in docs/SCORE.md, from what the words say of themselves."""
    laid = []
    for sequence in {key_sequence(one.word, base.alphabet) or "" for one in words}:
        own = base.forms(sequence) if sequence in base else ()
        mine = [one for one in words if key_sequence(one.word, base.alphabet) == sequence]
        weight = {one.word: words.weight(one.word) + (2.0 if one.kind == "added" else 0.0) for one in mine if one.kind != "blocked"}
        left = [form for form in own if not words.blocks(form)]
        new = [word for word in sorted(weight) if word not in own and weight[word] >= (0.5 if own else 1.5)]
        if left or new:
            uses = sum(weight.get(form, 0.0) for form in (*left, *new))
            p = uses / words.strength.words + (math.exp(base.log_prior(sequence)) if left else 0.0)
            ranked = sorted((*left, *new), key=lambda form: -weight.get(form, 0.0) - (form == (own or ("",))[0]))
            laid.append(OverlayWord(sequence, min(0.0, math.log(p)), tuple(ranked)))
        else:
            laid.append(OverlayWord(sequence, None))
    return laid


@mock.patch("engine.words.word.HALF_LIFE", math.inf)  # what is laid over may lag behind what has faded by a few words
@settings(max_examples=40)
@example(actions=[("add", "cat"), ("learn", "dont"), ("boost", "cat")], swiped="dont")
@given(actions=actions, swiped=st.sampled_from(["cat", "were", "dont", "hello", "rotate", "coal", "wetter", "hell"]))
def test_candidates_are_those_of_a_lexicon_rebuilt_with_the_words(
    toy_recognizer: SwipeRecognizer, actions: list[tuple[str, str]], swiped: str
) -> None:
    base = toy_recognizer.lexicon
    recognizer = SwipeRecognizer(toy_recognizer.bundle, base, toy_recognizer.grid)
    words = PersonalWords(recognizer, strength=Strength(words=50.0))
    for action, word in actions:
        do(words, action, word)
    overlay = expected_overlay(words, base)
    assert recognized(recognizer, recognizer.lexicon, swiped, "two_pass") == recognized(
        recognizer, rebuilt(base, overlay), swiped, "two_pass"
    )
    for laid in overlay:
        if laid.log_prior is not None:
            assert recognizer.lexicon.forms(laid.key_sequence) == laid.forms
    for one in words:
        if words.blocks(one.word):
            assert one.word not in [form for c in recognizer.recognize(toy.swipe_of(swiped[:7], recognizer.grid)) for form in c.forms]


@settings(max_examples=40)
@given(actions)
def test_words_that_are_forgotten_leave_the_lexicon_as_it_was(toy_recognizer: SwipeRecognizer, actions: list[tuple[str, str]]) -> None:
    base = toy_recognizer.lexicon
    recognizer = SwipeRecognizer(toy_recognizer.bundle, base, toy_recognizer.grid)
    for action, word in actions:
        do(recognizer.words, action, word)
    for one in list(recognizer.words):
        recognizer.words.remove(one.word)
    assert list(recognizer.lexicon.key_sequences()) == list(base.key_sequences())
    assert [recognizer.lexicon.forms(word) for word, _ in base.key_sequences()] == [base.forms(word) for word, _ in base.key_sequences()]
    assert recognizer.lexicon.overlay == {}
    assert len(recognizer.lexicon.compacted().trie.patch_nodes) <= 1  # the root alone


def test_an_added_word_is_found_at_the_next_swipe_as_it_is_written(recognizer: SwipeRecognizer) -> None:
    assert "Rotate" not in words_of(recognizer, "rotate")
    recognizer.words.add("Rotate")
    assert words_of(recognizer, "rotate")[0] == "Rotate"
    assert recognizer.words.offers("Rotate")
    assert not recognizer.words.offers("rotate")
    recognizer.words.remove("Rotate")
    assert "Rotate" not in words_of(recognizer, "rotate")


def test_a_blocked_form_goes_and_the_others_stay(recognizer: SwipeRecognizer) -> None:
    recognizer.words.block("were")
    assert words_of(recognizer, "were")[0] == "we're"
    recognizer.words.block("we're")
    assert not {"were", "we're"} & set(words_of(recognizer, "were"))
    recognizer.words.learn([("were", 5.0)])
    assert "were" not in words_of(recognizer, "were")
    recognizer.words.add("were")
    assert words_of(recognizer, "were")[0] == "were"


def test_a_form_that_is_used_more_comes_first(recognizer: SwipeRecognizer) -> None:
    assert words_of(recognizer, "were")[0] == "were"
    recognizer.words.learn([("we're", 1.0)])
    assert words_of(recognizer, "were")[0] == "were"  # once is not enough
    recognizer.words.learn([("we're", 1.0)])
    assert recognizer.recognize(toy.swipe_of("were", recognizer.grid))[0].forms == ("we're", "were")


def test_a_word_that_the_lexicon_lacks_is_learnt_when_it_is_typed_twice(recognizer: SwipeRecognizer) -> None:
    recognizer.words.learn([("rotate", 1.0)])
    assert "rotate" not in words_of(recognizer, "rotate")
    recognizer.words.learn([("rotate", 1.0)])
    assert words_of(recognizer, "rotate")[0] == "rotate"
    recognizer.words.learn([("rotate", -1.0)])
    assert "rotate" not in words_of(recognizer, "rotate")


def test_words_fade_in_the_lexicon_too(recognizer: SwipeRecognizer) -> None:
    words = recognizer.words
    words.boost("vat", 1_000.0)
    strong = recognizer.lexicon.log_prior("vat")
    for _ in range(2000):
        words.learn([("cat", 0.5)])
    assert words.weight("vat") == pytest.approx(500, rel=0.01)
    assert recognizer.lexicon.log_prior("vat") == pytest.approx(strong - math.log(2), abs=0.1)


def test_a_lexicon_whose_nodes_were_numbered_anew_says_so(recognizer: SwipeRecognizer) -> None:
    """The context model's link knows nodes by their numbers."""
    recognizer.words.add("Rotate")
    compacted = recognizer.lexicon.compacted()
    assert compacted.generation == recognizer.lexicon.generation + 1
    assert list(compacted.key_sequences()) == list(recognizer.lexicon.key_sequences())
    assert compacted.forms("rotate") == ("Rotate",)


def test_boosting_makes_a_word_commoner(recognizer: SwipeRecognizer) -> None:
    before = recognizer.lexicon.log_prior("vat")
    recognizer.words.boost("vat", 50_000.0)
    assert before < recognizer.lexicon.log_prior("vat") <= 0
    recognizer.words.boost("Rotate")
    assert recognizer.words.offers("Rotate")


def test_what_was_laid_over_before_stays(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    own = [OverlayWord("rotate", -2.0), OverlayWord("cat", None)]
    recognizer = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty, own)
    recognizer.words.block("rotate")
    recognizer.words.add("cat")
    assert "rotate" not in words_of(recognizer, "rotate")
    assert words_of(recognizer, "cat")[0] == "cat"
    recognizer.words.clear()
    assert words_of(recognizer, "rotate")[0] == "rotate"
    assert "cat" not in words_of(recognizer, "cat")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("naïve42", "'naïve42' cannot be swiped: the keyboard has no key for '2' and '4'"),
        ("мир", "the keyboard has no key for 'и' and 'м' and 'р'"),
        ("'", "'''' cannot be swiped: it has no letters".replace("''''", "'''")),
        ("New York", "has white space"),
        ("", "the word is empty"),
        ("abracadabra", "has 11 letters, and the model writes 7 at most"),
    ],
)
def test_what_cannot_be_swiped_is_refused_with_the_reason(recognizer: SwipeRecognizer, word: str, reason: str) -> None:
    for act in (recognizer.words.add, recognizer.words.boost, recognizer.words.block):
        with pytest.raises(ValueError) as refused:
            act(word)
        assert reason in str(refused.value)
        assert refused.value.args[0] == recognizer.words.why_not(word)
    recognizer.words.learn([(word, 1.0)])  # what is typed is not the person's fault
    assert len(recognizer.words) == 0
    with pytest.raises(ValueError, match="nothing to forget"):
        recognizer.words.remove(word)


@mock.patch("engine.words.personal.SPARE_SLOTS", 2_000)
def test_memory_stays_flat_while_words_come_and_go(recognizer: SwipeRecognizer) -> None:
    words = recognizer.words
    words._limit, sizes = 2_000, []
    for round_ in range(2500):
        word = "".join("acehlorst"[round_ // 9**place % 9] for place in range(7))
        words.add(word)
        words.remove(word)
        sizes.append(len(recognizer.lexicon.trie.patch_slots))
    assert 1_000 < max(sizes) <= 2_500
    assert len(recognizer.lexicon.overlay) == 0


def test_exported_words_are_imported_again(recognizer: SwipeRecognizer, toy_recognizer: SwipeRecognizer, tmp_path: Path) -> None:
    recognizer.words.add("Rotate")
    recognizer.words.block("hell")
    recognizer.words.learn([("we're", 3.0)])
    assert recognizer.words.export(tmp_path / "words.json") == 3
    other = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, recognizer.grid)
    for _ in range(2):  # twice does no harm
        assert other.words.import_(tmp_path / "words.json") == 3
        assert [(one.word, one.kind, other.words.weight(one.word)) for one in other.words] == [
            ("hell", "blocked", 0.0),
            ("Rotate", "added", 0.0),
            ("we're", "learnt", 3.0),
        ]
    assert list(other.lexicon.key_sequences()) == list(recognizer.lexicon.key_sequences())


def test_a_list_of_words_is_imported_whole_or_not_at_all(recognizer: SwipeRecognizer, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("# mine\nRotate\n\ncoal\n", encoding="utf-8")
    assert recognizer.words.import_(tmp_path / "list.txt") == 2
    (tmp_path / "list.txt").write_text("wetter\n42\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no key for '2' and '4'"):
        recognizer.words.import_(tmp_path / "list.txt")
    assert [one.word for one in recognizer.words] == ["coal", "Rotate"]
