"""`python -m training.personal DATA`: what learning a person's words is worth.

Each person's first half of the swipes is there to learn from, as the keyboard does: a word that is not the first candidate is picked
from the next three, or else typed by taps. The second half is read without learning. The strength of learning is cross-fitted:
each fold of people is read with the strength that was best for the others.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from engine.accuracy import Accuracy, rank_of
from engine.console import survives_its_output
from engine.manifest import ModelBundleError
from engine.recognizer import Candidate
from engine.words.personal import PersonalWords
from engine.words.prior import Strength
from engine.words.use import GAINS, Use
from training.data.swipe_data import SwipeData
from training.evaluation.decode_data import DataDecoder, Setup, add_setup_arguments
from training.evaluation.metrics import Interval, bootstrap_interval, top_k
from training.evaluation.strata import strata

STRENGTHS = (1_000, 5_000, 20_000, 100_000)
"""Words of the lexicon that count as much as one use: what is tried where nobody says otherwise."""
KEPT = (0.0, 0.5)
"""What a word counts that a swipe wrote and that was left: the same."""
N_FOLDS = 5
N_OFFERED = 3
"""candidates besides the first that the keyboard offers"""
Ranks = list[int | None]


@dataclass(frozen=True)
class Way:
    """A way of learning."""

    words: float
    """as in Strength"""
    kept: float
    """what a word gains that a swipe wrote and that was left"""

    def __str__(self) -> str:
        return f"{self.words:,.0f} words, kept {self.kept:g}"


@dataclass(frozen=True)
class Row:
    """A stratum of the second halves, without learning and with it."""

    group: str
    name: str
    without: Accuracy
    learnt: Accuracy
    gain_interval: Interval
    """of the difference of top-1, by drawing people again"""


@dataclass(frozen=True)
class Report:
    """What learning is worth."""

    data: str
    chosen: list[Way]
    """for each fold"""
    totals: dict[str, Accuracy]
    """by way of learning, over all second halves; "none" without learning"""
    rows: list[Row]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_table(self) -> str:
        lines = [f"{'one use counts as':>28}{'top-1':>9}{'top-4':>9}"]
        lines += [f"{name:>28}{100 * one.top_1:8.2f}%{100 * one.top_4:8.2f}%" for name, one in self.totals.items()]
        folds = "; ".join(map(str, self.chosen))
        lines += ["", f"chosen for each fold of people by the others: {folds}", ""]
        lines += [f"{'':28}{'swipes':>8}{'top-1':>9}{'learnt':>9}{'top-4':>9}{'learnt':>9}   top-1 gained, 95 % (people drawn again)"]
        for row in self.rows:
            shares = (row.without.top_1, row.learnt.top_1, row.without.top_4, row.learnt.top_4)
            gained = row.learnt.top_1 - row.without.top_1
            between = f"{100 * gained:+.2f}  {100 * row.gain_interval.low:+.2f} .. {100 * row.gain_interval.high:+.2f}"
            figures = "".join(f"{100 * share:8.2f}%" for share in shares)
            lines.append(f"{row.group:15}{row.name:13}{row.without.n_swipes:8,}{figures}   {between}")
        return "\n".join(lines)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.personal", description=__doc__)
    add_setup_arguments(parser)
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, metavar="WORDS", help="how many words one use counts as")
    parser.add_argument(
        "--kept", type=float, nargs="+", default=KEPT, metavar="USES", help="how many uses a word is that was swiped and left"
    )
    parser.add_argument("--people", type=int, metavar="N", help="only the first N people")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> Report:
    """Raises: ModelBundleError, ValueError, OSError for what cannot be used."""
    setup = Setup(options.bundle, options.lexicon, options.grid, options.data)
    decoder = setup.load()
    data, recognizer = decoder.data, decoder.recognizer
    people = list(dict.fromkeys(data.users.tolist()))[: options.people]
    halves = [_halves(data, person) for person in people]
    tested = np.concatenate([second for _, second in halves])
    ways: list[Way | None] = [None, *(Way(words, kept) for kept in options.kept for words in options.strengths)]
    ranks: dict[Way | None, Ranks] = {way: [] for way in ways}
    jobs = [(first.tolist(), second.tolist(), ways) for first, second in halves]
    shows = sys.stderr.isatty()
    for by_way in tqdm(_each(setup, decoder, jobs, options.processes), total=len(jobs), unit=" people", disable=not shows):
        for way, found in by_way.items():
            ranks[way] += found
    part = data.select(tested)
    fold = np.array([people.index(user) % N_FOLDS for user in part.users])
    learnt, chosen = _cross_fitted(ranks, fold)
    totals = {"none" if way is None else str(way): Accuracy.of_ranks(found) for way, found in ranks.items()}
    divided = strata(part, recognizer.lexicon, recognizer.grid, None)
    rows = [_row(one.group, one.name, np.flatnonzero(one.rows), ranks[None], learnt, part.users) for one in divided]
    return Report(options.data.name, chosen, totals, rows)


def _halves(data: SwipeData, person: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows of a person's swipes: the first half, and the second."""
    rows = np.flatnonzero(data.users == person)
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def _cross_fitted(ranks: dict[Way | None, Ranks], fold: npt.NDArray[np.int64]) -> tuple[Ranks, list[Way]]:
    """The ranks with each fold's way, and these ways: those with the best top-1, then top-4, for the other folds."""
    found: Ranks = list(ranks[None])
    chosen: list[Way] = []
    for number in range(N_FOLDS):
        others = fold != number

        def worth(way: Way, others: npt.NDArray[np.bool_] = others) -> tuple[float, float]:
            return float(top_k(ranks[way], 1)[others].sum()), float(top_k(ranks[way], 4)[others].sum())

        best = max((one for one in ranks if one is not None), key=worth)
        chosen.append(best)
        for row in np.flatnonzero(~others):
            found[row] = ranks[best][row]
    return found, chosen


