"""`python -m benchmarks.shark2`: the accuracy, speed and size of SHARK2, the classical way to read a swipe, with our lexicon."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.common.environment import processor, read_records, versions
from benchmarks.common.memory import resident_mb
from benchmarks.shark2.templates import PAPER, Shark2, Shark2Options
from engine import recordings
from engine.accuracy import Accuracy, rank_of
from engine.arguments import positive
from engine.console import survives_its_output
from engine.grid import Grid, load_grids, pick_grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.recognizer import open_lexicon
from engine.shipped import DEFAULT_GRID
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord

PERCENTILES = (50, 95, 99)
N_WARM_UP = 20


@dataclass(frozen=True)
class Measurement:
    """The report of `python -m benchmarks.shark2`."""

    processor: str
    versions: dict[str, str]
    load_average: float
    """of the minute before; above about 0.5, the times are too long"""
    data: str
    options: Shark2Options
    lexicon_words: int
    accuracy: Accuracy
    milliseconds: dict[str, float]
    """of a whole swipe, warm, one thread: p50, p95, p99"""
    build_s: float
    """of the templates, kernels compiled"""
    template_mb: float
    peak_mb: float
    """resident memory of this process, with Python, the lexicon and the swipes"""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_table(self) -> str:
        times = ", ".join(f"{name} {value:.2f}" for name, value in self.milliseconds.items())
        return "\n".join(
            [
                f"{self.processor}, load {self.load_average:.2f}; " + ", ".join(f"{name} {it}" for name, it in self.versions.items()),
                f"SHARK2, {self.lexicon_words:,} words, 1 thread, {self.data}",
                f"accuracy       {self.accuracy}",
                f"milliseconds   {times}",
                f"templates      {self.template_mb:.1f} MB, built in {self.build_s:.2f} s; process at most {self.peak_mb:.0f} MB",
            ]
        )


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shark2", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, metavar="DATA", help=f"recorded swipes with words (default: {recordings.DEFAULT})")
    parser.add_argument("--n", type=positive, metavar="N", help="how many of them, evenly spread (default: all)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--grid", default=DEFAULT_GRID, metavar="NAME", help="grid of all swipes (default: %(default)s)")
    parser.add_argument("--paper", action="store_true", help="match as the paper does, instead of as well as we can")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def labelled_records(path: Path, n: int | None) -> list[SwipeRecord]:
    """At most n swipes with words, evenly spread over the file; all of them without n. Raises: ValueError, OSError."""
    records = [record for record in read_records(path, n or sys.maxsize) if record.word is not None]
    if not records:
        raise ValueError(f"none of the swipes of {path} says which word it was meant as: name other DATA")
    return records


def warm_up(grid: Grid, options: Shark2Options) -> None:
    """Compiles the kernels, or loads them, on a lexicon of one word."""
    letter = next(key.label for key in grid.letter_keys if key.label is not None)
    lexicon = Lexicon.from_bytes(build_lexicon([Entry(letter, 1.0, (letter,))], letter, "warm-up"))
    key = grid.letter_key(letter)
    Shark2(lexicon, grid, options).recognize(Swipe.from_points([key.centre_x] * 2, [key.centre_y] * 2, [0.0, 200.0]))


def decode(peer: Shark2, records: list[SwipeRecord]) -> tuple[Accuracy, dict[str, float]]:
    """The accuracy over labelled swipes, and the percentiles of the milliseconds that they took."""
    for record in records[:N_WARM_UP]:
        peer.recognize(record.swipe)
    ranks, milliseconds = [], []
    for record in tqdm(records, desc="swipes", disable=not sys.stderr.isatty()):
        start = time.perf_counter()
        candidates = peer.recognize(record.swipe)
        milliseconds.append((time.perf_counter() - start) * 1e3)
        ranks.append(rank_of(record.word or "", candidates, peer.lexicon.alphabet))
    shares = np.percentile(milliseconds, PERCENTILES).tolist()
    return Accuracy.of_ranks(ranks), {f"p{share}": value for share, value in zip(PERCENTILES, shares, strict=True)}


def run(arguments: argparse.Namespace) -> Measurement:
    """Raises: ValueError, OSError for what cannot be used."""
    options = PAPER if arguments.paper else Shark2Options()
    data = arguments.data or recordings.default_recordings()
    load = os.getloadavg()[0]
    records = labelled_records(data, arguments.n)
    lexicon, grid = open_lexicon(arguments.lexicon), pick_grid(load_grids(), arguments.grid)
    warm_up(grid, options)
    start = time.perf_counter()
    peer = Shark2(lexicon, grid, options)
    build_s = time.perf_counter() - start
    accuracy, milliseconds = decode(peer, records)
    return Measurement(
        processor=processor(),
        versions=versions(),
        load_average=load,
        data=data.name,
        options=options,
        lexicon_words=len(lexicon),
        accuracy=accuracy,
        milliseconds=milliseconds,
        build_s=build_s,
        template_mb=peer.n_bytes / 1e6,
        peak_mb=resident_mb()["peak"],
    )


@survives_its_output
def main() -> None:
    arguments = parse_args(sys.argv[1:])
    try:
        measurement = run(arguments)
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.shark2: {error}")
    print(json.dumps(measurement.as_json()) if arguments.json else measurement.as_table())


if __name__ == "__main__":
    main()
