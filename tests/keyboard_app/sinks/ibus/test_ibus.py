"""What is written by IBus arrives, the program's text is known, and the person's engine is put back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.programs import GTK, Desktop, Program, needs, wait_for

pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")
pytest.importorskip("jeepney", reason="not installed: jeepney (pip install 'keyglide[app]')")

from keyboard_app.session.outlet import Outlet
from keyboard_app.sinks import freshness
from keyboard_app.sinks.guardian import Guardian
from keyboard_app.sinks.ibus import bus as ibus
from keyboard_app.sinks.ibus import engine as ibus_engine
from keyboard_app.sinks.ibus import ibus_sink
from keyboard_app.sinks.ibus.engine import NOBODY, UNNAMED
from keyboard_app.sinks.ibus.ibus_sink import GONE, IBusSink
from keyboard_app.sinks.ibus.note import note_path
from keyboard_app.text.sink import Context, do_nothing
from keyboard_app.text.writer import Writer, WritingOptions
from tests.support.input_method import daemon, engine, ibus_desktop, start_ibus, use

pytestmark = needs("Xvfb", "xdotool", "openbox", "xterm", "ibus-daemon", "dbus-daemon", GTK)
TEXTS = ["don't ", "naïve ", "привет ", "😀 ", "I'm ", "👩‍💻 ", "日本語 עברית "]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    with ibus_desktop(tmp_path) as desktop:
        use(desktop, monkeypatch)
        yield desktop


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long the sink gives a program, and IBus: more than a busy machine needs."""
    monkeypatch.setattr(freshness, "LATE_S", 60.0)
    monkeypatch.setattr(ibus, "ANSWER_S", 60.0)
    monkeypatch.setattr(ibus_engine, "KEY_S", 1.0)
    monkeypatch.setattr(ibus_sink, "APART_S", 1.0)


class Writing:
    """A writer whose text goes into the program with the focus."""

    def __init__(self) -> None:
        self.calls: deque[Callable[[], None]] = deque()
        self.sink = IBusSink(self.calls.append, Guardian())
        self.outlet = Outlet(self.sink)
        self.writer = Writer(WritingOptions(), "", self.outlet)
        self.outlet.serve(self.writer, do_nothing)

    def make_calls(self) -> None:
        """What the sink has posted to the window's thread."""
        while self.calls:
            self.calls.popleft()()

    def until(self, predicate: object, what: str) -> None:
        def holds() -> bool:
            self.make_calls()
            return bool(predicate())  # type: ignore[operator]

        wait_for(holds, what)

    def swipe(self, *words: str) -> None:
        self.make_calls()
        self.outlet.make(lambda writer: writer.commit(words))

    def shows(self, program: Program, text: str) -> None:
        try:
            self.until(lambda: program.text == text, f"the text {text!r}")
        except TimeoutError:
            assert program.text == text
            raise


@pytest.fixture
def writing(desktop: Desktop) -> Iterator[Writing]:
    writing = Writing()
    yield writing
    writing.sink.close()


def focused(writing: Writing, desktop: Desktop, kind: str = "text", text: str = "") -> Program:
    program = desktop.gtk(kind, text)
    writing.until(lambda: writing.sink._by_ibus, "the focus")
    return program


@pytest.mark.parametrize("program", ["gtk", "xterm"])
def test_every_text_arrives(desktop: Desktop, writing: Writing, program: str) -> None:
    field = getattr(desktop, program)()
    writing.until(lambda: writing.sink._by_ibus, "the focus")
    for text in TEXTS:
        writing.sink.replace("", "", text)
    writing.shows(field, "".join(TEXTS) + ("|" if program == "gtk" else ""))


def test_backspace_removes_the_word_and_enter_is_a_key(desktop: Desktop, writing: Writing) -> None:
    field = focused(writing, desktop)
    writing.swipe("hello")
    writing.swipe("there", "three")
    writing.shows(field, "Hello there|")
    writing.outlet.make(partial(Writer.choose, index=0))
    writing.shows(field, "Hello three|")
    writing.outlet.make(Writer.backspace)
    writing.outlet.make(Writer.enter)
    writing.swipe("you")
    writing.shows(field, "Hello\nYou|")


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("I like very much", 7, "I like people| very much"),
        ("I like very much", 0, "People| I like very much"),
        ("It rains.", 9, "It rains. People|"),
    ],
)
def test_the_cursor_is_found_where_a_click_has_put_it(desktop: Desktop, writing: Writing, text: str, at: int, expected: str) -> None:
    field = focused(writing, desktop, "text", text)
    desktop.words("key", "End")
    for _ in range(len(text) - at):
        desktop.words("key", "Left")
    writing.shows(field, f"{text[:at]}|{text[at:]}")
    writing.swipe("people")
    writing.shows(field, expected)


