from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.word_classes import WordClasses, choose_endings
from engine.context.words import Sentence, sentences, unfinished_sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("we could meet at ", ["we", "could", "meet", "at"]),
        ("Don’t stop - it's well-known, isn't it", ["Don't", "stop", "it's", "well", "known", "isn't", "it"]),
        ("at 9:30 or 5pm", ["at", "<number>", "<number>", "or", "<number>"]),
        ("I said “no”. And then ", ["And", "then"]),
        ("Really?! Yes ", ["Yes"]),
        ("one\ntwo ", ["two"]),
        ("the 3.5 of it", ["the", "<number>", "<number>", "of", "it"]),
        ("Over.", []),
        ("Over. ", []),
        ("", []),
        ("...", []),
        ("goin' on", ["goin", "on"]),
        ("Где ты, ёж", ["Где", "ты", "ёж"]),
    ],
)
def test_words_of_an_unfinished_sentence(text: str, words: list[str]) -> None:
    assert unfinished_sentence(text) == Sentence(tuple(words))


@pytest.mark.parametrize(("n_words", "first"), [(47, 0), (48, 24), (60, 24), (71, 24), (72, 48)])
def test_a_long_sentence_is_cut_a_stride_at_a_time(n_words: int, first: int) -> None:
    words = tuple("x" * (1 + number % 7) for number in range(n_words))
    assert unfinished_sentence(" ".join(words)) == Sentence(words[first:], first == 0)


def test_a_long_text_is_cut_between_words() -> None:
    text = " ".join(f"w{'x' * (number % 90)}" for number in range(200))
    found = unfinished_sentence(text)
    assert not found.is_whole
    assert set(found.words) < set(text.split())
    assert text.endswith(" ".join(found.words))


@given(st.text())
def test_any_text_has_words_without_spaces(text: str) -> None:
    for words in (*sentences(text), list(unfinished_sentence(text).words)):
        assert all(word and not any(character.isspace() for character in word) for word in words)


def test_text_falls_into_sentences() -> None:
    assert sentences("Hi. How are you? Fine...") == [["Hi"], ["How", "are", "you"], ["Fine"]]


def test_the_longest_ending_is_the_class() -> None:
    classes = WordClasses(("g", "ing", "s"))
    assert [classes.of(word, capital) for word, capital in (("walking", False), ("frog", False), ("cat", False), ("cats", True))] == [
        2,
        1,
        0,
        7,
    ]
    assert len(classes) == 8


def test_endings_are_chosen_by_how_much_they_tell() -> None:
    words = ["walking", "talking", "singing", "cats", "dogs", "tree"]
    assert choose_endings(words, [1.0] * 6, 2)[0] == "ing"
    assert set(choose_endings(words, [1.0] * 6, 10, 0.3)) == {"ing", "s"}
