"""A picture of swipes and their variants over the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from engine.grid import Grid
from engine.swipe import Points, Swipe
from training.augment.files import Augmentation, LabelledSwipe, variants_of
from training.augment.pipeline import OneOf, OnGrid, Pipeline, variants
from training.augment.transform import Transform

COLUMNS = 4
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
"""Colour-blind people can tell them apart too. Source: Okabe and Ito 2008."""
KEYS = "#bbbbbb"


@dataclass(frozen=True, eq=False)
class Panel:
    """A swipe and some variants of it."""

    title: str
    grid: Grid
    swipe: Swipe
    variants: Sequence[Swipe]


def panels_of(lines: Sequence[LabelledSwipe], augmentation: Augmentation) -> list[Panel]:
    """Every swipe under the whole transform; then the first under each of its parts alone, with its full probability."""
    panels = []
    for line in lines:
        title = f"line {line.number}: {line.record.word or 'no word'}"
        panels.append(Panel(title, line.grid, line.swipe, list(variants_of(line, augmentation))))
    for part in parts_of(augmentation.transform):
        random = np.random.default_rng(augmentation.seed)
        alone = list(variants(OnGrid(part, lines[0].grid), lines[0].swipe, augmentation.n, random))
        panels.append(Panel(f"{part}", lines[0].grid, lines[0].swipe, alone))
    return panels


def parts_of(transform: Transform) -> Iterator[Transform]:
    """The transforms that pipelines and choices are made of, in their order."""
    match transform:
        case Pipeline(steps):
            for step in steps:
                yield from parts_of(step.transform)
        case OneOf(choices):
            for choice in choices:
                yield from parts_of(choice.transform)
        case _:
            yield transform


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Writes the PNG."""
    figure_of(panels).savefig(path, format="png")


def figure_of(panels: Sequence[Panel]) -> Figure:
    """A diagram for each panel, the swipe wide and grey: the points over the keys, and below it the length of the path over time."""
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(6 * COLUMNS, 5 * rows), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    for panel, part in zip(panels, figure.subfigures(rows, COLUMNS, squeeze=False).flat, strict=False):
        above, below = part.subplots(2, 1, height_ratios=(3, 1))
        above.set_title(panel.title, fontsize=10)
        _draw_keys(above, panel.grid)
        below.set_xlabel("ms", fontsize=8)
        below.set_ylabel("path, keys", fontsize=8)
        below.tick_params(labelsize=8)
        for axes, lines in ((above, _on_keys(panel)), (below, _over_time(panel))):
            axes.plot(*lines[0], color="black", linewidth=6, alpha=0.25)  # the swipe, wide and beneath its variants
            for number, (x, y) in enumerate(lines[1:]):
                axes.plot(x, y, color=COLOURS[number % len(COLOURS)], linewidth=1, marker=".", markersize=4)
    return figure


def _on_keys(panel: Panel) -> list[tuple[Points, Points]]:
    return [(swipe.x, swipe.y) for swipe in (panel.swipe, *panel.variants)]


def _over_time(panel: Panel) -> list[tuple[Points, Points]]:
    """Milliseconds, and the length of the path in key widths."""
    lines = []
    for swipe in (panel.swipe, *panel.variants):
        path = np.append(0.0, np.cumsum(np.hypot(np.diff(swipe.x), np.diff(swipe.y)))) / panel.grid.key_width
        lines.append((swipe.t - swipe.t[0], path))
    return lines


def _draw_keys(axes: Axes, grid: Grid) -> None:
    for key in grid.letter_keys:
        axes.add_patch(Rectangle((key.x, key.y), key.w, key.h, fill=False, edgecolor=KEYS))
        axes.text(key.centre_x, key.centre_y, key.name, color=KEYS, ha="center", va="center")
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.invert_yaxis()  # grid units count downwards
