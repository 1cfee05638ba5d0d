"""The plot of benchmarks.pareto."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter
from matplotlib.transforms import Bbox

from benchmarks.pareto.choices import Point, front
from benchmarks.pareto.report import Report
from engine.accuracy import Accuracy

PLACES = ((0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1), (1, 0), (-1, 0))
"""Where a label may be beside its point, best place first: right, up."""
DISTANCES = (11, 16, 22, 30, 40)
"""in typographic points"""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
"""Colour-blind people can tell them apart too. Source: Okabe and Ito 2008."""
MARKERS = ("o", "s", "^", "v", "P")
STRETCH = 0.15
"""Percent: the accuracy's axis is logarithmic in the distance from the best share and this. Most choices differ by less than 0.5."""
BELOW_BEST = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Percent: where that axis has ticks."""
TICKS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
OTHER_LEXICONS = "#444444"
Floats = npt.NDArray[np.float64]
Share = Callable[[Accuracy], float]


@dataclass(frozen=True, eq=False)
class Series:
    """Points that are drawn alike."""

    title: str
    points: Sequence[Point]
    labels: Sequence[str]
    colour: str
    marker: str
    joined: bool


@dataclass(frozen=True, eq=False)
class Panel:
    """One diagram, in which labels keep clear of points and of each other."""

    axes: Axes
    share: Share
    taken: list[Bbox] = field(default_factory=list)
    """pixels"""

    def at(self, point: Point) -> tuple[float, float]:
        """Milliseconds, percent."""
        return point.p50_ms, 100 * self.share(point.accuracy)


def draw(report: Report, path: Path) -> None:
    """Writes the PNG."""
    figure_of(report).savefig(path)


def figure_of(report: Report) -> Figure:
    """Top-1 and top-4 of all swipes against the p50 of a swipe's time, with whiskers to p95."""
    figure = Figure(figsize=(15, 8), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    shares: dict[str, Share] = {"top-1": lambda found: found.top_1, "top-4": lambda found: found.top_4}
    panels = []
    for (title, share), axes in zip(shares.items(), figure.subplots(1, 2), strict=True):
        panels.append(Panel(axes, share))
        _draw_panel(panels[-1], report, title)
    figure.suptitle(f"Accuracy against time: {report.environment.n_swipes:,} swipes of {report.environment.data}, one thread", fontsize=15)
    handles, labels = panels[0].axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=11, frameon=False)
    canvas.draw()  # settles the layout: from here on pixels are known
    for panel in panels:
        _label(panel, report)
    return figure


def series_of(report: Report) -> list[Series]:
    """A line for each method and precision, by beam; the other lexicons apart. The default lies on the first line."""
    lines: dict[tuple[str, str], list[Point]] = {}
    lexicons = []
    for point in report.points:
        choice = point.choice
        if choice.n_words == report.default.n_words:
            lines.setdefault((choice.method, choice.precision), []).append(point)
        else:
            lexicons.append(point)
    found = []
    for number, ((method, precision), points) in enumerate(lines.items()):
        by_beam = sorted(points, key=lambda point: point.choice.beam_width)
        labels = [str(point.choice.beam_width) for point in by_beam]
        title = f"{method}, {precision}, by beam"
        found.append(Series(title, by_beam, labels, COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)], True))
    if lexicons:
        labels = [f"{point.choice.n_words // 1000} k" for point in lexicons]
        found.append(Series("other lexicons, words", lexicons, labels, OTHER_LEXICONS, "D", False))
    return found


def _draw_panel(panel: Panel, report: Report, title: str) -> None:
    axes, style = panel.axes, dict[str, Any]()
    if title == "top-1":  # by which the front is drawn up
        line = np.array([panel.at(point) for point in front(report.points)])
        style = {"color": "#d0d0d0", "marker": "o", "zorder": 1, "label": "front: no other is as fast and as accurate"}
        axes.plot(*line.T, linewidth=5, markersize=13, **style)
    for one in series_of(report):
        x, y = np.array([panel.at(point) for point in one.points]).T
        axes.hlines(y, x, [point.milliseconds["p95"] for point in one.points], color=one.colour, linewidth=0.8, alpha=0.35, zorder=2)
        style = {"color": one.colour, "marker": one.marker, "zorder": 3, "label": one.title}
        axes.plot(x, y, linestyle="-" if one.joined else "none", linewidth=1.2, markersize=6, **style)
    style = {"color": "black", "marker": "o", "zorder": 4, "label": f"default: {report.default}"}
    axes.plot(*panel.at(report.default_point), linestyle="none", markersize=18, fillstyle="none", markeredgewidth=1.8, **style)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xlabel("milliseconds a swipe: p50, whisker to p95", fontsize=13)
    axes.set_ylabel(f"{title}, % (stretched towards the best)", fontsize=13)
    _stretch(axes, max(panel.at(point)[1] for point in report.points))
    axes.margins(0.06, 0.1)
    axes.tick_params(labelsize=11)
    axes.grid(alpha=0.25)


def _stretch(axes: Axes, best: float) -> None:
    """Makes the distances between large shares, percent, wider than those between small ones."""
    limit = best + STRETCH

    def forward(shares: Floats) -> Floats:
        return -np.log(np.maximum(limit - np.asarray(shares, dtype=np.float64), 1e-9))

    def inverse(heights: Floats) -> Floats:
        return limit - np.exp(-np.asarray(heights, dtype=np.float64))

    axes.set_yscale("function", functions=(forward, inverse))
    low, _ = axes.dataLim.intervaly
    axes.set_yticks(sorted({tick for below in BELOW_BEST if (tick := round(best - below, 1)) >= low - 1 and tick < limit}))
    axes.yaxis.set_minor_locator(NullLocator())


def _label(panel: Panel, report: Report) -> None:
    for point in report.points:
        x, y = panel.axes.transData.transform(panel.at(point))
        panel.taken.append(Bbox.from_bounds(x - 6, y - 6, 12, 12))
    for one in series_of(report):
        for point, label in zip(one.points, one.labels, strict=True):
            _place(panel, label, panel.at(point), one.colour)


def _place(panel: Panel, label: str, at: tuple[float, float], colour: str) -> None:
    """Writes the label at the first free place around its point, or at the last place if all are taken."""
    figure = panel.axes.get_figure(root=True)
    assert figure is not None
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    lead = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
    text = panel.axes.annotate(
        label, at, (0, 0), textcoords="offset points", fontsize=10.5, color=colour, ha="center", va="center", arrowprops=lead
    )
    text.set_path_effects([Stroke(linewidth=2.5, foreground="white"), Normal()])
    frame = panel.axes.get_window_extent(renderer)
    for distance in DISTANCES:
        for right, up in PLACES:
            text.set_position((right * distance * (1 + 0.12 * len(label)), up * distance))
            text.update_positions(renderer)
            box = Text.get_window_extent(text, renderer)  # without its lead
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and box.count_overlaps(panel.taken) == 0:
                panel.taken.append(box)
                return
    panel.taken.append(box)
