"""`python -m benchmarks.pareto`: accuracy against time over beams, methods, precisions and lexicons, as a table and a plot.

It varies one thing at a time, and beams together with precisions and methods. All settings are timed on the same swipes, in turns,
in one process, on one thread; the accuracy is that of all swipes. The hardest strata are reported separately.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from tqdm import tqdm

from benchmarks.common.environment import LETTERS, describe
from benchmarks.common.lexicons import write_lexicon_of_size
from benchmarks.common.memory import measure_in_fresh_process
from benchmarks.common.paired import PairedTimes, time_in_turns
from benchmarks.common.tables import Change
from benchmarks.common.variants import Precision, own_precision, variant
from benchmarks.pareto.choices import Axes, Choice, Point, around
from benchmarks.pareto.plot import draw
from benchmarks.pareto.report import Report
from engine import recordings
from engine.accuracy import Accuracy, rank_of
from engine.arguments import positive
from engine.console import survives_its_output
from engine.files import write_whole
from engine.lexicon import Lexicon
from engine.model import ModelBundle
from engine.recognizer import Candidate, SwipeRecognizer
from engine.search_options import Method, SearchOptions
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord, as_line
from training.data.swipe_data import SwipeData, load_swipes
from training.evaluation.metrics import bootstrap_interval, top_k
from training.evaluation.rows import words_of
from training.evaluation.strata import Stratum, strata

HARD = {
    ("all", ""): "all",
    ("letters", "1-3"): "at most 3 letters",
    ("letters", "10+"): "at least 10 letters",
    ("double letter", "with"): "double letter",
    ("confusable", "with"): "confusable by a neighbouring key",
    ("training", "unseen word"): "unseen in training",
}
"""Group and name of a stratum, and its title."""
N_WARM_UP = 5
N_MEMORY = 200
"""Swipes that are decoded to measure memory."""
ALL = sys.maxsize
"""--n all"""

Ranks = list[int | None]
Way = Callable[[Swipe], list[Candidate]]


@dataclass(frozen=True, eq=False)
class Engines:
    """What the choices are made of: the files, and a warm recognizer for each pair of them that is chosen."""

    bundles: Mapping[Precision, Path]
    lexicons: Mapping[int, Path]
    recognizers: Mapping[tuple[Precision, int], SwipeRecognizer]
    defaults: SearchOptions
    """what a choice does not say; those of the shipped bundle, whatever the manifests of others say"""

    def way(self, choice: Choice) -> Way:
        recognizer = self.recognizers[choice.precision, choice.n_words]
        options = replace(self.defaults, method=choice.method, beam_width=choice.beam_width)
        return lambda swipe: recognizer.recognize(swipe, options)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pareto", description=__doc__)
    add = parser.add_argument
    add("data", nargs="?", type=Path, metavar="DATA", help=f"recorded swipes (default: {recordings.DEFAULT})")
    add("--train", type=Path, metavar="FILE", help="training swipes: words that are not among them are reported separately")
    add("--n", type=_count, default=ALL, metavar="N|all", help="swipes for the accuracy, evenly spread (default: all)")
    add("--n-timed", type=positive, default=300, metavar="N", help="how many of those to time (default: %(default)s)")
    add("--beam-widths", type=positive, nargs="+", default=[1, 4, 6, 8, 10, 16, 32], metavar="N")
    add("--methods", nargs="+", choices=get_args(Method), default=list(get_args(Method)))
    add("--precisions", nargs="+", choices=get_args(Precision), default=list(get_args(Precision)))
    add("--lexicons", type=positive, nargs="*", default=[20_000, 50_000, 150_000, 500_000], metavar="WORDS", help="sizes to try")
    add("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    add("--fp32", type=Path, metavar="FOLDER", help="the bundle before it was quantised (default: its weights, dequantised)")
    add("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    add("--out", type=Path, default=Path("runs/pareto"), metavar="FOLDER", help="for pareto.md and pareto.png (default: %(default)s)")
    add("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    return ALL if text == "all" else positive(text)


# --- preparing ---


def build_engines(shipped: SwipeRecognizer, choices: Sequence[Choice], bundles: Mapping[Precision, Path], folder: Path) -> Engines:
    """Takes seconds. bundles: those that there are, the shipped recognizer's among them; others are written to the folder."""
    own, origin = own_precision(shipped.bundle.manifest), shipped.lexicon.origin
    assert isinstance(origin, Path)
    all_bundles, lexicons = dict(bundles), {len(shipped.lexicon): origin}
    for choice in tqdm(choices, desc="preparing", disable=not sys.stderr.isatty()):
        if choice.precision not in all_bundles:
            all_bundles[choice.precision] = variant(bundles[own], choice.precision, folder / choice.precision)
        if choice.n_words not in lexicons:
            lexicons[choice.n_words] = write_lexicon_of_size(shipped.lexicon, choice.n_words, folder)
    loaded = {precision: ModelBundle.load(path) for precision, path in all_bundles.items()}
    opened = {n_words: Lexicon.open(path) for n_words, path in lexicons.items()}
    recognizers = {
        (one.precision, one.n_words): SwipeRecognizer(loaded[one.precision], opened[one.n_words], shipped.grid) for one in choices
    }
    for recognizer in recognizers.values():
        recognizer.warm_up()
    return Engines(all_bundles, lexicons, recognizers, shipped.default_options)


