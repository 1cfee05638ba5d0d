"""Copy and paste: between a typing session and the system's clipboard."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

from keyboard_app.session.typing_session import TypingSession
from keyboard_app.text.writer import Writer

COPIED = "Copied."
COPIED_PART = "The selection was copied."
NOTHING_TO_PASTE = "The clipboard is empty."
NOTHING_TO_COPY = "There is nothing to copy yet."
NO_CLIPBOARD = "The text could not be copied: this system has no clipboard."

_copied: list[str] = []
"""what we put into the clipboard last, if anything"""


def copy(session: TypingSession) -> bool:
    """Puts the selection, or else the whole text, into the clipboard, and says so in the session; returns whether that worked."""
    writer = session.writer
    return copy_text(writer.selected or writer.text, session, COPIED_PART if writer.selected else COPIED)


def copy_text(text: str, session: TypingSession, said: str = COPIED) -> bool:
    """Puts a text into the clipboard, and says so in the session; returns whether that worked."""
    if not text:
        session.say(NOTHING_TO_COPY)
        return False
    clipboard = _clipboard()
    clipboard.copy(text)
    is_there = bool(clipboard.paste() == text)
    _copied[:] = [text] if is_there else []
    session.say(said if is_there else NO_CLIPBOARD)
    return is_there


def cut(session: TypingSession) -> None:
    """Moves the selection into the clipboard; where that does not work, it stays."""
    if session.writer.selected and copy(session):
        session.edit(_remove_selection)


def paste(session: TypingSession) -> None:
    """Writes what is in the clipboard."""
    pasted = _clipboard().paste()
    if pasted:
        session.edit(lambda writer: writer.paste(pasted))
    else:
        session.say(NOTHING_TO_PASTE)


def keep_after_closing() -> None:
    """Lets what was copied outlive the window, where it is still in the clipboard: X11 would take it away with the window.

    A process of its own holds the text until something else is copied. It has nothing of ours open, least of all standard output.
    """
    if not _copied or not os.environ.get("DISPLAY") or _clipboard().paste() != _copied[0] or find_spec("Xlib") is None:
        return
    command = [sys.executable, "-m", "keyboard_app.pages.clipboard_holder"]
    holder = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/", env=_paths()
    )
    assert holder.stdin is not None
    with contextlib.suppress(BrokenPipeError), holder.stdin as given:
        given.write(_copied[0].encode())


def _paths() -> dict[str, str]:
    """The environment, with what is importable here importable from any folder."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)}  # noqa: PTH100


def _clipboard() -> Any:
    """Kivy's clipboard. It is imported late, as it opens the window's, and Kivy logs a traceback for each program that is missing."""
    logging.disable(logging.CRITICAL)
    try:
        from kivy.core.clipboard import Clipboard
    finally:
        logging.disable(logging.NOTSET)
    return Clipboard


def _remove_selection(writer: Writer) -> None:
    if writer.selected:
        writer.backspace()
