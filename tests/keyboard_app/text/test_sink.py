"""Whatever is done, a sink can follow the writer's text and cursor from what it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.text.sink import Edit, OwnField
from keyboard_app.text.writer import TEXT_LIMIT, TextFullError, Writer, WritingOptions
from tests.keyboard_app.text.test_writer_invariants import ACTIONS, OPTIONS, TEXTS, do

SCRIPTS = st.lists(
    ACTIONS | st.sampled_from([("undo",), ("redo",), ("backspace",), ("commit", ["hello", "help"])]), min_size=8, max_size=40
)
"""Taps, swipes, choices, moves and much that takes back what was done."""


class Recorder:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Edit | int] = []

    def edit(self, edit: Edit) -> None:
        self.told.append(edit)

    def move(self, cursor: int) -> None:
        self.told.append(cursor)

    @property
    def edits(self) -> list[Edit]:
        return [one for one in self.told if isinstance(one, Edit)]


class Program:
    """A text field of another program: it has a cursor, deletes around it, and inserts there. It is never given an offset to edit at."""

    def __init__(self) -> None:
        self.before, self.after = "", ""

    def edit(self, edit: Edit) -> None:
        n_before = len(self.before) - edit.start
        n_after = len(edit.removed) - n_before
        assert n_before >= 0, "the edit begins after the cursor"
        assert 0 <= n_after <= len(self.after), "the edit ends before the cursor, or after the text"
        assert self.before[edit.start :] + self.after[:n_after] == edit.removed
        self.before, self.after = self.before[: edit.start] + edit.inserted, self.after[n_after:]

    def move(self, cursor: int) -> None:
        text = self.before + self.after
        self.before, self.after = text[:cursor], text[cursor:]


@given(OPTIONS, TEXTS, SCRIPTS)
def test_the_edits_alone_give_the_writers_text(options: WritingOptions, text: str, actions: list[tuple[object, ...]]) -> None:
    recorder = Recorder()
    writer = Writer(options, text, recorder)
    shadow, n_seen = "", 0
    for action in [None, *actions]:
        if action is not None:
            do(writer, action)
        for edit in recorder.edits[n_seen:]:
            assert shadow[edit.start : edit.start + len(edit.removed)] == edit.removed
            shadow = edit.apply_to(shadow)
        n_seen = len(recorder.edits)
        assert shadow == writer.text


@given(OPTIONS, TEXTS, SCRIPTS)
def test_every_action_is_at_most_one_edit(options: WritingOptions, text: str, actions: list[tuple[object, ...]]) -> None:
    recorder = Recorder()
    writer = Writer(options, text, recorder)
    for action in actions:
        before, recorder.told = writer.text, []
        do(writer, action)
        assert len(recorder.edits) <= 1
        assert bool(recorder.edits) >= (writer.text != before)


@given(OPTIONS, TEXTS, SCRIPTS)
def test_a_program_that_edits_at_its_cursor_alone_follows(options: WritingOptions, text: str, actions: list[tuple[object, ...]]) -> None:
    program = Program()
    writer = Writer(options, text, program)
    for action in actions:
        do(writer, action)
        assert (program.before + program.after, len(program.before)) == (writer.text, writer.cursor)


@given(OPTIONS, TEXTS, SCRIPTS)
def test_the_own_field_shows_the_writers_text_and_cursor(options: WritingOptions, text: str, actions: list[tuple[object, ...]]) -> None:
    field = OwnField()
    writer = Writer(options, text, field)
    for action in actions:
        do(writer, action)
        assert (field.text, field.cursor) == (writer.text, writer.cursor)


def test_what_is_undone_and_redone_is_told() -> None:
    recorder = Recorder()
    writer = Writer(WritingOptions(), "", recorder)
    writer.commit(["hello"])
    writer.commit(["world"])
    writer.undo()
    writer.redo()
    assert recorder.edits == [Edit(0, "", "Hello"), Edit(5, "", " world"), Edit(5, " world", ""), Edit(5, "", " world")]
    assert recorder.told == list(recorder.edits)  # the cursor is at each edit's end: nothing more to say


def test_the_cursor_is_told_where_it_is_not_at_the_end_of_the_edit() -> None:
    recorder = Recorder()
    writer = Writer(WritingOptions(), "hello world", recorder)
    writer.move_to(5)
    writer.move_to(6)
    writer.commit(["big"])
    writer.space()  # steps over the space that the swipe brought
    assert recorder.told == [Edit(0, "", "hello world"), 5, 6, Edit(6, "", "big "), 9, 10]


def test_what_is_refused_is_not_told() -> None:
    recorder = Recorder()
    writer = Writer(WritingOptions(), "x" * TEXT_LIMIT, recorder)
    recorder.told = []
    with pytest.raises(TextFullError):
        writer.type("a")
    assert recorder.told == []


@given(st.text("abxyz", min_size=8, max_size=8), st.integers(0, 5), st.integers(0, 3), st.text("xyz", max_size=3))
def test_the_inverse_takes_an_edit_back(text: str, start: int, n_removed: int, inserted: str) -> None:
    edit = Edit(start, text[start : start + n_removed], inserted)
    assert edit.inverse.apply_to(edit.apply_to(text)) == text


@given(st.text("abxyz", min_size=8, max_size=8), st.data())
def test_two_edits_that_touch_are_one_and_two_that_lie_apart_stay_two(text: str, data: st.DataObject) -> None:
    def drawn(text: str) -> Edit:
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        return Edit(start, text[start:end], data.draw(st.text("xyz", max_size=3)))

    first = drawn(text)
    between = first.apply_to(text)
    later = drawn(between)
    both = first.then(later)
    if both is None:
        assert later.start > first.end or later.start + len(later.removed) < first.start
    else:
        assert both.apply_to(text) == later.apply_to(between)
        assert text[both.start : both.start + len(both.removed)] == both.removed
