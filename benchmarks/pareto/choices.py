"""What the maker of a keyboard can choose in the engine, and which choices pay: accuracy against time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.common.paired import Ratio
from benchmarks.common.tables import Change
from benchmarks.common.variants import Precision
from engine.accuracy import Accuracy
from engine.search_options import Method


@dataclass(frozen=True)
class Choice:
    """One of each."""

    method: Method
    beam_width: int
    precision: Precision
    n_words: int
    """of the lexicon"""

    def effective(self, n_best: int) -> Choice:
        """What it amounts to if n_best words are asked for: two passes score at least that many, whatever the beam."""
        least = n_best if self.method == "two_pass" else 1
        return replace(self, beam_width=max(self.beam_width, least))

    def __str__(self) -> str:
        return f"{self.method}, beam {self.beam_width}, {self.precision}, {self.n_words:,} words"


@dataclass(frozen=True)
class Axes:
    """What is tried of each, beside the default."""

    methods: Sequence[Method]
    beam_widths: Sequence[int]
    precisions: Sequence[Precision]
    lexicons: Sequence[int]
    """numbers of words"""


@dataclass(frozen=True)
class Point:
    """A choice, and what it gives."""

    choice: Choice
    accuracy: Accuracy
    top_1_change: Change
    milliseconds: Mapping[str, float]
    """p50, p95, p99 of a whole swipe, warm"""
    ratio: Ratio
    """how many times the default's time, of the same swipe"""
    peak_mb: float
    """the most memory that was resident in a process of its own with the choice's precision and lexicon"""
    strata: Mapping[str, Accuracy]

    @property
    def p50_ms(self) -> float:
        return self.milliseconds["p50"]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def around(default: Choice, axes: Axes, n_best: int) -> list[Choice]:
    """The default and the choices that differ from it in beam and precision, in beam and method, or in the lexicon. Equal ones once."""
    beams = {default.beam_width, *axes.beam_widths}
    precisions = [default.precision, *axes.precisions]
    methods = [default.method, *axes.methods]
    choices = [replace(default, precision=precision, beam_width=beam) for precision in precisions for beam in sorted(beams)]
    choices += [replace(default, method=method, beam_width=beam) for method in methods for beam in sorted(beams)]
    choices += [replace(default, n_words=n_words) for n_words in sorted(axes.lexicons)]
    return list(dict.fromkeys(choice.effective(n_best) for choice in choices))


def front(points: Sequence[Point]) -> list[Point]:
    """Those that no other beats by being at least as fast and as accurate (top-1), and better in one of them. The fastest first.

    Speed is the paired ratio: percentiles of whole runs vary more when something else is running.
    """
    best = [one for one in points if not any(_beats(other, one) for other in points)]
    return sorted(best, key=lambda point: (point.ratio.median, -point.accuracy.top_1))


def _beats(one: Point, other: Point) -> bool:
    worse = one.ratio.median - other.ratio.median, other.accuracy.top_1 - one.accuracy.top_1
    return max(worse) <= 0 and min(worse) < 0
