"""What was copied outlives the window: another program pastes it from a process that holds nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("Xlib")

from Xlib import X, display

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb: apt install xvfb")

COMMAND = [sys.executable, "-m", "keyboard_app.pages.clipboard_holder"]
LONG = "naïve 😀 " * 5000


@pytest.fixture
def screen() -> Iterator[str]:
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "100x100x24"], pass_fds=[writer], stderr=subprocess.DEVNULL
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def hold(screen: str, text: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DISPLAY": screen}
    holder = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, env=environment)
    assert holder.stdin is not None
    with holder.stdin as given:
        given.write(text.encode())
    return holder


class Program:
    """A program that pastes and copies."""

    def __init__(self, screen: str) -> None:
        self._display = display.Display(screen)
        self._window = self._display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self._clipboard, self._text = self._display.get_atom("CLIPBOARD"), self._display.get_atom("UTF8_STRING")

    def paste(self, target: str = "UTF8_STRING") -> bytes:
        while self._display.get_selection_owner(self._clipboard) == X.NONE:
            pass
        self._window.convert_selection(self._clipboard, self._display.get_atom(target), self._text, X.CurrentTime)
        while (told := self._display.next_event()).type != X.SelectionNotify:
            pass
        if told.property == X.NONE:
            return b""
        content = self._window.get_full_property(told.property, X.AnyPropertyType).value
        return content if isinstance(content, bytes) else bytes(content)

    def close(self) -> None:
        self._display.close()

    def copy(self) -> None:
        self._window.set_selection_owner(self._clipboard, X.CurrentTime)
        self._display.sync()


@pytest.mark.parametrize("text", ["naïve привет 😀", LONG])
def test_another_program_pastes_what_is_held_until_something_else_is_copied(screen: str, text: str) -> None:
    holder, program = hold(screen, text), Program(screen)
    assert program.paste().decode() == text
    assert program.paste("text/plain;charset=utf-8").decode() == text
    assert program.paste("image/png") == b""
    program.copy()
    assert holder.wait(180) == 0
    program.close()


def test_without_a_display_it_says_so_and_ends() -> None:
    held = subprocess.run(COMMAND, input=b"text", capture_output=True, env={**os.environ, "DISPLAY": ":987"}, check=False)
    assert held.returncode == 1
    assert b":987" in held.stderr
