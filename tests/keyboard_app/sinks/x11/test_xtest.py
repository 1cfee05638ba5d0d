"""Texts typed by XTest arrive whole in other programs, whatever the layout, and the keyboard is left as it was."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.programs import GTK, Desktop, Program, needs, open_desktop, wait_for

pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")

from keyboard_app.session.outlet import Outlet
from keyboard_app.sinks.guardian import Guardian
from keyboard_app.sinks.x11 import reading
from keyboard_app.sinks.x11.connection import connect, focused
from keyboard_app.sinks.x11.spare_keys import LIST
from keyboard_app.sinks.x11.xtest_sink import HELD, XTestSink
from keyboard_app.text.sink import do_nothing
from keyboard_app.text.writer import Writer, WritingOptions
from tests.support.recognizing import WindowThread

pytestmark = needs("Xvfb", "xdotool", "openbox", "xterm", GTK)

TEXTS = ["don't", "naïve", "привет", "😀", "I'm", "👩‍💻", 'He said: "x\\y" & <z>~^`']
RUSSIAN = (
    "привет как дела сегодня хорошая погода мы идём гулять в парк потом купим хлеб и молоко вечером будет кино очень интересный фильм "
    "приходи раньше если сможешь жду тебя у входа ровно в семь часов"
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a program has for reading its keys: more than a busy machine needs."""
    monkeypatch.setattr(reading, "ANSWER_S", 120.0)
    monkeypatch.setattr(reading, "SILENT_S", 2.0)


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    with open_desktop(tmp_path) as desktop:
        monkeypatch.setenv("DISPLAY", desktop.display.name)
        yield desktop


@pytest.fixture
def sink(desktop: Desktop) -> Iterator[XTestSink]:
    sink = XTestSink(lambda call: call(), Guardian())
    yield sink
    sink.close()


def keymap() -> list[list[int]]:
    display = connect()
    try:
        first, last = display.display.info.min_keycode, display.display.info.max_keycode
        return [list(row) for row in display.get_keyboard_mapping(first, last - first + 1)]
    finally:
        display.close()


def letters(n: int, seed: int) -> str:
    """Letters of scripts that no layout has together."""
    ranges = [
        "абвгдежзиклмнопрстуфхцчшщъыьэюя",
        "αβγδεζηθικλμνξοπρστυφχψω",
        "אבגדהוזחטיכלמנסעפצקרשת",
        "日本語文字変換中国人民大学生",
        "😀🎉🚀🐍",
    ]
    pool = "".join(ranges)
    return "".join(random.Random(seed).choice(pool) for _ in range(n))


@pytest.mark.parametrize("program", ["gtk", "xterm"])
def test_every_text_arrives_and_the_keyboard_is_as_before(desktop: Desktop, sink: XTestSink, program: str) -> None:
    before = keymap()
    field: Program = getattr(desktop, program)()
    bar = "|" if program == "gtk" else ""
    written = ""
    for text in [*TEXTS, letters(200, 1)]:
        sink.replace("", "", text)
        written += text
        field.expect(written + bar)
    sink.close()
    assert keymap() == before


def test_a_long_ascii_text_needs_no_spare_key(desktop: Desktop, sink: XTestSink) -> None:
    before, text = keymap(), "".join(random.Random(2).choice([chr(code) for code in range(32, 127)]) for _ in range(200))
    field = desktop.gtk()
    sink.replace("", "", text)
    field.expect(text + "|")
    assert keymap() == before


def test_what_is_replaced_goes_by_visible_characters(desktop: Desktop, sink: XTestSink) -> None:
    field = desktop.gtk()
    sink.replace("", "", "nai\N{COMBINING DIAERESIS}ve 👩‍💻 end")
    sink.key("left", 3)
    sink.replace("👩‍💻 ", "end", "x\ny")
    field.expect("nai\N{COMBINING DIAERESIS}ve x\ny|")


@pytest.mark.parametrize("lock", ["", "group", "caps", "group caps"])
def test_russian_words(desktop: Desktop, lock: str) -> None:
    if lock.startswith("group"):
        subprocess.run(["setxkbmap", "us,ru", "-option", "grp:menu_toggle"], env=desktop.environment, check=True)
        desktop.words("key", "Menu")
    if lock.endswith("caps"):
        desktop.words("key", "Caps_Lock")
    sink = XTestSink(lambda call: call(), Guardian())
    field = desktop.gtk()
    try:
        for word in RUSSIAN.split():
            sink.replace("", "", f"{word} I'm ")
            time.sleep(0.02)
        field.expect("".join(f"{word} I'm " for word in RUSSIAN.split()) + "|")
    finally:
        sink.close()
    if lock.endswith("caps"):
        desktop.words("type", "a")
        wait_for(lambda: field.text.removesuffix("|").endswith(("A", "Ф")), "Caps Lock is on again")


def test_a_switch_of_the_layout_is_noticed(desktop: Desktop, sink: XTestSink) -> None:
    field = desktop.gtk()
    sink.replace("", "", "naïve ")
    field.expect("naïve |")
    subprocess.run(["setxkbmap", "de"], env=desktop.environment, check=True)
    sink.replace("", "", "naïve zyß")
    field.expect("naïve naïve zyß|")


