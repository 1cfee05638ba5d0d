"""The steps that undo and redo go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from keyboard_app.text.sink import Edit

STEP_LIMIT = 1000
"""Steps that can be undone."""
CHARACTER_LIMIT = 1_000_000
"""Characters that all steps may hold together."""

Place = TypeVar("Place")
Run = Literal["typed", "erased"]


@dataclass(frozen=True)
class Step(Generic[Place]):
    """One edit, and what to restore in addition to the text."""

    edit: Edit
    before: Place
    after: Place
    run: Run | None = None
    """letters typed one after another make one step, and so do letters erased one after another; None for a step of its own"""

    def then(self, later: Step[Place]) -> Step[Place] | None:
        """This step and the next one merged, or None if they stay two."""
        if self.run is None or self.run != later.run or self.after is not later.before:
            return None
        edit = self.edit.then(later.edit)
        return None if edit is None else Step(edit, self.before, later.after, self.run)


class EditHistory(Generic[Place]):
    """What can be undone and redone. Beyond the limits it forgets the oldest steps."""

    def __init__(self) -> None:
        self._done: list[Step[Place]] = []
        self._undone: list[Step[Place]] = []
        self._size = 0

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def add(self, step: Step[Place]) -> None:
        """Adds a step that was just made. Steps undone before it can no longer be redone."""
        self._size -= sum(undone.edit.size for undone in self._undone)
        self._undone.clear()
        merged = self._done[-1].then(step) if self._done else None
        if merged is not None:
            self._done.pop()
        self._done.append(merged or step)
        self._size += step.edit.size
        while len(self._done) > STEP_LIMIT or (self._size > CHARACTER_LIMIT and len(self._done) > 1):
            self._size -= self._done.pop(0).edit.size

    def step_back(self) -> Step[Place]:
        """The step to undo. Raises: IndexError if there is none."""
        step = self._done.pop()
        self._undone.append(step)
        return step

    def step_forward(self) -> Step[Place]:
        """The step to redo. Raises: IndexError if there is none."""
        step = self._undone.pop()
        self._done.append(step)
        return step
