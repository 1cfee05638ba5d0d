"""The report of benchmarks.pareto: tables that read as text and as Markdown, and an object for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.common.environment import Environment
from benchmarks.common.tables import percent, table
from benchmarks.pareto.choices import Choice, Point, front


@dataclass(frozen=True, eq=False)
class Report:
    """The record."""

    environment: Environment
    n_timed: int
    """swipes of those that the accuracy is of"""
    default: Choice
    points: Sequence[Point]
    """one of the default among them"""
    notes: Sequence[str] = ()
    """what a reader must know about how some of them were made"""

    @property
    def default_point(self) -> Point:
        return next(point for point in self.points if point.choice == self.default)

    @property
    def fastest(self) -> Point:
        """By the paired ratio."""
        return min(self.points, key=lambda point: point.ratio.median)

    @property
    def most_accurate(self) -> Point:
        """By top-1, then the fastest."""
        return max(self.points, key=lambda point: (point.accuracy.top_1, -point.ratio.median))

    def as_json(self) -> dict[str, Any]:
        best = {point.choice for point in front(self.points)}
        points = [{**point.as_json(), "on_front": point.choice in best} for point in self.points]
        described = {"n_timed": self.n_timed, "notes": list(self.notes), "environment": asdict(self.environment)}
        return {"default": asdict(self.default), "points": points, **described}

    def as_text(self) -> str:
        """Markdown."""
        return "\n".join(
            [
                *(f"    {line}" for line in self.environment.lines()),
                f"    times: {self.n_timed} of the swipes, all settings in turns",
                "",
                *table(POINT_HEAD, [self._point_row(point) for point in self.points]),
                "",
                *LEGEND,
                *self.notes,
                "",
                *self._strata_table(),
            ]
        )

    def _point_row(self, point: Point) -> list[str]:
        one, accuracy, change = point.choice, point.accuracy, point.top_1_change
        marks = [name for name, holds in (("default", one == self.default), ("front", point in front(self.points))) if holds]
        is_default = one == self.default
        return [
            ", ".join(marks),
            one.method,
            str(one.beam_width),
            one.precision,
            f"{one.n_words:,}",
            *(f"{point.milliseconds[share]:.2f}" for share in ("p50", "p95", "p99")),
            "" if is_default else str(point.ratio),
            percent(accuracy.top_1),
            percent(accuracy.top_4),
            "" if is_default else str(change),
            f"{point.peak_mb:.0f}",
        ]

    def _strata_table(self) -> list[str]:
        titled = {"default": self.default_point, "fastest": self.fastest, "most accurate": self.most_accurate}
        columns = list(dict.fromkeys(point.choice for point in titled.values()))
        points = [next(point for point in titled.values() if point.choice == choice) for choice in columns]
        names = [", ".join(title for title, point in titled.items() if point.choice == choice) for choice in columns]
        head = ["stratum", "swipes", *(f"{name}: {top}" for name in names for top in ("top-1", "top-4"))]
        rows = [
            [name, f"{found.n_swipes:,}"]
            + [percent(share) for point in points for share in (point.strata[name].top_1, point.strata[name].top_4)]
            for name, found in self.default_point.strata.items()
        ]
        return [*table(head, rows), "", *(f"- {name}: {choice}" for name, choice in zip(names, columns, strict=True))]


LEGEND = (
    "front: no other setting is at least as fast (times default) and at least as accurate (top-1); what is within the intervals is chance.",
    "times default: the median of the ratios of single swipes, with the interval that holds 95 % of such medians when swipes are drawn",
    "again. top-1 against default: in percentage points, with the interval that holds 95 % of its values when people are drawn again.",
    "MB: the most resident memory of a separate process with that precision and lexicon.",
)
POINT_HEAD = [
    "",
    "method",
    "beam",
    "precision",
    "words",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "times default",
    "top-1",
    "top-4",
    "top-1 against default",
    "MB",
]
