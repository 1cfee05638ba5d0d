"""Copy and paste: between a typing session and the system's clipboard."""

from __future__ import annotations

from keyboard_app.session.typing_session import TypingSession
from keyboard_app.text.writer import Writer

COPIED = "Copied."
COPIED_PART = "The selection was copied."
NOTHING_TO_PASTE = "The clipboard is empty."
NOTHING_TO_COPY = "There is nothing to copy yet."
NO_CLIPBOARD = "The text could not be copied: this system has no clipboard."


def copy(session: TypingSession) -> bool:
    """Puts the selection, or else the whole text, into the clipboard, and says so in the session; returns whether that worked."""
    writer = session.writer
    text = writer.selected or writer.text
    if not text:
        session.say(NOTHING_TO_COPY)
        return False
    from kivy.core.clipboard import Clipboard  # late: it starts a program where SDL has no clipboard

    Clipboard.copy(text)
    is_there = bool(Clipboard.paste() == text)
    session.say((COPIED_PART if writer.selected else COPIED) if is_there else NO_CLIPBOARD)
    return is_there


def cut(session: TypingSession) -> None:
    """Moves the selection into the clipboard; where that does not work, it stays."""
    if session.writer.selected and copy(session):
        session.edit(_remove_selection)


def paste(session: TypingSession) -> None:
    """Writes what is in the clipboard."""
    from kivy.core.clipboard import Clipboard

    pasted = Clipboard.paste()
    if pasted:
        session.edit(lambda writer: writer.paste(pasted))
    else:
        session.say(NOTHING_TO_PASTE)


def _remove_selection(writer: Writer) -> None:
    if writer.selected:
        writer.backspace()
