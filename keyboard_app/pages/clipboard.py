"""Copy and paste: between a typing session and the system's clipboard."""

from __future__ import annotations

from keyboard_app.session.typing_session import TypingSession

COPIED = "Copied."
NOTHING_TO_COPY = "There is nothing to copy yet."
NO_CLIPBOARD = "The text could not be copied: this system has no clipboard."


def copy(text: str, session: TypingSession) -> None:
    """Puts the text into the clipboard, and says so in the session."""
    if not text:
        session.say(NOTHING_TO_COPY)
        return
    from kivy.core.clipboard import Clipboard  # late: it starts a program where SDL has no clipboard

    Clipboard.copy(text)
    session.say(COPIED if Clipboard.paste() == text else NO_CLIPBOARD)


def paste(session: TypingSession) -> None:
    """Writes what is in the clipboard."""
    from kivy.core.clipboard import Clipboard

    pasted = Clipboard.paste()
    session.edit(lambda writer: writer.paste(pasted))
