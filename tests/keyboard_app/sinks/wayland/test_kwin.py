"""What is written as KWin's virtual keyboard arrives in GTK programs, whose text is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.compositor import Sway
from tests.support.kwin import open_kwin
from tests.support.programs import GTK, needs, wait_for

pytest.importorskip("pywayland", reason="not installed: pywayland (pip install 'keyglide[app]')")

TEXTS = ["don't ", "naïve ", "привет ", "😀 ", "I'm ", "👩‍💻 ", "日本語 עברית "]
KEYBOARD = """
import json, sys, time
from collections import deque
from pathlib import Path
from functools import partial
from keyboard_app.session.outlet import Outlet
from keyboard_app.sinks import freshness
from keyboard_app.sinks.choose import fitting, open_sink
from keyboard_app.text.writer import Writer, WritingOptions
freshness.LATE_S = 60.0
folder = Path(sys.argv[1])
calls = deque()
assert fitting() == "wayland"
sink = open_sink("wayland", calls.append)
outlet = Outlet(sink)
writer = Writer(WritingOptions(), "", outlet)
outlet.serve(writer, lambda: None)
n_done = 0
while True:
    while calls:
        calls.popleft()()
    told = {"listening": sink.listening, "purpose": sink.purpose, "waiting": outlet.waiting}
    (folder / "told.new").write_text(json.dumps(told))
    (folder / "told.new").rename(folder / "told")
    orders = (folder / "orders").read_text().splitlines() if (folder / "orders").exists() else []
    for name, *given in map(json.loads, orders[n_done:]):
        n_done += 1
        if name == "replace":
            sink.replace(*given)
        elif name == "commit":
            outlet.make(lambda writer: writer.commit(given))
        else:
            outlet.make(lambda writer: getattr(writer, name)(*given))
    time.sleep(0.01)
"""
"""A keyboard that KWin starts, and that does what is ordered in a file. A program may tell its text from before an edit for as long as a
busy machine needs."""

pytestmark = needs("kwin_wayland", GTK)


class Keyboard:
    """The keyboard that KWin has started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def do(self, name: str, *given: object) -> None:
        with (self._folder / "orders").open("a", encoding="utf-8") as orders:
            orders.write(json.dumps([name, *given]) + "\n")

    def told(self, name: str) -> object:
        path = self._folder / "told"
        return json.loads(path.read_text(encoding="utf-8"))[name] if path.exists() else None


@pytest.fixture
def kwin(tmp_path: Path) -> Iterator[Sway]:
    (tmp_path / "keyboard.py").write_text(KEYBOARD, encoding="utf-8")
    with open_kwin(tmp_path, [sys.executable, str(tmp_path / "keyboard.py"), str(tmp_path)]) as kwin:
        yield kwin


@pytest.fixture
def keyboard(kwin: Sway) -> Keyboard:
    return Keyboard(kwin.folder)


def test_every_text_arrives(kwin: Sway, keyboard: Keyboard) -> None:
    program = kwin.gtk()
    wait_for(lambda: keyboard.told("listening"), "the field")
    for text in TEXTS:
        keyboard.do("replace", "", "", text)
    program.expect("".join(TEXTS) + "|")


def test_words_are_changed_and_removed_and_enter_is_a_key(kwin: Sway, keyboard: Keyboard) -> None:
    program = kwin.gtk()
    wait_for(lambda: keyboard.told("listening"), "the field")
    keyboard.do("commit", "hello")
    keyboard.do("commit", "naïve", "three")
    program.expect("Hello naïve|")
    keyboard.do("choose", 0)
    program.expect("Hello three|")
    keyboard.do("backspace")
    program.expect("Hello|")
    keyboard.do("enter")
    program.expect("Hello\n|")
    keyboard.do("commit", "you")
    program.expect("Hello\nYou|")


def test_a_password_field_says_what_it_is(kwin: Sway, keyboard: Keyboard) -> None:
    wait_for(lambda: keyboard.told("listening") is False, "the keyboard")  # to one that comes later, KWin does not tell the kind
    program = kwin.gtk("password")
    wait_for(lambda: keyboard.told("purpose") == "password", "the password field")
    keyboard.do("commit", "hello", "help")
    program.expect("hello|")


def test_without_a_field_what_is_written_waits(keyboard: Keyboard) -> None:
    wait_for(lambda: keyboard.told("listening") is False, "the keyboard")
    keyboard.do("commit", "hello")
    wait_for(lambda: keyboard.told("waiting") == "Hello", "what waits")
