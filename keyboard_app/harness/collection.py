"""The records of a file, what one or two models have made of them so far, and which of them to show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from keyboard_app.harness.outcome import Change, Outcome, Record, compare

Show = Literal["all", "wrong", "changed"]
SHOWS: tuple[Show, ...] = ("all", "wrong", "changed")


@dataclass(frozen=True, eq=False)
class Entry:
    """One record and its outcomes."""

    record: Record
    outcome: Outcome | None = None
    """None until it is decoded"""
    other: Outcome | None = None
    """the second model's; None without a second model, or until it has decoded it"""

    @property
    def change(self) -> Change | None:
        """What changes from the first model to the second; None if either outcome is missing."""
        return compare(self.outcome, self.other) if self.outcome is not None and self.other is not None else None

    @property
    def is_wrong(self) -> bool:
        """Whether the first model got the word wrong, or could not decode the swipe."""
        return self.outcome is not None and (self.outcome.is_right is False or bool(self.outcome.problem))

    def matches(self, show: Show, query: str) -> bool:
        """Whether to show it. query: part of its word or of a candidate, in any case; empty for all."""
        if (show == "wrong" and not self.is_wrong) or (show == "changed" and self.change in (None, "same")):
            return False
        if not query:
            return True
        outcomes = [outcome for outcome in (self.outcome, self.other) if outcome is not None]
        words = [self.record.word or "", *(word for outcome in outcomes for word in outcome.words)]
        return any(query.casefold() in word.casefold() for word in words)


def matching(entries: list[Entry], show: Show, query: str = "") -> list[int]:
    """The indices of the entries to show."""
    return [place for place, entry in enumerate(entries) if entry.matches(show, query)]


def count_changes(entries: list[Entry]) -> Counter[Change]:
    """How many entries changed in which way, of those that both models have decoded."""
    return Counter(entry.change for entry in entries if entry.change is not None)