def test_a_program_that_does_not_use_ibus_and_had_the_focus_before_gets_keys(desktop: Desktop) -> None:
    desktop.environment["GTK_IM_MODULE"] = "gtk-im-context-simple"
    field = desktop.gtk()
    writing = Writing()
    try:
        writing.until(lambda: writing.sink._client == NOBODY, "nobody whom IBus knows")
        writing.swipe("naïve")
        writing.shows(field, "Naïve|")
    finally:
        writing.sink.close()


@pytest.mark.parametrize("program", ["gtk", "xterm"])
def test_a_program_that_had_the_focus_before_is_written_into(desktop: Desktop, program: str) -> None:
    field, bus = getattr(desktop, program)(), ibus.Bus()
    wait_for(bus.has_client, "the focus, of which IBus hears after the program")
    bus.close()
    writing = Writing()
    try:
        writing.until(lambda: writing.sink._by_ibus, "the focus")
        writing.swipe("naïve")
        writing.swipe("there", "three")
        writing.shows(field, "Naïve there|" if program == "gtk" else "naïvethere")
        if program == "gtk":
            writing.until(lambda: writing.sink.context() == Context("Naïve there"), "the text, as the program tells it")
            writing.outlet.make(partial(Writer.choose, index=0))
            writing.outlet.make(Writer.enter)
            writing.shows(field, "Naïve three\n|")
    finally:
        writing.sink.close()


def test_the_kind_of_window_is_known_with_the_focus(desktop: Desktop, writing: Writing) -> None:
    """IBus does not say that a program is a terminal; X does, and nothing is written by what held for the window before."""
    field = focused(writing, desktop)
    writing.swipe("hello")
    writing.shows(field, "Hello|")
    terminal = desktop.xterm()
    writing.until(lambda: writing.sink._client == UNNAMED or "xim" in str(writing.sink._client).lower(), "the terminal's focus")
    writing.swipe("naïve")
    writing.swipe("there")
    writing.shows(terminal, "naïvethere")


def press_until(desktop: Desktop, key: str, program: Program, text: str) -> None:
    """Presses a key, which may be pressed several times, until the program has that text."""

    def has_text_when_pressed() -> bool:
        desktop.words("key", key)
        return program.text == text

    wait_for(has_text_when_pressed, f"the text {text!r} after {key}")


def test_ibus_may_be_restarted(desktop: Desktop) -> None:
    before = engine(desktop)
    writing = Writing()
    try:
        field = focused(writing, desktop)
        writing.swipe("hello")
        writing.shows(field, "Hello|")
        os.kill(daemon(desktop), signal.SIGKILL)
        writing.until(lambda: writing.sink.trouble == GONE, "the notice")
        press_until(desktop, "Home", field, "|Hello")  # a key that comes before GTK notices that IBus has ended is lost
        press_until(desktop, "End", field, "Hello|")
        writing.swipe("there")
        writing.shows(field, "Hello there|")
        start_ibus(desktop)
        writing.until(lambda: writing.sink.trouble == "", "IBus again")
        assert engine(desktop) == "keyglide"
        writing.until(lambda: writing.sink._client not in (None, NOBODY), "the program again")
        writing.swipe("people")
        writing.shows(field, "Hello there people|")
        writing.until(lambda: writing.sink.context() == Context("Hello there people"), "the program's text")
    finally:
        writing.sink.close()
    assert engine(desktop) == before


def test_fields_say_what_they_are_for_and_a_password_goes_by_keys(desktop: Desktop, writing: Writing) -> None:
    field = desktop.gtk("password")
    writing.until(lambda: writing.sink.listening, "the field")
    writing.sink.replace("", "", "Pässword1")
    writing.shows(field, "Pässword1|")


def test_the_persons_engine_is_put_back_at_the_end(desktop: Desktop) -> None:
    before = engine(desktop)
    writing = Writing()
    assert engine(desktop) == "keyglide"
    assert note_path().read_text() == before
    writing.sink.close()
    assert engine(desktop) == before
    assert not note_path().exists()


KILLED = """
import time
from keyboard_app.sinks.guardian import Guardian
from keyboard_app.sinks.ibus.ibus_sink import IBusSink
sink = IBusSink(lambda call: call(), Guardian())
print("ready", flush=True)
time.sleep(600)
"""


def test_after_a_kill_typing_goes_on_with_the_persons_engine(desktop: Desktop) -> None:
    before, field = engine(desktop), desktop.gtk()
    process = subprocess.Popen([sys.executable, "-c", KILLED], env=desktop.environment, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    desktop.words("key", "a")
    field.expect("a|")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    desktop.words("key", "b")
    field.expect("ab|")
    wait_for(lambda: engine(desktop) == before, f"the engine {before}")
    wait_for(lambda: not (Path(desktop.environment["XDG_STATE_HOME"]) / "keyglide" / "ibus-engine").exists(), "no note")
