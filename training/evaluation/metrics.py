"""Statistics over many decoded swipes. Accuracy itself is computed by engine.accuracy, as on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.accuracy import SWIPE_MRR
from engine.recognizer import StageTimes

STAGES = ("features", "encode", "search", "total")


@dataclass(frozen=True)
class Interval:
    """The range of a share in 95 of 100 collections from other people."""

    low: float
    high: float


@dataclass(frozen=True)
class Percentiles:
    """Of a stage's milliseconds."""

    p50: float
    p95: float
    p99: float


def top_k(ranks: Iterable[int | None], k: int) -> npt.NDArray[np.float64]:
    """(n,): 1 for each swipe whose word is among the first k candidates, else 0. ranks: from 0, None for a miss."""
    return np.array([rank is not None and rank < k for rank in ranks], dtype=np.float64)


def swipe_mrr(ranks: Iterable[int | None]) -> npt.NDArray[np.float64]:
    """(n,): each swipe's value: 1, 0.1, 0.09 or 0.08 at ranks 0 to 3, else 0."""
    return np.array([SWIPE_MRR[rank] if rank is not None and rank < len(SWIPE_MRR) else 0.0 for rank in ranks])


def bootstrap_interval(values: npt.NDArray[np.float64], people: npt.NDArray[np.str_], n_resamples: int = 2000, seed: int = 0) -> Interval:
    """The 95 % percentile interval of the mean of `values`, by resampling people.

    A person's swipes resemble each other: resampling single swipes would give an interval that is too narrow.
    values: (n,), at least one; people: (n,), the person of each.
    """
    names, person = np.unique(people, return_inverse=True)
    sums, counts = np.bincount(person, weights=values), np.bincount(person)
    draws = np.random.default_rng(seed).integers(len(names), size=(n_resamples, len(names)))
    low, high = np.percentile(sums[draws].sum(axis=1) / counts[draws].sum(axis=1), (2.5, 97.5))
    return Interval(float(low), float(high))


def stage_percentiles(times: Sequence[StageTimes]) -> dict[str, Percentiles]:
    """Milliseconds by stage, over at least one swipe."""
    columns = {stage: np.array([getattr(one, stage) for one in times]) for stage in STAGES}
    return {stage: Percentiles(*np.percentile(column, (50, 95, 99)).tolist()) for stage, column in columns.items()}
