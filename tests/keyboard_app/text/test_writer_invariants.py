"""The writer: what holds whatever is done."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from keyboard_app.text.writer import Writer, WritingOptions

Action = tuple[Any, ...]
"""the name of a method of Writer, and its arguments"""
WORDS = st.lists(st.sampled_from(["hello", "I'm", "iPhone", "us", "ёж", "'tis", "well-known"]), min_size=1, max_size=4)
ACTIONS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from("aZя.,?!\"'()«5 \n-@%👍\u0301")),
    st.tuples(st.just("commit"), WORDS),
    st.tuples(st.just("paste"), st.text(max_size=5)),
    st.tuples(st.just("move_to"), st.integers(-2, 30)),
    st.tuples(st.just("choose"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["space", "enter", "backspace", "delete_word", "clear", "undo", "redo"])),
    st.tuples(st.just("press_shift"), st.just(0.0)),
)
OPTIONS = st.builds(WritingOptions, st.sampled_from(["word", "letter"]), st.booleans(), st.booleans())
TEXTS = st.text('ab. \n"(é👍\u0301', max_size=8)


def do(writer: Writer, action: Action) -> None:
    if action[0] != "choose" or writer.choices[action[1] :]:
        getattr(writer, str(action[0]))(*action[1:])


def state(writer: Writer) -> tuple[object, ...]:
    return writer.text, writer.cursor, writer.shift, writer.choices


@given(OPTIONS, TEXTS, st.lists(ACTIONS, max_size=20))
def test_undoing_everything_gives_the_first_text_and_redoing_the_last(options: WritingOptions, text: str, actions: list[Action]) -> None:
    writer = Writer(options, text)
    for action in actions:
        do(writer, action)
    last = writer.text
    n_undone = 0
    while writer.can_undo:
        writer.undo()
        n_undone += 1
    if "redo" not in [action[0] for action in actions]:
        assert writer.text == text
    for _ in range(n_undone):
        writer.redo()
    assert writer.text == last


@given(OPTIONS, TEXTS, st.lists(ACTIONS, max_size=10), ACTIONS)
def test_undo_restores_exactly_and_redo_too(options: WritingOptions, text: str, actions: list[Action], action: tuple[object, ...]) -> None:
    writer = Writer(options, text)
    for earlier in actions:
        do(writer, earlier)
    writer.move_to(writer.cursor // 2)  # whatever was typed or erased before is a step of its own
    before = state(writer)
    do(writer, action)
    after = state(writer)
    if after[0] != before[0] and action[0] not in ("undo", "redo"):
        writer.undo()
        assert state(writer) == before
        writer.redo()
        assert state(writer) == after


@given(OPTIONS, TEXTS, st.lists(ACTIONS, max_size=20))
def test_the_cursor_stays_in_the_text(options: WritingOptions, text: str, actions: list[Action]) -> None:
    writer = Writer(options, text)
    for action in actions:
        do(writer, action)
        assert 0 <= writer.cursor <= len(writer.text)


@given(TEXTS, st.lists(ACTIONS, max_size=10), WORDS)
@example("a", [("type", "@"), ("press_shift", 0.0)], ["hello"])
def test_a_swiped_word_stands_alone_and_backspace_takes_all_of_it_away(text: str, actions: list[Action], words: list[str]) -> None:
    writer = Writer(WritingOptions(), text)
    for action in actions:
        do(writer, action)
    before = state(writer)
    word = writer.as_written(words[0])
    writer.commit(words)
    written = writer.text[: writer.cursor]
    assert written.endswith(word)
    assert not written[: -len(word)][-1:].isalnum()
    assert not writer.text[writer.cursor :][:1].isalnum()
    assert word not in writer.choices
    writer.backspace()
    assert state(writer) == before


@given(TEXTS, st.lists(ACTIONS, max_size=10), WORDS, st.integers(0, 2))
def test_choosing_twice_gives_the_first_word_back(text: str, actions: list[Action], words: list[str], index: int) -> None:
    writer = Writer(WritingOptions(), text)
    for action in [*actions, ("commit", words)]:
        do(writer, action)
    before = state(writer)
    do(writer, ("choose", index))
    do(writer, ("choose", index))
    assert state(writer) == before


@given(st.lists(st.one_of(WORDS, st.sampled_from(list("a.,?!;:)"))), max_size=20))
def test_automatic_spaces_are_never_doubled_nor_before_punctuation(steps: list[list[str] | str]) -> None:
    writer = Writer(WritingOptions())
    for step in steps:
        writer.type(step) if isinstance(step, str) else writer.commit(step)
    assert not re.search(r"  |^ | $| [.,?!;:)]", writer.text)
