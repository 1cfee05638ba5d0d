"""Where the written text goes: the writer tells a follower of every change, as one edit, and the follower makes it in a sink.

The writer has its own copy of the text, and decides everything by that. A sink makes the same changes in the place where the text is
shown or used. It need not be able to edit anywhere: an edit always includes or touches the cursor; if not, a `move` comes first.
So a sink that can delete some characters before and after the cursor, and insert others there, can follow every edit.
`keyboard_app/session/outlet.py` joins the two; the sinks for the windows of other programs are in `keyboard_app/sinks/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from keyboard_app.text.rules import character_end, character_start

Purpose = Literal["text", "number", "email", "url", "password", "terminal"]
"""What a text field is for, as its program says."""
KeyName = Literal["backspace", "delete", "enter", "left", "right", "up", "down", "home", "end", "tab", "escape"]


@dataclass(frozen=True)
class Edit:
    """One replacement in a text. Offsets count code points."""

    start: int
    """offset of the replacement"""
    removed: str
    """what was there before"""
    inserted: str
    """what replaced it"""

    @property
    def end(self) -> int:
        """The offset after what was inserted."""
        return self.start + len(self.inserted)

    @property
    def size(self) -> int:
        """Characters removed and inserted."""
        return len(self.removed) + len(self.inserted)

    @property
    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.start, self.inserted, self.removed)

    def then(self, later: Edit) -> Edit | None:
        """Both edits as one; None where they lie apart."""
        first, last = later.start - self.start, later.start + len(later.removed) - self.end
        if later.start > self.end or last < -len(self.inserted):
            return None
        kept_before, kept_after = self.inserted[: max(first, 0)], self.inserted[len(self.inserted) + last :] if last < 0 else ""
        removed_before, removed_after = later.removed[: max(-first, 0)], later.removed[len(later.removed) - max(last, 0) :]
        start = min(self.start, later.start)
        return Edit(start, removed_before + self.removed + removed_after, kept_before + later.inserted + kept_after)

    def apply_to(self, text: str) -> str:
        """The text after the edit."""
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]


@dataclass(frozen=True)
class Context:
    """The text around the cursor, or the part of it that a program tells."""

    before: str
    after: str = ""


class Follower(Protocol):
    """Follows a text from when it is empty, with the cursor at 0. Changes come in the order they are made."""

    def edit(self, edit: Edit) -> None:
        """Replaces a part of the text. Then the cursor is at the end of the edit, unless a `move` follows."""

    def move(self, cursor: int) -> None:
        """Puts the cursor at that offset."""


class TextSink(Protocol):
    """A text field that can be written into. Every method is called on the window's thread, and none waits for the program."""

    on_focus: Callable[[], None]
    """called on the window's thread when another field, or none, is being written into, and when its purpose changes"""
    on_context: Callable[[], None]
    """called on the window's thread when the program has told its text after the last edit, and when `trouble` has changed"""

    on_lost: Callable[[str], None]
    """called on the window's thread with a text that could not be delivered any more"""

    @property
    def purpose(self) -> Purpose: ...

    @property
    def listening(self) -> bool:
        """Whether there is a field that takes what is written."""

    @property
    def in_field(self) -> bool | None:
        """Whether a text field has the cursor; None: that is not told."""

    @property
    def trouble(self) -> str:
        """Why what was written has not arrived, for people to read; "" where nothing is wrong."""

    def context(self) -> Context | None:
        """What the program told after the last edit. None: nothing, and what we believe is all we know."""

    def replace(self, before: str, after: str, text: str) -> None:
        """Replaces what is directly before and after the cursor by a text. The cursor is then at its end."""

    def key(self, name: KeyName, times: int = 1) -> None:
        """Presses and releases a key."""


def do_nothing(*_: object) -> None:
    """For the calls of a sink, until somebody listens."""


class OwnField:
    """The sink for the app's own page: a text in memory. The page's writer tells it of its edits directly, too."""

    purpose: Purpose = "text"
    listening = True
    in_field: bool | None = True
    trouble = ""

    def __init__(self) -> None:
        self.on_focus: Callable[[], None] = do_nothing
        self.on_context: Callable[[], None] = do_nothing
        self.on_lost: Callable[[str], None] = do_nothing
        self.text = ""
        self.cursor = 0

    def context(self) -> Context:
        return Context(self.text[: self.cursor], self.text[self.cursor :])

    def replace(self, before: str, after: str, text: str) -> None:
        self.edit(Edit(self.cursor - len(before), before + after, text))

    def key(self, name: KeyName, times: int = 1) -> None:
        """Raises: ValueError for a key that the writer does not press."""
        if name not in ("left", "right"):
            raise ValueError(f"the keyboard's own field has no key '{name}': it knows left and right")
        for _ in range(times):
            if name == "left":
                self.move(character_start(self.text, self.cursor) if self.cursor else 0)
            else:
                self.move(character_end(self.text, self.cursor))

    def edit(self, edit: Edit) -> None:
        self.text = edit.apply_to(self.text)
        self.cursor = edit.end

    def move(self, cursor: int) -> None:
        self.cursor = cursor
