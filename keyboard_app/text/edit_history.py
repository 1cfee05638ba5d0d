"""The steps that undo and redo go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

STEP_LIMIT = 1000
"""Steps that can be undone."""
CHARACTER_LIMIT = 1_000_000
"""Characters that all steps may hold together."""

Place = TypeVar("Place")
Run = Literal["typed", "erased"]


@dataclass(frozen=True)
class Edit(Generic[Place]):
    """One replacement in a text, with what to restore beside the text."""

    start: int
    """offset of the replacement"""
    removed: str
    inserted: str
    before: Place
    after: Place
    run: Run | None = None
    """what is typed in a row behind the last, or erased before it, is one step"""

    def then(self, later: Edit[Place]) -> Edit[Place] | None:
        """This edit and the one after it as one step, or None where they are two."""
        if self.run is None or self.run != later.run or self.after is not later.before:
            return None
        if self.run == "erased":
            return Edit(later.start, later.removed + self.removed, "", self.before, later.after, "erased")
        return Edit(self.start, self.removed, self.inserted + later.inserted, self.before, later.after, "typed")

    @property
    def size(self) -> int:
        return len(self.removed) + len(self.inserted)


class EditHistory(Generic[Place]):
    """What can be undone and redone. Forgets the oldest steps beyond the limits."""

    def __init__(self) -> None:
        self._done: list[Edit[Place]] = []
        self._undone: list[Edit[Place]] = []
        self._size = 0

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def add(self, edit: Edit[Place]) -> None:
        """Takes up an edit that has just been made. What was undone before it cannot be redone any more."""
        self._size -= sum(undone.size for undone in self._undone)
        self._undone.clear()
        merged = self._done[-1].then(edit) if self._done else None
        if merged is not None:
            self._done.pop()
        self._done.append(merged or edit)
        self._size += edit.size
        while len(self._done) > STEP_LIMIT or (self._size > CHARACTER_LIMIT and len(self._done) > 1):
            self._size -= self._done.pop(0).size

    def step_back(self) -> Edit[Place]:
        """The edit to take back. Raises: IndexError where there is none."""
        edit = self._done.pop()
        self._undone.append(edit)
        return edit

    def step_forward(self) -> Edit[Place]:
        """The edit to make again. Raises: IndexError where there is none."""
        edit = self._undone.pop()
        self._done.append(edit)
        return edit