def _row(group: str, name: str, rows: npt.NDArray[np.int64], before: Ranks, after: Ranks, people: npt.NDArray[np.str_]) -> Row:
    gains = top_k(after, 1)[rows] - top_k(before, 1)[rows]
    accuracies = [Accuracy.of_ranks(ranks[row] for row in rows) for ranks in (before, after)]
    return Row(group, name, accuracies[0], accuracies[1], bootstrap_interval(gains, people[rows]))


# --- one person ---

Job = tuple[list[int], list[int], Sequence[Way | None]]


def read_person(decoder: DataDecoder, job: Job) -> dict[Way | None, Ranks]:
    """The ranks in a person's second half by how the first was learnt from; None: not at all."""
    first, second, ways = job
    found: dict[Way | None, Ranks] = {}
    recognizer, base = decoder.recognizer, decoder.recognizer.lexicon
    for way in ways:
        if way is not None:
            words = PersonalWords(recognizer, strength=Strength(words=way.words))
            gains = {**GAINS, "kept": way.kept}
            for row in first:
                used = uses(str(decoder.data.words[row]), recognizer.recognize(decoder.data.swipe(row)), base.alphabet)
                words.learn((word, gains[use]) for word, use in used)
        found[way] = [rank_of(str(decoder.data.words[row]), recognizer.recognize(decoder.data.swipe(row)), base.alphabet) for row in second]
        recognizer.lexicon = base
    return found


def uses(word: str, candidates: Sequence[Candidate], alphabet: str) -> Iterator[tuple[str, Use]]:
    """What a person who meant a word does with the candidates of its swipe."""
    rank = rank_of(word, candidates, alphabet)
    use: Use = "kept" if rank == 0 else "picked" if rank is not None and rank <= N_OFFERED else "tapped"
    if rank != 0 and candidates:
        yield candidates[0].word, "taken back"
    yield (word if use == "tapped" or rank is None else candidates[rank].word), use


# --- processes ---


def _each(setup: Setup, decoder: DataDecoder, jobs: Sequence[Job], n_processes: int) -> Iterator[dict[Way | None, Ranks]]:
    if n_processes == 1:
        yield from (read_person(decoder, job) for job in jobs)
        return
    spawn = multiprocessing.get_context("spawn")  # onnxruntime's sessions do not survive a fork
    with ProcessPoolExecutor(n_processes, spawn, initializer=_open, initargs=(setup,)) as pool:
        yield from pool.map(_read_person, jobs)


_decoder: DataDecoder
"""Of this worker process."""


def _open(setup: Setup) -> None:
    global _decoder  # a worker process has no other place to keep it between people
    _decoder = setup.load()


def _read_person(job: Job) -> dict[Way | None, Ranks]:
    return read_person(_decoder, job)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        report = run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.personal: {error}")
    except KeyboardInterrupt:
        sys.exit("training.personal: stopped")
    print(json.dumps(report.as_json()) if options.json else report.as_table())


if __name__ == "__main__":
    main()