def spread(data: SwipeData, n_swipes: int) -> SwipeData:
    """At most n of the swipes, evenly spread."""
    return data.select(np.linspace(0, len(data) - 1, n_swipes).round().astype(int)) if n_swipes < len(data) else data


def hard_strata(data: SwipeData, recognizer: SwipeRecognizer, train: SwipeData | None) -> dict[str, Stratum]:
    """By title, those of HARD that hold a swipe. What lexicon a choice has does not matter: they are of the recognizer's."""
    train_words = words_of(train, recognizer.model.alphabet) if train else None
    found = {(one.group, one.name): one for one in strata(data, recognizer.lexicon, recognizer.grid, train_words)}
    return {title: found[key] for key, title in HARD.items() if key in found}


# --- measuring ---


def measure_ranks(engines: Engines, choices: Sequence[Choice], data: SwipeData) -> dict[Choice, Ranks]:
    """Where each swipe's word stands, with each choice."""
    alphabet = next(iter(engines.recognizers.values())).model.alphabet
    ranks: dict[Choice, Ranks] = {choice: [] for choice in choices}
    with tqdm(total=len(choices) * len(data), desc="accuracy", unit=" swipes", disable=not sys.stderr.isatty()) as progress:
        for choice in choices:
            way = engines.way(choice)
            for row in range(len(data)):
                ranks[choice].append(rank_of(str(data.words[row]), way(data.swipe(row)), alphabet))
                progress.update()
    return ranks


def measure_peaks(engines: Engines, data: SwipeData) -> dict[tuple[Precision, int], float]:
    """MB, in processes of their own, by precision and number of words."""
    some, peaks = spread(data, N_MEMORY), dict[tuple[Precision, int], float]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "swipes.jsonl"
        lines = (as_line(SwipeRecord("", some.swipe(row), None, None)) for row in range(len(some)))
        file.write_text("".join(lines), encoding="utf-8")
        for precision, n_words in tqdm(engines.recognizers, desc="memory", disable=not sys.stderr.isatty()):
            files = ["--bundle", str(engines.bundles[precision]), "--lexicon", str(engines.lexicons[n_words])]
            peaks[precision, n_words] = measure_in_fresh_process(file, files)["peak_mb"]
    return peaks


