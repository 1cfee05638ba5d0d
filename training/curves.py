"""`python -m training.curves RUN... OUT.png`: a metric of several trainings in one plot, from their TensorBoard logs."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
from tqdm import tqdm

from engine.console import survives_its_output
from engine.files import whole_file
from engine.naming import check_choice

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colour-blind people can tell them apart too. Source: Okabe and Ito 2008."""
DASHES = ("-", "--", ":", "-.")
"""Used in turn if there are more runs than colours."""
MOST_MARKED = 40
"""Curves with more points than this have no marks."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One metric of one training."""

    name: str
    steps: npt.NDArray[np.int64]
    """(n,), rising, at least one"""
    values: npt.NDArray[np.float64]
    """(n,)"""


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.curves", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders that training.train logged into")
    parser.add_argument("out", type=Path, metavar="OUT", help="the picture: .png, or another ending that matplotlib knows")
    parser.add_argument("--metric", default="val/cross_entropy", metavar="NAME", help="what to plot (default: %(default)s)")
    return parser.parse_args(arguments)


def read_curve(run: Path, metric: str, name: str) -> Curve:
    """The finite values of the metric in the folder's logs. Of steps that a resumed training repeated, the last values count.

    Raises: ValueError for a folder without a log, or for a metric that is not in it, with the nearest that is.
    """
    if not run.is_dir():
        raise ValueError(f"'{run}' is not a folder: give the folders that training.train logged into")
    log = EventAccumulator(str(run), size_guidance={SCALARS: 0}).Reload()  # 0: all values, not a sample
    metrics = tuple(log.Tags()[SCALARS])
    if not metrics:
        raise ValueError(f"'{run}' holds no TensorBoard log with a number: give the folders that training.train logged into")
    try:
        check_choice("metric", metric, metrics)
    except ValueError as error:
        raise ValueError(f"'{run}': {error}") from None
    steps: list[int] = []
    values: list[float] = []
    for event in log.Scalars(metric):
        while steps and steps[-1] >= event.step:
            steps.pop()
            values.pop()
        if math.isfinite(event.value):
            steps.append(event.step)
            values.append(event.value)
    if not steps:
        raise ValueError(f"'{run}': no value of {metric} is finite: there is nothing to plot")
    return Curve(name, np.array(steps), np.array(values))


def names_of(runs: Sequence[Path]) -> list[str]:
    """The folders' names; if two are the same, their paths from the folder that holds them all."""
    resolved = [run.resolve() for run in runs]
    if len({run.name for run in resolved}) == len(resolved):
        return [run.name for run in resolved]
    common = os.path.commonpath([run.parent for run in resolved])
    return [str(run.relative_to(common)) for run in resolved]


def figure_of(curves: Sequence[Curve], metric: str) -> Figure:
    """The curves over the training step; the legend has each one's last value, and is sorted by it."""
    figure = Figure(figsize=(9, 5), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for number, curve in enumerate(curves):
        dashes = DASHES[number // len(COLOURS) % len(DASHES)]
        marker = "o" if len(curve.steps) <= MOST_MARKED else ""
        label = f"{curve.name}: {curve.values[-1]:.4g}"
        axes.plot(curve.steps, curve.values, dashes, color=COLOURS[number % len(COLOURS)], marker=marker, markersize=3.5, label=label)
    axes.set_xlabel("training step")
    axes.set_ylabel(metric)
    axes.set_ylim(*shown_range(curves))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    highest_first = np.argsort([-curve.values[-1] for curve in curves], kind="stable")
    lines = [axes.lines[number] for number in highest_first]
    figure.legend(handles=lines, loc="outside right upper", frameon=False, title="run: last value", alignment="left")
    return figure


def shown_range(curves: Sequence[Curve]) -> tuple[float, float]:
    """The range of all second halves, and as much again on either side: with the first steps in view, the rest would be flat.

    At most the range of the whole curves. A twentieth is added as a margin.
    """
    late = np.concatenate([curve.values[len(curve.values) // 2 :] for curve in curves])
    everything = np.concatenate([curve.values for curve in curves])
    span = np.ptp(late) or np.abs(late).max() or 1.0
    low, high = max(everything.min(), late.min() - span), min(everything.max(), late.max() + span)
    margin = 0.05 * (high - low or span)
    return float(low - margin), float(high + margin)


def run(options: argparse.Namespace) -> None:
    """Raises: ValueError, OSError for what cannot be used."""
    names = names_of(options.runs)
    shown = tqdm(list(zip(options.runs, names, strict=True)), desc="reading logs", disable=not sys.stderr.isatty())
    curves = [read_curve(folder, options.metric, name) for folder, name in shown]
    with whole_file(options.out) as unfinished:
        figure_of(curves, options.metric).savefig(unfinished)


@survives_its_output
def main() -> None:
    """The command. Exit code 0: done, 1: failed, 2: usage."""
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"training.curves: {error}")


if __name__ == "__main__":
    main()
