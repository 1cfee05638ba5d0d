"""The experiments' top-1 as dots with intervals, a panel for each group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.experiments.plan import TITLES
from benchmarks.experiments.report import groups_of
from benchmarks.experiments.results import Result, Results

REAL, CHANCE, BASE = "#0072b2", "#8a8a8a", "#1b1b1b"
"""Told apart by people with any colour vision, and by the filled or hollow dot."""
INCHES_PER_ROW = 0.24
CAPTION = "top-1 on dev, percent. Bar: 95 % of the difference to what it is compared with. Blue: real, grey: chance"


def draw(results: Results, path: Path) -> None:
    """Writes the PNG. Raises: OSError."""
    groups = groups_of(results)
    rows = {group: [row for row in results.rows if row.experiment.group == group] for group in groups}
    heights = [len(rows[group]) + 1.2 for group in groups]
    figure = Figure(figsize=(8.4, INCHES_PER_ROW * sum(heights) + 0.7), layout="constrained")
    panels = figure.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for panel, group in zip(panels, groups, strict=True):
        panel.set_title(TITLES[group], loc="left", fontsize=9, fontweight="bold")
        for place, row in enumerate(rows[group]):
            _dot(panel, place, row, results.seed_spread)
        panel.set_yticks(np.arange(len(rows[group])), [row.experiment.name for row in rows[group]], fontsize=8)
        panel.set_ylim(len(rows[group]) - 0.4, -0.6)
        panel.grid(axis="x", alpha=0.3)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.tick_params(axis="y", length=0)
    panels[-1].set_xlabel(CAPTION, fontsize=8)
    figure.savefig(path, dpi=150)


def _dot(panel: Axes, place: int, row: Result, seed_spread: float) -> None:
    top_1 = 100 * row.accuracy.top_1
    if row.gain is None:
        panel.plot(top_1, place, "D", color=BASE, markersize=5)
        return
    real = row.is_real(seed_spread)
    colour = REAL if real else CHANCE
    base = top_1 - 100 * row.gain.mean
    panel.hlines(place, base + 100 * row.gain.low, base + 100 * row.gain.high, color=colour, linewidth=1.6)
    panel.plot(top_1, place, "o", color=colour, markersize=5, markerfacecolor=colour if real else "white")
