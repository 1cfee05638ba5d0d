"""Completions and corrections: the same as by looking at every word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lexicon import Entry, Lexicon, OverlayWord, build_lexicon
from engine.spelling import SLIP, completions, corrections, suggest

SEQUENCES = st.lists(st.text("abc", min_size=1, max_size=7), min_size=1, max_size=30, unique=True)


def lexicon_of(*words: str) -> Lexicon:
    entries = [Entry(word.lower().replace("'", ""), 1 / (rank + 1), (word,)) for rank, word in enumerate(words)]
    return Lexicon.from_bytes(build_lexicon(entries, "abcdefghijklmnopqrstuvwxyz", "the test"))


def distance(one: str, other: str) -> int:
    """Optimal string alignment, as the textbook has it."""
    table = {(i, -1): i + 1 for i in range(-1, len(one))} | {(-1, j): j + 1 for j in range(-1, len(other))}
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
            if i and j and a == other[j - 1] and one[i - 1] == b:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one) - 1, len(other) - 1]


@given(SEQUENCES, st.text("abc", max_size=3))
def test_completions_are_the_commonest_words_that_begin_so(sequences: list[str], start: str) -> None:
    lexicon = lexicon_of(*sequences)
    expected = [lexicon.log_prior(word) for word in sequences if word.startswith(start)]
    found = completions(lexicon, start, 4)
    assert all(one.word.startswith(start) for one in found)
    assert [one.score for one in found] == sorted(expected, reverse=True)[:4]


@given(SEQUENCES, st.text("abc", min_size=3, max_size=7))
def test_corrections_are_the_words_a_slip_or_two_away(sequences: list[str], typed: str) -> None:
    lexicon = lexicon_of(*sequences)
    budget = 2 if len(typed) >= 6 else 1
    expected = {word for word in sequences if 0 < distance(word, typed) <= budget}
    if typed in lexicon:
        expected = {word for word in expected if lexicon.log_prior(word) + SLIP * distance(word, typed) > lexicon.log_prior(typed)}
    found = corrections(lexicon, typed, 50)
    assert {one.word for one in found} == expected
    assert all(one.n_slips == distance(one.word, typed) for one in found)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("hel", ["hello", "help"]),
        ("helo", ["hello", "help"]),
        ("hlelo", ["hello"]),
        ("Im", ["I'm"]),
        ("hello", []),
        ("lond", ["London"]),
        ("xq", []),
        ("ёж", []),
    ],
)
def test_words_are_suggested_as_they_are_written(typed: str, words: list[str]) -> None:
    assert [one.word for one in suggest(lexicon_of("hello", "I'm", "London", "help"), typed)] == words


def test_words_of_an_overlay_are_suggested_and_blocked_ones_are_not() -> None:
    lexicon = lexicon_of("hello", "help").overlaid([OverlayWord("helix", -0.1), OverlayWord("help", None)])
    assert [one.word for one in suggest(lexicon, "hel")] == ["helix", "hello"]
