"""The field that the compositor tells of, as a sink shows it: what the two versions of the input method protocol have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keyboard_app.sinks.codes import PURPOSES
from keyboard_app.sinks.freshness import Freshness
from keyboard_app.text.sink import Context, Purpose, do_nothing

Post = Callable[[Callable[[], None]], None]
PURPOSES_V3: dict[int, Purpose] = PURPOSES | {9: "password", 13: "terminal"}
"""of text-input-v3, with PIN and terminal"""
ENDED = "The compositor has ended."


@dataclass(frozen=True)
class Field:
    """What the compositor tells of the field with the cursor."""

    active: bool = False
    purpose: int = 0
    surrounding: Context | None = None
    """None: it tells none"""

    @classmethod
    def around(cls, text: str, cursor: int) -> Context:
        """A text with the cursor after that many bytes."""
        data = text.encode()
        return Context(data[:cursor].decode(errors="ignore"), data[cursor:].decode(errors="ignore"))


class FieldSink:
    """The half of a sink that tells of the field. Its methods are called on the window's thread."""

    purposes = PURPOSES_V3

    def __init__(self) -> None:
        self.on_focus: Callable[[], None] = do_nothing
        self.on_context: Callable[[], None] = do_nothing
        self.on_lost: Callable[[str], None] = do_nothing
        self.trouble = ""
        self._ended = False
        self._told = Field()
        self._fresh = Freshness()

    @property
    def purpose(self) -> Purpose:
        return self.purposes.get(self._told.purpose, "text") if self._told.active else "text"

    @property
    def in_field(self) -> bool | None:
        return self._told.active

    def context(self) -> Context | None:
        return self._fresh.context if self._told.active else None

    def _tell(self, field: Field) -> None:
        """Takes what the compositor tells."""
        before, self._told = self._told, field
        if (before.active, before.purpose) != (field.active, field.purpose):
            self._fresh.reset()
            if field.surrounding is not None:
                self._fresh.told(field.surrounding)
            self.on_focus()
        elif field.surrounding is not None and self._fresh.told(field.surrounding):
            self.on_context()

    def _end(self) -> None:
        """The compositor has ended."""
        self.trouble, self._ended = ENDED, True
        self.on_focus()
