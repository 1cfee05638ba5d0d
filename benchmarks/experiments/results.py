"""What the experiments came to: accuracy on dev, differences between experiments, latency."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.common.paired import PairedTimes, Ratio, time_in_turns
from benchmarks.common.tables import Change
from benchmarks.experiments.ensembles import Together, combine
from benchmarks.experiments.plan import EXPERIMENTS, PREDECESSOR_ORDER, Experiment
from benchmarks.experiments.runs import N_BEST, Bench
from engine.accuracy import Accuracy
from engine.model import MANIFEST
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from training.data.swipe_data import SwipeData, load_swipes
from training.ensembles.prediction_table import TABLE, PredictionRow, PredictionTable
from training.ensembles.predictions import read_predictions
from training.ensembles.predictor import data_fingerprint
from training.evaluation.metrics import Interval, bootstrap_interval, swipe_mrr, top_k

N_TIMED = 200
"""swipes whose decoding is timed"""
N_WARM_UP = 3
SEEDS = "seeds"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ranks:
    """Of the words that were meant, one for each swipe of dev."""

    ranks: Sequence[int | None]
    people: npt.NDArray[np.str_]

    @property
    def accuracy(self) -> Accuracy:
        return Accuracy.of_ranks(self.ranks)

    @property
    def mrr_interval(self) -> Interval:
        return bootstrap_interval(swipe_mrr(self.ranks), self.people)

    def gain(self, other: Ranks) -> Change:
        """How much more often the first candidate is right than with the other, people drawn again."""
        gained = top_k(self.ranks, 1) - top_k(other.ranks, 1)
        interval = bootstrap_interval(gained, self.people)
        return Change(float(gained.mean()), interval.low, interval.high)


@dataclass(frozen=True)
class Result:
    """One experiment's row."""

    experiment: Experiment
    accuracy: Accuracy
    mrr: Interval
    gain: Change | None
    """of top-1 over the experiment that it is compared with; None for that itself"""
    n_parameters: int
    n_bytes: int
    """of the bundle"""
    p50_ms: float
    times: Ratio
    """how many times as long a swipe takes as with the study's network"""

    def is_real(self, seeds: float) -> bool:
        """Whether it is beyond chance: other people would not turn it round, nor would another seed. seeds: what a seed changes."""
        return self.gain is not None and (self.gain.low > 0 or self.gain.high < 0) and abs(self.gain.mean) > seeds


@dataclass(frozen=True)
class Rung:
    """A place in an order by top-1."""

    name: str
    top_1: float
    lead: Change | None
    """over the next; None for the last"""


@dataclass(frozen=True)
class Results:
    """All that were trained."""

    rows: Sequence[Result]
    seed_spread: float
    """between the best and the worst top-1 of the same training with other seeds, 0 to 1; 0 where there is one seed alone"""
    n_people: int
    ladder: Sequence[Rung] = ()
    """those of PREDECESSOR_ORDER, best first"""
    ensembles: Sequence[Together] = ()


def collect(bench: Bench) -> Results:
    """Of all experiments whose predictions are there. Raises: ValueError where the study itself is not among them; OSError."""
    data = load_swipes(bench.dev)
    predicted = prediction_rows(bench, data)
    if EXPERIMENTS[0].name not in predicted:
        raise ValueError(f"'{bench.runs}' has no predictions of '{EXPERIMENTS[0].name}', which others are compared with: train it first")
    ranks = {name: Ranks([one.rank for one in read_predictions(row.path)], data.users) for name, row in predicted.items()}
    there = [experiment for experiment in EXPERIMENTS if experiment.name in ranks]
    times = measure_times(bench, there, data)
    rows = [_result(bench, experiment, ranks, times) for experiment in there]
    seeds = [row.accuracy.top_1 for row in rows if row.experiment.group == SEEDS]
    ladder = climb({name: ranks[name] for name in PREDECESSOR_ORDER if name in ranks})
    return Results(rows, max(seeds) - min(seeds), len(np.unique(data.users)), ladder, combine(predicted, data))


def climb(ranks: Mapping[str, Ranks]) -> list[Rung]:
    """These by their top-1, each with its lead over the next."""
    names = sorted(ranks, key=lambda name: -ranks[name].accuracy.top_1)
    leads = [ranks[name].gain(ranks[after]) for name, after in pairwise(names)]
    return [Rung(name, ranks[name].accuracy.top_1, lead) for name, lead in zip_longest(names, leads)]


def measure_times(bench: Bench, experiments: Sequence[Experiment], data: SwipeData) -> PairedTimes[object]:
    """Whole recognitions of the same swipes, in turns."""
    spread = np.linspace(0, len(data) - 1, min(N_TIMED, len(data))).round().astype(int)
    ways = {one.name: functools.partial(_decode, SwipeRecognizer.load(bench.bundle(one))) for one in experiments}
    return time_in_turns(ways, [data.swipe(int(row)) for row in spread], N_WARM_UP)


def _decode(recognizer: SwipeRecognizer, swipe: Swipe) -> object:
    return recognizer.decode(swipe)


def prediction_rows(bench: Bench, data: SwipeData) -> dict[str, PredictionRow]:
    """What the table of predictions has, by the name of the experiment, in the plan's order."""
    fingerprint = data_fingerprint(bench.dev.name, data)
    rows = [row for row in PredictionTable(bench.predictions / TABLE).rows() if row.data == fingerprint]
    by_bundle = {row.predictor.bundle.sha256: row for row in rows if row.predictor.search.n_best == N_BEST}
    manifests = {experiment.name: bench.bundle(experiment) / MANIFEST for experiment in EXPERIMENTS}
    bundles = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in manifests.items() if path.exists()}
    return {name: by_bundle[bundle] for name, bundle in bundles.items() if bundle in by_bundle}


def _result(bench: Bench, experiment: Experiment, ranks: Mapping[str, Ranks], times: PairedTimes[object]) -> Result:
    own = ranks[experiment.name]
    against = ranks.get(experiment.against) if experiment.against != experiment.name else None
    return Result(
        experiment,
        own.accuracy,
        own.mrr_interval,
        own.gain(against) if against else None,
        n_parameters(bench.folder(experiment.name) / "last.ckpt"),
        sum(file.stat().st_size for file in bench.bundle(experiment).iterdir()),
        times.percentile(experiment.name, 50),
        times.ratio(experiment.name, EXPERIMENTS[0].name),
    )


def n_parameters(checkpoint: Path) -> int:
    """How many numbers were trained. torch is imported here: what is timed above runs before it is there."""
    from training.loop.checkpoint import load_checkpoint

    return sum(parameter.numel() for parameter in load_checkpoint(checkpoint).network.parameters())
