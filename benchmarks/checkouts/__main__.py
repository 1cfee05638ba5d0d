"""`python -m benchmarks.checkouts OTHER...`: how much faster this engine is than those of other checkouts, and than SHARK2.

Each checkout runs in a process of its own, with its own bundle and lexicon, and they decode the same swipes in turns. So whatever else the
machine does slows them all: only the ratios count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.checkouts import worker as timed_worker
from benchmarks.common.environment import Environment, describe, read_records
from benchmarks.common.paired import PairedTimes, Ratio, order
from engine import recordings
from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import survives_its_output
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, as_line

OURS, SHARK2 = "this one", "SHARK2"
HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Line:
    """What one engine did."""

    name: str
    p50_ms: float
    p95_ms: float
    top_1: float
    """percent of the swipes whose word is its best"""
    times_ours: Ratio
    """how many times as long it takes as this checkout"""

    def __str__(self) -> str:
        return f"{self.name:24}{self.p50_ms:9.2f}{self.p95_ms:9.2f}{self.top_1:9.2f}   {self.times_ours}"


HEADER = f"{'':24}{'p50 ms':>9}{'p95 ms':>9}{'top-1':>9}   times as long as this one"


class Worker:
    """A process with one engine."""

    def __init__(self, checkout: Path, kind: str, swipes: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        command = [sys.executable, "-P", timed_worker.__file__, kind, str(swipes)]
        self._process = subprocess.Popen(command, cwd=checkout, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin and self._process.stdout
        self._ask, self._answers = self._process.stdin, self._process.stdout

    def wait_until_ready(self, checkout: Path) -> None:
        """Raises: ValueError if it does not become ready, or has another engine than the checkout's."""
        line = self._answers.readline()
        if not line or json.loads(line) != str(checkout):
            raise ValueError(f"{checkout} is no checkout whose engine can be timed: it said {line.strip() or 'nothing'}")

    def time(self, number: int) -> tuple[float, str | None]:
        """Milliseconds, and the best word."""
        self._ask.write(f"{number}\n")
        self._ask.flush()
        nanoseconds, word = json.loads(self._answers.readline())
        return nanoseconds / 1e6, word

    def close(self) -> None:
        self._ask.close()
        self._answers.close()
        self._process.wait()


@contextmanager
def workers(kinds: dict[str, tuple[Path, str]], records: Sequence[SwipeRecord]) -> Iterator[dict[str, Worker]]:
    """A ready worker for each name -> (checkout, kind). Raises: as `wait_until_ready`."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        swipes = Path(folder) / "swipes.jsonl"
        swipes.write_text("".join(map(as_line, records)), encoding="utf-8")
        started = {name: Worker(checkout, kind, swipes) for name, (checkout, kind) in kinds.items()}
        for worker in started.values():
            stack.callback(worker.close)
        for name, worker in started.items():
            worker.wait_until_ready(kinds[name][0])
        yield started


def measure(kinds: dict[str, tuple[Path, str]], records: Sequence[SwipeRecord]) -> list[Line]:
    """Every engine on every swipe, in turns. The first is this checkout's."""
    names = list(kinds)
    times, words = {name: np.empty(len(records)) for name in names}, {name: [""] * len(records) for name in names}
    with workers(kinds, records) as ready:
        for number in tqdm(range(len(records)), desc="timing", disable=not sys.stderr.isatty()):
            for index in order(len(names), number):
                name = names[index]
                times[name][number], word = ready[name].time(number)
                words[name][number] = word or ""
    paired = PairedTimes(times, words)
    return [
        Line(name, paired.percentile(name, 50), paired.percentile(name, 95), _top_1(words[name], records), paired.ratio(name, names[0]))
        for name in names
    ]


def _top_1(words: Sequence[str], records: Sequence[SwipeRecord]) -> float:
    ranks = [0 if word == (record.word or "").lower().replace("'", "") else None for word, record in zip(words, records, strict=True)]
    return 100 * Accuracy.of_ranks(ranks).top_1


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checkouts", description=__doc__)
    parser.add_argument(
        "others", type=Path, nargs="*", metavar="OTHER", help="other checkouts of Keyglide, as `git worktree add` makes them"
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=positive, default=300, metavar="N", help="how many, evenly spread (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> tuple[Environment, list[Line]]:
    """Raises: ValueError, OSError for what cannot be used."""
    data = options.data or recordings.default_recordings()
    records = read_records(data, options.n_swipes)
    environment = describe(SwipeRecognizer.load(), None, data, len(records))
    kinds = {OURS: (HERE, "engine")} | {str(other): (other.resolve(), "engine") for other in options.others} | {SHARK2: (HERE, "shark2")}
    return environment, measure(kinds, records)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        environment, lines = run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.checkouts: {error}")
    if options.json:
        report: dict[str, Any] = {"environment": asdict(environment), "engines": [asdict(line) for line in lines]}
        print(json.dumps(report))
        return
    print("\n".join([*environment.lines(), "", HEADER, *map(str, lines)]))


if __name__ == "__main__":
    main()
