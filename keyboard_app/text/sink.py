"""Where the written text goes: the writer sends every change to a sink, as one edit.

The writer has its own copy of the text, and decides everything by that. A sink makes the same changes in the place where the text is
shown or used. It need not be able to edit anywhere: an edit always includes or touches the cursor; if not, a `move` comes first.
So a sink that can delete some characters before and after the cursor, and insert others there, can follow every edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


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

    def apply_to(self, text: str) -> str:
        """The text after the edit."""
        return text[: self.start] + self.inserted + text[self.start + len(self.removed) :]


class TextSink(Protocol):
    """Follows a text from when it is empty, with the cursor at 0. Changes come in the order they are made."""

    def edit(self, edit: Edit) -> None:
        """Replaces a part of the text. Then the cursor is at the end of the edit, unless a `move` follows."""

    def move(self, cursor: int) -> None:
        """Puts the cursor at that offset."""


class OwnField:
    """The sink for the app's own page: a text in memory."""

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0

    def edit(self, edit: Edit) -> None:
        self.text = edit.apply_to(self.text)
        self.cursor = edit.end

    def move(self, cursor: int) -> None:
        self.cursor = cursor
