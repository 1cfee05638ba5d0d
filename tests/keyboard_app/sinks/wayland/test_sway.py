"""What is written as sway's input method arrives in GTK programs and terminals, whose text is known where they tell it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.support.programs import GTK, Program, needs, wait_for

pytest.importorskip("pywayland", reason="not installed: pywayland (pip install 'keyglide[app]')")

from keyboard_app.session.outlet import Outlet
from keyboard_app.sinks import freshness
from keyboard_app.sinks.wayland.input_method_sink import TAKEN, InputMethodSink
from keyboard_app.text.sink import do_nothing
from keyboard_app.text.writer import Writer, WritingOptions
from tests.support.compositor import Sway, open_sway

pytestmark = needs("sway", "foot", GTK)
TEXTS = ["don't ", "naïve ", "привет ", "😀 ", "I'm ", "👩‍💻 ", "日本語 עברית "]


@pytest.fixture
def sway(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sway]:
    with open_sway(tmp_path_factory.mktemp("sway")) as sway:
        for name in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(name, sway.environment[name])
        yield sway


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a program may still tell its text from before an edit: more than a busy machine needs."""
    monkeypatch.setattr(freshness, "LATE_S", 60.0)


class Writing:
    """A writer whose text goes into the program with the focus."""

    def __init__(self) -> None:
        self.calls: deque[Callable[[], None]] = deque()
        self.sink = InputMethodSink(self.calls.append)
        self.outlet = Outlet(self.sink)
        self.writer = Writer(WritingOptions(), "", self.outlet)
        self.outlet.serve(self.writer, do_nothing)

    def until(self, predicate: Callable[[], object], what: str) -> None:
        def holds() -> object:
            while self.calls:
                self.calls.popleft()()
            return predicate()

        wait_for(holds, what)

    def swipe(self, *words: str) -> None:
        self.outlet.make(lambda writer: writer.commit(words))

    def shows(self, program: Program, text: str) -> None:
        try:
            self.until(lambda: program.text == text, f"the text {text!r}")
        except TimeoutError:
            assert program.text == text
            raise


@pytest.fixture
def writing(sway: Sway) -> Iterator[Writing]:
    writing = Writing()
    yield writing
    writing.sink.close()


@pytest.mark.parametrize("kind", ["gtk", "foot"])
def test_every_text_arrives(sway: Sway, writing: Writing, kind: str) -> None:
    program: Program = getattr(sway, kind)()
    writing.until(lambda: writing.sink._told.active, "the field")
    for text in TEXTS:
        writing.sink.replace("", "", text)
    writing.shows(program, "".join(TEXTS) + ("|" if kind == "gtk" else ""))


def test_words_are_changed_and_removed_and_enter_is_a_key(sway: Sway, writing: Writing) -> None:
    program = sway.gtk()
    writing.until(lambda: writing.sink._told.active, "the field")
    writing.swipe("hello")
    writing.swipe("there", "three")
    writing.shows(program, "Hello there|")
    writing.outlet.make(partial(Writer.choose, index=0))
    writing.shows(program, "Hello three|")
    writing.outlet.make(Writer.backspace)
    writing.shows(program, "Hello|")
    writing.outlet.make(Writer.enter)
    writing.shows(program, "Hello\n|")
    writing.swipe("you")
    writing.shows(program, "Hello\nYou|")


def test_a_terminal_is_known_and_gets_keys_for_what_is_removed(sway: Sway, writing: Writing) -> None:
    program = sway.foot()
    writing.until(lambda: writing.sink.purpose == "terminal", "the terminal")
    writing.swipe("git")
    writing.outlet.make(Writer.space)
    writing.swipe("status")
    writing.shows(program, "git status")
    writing.outlet.make(Writer.backspace)
    writing.shows(program, "git status" + 6 * "\x7f")


def test_a_password_field_says_what_it_is(sway: Sway, writing: Writing) -> None:
    program = sway.gtk("password")
    writing.until(lambda: writing.outlet.secret, "the password field")
    writing.swipe("hello", "help")
    writing.shows(program, "hello|")


def test_a_second_input_method_types_keys_and_says_so(sway: Sway, writing: Writing) -> None:
    second = Writing()
    try:
        second.until(lambda: second.sink.trouble == TAKEN, "the notice")
        program = sway.gtk()
        wait_for((program.folder / "focus").exists, "the program's focus")
        second.swipe("naïve")
        second.shows(program, "Naïve|")
    finally:
        second.sink.close()
