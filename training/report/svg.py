"""Pictures as SVG text that takes its colours from the page's style sheet, so that they are right in light and dark.

Not matplotlib's, although it draws our other figures: on 2,000 swipes of dev its SVG is three to eight times as large (calibration 17 kB
for 5, path lengths 222 for 29, a swipe over its keys 39 for 10, attention 55 for 14), which makes the page of 0.5 MB one of 2 MB; its
colours are written into it, and it has no titles that show where the pointer rests.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

WIDTH = 380.0
"""of every picture, in its own units; about the width of a phone in pixels, so that letters have their usual size there"""
Anchor = Literal["start", "middle", "end"]
Box = tuple[float, float, float, float]
"""x, y, width, height"""
Ticks = Sequence[tuple[float, str]]
"""values with their labels"""


@dataclass(frozen=True)
class Scale:
    """Values to places along an axis, linear."""

    low: float
    high: float
    start: float
    """where low lies"""
    end: float
    """where high lies"""

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True)
class Plot:
    """A diagram's two axes."""

    x: Scale
    y: Scale


def picture(height: float, says: str, parts: Iterable[str]) -> str:
    """An SVG element, WIDTH wide. says: what it shows, for people who cannot see it."""
    inner = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH:g} {_number(height)}" role="img" aria-label="{html.escape(says)}">{inner}</svg>'


def text(x: float, y: float, words: str, style: str = "", anchor: Anchor = "start") -> str:
    """y: of its base line."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{_number(x)}" y="{_number(y)}"{_class(style)}{place}>{html.escape(words)}</text>'


def line(start: tuple[float, float], end: tuple[float, float], style: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<path d="M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}"{_class(style)}/>'


def polyline(points: Iterable[tuple[float, float]], style: str) -> str:
    return f'<path d="M{"L".join(f"{_number(x)} {_number(y)}" for x, y in points)}"{_class(style)}/>'


def dots(points: Iterable[tuple[float, float]], style: str) -> str:
    """Many points in one element: a line of no length with round ends for each. style: one with a stroke's width."""
    return f'<path d="{"".join(f"M{_number(x)} {_number(y)}h0" for x, y in points)}"{_class(style)}/>'


def circle(x: float, y: float, radius: float, style: str, title: str = "") -> str:
    """title: shown where the pointer rests."""
    return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"{_class(style)}>{_title(title)}</circle>'


def rectangle(box: Box, style: str, opacity: float = 1.0, title: str = "") -> str:
    x, y, width, height = (_number(value) for value in box)
    faint = "" if opacity == 1.0 else f' opacity="{opacity:.2f}"'
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}"{_class(style)}{faint}>{_title(title)}</rect>'


def frame(plot: Plot, x_ticks: Ticks, y_ticks: Ticks, x_title: str, y_title: str) -> list[str]:
    """Both axes with their labels, and faint lines at the ticks of y."""
    left, right, bottom, top = plot.x.start, plot.x.end, plot.y.start, plot.y.end
    parts = []
    for value, label in y_ticks:
        at = plot.y(value)
        parts += [line((left, at), (right, at), "rule"), text(left - 5, at + 3.5, label, "tick", "end")]
    parts.append(line((left, bottom), (right, bottom), "axis"))
    for value, label in x_ticks:
        at = plot.x(value)
        parts += [line((at, bottom), (at, bottom + 4), "axis"), text(at, bottom + 14, label, "tick", "middle")]
    parts.append(text((left + right) / 2, bottom + 28, x_title, "title", "middle"))
    parts.append(text(left, top - 8, y_title, "title"))
    return parts


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from low to high, `most` at the most; the steps are 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) < most)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""


def _title(words: str) -> str:
    return f"<title>{html.escape(words)}</title>" if words else ""


def _number(value: float) -> str:
    """To a tenth of a unit, as short as possible."""
    return f"{value:.1f}".removesuffix(".0")
