"""`python -m benchmarks.ladder`: compares our search with the predecessor's and others, with the same weights, lexicon and swipes.

(a) the predecessor's search in PyTorch: no cache, one hypothesis a call; (a') the same by our score; (b) our search over an
ONNX decoder without a cache; (c) our search in plain Python over the shipped graphs; (d) ours. And SHARK2, which matches templates.
All are timed on the same swipes, in turns, in one process, on one thread. (a'), (b) and (c) must find what (d) finds.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from tqdm import tqdm

from benchmarks.common.agreement import Agreement, agreement, listed
from benchmarks.common.environment import LETTERS, Environment, describe, read_records
from benchmarks.common.paired import PairedTimes, Ratio, time_in_turns
from benchmarks.ladder.rungs import CountedBundle, Outcome, Rung, build_ladder, prepare
from engine import recordings
from engine.accuracy import Accuracy
from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from engine.lexicon import key_sequence
from engine.recognizer import SwipeRecognizer, open_lexicon
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import SwipeRecord

N_WARM_UP = 10
SHOWN = 10
"""The number of differences that are printed."""
ALL = sys.maxsize
"""--accuracy-swipes all"""

Outcomes = Mapping[str, Sequence[Outcome]]
"""By rung, for each swipe."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The record."""

    environment: Environment
    rungs: list[Rung]
    times: PairedTimes[Outcome]
    accuracy: Mapping[str, Accuracy]
    """by rung; empty if the words of the swipes are not known"""
    n_compared: int
    """swipes on which the rungs' words were compared"""
    ties: Counter[str]
    """by rung: how many of its lists differ from its twin's only in the order of words of equal score"""
    differences: list[str]
    """all other differences; there should be none"""

    def ratio(self, rung: Rung) -> Ratio:
        return self.times.ratio(rung.name, rung.base)

    def n_calls(self, rung: Rung) -> float:
        """The decoder's calls for a swipe, on average."""
        outcomes = self.times.outputs[rung.name]
        return sum(outcome.n_calls for outcome in outcomes) / len(outcomes)

    def as_json(self) -> dict[str, Any]:
        """Its ratios are medians over the swipes; base and interval of each stand in "intervals"."""
        rungs = sorted(self.rungs, key=lambda rung: rung.name not in ("predecessor", "onnx_uncached", "python_search"))
        ratios = {rung.name: self.ratio(rung) for rung in rungs if rung.name != rung.base}
        return {
            "ratios": {name: ratio.median for name, ratio in ratios.items()},
            "intervals": {rung.name: {"base": rung.base, **asdict(ratios[rung.name])} for rung in rungs if rung.name in ratios},
            "milliseconds": {
                rung.name: {f"p{share}": self.times.percentile(rung.name, share) for share in (50, 95)} for rung in self.rungs
            },
            "accuracy": {name: asdict(accuracy) for name, accuracy in self.accuracy.items()},
            "decoder_calls": {rung.name: self.n_calls(rung) for rung in self.rungs},
            "search": {rung.name: asdict(rung.options) for rung in self.rungs if rung.options},
            "equal_candidates": {"swipes": self.n_compared, "tied": self.ties.total(), "different": len(self.differences)},
            "environment": asdict(self.environment),
        }

    def as_table(self) -> str:
        head = f"{'':30}{'method':>10}{'beam':>6}{'p50 ms':>9}{'p95 ms':>9}{'calls':>8}{'top-1':>8}{'top-4':>8}   times (d)'s time"
        alike = ", ".join(rung.name for rung in self.rungs if rung.twin not in (None, rung.name))
        compared = f"on {self.n_compared} swipes the same words as (d) in the same order: {alike}"
        tied = ", ".join(f"{name} {count}" for name, count in self.ties.items() if count)
        return "\n".join(
            [
                *self.environment.lines(),
                "",
                head,
                *map(self._row, self.rungs),
                "",
                compared + (f"; equal scores changed places in: {tied}" if tied else ""),
            ]
        )

    def _row(self, rung: Rung) -> str:
        method, beam = (rung.options.method, str(rung.options.beam_width)) if rung.options else ("", "")
        accuracy = self.accuracy.get(rung.name)
        shares = f"{accuracy.top_1:8.2%}{accuracy.top_4:8.2%}" if accuracy else f"{'':16}"
        calls = f"{self.n_calls(rung):8.1f}" if rung.model else f"{'':8}"
        times = f"{self.times.percentile(rung.name, 50):9.2f}{self.times.percentile(rung.name, 95):9.2f}"
        compared = f"   {self.ratio(rung)} {rung.base}" if rung.name != rung.base else ""
        return f"{rung.title:30}{method:>10}{beam:>6}{times}{calls}{shares}{compared}"


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ladder", description=__doc__)
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=300, metavar="N", help="how many to time, evenly spread (default: %(default)s)")
    parser.add_argument(
        "--accuracy-swipes", type=_count, metavar="N|all", help="how many to decode, untimed, for the accuracy (default: the timed ones)"
    )
    parser.add_argument("--predecessor-beam-width", type=int, default=6, metavar="B", help="beam width of (a) (default: %(default)s)")
    parser.add_argument("--beam-width", type=int, metavar="B", help="beam width of (b) and (c) (default: the bundle's)")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout, instead of a table")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    return ALL if text == "all" else int(text)


