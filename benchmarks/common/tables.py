"""What the reports have in common: Markdown tables, shares, and changes of shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBERS = re.compile(r"[-+\d., \[\]]*")
"""A cell that holds no words."""


@dataclass(frozen=True)
class Change:
    """How much larger a share of the swipes, 0 to 1, is than another."""

    mean: float
    low: float
    high: float
    """where it would lie in 95 of 100 collections from other people"""

    def __str__(self) -> str:
        """In points."""
        return f"{100 * self.mean:+.2f} [{100 * self.low:+.2f}, {100 * self.high:+.2f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table whose columns are padded to one width. Words go left, columns of nothing but numbers right."""
    columns = list(zip(*rows, strict=True))
    right = [all(map(NUMBERS.fullmatch, column)) for column in columns]
    widths = [max(map(len, (name, *column))) for name, column in zip(head, columns, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.rjust(width) if is_right else cell.ljust(width) for cell, width, is_right in zip(cells, widths, right, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = "".join(f"|{'-' * (width + 1)}{':' if is_right else '-'}" for width, is_right in zip(widths, right, strict=True))
    return [line(head), f"{rule}|", *map(line, rows)]


def percent(share: float) -> str:
    return f"{100 * share:.2f}"
