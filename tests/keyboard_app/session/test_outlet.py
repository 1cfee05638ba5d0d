"""What the writer does arrives in other programs' fields, however little these tell of their text, and however late."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keyboard_app.session.outlet import Outlet
from keyboard_app.text.rules import CHARACTER, character_end, character_start
from keyboard_app.text.sink import Context, KeyName, OwnField, Purpose, do_nothing
from keyboard_app.text.writer import Writer, WritingOptions
from tests.keyboard_app.text.test_sink import SCRIPTS
from tests.keyboard_app.text.test_writer_invariants import OPTIONS, TEXTS, do


class Program:
    """A text field of another program. It is not told where to edit, and tells its text when the test says so."""

    purpose: Purpose = "text"
    trouble = ""
    in_field: bool | None = None

    def __init__(self, before: str = "", after: str = "") -> None:
        self.on_focus: Callable[[], None] = do_nothing
        self.on_context: Callable[[], None] = do_nothing
        self.on_lost: Callable[[str], None] = do_nothing
        self.before, self.after = before, after
        self.listening = True
        self.told: Context | None = None

    def context(self) -> Context | None:
        return self.told

    def replace(self, before: str, after: str, text: str) -> None:
        assert self.before.endswith(before) and self.after.startswith(after)
        self.before = self.before.removesuffix(before) + text
        self.after = self.after.removeprefix(after)
        self.told = None

    def key(self, name: KeyName, times: int = 1) -> None:
        assert name in ("left", "right")
        for _ in range(times):
            assert self.before if name == "left" else self.after
            text, cursor = self.before + self.after, len(self.before)
            self.click(character_start(text, cursor) if name == "left" else character_end(text, cursor))
        self.told = None

    def focus(self) -> None:
        """The field gets the cursor, and the program tells its text."""
        self.told = Context(self.before, self.after)
        self.on_focus()

    def click(self, offset: int) -> None:
        """The cursor moves, and the program says nothing, as GTK does."""
        text = self.before + self.after
        self.before, self.after = text[:offset], text[offset:]

    def tell(self) -> None:
        self.told = Context(self.before, self.after)
        self.on_context()

    @property
    def shown(self) -> str:
        return f"{self.before}|{self.after}"


class Writing:
    def __init__(self, program: Program, options: WritingOptions | None = None) -> None:
        self.program = program
        self.outlet = Outlet(program)
        self.writer = Writer(options or WritingOptions(), "", self.outlet)
        self.outlet.serve(self.writer, do_nothing)

    def swipe(self, *words: str) -> Writing:
        self.outlet.make(lambda writer: writer.commit(words))
        return self


@given(OPTIONS, SCRIPTS, st.lists(st.booleans(), min_size=40, max_size=40))
def test_a_program_that_edits_at_its_cursor_follows_whether_it_tells_its_text_or_not(
    options: WritingOptions, actions: list[tuple[object, ...]], tells: list[bool]
) -> None:
    writing = Writing(Program(), options)
    for action, told in zip(actions, tells, strict=False):
        writing.outlet.make(lambda writer, action=action: do(writer, action))  # type: ignore[misc]
        if len(CHARACTER.findall(writing.writer.text)) != len(writing.writer.text):
            return  # programs do not agree on how their cursor moves there
        assert (writing.program.before, writing.program.after) == (
            writing.writer.text[: writing.writer.cursor],
            writing.writer.text[writing.writer.cursor :],
        )
        if told:
            writing.program.tell()


def is_inside_character(writer: Writer) -> bool:
    """Whether the cursor is where no arrow key puts it: inside of what people see as one character."""
    return any(one.start() < writer.cursor < one.end() for one in CHARACTER.finditer(writer.text))


@given(OPTIONS, TEXTS, SCRIPTS)
@example(  # the swipe is inside a word with a combining accent
    WritingOptions("word", capitals=False, spaces=False),
    "",
    [("paste", "aa\u0301"), ("move_to", 1), ("commit", ["hello"]), ("type", "a"), ("move_to", 0), ("undo",)],
)
def test_the_own_field_is_a_sink_like_any_other(options: WritingOptions, text: str, actions: list[tuple[object, ...]]) -> None:
    field = OwnField()
    outlet = Outlet(field)
    alone, writer = Writer(options, text), Writer(options, text, outlet)
    outlet.serve(writer, do_nothing)
    for action in actions:
        do(alone, action)
        outlet.make(lambda writer, action=action: do(writer, action))  # type: ignore[misc]
        if is_inside_character(alone):
            return
        assert (field.text, field.cursor) == (alone.text, alone.cursor) == (writer.text, writer.cursor)


@pytest.mark.parametrize(
    ("text", "at", "word", "expected"),
    [
        ("I like very much", 7, "people", "I like people| very much"),
        ("I like very much", 6, "people", "I like people| very much"),
        ("I like very much", 0, "people", "People| I like very much"),
        ("It rains.", 9, "people", "It rains. People|"),
        ("", 0, "people", "People|"),
    ],
)
@pytest.mark.parametrize("is_told_before", [True, False])
def test_a_click_that_moves_the_cursor_is_noticed(text: str, at: int, word: str, expected: str, is_told_before: bool) -> None:
    program = Program()
    writing = Writing(program)
    program.before = text
    program.focus()
    program.click(at)
    if is_told_before:
        program.tell()
    writing.swipe(word, "other")
    program.tell()
    assert program.shown == expected
    assert writing.writer.choices
    writing.outlet.make(partial(Writer.choose, index=0))
    assert program.shown == expected.replace("people", "other").replace("People", "Other")


def test_no_word_is_lost_where_a_program_tells_the_cursors_place_one_step_late() -> None:
    program = Program("I like ", "very much")
    writing = Writing(program)
    program.focus()
    program.told = Context("I like v", "ery much")
    writing.swipe("people")
    program.tell()
    assert program.shown == "I like people| very much"


def test_inside_a_word_a_swipe_takes_its_place_once_the_program_has_said_so() -> None:
    program = Program("Me qui", "etly")
    writing = Writing(program)
    program.focus()
    program.told = Context("Me qui", "etly")
    writing.swipe("go")
    program.tell()
    assert program.shown == "Me go|"


def test_what_a_program_tells_too_late_is_not_taken_for_the_truth() -> None:
    program = Program("I like")
    writing = Writing(program)
    program.focus()
    writing.swipe("people")
    program.told = Context("I like")  # from before the edit
    program.on_context()
    program.tell()
    assert writing.writer.text == program.before == "I like people"
    assert writing.writer.can_undo


def test_a_program_that_tells_its_line_alone_agrees() -> None:
    program = Program()
    writing = Writing(program)
    writing.swipe("hello").outlet.make(Writer.enter)
    writing.swipe("there")
    program.told = Context("There")
    program.on_context()
    assert writing.writer.text == "Hello\nThere" and writing.writer.can_undo


def test_a_message_that_was_sent_leaves_an_empty_field() -> None:
    program = Program()
    writing = Writing(program)
    writing.swipe("hello")
    program.before = ""
    program.tell()
    writing.swipe("again")
    assert program.shown == "Again|"


@pytest.mark.parametrize("purpose", ["number", "email", "url", "password", "terminal"])
def test_spaces_and_capitals_are_for_text(purpose: Purpose) -> None:
    program = Program()
    writing = Writing(program)
    program.purpose = purpose
    program.focus()
    writing.swipe("git").swipe("status")
    assert program.shown == "gitstatus|"
    program.purpose, program.before = "text", ""
    program.focus()
    writing.swipe("git").swipe("status")
    assert program.shown == "Git status|"
    assert writing.outlet.secret is False


def test_the_cursor_moves_over_what_people_see_as_one_character() -> None:
    program = Program()
    writing = Writing(program)
    writing.outlet.make(lambda writer: writer.paste("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}e\N{COMBINING ACUTE ACCENT}"))
    writing.outlet.make(lambda writer: writer.move_to(0))
    assert program.before == ""
    writing.outlet.make(lambda writer: writer.move_to(3))
    assert program.after == "e\N{COMBINING ACUTE ACCENT}"


def test_what_nobody_takes_waits() -> None:
    program = Program()
    writing = Writing(program)
    program.listening = False
    program.on_focus()
    writing.swipe("hello").swipe("there")
    program.on_focus()
    writing.swipe("friend")
    assert (program.shown, writing.outlet.waiting) == ("|", "Hello there friend")
    program.listening, program.before = True, "Yes."
    program.focus()
    writing.swipe("but")
    assert (program.shown, writing.outlet.waiting) == ("Yes. But|", "Hello there friend")
    program.on_lost("gone")
    assert writing.outlet.waiting == "Hello there friendgone"
    writing.outlet.waiting = "Hello there friend"
    writing.outlet.insert_waiting()
    assert (program.shown, writing.outlet.waiting) == ("Yes. But Hello there friend|", "")


def test_trouble_of_a_program_that_tells_no_text_is_shown_at_once() -> None:
    program, shown = Program(), []
    outlet = Outlet(program)
    outlet.serve(Writer(WritingOptions(), "", outlet), lambda: shown.append(program.trouble))
    program.trouble = "A key is held down."
    program.on_context()
    assert shown == ["A key is held down."]
