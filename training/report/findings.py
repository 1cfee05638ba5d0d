"""What a report says about a model on recorded swipes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.lexicon import key_sequence
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from training.data.path_length import Limits, PathLengths
from training.data.swipe_data import SwipeData
from training.evaluation.calibration import Calibration, calibrate
from training.evaluation.decode_data import Outcome
from training.evaluation.metrics import Interval, bootstrap_interval, swipe_mrr, top_k
from training.evaluation.rows import Row, accuracy_rows, words_of
from training.evaluation.strata import Stratum, strata
from training.report.confusion import Confusion, confuse
from training.report.mistakes import Mistake, Order, Reading, explain_mistake, worst

GROUPS = ("letters", "speed, keys/s", "prompt", "path", "training", "trace", "confusable", "double letter")
"""the groups of strata, in the order of the page"""
N_SPEEDS = 5
"""groups of equal size by speed"""
LEAST_SWIPES = 10
"""The accuracy of a person, or of a group, is not shown with fewer."""


@dataclass(frozen=True)
class Figure:
    """A headline number."""

    name: str
    value: float
    interval: Interval


@dataclass(frozen=True, eq=False)
class Findings:
    """Everything that the page shows about n swipes."""

    data: SwipeData
    figures: tuple[Figure, ...]
    ranks: tuple[tuple[str, int], ...]
    """the places of the words that were meant: (place, how many swipes)"""
    rows: tuple[Row, ...]
    """by GROUPS"""
    people: npt.NDArray[np.float64]
    """top-1 of everyone with at least LEAST_SWIPES, rising"""
    calibration: Calibration
    confusion: Confusion
    lengths: PathLengths
    limits: Limits
    right: npt.NDArray[np.bool_]
    """(n,), whether the best candidate is what was meant"""
    mistakes: tuple[Mistake, ...]
    """worst first"""


@dataclass(frozen=True)
class Question:
    """What is asked for besides the figures."""

    n_worst: int
    order: Order
    train: SwipeData | None
    """the training swipes: they tell which words are new, and how long paths usually are"""


def wide(options: SearchOptions) -> SearchOptions:
    """The same search with all its words as candidates: so the rank of a word is known that is far down."""
    return replace(options, n_best=max(options.n_best, options.beam_width))


def find(recognizer: SwipeRecognizer, data: SwipeData, outcomes: Sequence[Outcome], question: Question) -> Findings:
    """data, outcomes: of the same n swipes, n > 0; outcomes of the search `wide`."""
    grid, alphabet = recognizer.grid, recognizer.model.alphabet
    meant = [key_sequence(word, alphabet) for word in data.words.tolist()]
    pairs = enumerate(zip(meant, outcomes, strict=True))
    readings = [Reading(row, word, one.rank, one.candidates, one.probabilities) for row, (word, one) in pairs]
    right = np.array([reading.is_right for reading in readings])
    wrong = [(one.meant, one.candidates[0][0]) for one in readings if one.meant and one.candidates and not one.is_right]
    lengths = PathLengths.of(data, grid, alphabet)
    limits = Limits.of(PathLengths.of(question.train, grid, alphabet) if question.train is not None else lengths)
    options = wide(recognizer.default_options)
    mistakes = worst(readings, recognizer, question.n_worst, question.order)
    train_words = words_of(question.train, alphabet) if question.train is not None else None
    divided = strata(data, recognizer.lexicon, grid, train_words) + by_speed(data, lengths) + by_path(lengths, limits)
    return Findings(
        data=data,
        figures=headline(data, outcomes),
        ranks=ranks_of(readings, recognizer),
        rows=rows_of(data, outcomes, divided),
        people=by_person(data, right),
        calibration=calibrate(np.array([reading.probability for reading in readings]), right, data.users),
        confusion=confuse(wrong, grid, alphabet),
        lengths=lengths,
        limits=limits,
        right=right,
        mistakes=tuple(explain_mistake(recognizer, data.swipe(one.row), one, options) for one in mistakes),
    )


def headline(data: SwipeData, outcomes: Sequence[Outcome]) -> tuple[Figure, ...]:
    """top-1, top-3, top-4 and swipe_mrr."""
    ranks = [outcome.rank for outcome in outcomes]
    values = {f"top-{k}": top_k(ranks, k) for k in (1, 3, 4)} | {"swipe_mrr": swipe_mrr(ranks)}
    return tuple(Figure(name, float(each.mean()), bootstrap_interval(each, data.users)) for name, each in values.items())


def ranks_of(readings: Sequence[Reading], recognizer: SwipeRecognizer) -> tuple[tuple[str, int], ...]:
    """The places that have a swipe, each with its number of swipes."""
    names = ["first", "second", "third", "fourth", "further down", "not among the candidates", "not in the lexicon"]
    counts = dict.fromkeys(names, 0)
    for reading in readings:
        if reading.rank is not None:
            counts[names[min(reading.rank, 4)]] += 1
        else:
            counts[names[5 if reading.meant in recognizer.lexicon else 6]] += 1
    return tuple((name, count) for name, count in counts.items() if count)


def rows_of(data: SwipeData, outcomes: Sequence[Outcome], divided: Sequence[Stratum]) -> tuple[Row, ...]:
    """Those of GROUPS with more than one stratum, of strata with at least LEAST_SWIPES."""
    rows = accuracy_rows(data, outcomes, [one for one in divided if one.group in GROUPS and one.n_swipes >= LEAST_SWIPES])
    by_group = [[row for row in rows if row.group == group] for group in GROUPS]
    return tuple(row for group in by_group if len(group) > 1 for row in group)


def by_speed(data: SwipeData, lengths: PathLengths) -> list[Stratum]:
    """Groups of equal size by path and time, the slow ones first."""
    milliseconds = data.points[2, data.offsets[1:] - 1] - data.points[2, data.offsets[:-1]]
    speed = 1000 * lengths.path / np.maximum(milliseconds, 1.0)
    edges = np.unique(np.quantile(speed, np.arange(1, N_SPEEDS) / N_SPEEDS).round(1))
    group = np.searchsorted(edges, speed, side="right")
    names = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(edges)]
    names = [f"below {edges[0]:g}", *names, f"from {edges[-1]:g}"]
    found = [Stratum("speed, keys/s", name, group == number) for number, name in enumerate(names)]
    return [stratum for stratum in found if stratum.n_swipes]


def by_path(lengths: PathLengths, limits: Limits) -> list[Stratum]:
    typical = limits.typical(lengths)
    too_short = ~typical & (lengths.ratio < 1)
    rows = {"typical": typical, "too short": too_short, "too long": ~typical & ~too_short}
    return [stratum for name, one in rows.items() if (stratum := Stratum("path", name, one)).n_swipes]


def by_person(data: SwipeData, right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Top-1 of everyone with at least LEAST_SWIPES, rising."""
    _, person = np.unique(data.users, return_inverse=True)
    n_swipes, n_right = np.bincount(person), np.bincount(person, weights=right)
    enough = n_swipes >= LEAST_SWIPES
    return np.sort(n_right[enough] / n_swipes[enough])