def compare_words(rungs: Sequence[Rung], outcomes: Outcomes, records: Sequence[SwipeRecord]) -> tuple[Counter[str], list[str]]:
    """By rung how many lists are tied with its twin's; and what differs, for people."""
    ties, differences = Counter[str](), list[str]()
    for rung in rungs:
        if rung.twin is None or rung.twin == rung.name:
            continue
        for record, outcome, other in zip(records, outcomes[rung.name], outcomes[rung.twin], strict=True):
            found = agreement(outcome.words, other.words)
            ties[rung.name] += found is Agreement.TIED
            if found is Agreement.DIFFERENT:
                what = f"{record.where} ('{record.word}')" if record.word else record.where
                differences.append(f"{what}: {rung.name} found {listed(outcome.words)}; {rung.twin} found {listed(other.words)}")
    return ties, differences


def measure_accuracy(outcomes: Outcomes, records: Sequence[SwipeRecord], alphabet: str) -> dict[str, Accuracy]:
    """By rung, over the records whose words are known; empty where none is."""
    wanted = [key_sequence(record.word, alphabet) if record.word is not None else None for record in records]
    if not any(record.word is not None for record in records):
        return {}
    accuracy = {}
    for name, found in outcomes.items():
        ranks = [
            next((rank for rank, word in enumerate(outcome.words) if word.key_sequence == sequence), None)
            for outcome, sequence, record in zip(found, wanted, records, strict=True)
            if record.word is not None
        ]
        accuracy[name] = Accuracy.of_ranks(ranks)
    return accuracy


def decode_all(rungs: Sequence[Rung], records: Sequence[SwipeRecord]) -> dict[str, list[Outcome]]:
    outcomes: dict[str, list[Outcome]] = {rung.name: [] for rung in rungs}
    for record in tqdm(records, desc="accuracy", disable=not sys.stderr.isatty()):
        for rung in rungs:
            outcomes[rung.name].append(rung.recognize(record.swipe))
    return outcomes


def climb(options: argparse.Namespace, folder: Path) -> Comparison:
    """folder: the bundle's."""
    data = options.data or recordings.default_recordings()
    records = read_records(data, options.n_swipes)
    bundle = cast(CountedBundle, CountedBundle.load(folder))
    recognizer = SwipeRecognizer(bundle, open_lexicon(options.lexicon), pick_grid(load_grids(), DEFAULT_GRID))
    recognizer.warm_up()
    environment = describe(recognizer, folder, data, len(records))
    environment = replace(environment, versions={**environment.versions, "torch": torch.__version__})
    print("preparing the rungs", file=sys.stderr)
    beam = recognizer.default_options.beam_width if options.beam_width is None else options.beam_width
    rungs = build_ladder(prepare(folder, recognizer), options.predecessor_beam_width, beam)
    gc.freeze()  # millions of dicts and nodes, which the garbage collector would walk through while something is timed
    times = time_in_turns({rung.name: rung.recognize for rung in rungs}, [record.swipe for record in records], N_WARM_UP)
    ties, differences = compare_words(rungs, times.outputs, records)
    accuracy, n_compared = measure_accuracy(times.outputs, records, recognizer.model.alphabet), len(records)
    if options.accuracy_swipes is not None:
        records = read_records(data, options.accuracy_swipes)
        outcomes = decode_all(rungs, records)
        more_ties, more_differences = compare_words(rungs, outcomes, records)
        ties, differences = ties + more_ties, differences + more_differences
        accuracy, n_compared = measure_accuracy(outcomes, records, recognizer.model.alphabet), n_compared + len(records)
    return Comparison(environment, rungs, times, accuracy, n_compared, ties, differences)


def run(options: argparse.Namespace) -> Comparison:
    """Raises: ModelBundleError, ValueError, OSError."""
    torch.set_num_threads(1)
    return climb(options, options.bundle or LETTERS)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        comparison = run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.ladder: {error}")
    if differences := comparison.differences:
        more = f"\nand {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        sys.exit("benchmarks.ladder: candidates differ:\n" + "\n".join(differences[:SHOWN]) + more)
    print(json.dumps(comparison.as_json()) if options.json else comparison.as_table())


if __name__ == "__main__":
    main()
