"""Where the written text goes: every change of it as one edit, sent to a sink.

The writer keeps a text of its own and decides everything by it. A sink has the same changes made where the text is shown or used.
It need not know what the writer knows: each edit covers or touches the cursor, or follows a `move` to where it is made. So a sink
that can only delete so many characters before and after a cursor, and insert a text there, has all it needs.
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
    """what stood there"""
    inserted: str
    """what stands there now"""

    @property
    def end(self) -> int:
        """The offset behind what was inserted."""
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
    """Takes the changes of a text that is empty at first, with its cursor at 0. Each call is one change, in the order made."""

    def edit(self, edit: Edit) -> None:
        """Replaces text. The cursor is then at the edit's end; where it belongs elsewhere, a `move` follows."""

    def move(self, cursor: int) -> None:
        """Puts the cursor at that offset."""


class OwnField:
    """The sink for the app's own window: a text in memory."""

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0

    def edit(self, edit: Edit) -> None:
        self.text = edit.apply_to(self.text)
        self.cursor = edit.end

    def move(self, cursor: int) -> None:
        self.cursor = cursor
