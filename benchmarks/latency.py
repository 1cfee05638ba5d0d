"""`python -m benchmarks.latency`: the time of a swipe on one thread, by stage; the time of the start, and of the first ever; the memory."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.common.environment import Environment, describe, read_records
from benchmarks.common.memory import measure_in_fresh_process
from benchmarks.common.start import first_candidate
from engine import jit, recordings
from engine.accuracy import Accuracy, rank_of
from engine.console import survives_its_output
from engine.native import place
from engine.recognizer import StageTimes, SwipeRecognizer
from engine.swipe_file import SwipeRecord, as_line

STAGES = ("features", "encode", "search", "total")
PERCENTILES = (50, 95, 99)
BUDGETS = {"p50_ms": 5.0, "p95_ms": 9.0, "start_s": 0.3, "first_start_s": 1.5, "peak_mb": 95.0, "at_rest_percent": 0.5}
"""The limits."""
N_STARTS = 7
N_WARM_UP = 20
COMPILED_AT_LAST_S = 600.0
"""on a machine that does much else"""


@dataclass(frozen=True)
class Measurement:
    """The record."""

    environment: Environment
    milliseconds: dict[str, dict[str, float]]
    """stage -> p50, p95, p99 over all swipes, warm"""
    accuracy: Accuracy | None
    """of the swipes that were timed; None if their words are not known"""
    start_s: list[float]
    """from the start of `python -m engine.decode` to its first candidate, in each of several fresh processes"""
    first_start_s: float
    """the same where nothing has been compiled yet: another process compiles meanwhile"""
    compiled_s: float | None
    """from that start until what it compiles is there; None without a compiler"""
    memory: dict[str, float]
    """resident MB of a fresh process: loaded_mb, after_mb, peak_mb; and at_rest_percent of a core"""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "median_start_s": float(np.median(self.start_s)), "budgets": BUDGETS}

    def as_table(self) -> str:
        start = float(np.median(self.start_s))
        compiled = "" if self.compiled_s is None else f", and the kernels are compiled after {self.compiled_s:.0f} s"
        lines = [
            *self.environment.lines(),
            "",
            f"{'milliseconds':16}" + "".join(f"{stage:>10}" for stage in STAGES),
        ]
        for name in (f"p{share}" for share in PERCENTILES):
            budget = BUDGETS.get(f"{name}_ms")
            allowed = f"   {_verdict(self.milliseconds['total'][name], budget)}" if budget else ""
            lines.append(f"{name:16}" + "".join(f"{self.milliseconds[stage][name]:10.2f}" for stage in STAGES) + allowed)
        lines += [
            "",
            f"{'first candidate':16}{start:10.2f} s after the start of the process   {_verdict(start, BUDGETS['start_s'])}",
            f"{'the first ever':16}{self.first_start_s:10.2f} s{compiled}   {_verdict(self.first_start_s, BUDGETS['first_start_s'])}",
            f"{'resident memory':16}{self.memory['loaded_mb']:10.0f} MB loaded, {self.memory['peak_mb']:.0f} MB at most   "
            f"{_verdict(self.memory['peak_mb'], BUDGETS['peak_mb'])}",
            f"{'at rest':16}{self.memory['at_rest_percent']:10.2f} % of a core   "
            f"{_verdict(self.memory['at_rest_percent'], BUDGETS['at_rest_percent'])}",
        ]
        return "\n".join(lines + ([f"{'accuracy':16}  {self.accuracy}"] if self.accuracy else []))


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=500, metavar="N", help="how many, evenly spread (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def measure_stages(recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> tuple[list[StageTimes], Accuracy | None]:
    """Every swipe once, warm, one after the other."""
    for record in records[:N_WARM_UP]:
        recognizer.recognize(record.swipe)
    times, ranks = [], []
    for record in tqdm(records, desc="swipes", disable=not sys.stderr.isatty()):
        recognition = recognizer.decode(record.swipe)
        times.append(recognition.milliseconds)
        if record.word is not None:
            ranks.append(rank_of(record.word, recognition.candidates, recognizer.model.alphabet))
    return times, Accuracy.of_ranks(ranks) if ranks else None


def measure_start(file: Path, model_options: list[str]) -> list[float]:
    """Seconds from the start of a process to the first candidates that it prints; the kernels were compiled before.

    Raises: ValueError if the process prints none.
    """
    return [first_candidate(file, model_options) for _ in tqdm(range(N_STARTS + 1), desc="starts", disable=not sys.stderr.isatty())][1:]


def measure_first_start(file: Path, model_options: list[str], folder: Path) -> tuple[float, float | None]:
    """Seconds from the start of a process to its first candidates where nothing has been compiled, and until something has.

    folder: an empty one, for what is compiled. Raises: ValueError as `measure_start`, or if nothing has been compiled in the end.
    """
    begin = time.perf_counter()
    seconds, kept = first_candidate(file, model_options, {place.VARIABLE: str(folder)}), folder / place.file_name()
    if not jit.has_numba():
        return seconds, None
    while not kept.exists():
        if time.perf_counter() > begin + COMPILED_AT_LAST_S:
            raise ValueError(f"nothing was compiled within {COMPILED_AT_LAST_S} s after a first start")
        time.sleep(0.1)
    return seconds, time.perf_counter() - begin


def run(options: argparse.Namespace) -> Measurement:
    """Raises: ModelBundleError, ValueError, OSError, CalledProcessError."""
    data = options.data or recordings.default_recordings()
    records = read_records(data, options.n_swipes)
    recognizer = SwipeRecognizer.load(options.bundle, options.lexicon)
    environment = describe(recognizer, options.bundle, data, len(records))
    times, accuracy = measure_stages(recognizer, records)
    columns = {stage: [getattr(one, stage) for one in times] for stage in STAGES}
    names = [f"p{share}" for share in PERCENTILES]
    stages = {stage: dict(zip(names, np.percentile(column, PERCENTILES).tolist(), strict=True)) for stage, column in columns.items()}
    model_options = ["--lexicon", str(options.lexicon)] if options.lexicon else []
    model_options += ["--bundle", str(options.bundle)] if options.bundle else []
    with tempfile.TemporaryDirectory() as folder:
        one, all_of_them = Path(folder) / "one.jsonl", Path(folder) / "all.jsonl"
        one.write_text(as_line(records[0]), encoding="utf-8")
        all_of_them.write_text("".join(map(as_line, records)), encoding="utf-8")
        start_s = measure_start(one, model_options)
        memory = measure_in_fresh_process(all_of_them, model_options)
        first_start_s, compiled_s = measure_first_start(one, model_options, Path(folder) / "kernels")
    return Measurement(environment, stages, accuracy, start_s, first_start_s, compiled_s, memory)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        measurement = run(options)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"benchmarks.latency: {error}")
    print(json.dumps(measurement.as_json()) if options.json else measurement.as_table())


def _verdict(value: float, budget: float) -> str:
    return f"(budget {budget:g}: {'kept' if value <= budget else 'OVER'})"


if __name__ == "__main__":
    main()