def weigh(
    ranks: Mapping[Choice, Ranks],
    times: PairedTimes[list[Candidate]],
    peaks: Mapping[tuple[Precision, int], float],
    data: SwipeData,
    divided: Mapping[str, Stratum],
) -> list[Point]:
    """The points of the choices, in their order; the first is the default."""
    default = next(iter(ranks))
    default_hits = top_k(ranks[default], 1)
    points = []
    for choice, found in ranks.items():
        gained = top_k(found, 1) - default_hits
        interval = bootstrap_interval(gained, data.users)
        points.append(
            Point(
                choice,
                Accuracy.of_ranks(found),
                Change(float(gained.mean()), interval.low, interval.high),
                {f"p{share}": times.percentile(str(choice), share) for share in (50, 95, 99)},
                times.ratio(str(choice), str(default)),
                peaks[choice.precision, choice.n_words],
                {title: Accuracy.of_ranks(found[row] for row in np.flatnonzero(one.rows)) for title, one in divided.items()},
            )
        )
    return points


def measure(options: argparse.Namespace, bundle: Path, folder: Path) -> Report:
    """bundle: that of the default; folder: for temporary files."""
    path = options.data or recordings.default_recordings()
    data = spread(load_swipes(path), options.n)
    shipped = SwipeRecognizer.load(bundle, options.lexicon)
    environment = describe(shipped, bundle, path, len(data))
    defaults, own = shipped.default_options, own_precision(shipped.bundle.manifest)
    default = Choice(defaults.method, defaults.beam_width, own, len(shipped.lexicon)).effective(defaults.n_best)
    axes = Axes(options.methods, options.beam_widths, options.precisions, options.lexicons)
    choices = around(default, axes, defaults.n_best)
    divided = hard_strata(data, shipped, load_swipes(options.train) if options.train else None)
    engines = build_engines(shipped, choices, {**fp32_bundle(options.fp32), own: bundle}, folder)
    peaks = measure_peaks(engines, data)
    some = spread(data, options.n_timed)
    ways = {str(choice): engines.way(choice) for choice in choices}
    times = time_in_turns(ways, [some.swipe(row) for row in range(len(some))], N_WARM_UP)
    ordered = sorted(choices, key=lambda choice: choice != default)
    points = weigh(measure_ranks(engines, ordered, data), times, peaks, data, divided)
    in_order = sorted(points, key=lambda point: choices.index(point.choice))
    return Report(environment, len(some), default, in_order, notes_on(choices, default, options.fp32 is not None))


def notes_on(choices: Sequence[Choice], default: Choice, has_exact: bool) -> list[str]:
    """has_exact: fp32 is that of a bundle which was never quantised."""
    notes = []
    if default.precision == "int8" and not has_exact and any(one.precision == "fp32" for one in choices):
        notes.append("fp32: fp32 arithmetic with the bundle's weights, which int8 has rounded; --fp32 names a bundle that was not.")
    if any(one.n_words > default.n_words for one in choices):
        notes.append(f"More than {default.n_words:,} words: the additional ones are made up, and as rare as the rarest.")
    return notes


def fp32_bundle(folder: Path | None) -> dict[Precision, Path]:
    """Raises: ValueError where it is not fp32."""
    if folder is None:
        return {}
    if (precision := ModelBundle.load(folder).manifest.precision) != "fp32":
        raise ValueError(f"--fp32 {folder} is a bundle in {precision}: name one that was exported in fp32, or leave --fp32 out")
    return {"fp32": folder}


def run(options: argparse.Namespace) -> Report:
    """Measures, and writes pareto.md and pareto.png. Raises: ModelBundleError, ValueError, OSError, CalledProcessError."""
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        report = measure(options, options.bundle or LETTERS, Path(folder))
    write_whole(options.out / "pareto.md", f"# Accuracy against time\n\n{report.as_text()}\n")
    draw(report, options.out / "pareto.png")
    return report


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        report = run(options)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"benchmarks.pareto: {error}")
    print(json.dumps(report.as_json()) if options.json else report.as_text())


if __name__ == "__main__":
    main()