def test_a_held_key_is_waited_for_and_people_are_told(desktop: Desktop) -> None:
    window = WindowThread()
    sink = XTestSink(window.post, Guardian())
    try:
        field = desktop.gtk()
        desktop.words("keydown", "ctrl")
        sink.replace("", "", "hello")
        wait_for(lambda: sink.trouble == HELD, "the notice")
        assert field.text == "|"
        desktop.words("keyup", "ctrl")
        field.expect("hello|")
        wait_for(lambda: sink.trouble == "", "the notice goes away")
    finally:
        sink.close()


def test_without_a_window_the_text_comes_back(desktop: Desktop) -> None:
    lost: list[str] = []
    sink = XTestSink(lambda call: call(), Guardian())
    sink.on_lost = lost.append
    try:
        display = connect()
        display.set_input_focus(0, 0, 0)
        display.sync()  # the server serves its clients in any order
        display.close()
        assert not sink.listening
        sink.replace("", "", "hello")
        wait_for(lambda: lost == ["hello"], "the text that nobody took")
    finally:
        sink.close()


def test_terminals_are_known(desktop: Desktop) -> None:
    purposes: list[str] = []
    sink = XTestSink(lambda call: call(), Guardian())
    sink.on_focus = lambda: purposes.append(sink.purpose)
    try:
        desktop.xterm()
        wait_for(lambda: purposes and purposes[-1] == "terminal", "the terminal's purpose")
        desktop.gtk()
        wait_for(lambda: purposes[-1] == "text", "the text field's purpose")
    finally:
        sink.close()


class Writing:
    """A writer whose text goes into the program with the focus. What the sink posts is not done, unless it is asked for."""

    def __init__(self) -> None:
        self.posted: deque[Callable[[], None]] = deque()
        self.sink = XTestSink(self.posted.append, Guardian())
        self.outlet = Outlet(self.sink)
        self.writer = Writer(WritingOptions(), "", self.outlet)
        self.outlet.serve(self.writer, do_nothing)

    def swipe(self, word: str) -> None:
        self.outlet.make(lambda writer: writer.commit([word]))

    def catch_up(self, n_posted: int) -> None:
        """Does what the sink has posted, once there is so much of it."""
        wait_for(lambda: len(self.posted) >= n_posted, "what is posted")
        while self.posted:
            self.posted.popleft()()


@pytest.fixture
def writing(desktop: Desktop) -> Iterator[Callable[[], Writing]]:
    begun: list[Writing] = []

    def begin() -> Writing:
        begun.append(Writing())
        return begun[-1]

    yield begin
    for one in begun:
        one.sink.close()


def test_the_first_word_goes_into_a_terminal_as_it_is(desktop: Desktop, writing: Callable[[], Writing]) -> None:
    terminal = desktop.xterm()
    started = writing()
    started.swipe("hello")
    terminal.expect("hello")


def test_what_is_told_after_the_first_word_is_no_news(desktop: Desktop, writing: Callable[[], Writing]) -> None:
    field = desktop.gtk()
    started = writing()
    started.swipe("hello")
    started.catch_up(1)
    started.swipe("there")
    field.expect("Hello there|")


def test_a_word_goes_by_the_window_that_has_the_focus_now(desktop: Desktop, writing: Callable[[], Writing]) -> None:
    field = desktop.gtk()
    started = writing()
    started.swipe("hello")
    field.expect("Hello|")
    terminal = desktop.xterm()
    started.swipe("hello")
    started.swipe("there")
    terminal.expect("hellothere")


def test_a_menu_of_the_same_window_is_no_other_window(desktop: Desktop) -> None:
    program, told = desktop.gtk(), WindowThread()
    sink = XTestSink(told.post, Guardian())
    try:
        told.wait_for_post()  # the program's window
        display = connect()
        asked = focused(display)
        desktop.words("mousemove", "640", "350", "click", "3")  # GTK gives the focus to another window within its own
        wait_for(lambda: focused(display) != asked, "the menu")
        desktop.words("key", "Escape")
        display.close()
        desktop.words("windowfocus", "--sync", program.window, "key", "a")
        program.expect("a|")
        assert told.is_empty
        desktop.xterm()
        told.wait_for_post()  # another window
    finally:
        sink.close()


KILLED = """
import time
from keyboard_app.sinks.guardian import Guardian
from keyboard_app.sinks.x11.xtest_sink import XTestSink
sink = XTestSink(lambda call: call(), Guardian())
sink.replace("", "", "привет")
print("typed", flush=True)
time.sleep(600)
"""


def test_a_killed_keyboard_leaves_no_letter_mapped_and_no_key_pressed(desktop: Desktop) -> None:
    before, field = keymap(), desktop.gtk()
    process = subprocess.Popen([sys.executable, "-c", KILLED], env=desktop.environment, stdout=subprocess.PIPE)
    field.expect("привет|")
    assert keymap() != before
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: keymap() == before, "the guardian frees the keys")
    text = field.text
    time.sleep(1.5)  # a key that is still pressed repeats after 0.66 s
    assert field.text == text


def test_what_a_killed_keyboard_and_guardian_left_is_freed_at_the_next_start(desktop: Desktop) -> None:
    before = keymap()
    display = connect()
    code = next(code for code, row in enumerate(before, display.display.info.min_keycode) if not any(row))
    display.change_keyboard_mapping(code, [(0x1000430, 0x1000430)])
    display.screen().root.change_property(display.intern_atom(LIST), 6, 32, [code])
    display.sync()  # the server serves its clients in any order
    display.close()
    assert keymap() != before
    XTestSink(lambda call: call(), Guardian()).close()
    wait_for(lambda: keymap() == before, "the keys are freed")
