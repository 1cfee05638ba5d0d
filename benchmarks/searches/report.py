"""The report of benchmarks.searches: tables that read as text and as Markdown, and an object for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.common.environment import Environment
from benchmarks.common.paired import Ratio
from benchmarks.common.tables import Change, percent, table
from engine.accuracy import Accuracy


@dataclass(frozen=True)
class Row:
    """What one search gives."""

    name: str
    accuracy: Accuracy
    top_1_change: Change
    """against the shipped search, on the same swipes"""
    lost: float
    """share of the swipes, 0 to 1, whose first word is not the best of all words"""
    milliseconds: Mapping[str, float]
    """p50, p95, p99 of the search alone, warm"""
    ratio: Ratio
    """how many times the shipped search's time, of the same swipe"""


@dataclass(frozen=True)
class ExhaustiveCheck:
    """Every word of the lexicon scored, on a few swipes."""

    n_swipes: int
    n_words: int
    seconds: float
    """of one swipe, median"""
    ratio: Ratio
    """how many times the shipped search's time"""
    n_different: int
    """swipes where it finds other words, or other scores, than the exact search"""


@dataclass(frozen=True)
class Report:
    """The record."""

    environment: Environment
    n_timed: int
    """swipes of those that the accuracy is of"""
    rows: Sequence[Row]
    """the shipped search first"""
    check: ExhaustiveCheck

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        """Markdown."""
        return "\n".join(
            [
                *(f"    {line}" for line in self.environment.lines()),
                f"    times: {self.n_timed} of the swipes, all searches in turns",
                "",
                *table(HEAD, [_cells(row, is_first=row is self.rows[0]) for row in self.rows]),
                "",
                *LEGEND,
                *self._busy_lines(),
                "",
                self._check_line(),
            ]
        )

    def _busy_lines(self) -> list[str]:
        load = self.environment.load_average
        beside = (
            f"Other programs were running (load average {load:.2f}). A search of many milliseconds had to wait for them, but one of",
            "less than one did not, so the times and ratios of slow searches are too large: only their order counts. Accuracy holds.",
        )
        return list(beside) if load > QUIET else []

    def _check_line(self) -> str:
        check = self.check
        verdict = f"DIFFERS from the exact search on {check.n_different}" if check.n_different else "finds what the exact search finds"
        return (
            f"All {check.n_words:,} words scored, {check.n_swipes} swipes: {verdict}; {check.seconds:.2f} s a swipe, "
            f"times shipped {check.ratio}."
        )


HEAD = ["search", "p50 ms", "p95 ms", "p99 ms", "times shipped", "top-1", "top-4", "top-1 against shipped", "best lost"]
QUIET = 0.5
"""Up to this load average, nothing else of weight was running."""
LEGEND = (
    "ms: the search alone, after the encoder. times shipped: the median of the ratios of single swipes, with the interval that holds",
    "95 % of such medians when swipes are drawn again. top-1 against shipped: in percentage points, with the interval that holds 95 % of",
    "its values when people are drawn again. best lost: percentage of swipes whose first word is not the one that scores best in the whole",
    "lexicon.",
)


def _cells(row: Row, is_first: bool) -> list[str]:
    change = row.top_1_change
    return [
        row.name,
        *(f"{row.milliseconds[share]:.2f}" for share in ("p50", "p95", "p99")),
        "" if is_first else str(row.ratio),
        percent(row.accuracy.top_1),
        percent(row.accuracy.top_4),
        "" if is_first else str(change),
        percent(row.lost),
    ]
