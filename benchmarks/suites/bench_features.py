"""Resampling and features, on a usual swipe and on one of 2,000 points and 30 seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.common.paired import time_in_turns
from benchmarks.suites.stages import Stage
from benchmarks.suites.swipes import traced_in
from engine import kernels
from engine.features import N_COLUMNS, SPACING
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord

USUAL, LONG = (60, 1_000.0), (2_000, 30_000.0)
"""points, milliseconds"""
N_SWIPES = 50
MOST_TIMES = 2.0
"""The budget of the long swipe, in times of a usual one."""
Lists = tuple[list[float], list[float], list[float]]
lengths = pytest.mark.parametrize("length", [USUAL, LONG], ids=lambda length: f"{length[0]} points")


@dataclass(frozen=True, eq=False)
class Trace:
    """One trace, recorded at both lengths."""

    usual: Swipe
    long: Swipe


def naive_resample(swipe: Swipe, n_points: int) -> npt.NDArray[np.float64]:
    """x, y, t (3, n_points), evenly spaced in the mean of elapsed time and arc length."""
    arc = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(swipe.x), np.diff(swipe.y)))))
    along = (arc / arc[-1] + (swipe.t - swipe.t[0]) / (swipe.t[-1] - swipe.t[0])) / 2
    steps = np.linspace(0.0, 1.0, n_points)
    return np.array([np.interp(steps, along, values) for values in (swipe.x, swipe.y, swipe.t)])


def as_lists(swipe: Swipe) -> Lists:
    """As touches come."""
    return swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()


@pytest.fixture(scope="module")
def traces(records: list[SwipeRecord]) -> list[Trace]:
    return [Trace(traced_in(record.swipe, *USUAL), traced_in(record.swipe, *LONG)) for record in records[:N_SWIPES]]


def swipes_of(traces: list[Trace], length: tuple[int, float]) -> list[Swipe]:
    return [trace.usual if length == USUAL else trace.long for trace in traces]


@lengths
def test_resample(stage: Stage, recognizer: SwipeRecognizer, traces: list[Trace], length: tuple[int, float]) -> None:
    n_points, swipes = recognizer.bundle.manifest.feature_spec.n_points, swipes_of(traces, length)
    points = stage.measure(lambda swipe: kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["mixed"]), swipes)
    for found, swipe in zip(points, swipes, strict=True):
        np.testing.assert_allclose(found[:3], naive_resample(swipe, n_points), atol=1e-6)


@lengths
def test_features(stage: Stage, recognizer: SwipeRecognizer, traces: list[Trace], length: tuple[int, float]) -> None:
    """Resampling and the trajectory."""
    n_points = recognizer.bundle.manifest.feature_spec.n_points
    for features in stage.measure(recognizer.model.extractor, swipes_of(traces, length)):
        assert features.trajectory.shape == (n_points, N_COLUMNS) and np.isfinite(features.trajectory).all()
        assert features.key_distances.shape == (n_points, 0)  # the network that reads keys measures them for itself


@lengths
def test_whole_swipe(stage: Stage, recognizer: SwipeRecognizer, traces: list[Trace], length: tuple[int, float]) -> None:
    """From the lists of a recorder to candidates."""

    def recognize(lists: Lists) -> list[str]:
        return [candidate.word for candidate in recognizer.recognize(Swipe.from_points(*lists))]

    found = stage.measure(recognize, [as_lists(swipe) for swipe in swipes_of(traces, length)])
    assert all(found)
    if length == LONG:
        ways = {"usual": lambda trace: recognize(as_lists(trace.usual)), "long": lambda trace: recognize(as_lists(trace.long))}
        stage.limit("times a usual swipe", time_in_turns(ways, traces).ratio("long", "usual").median, MOST_TIMES)
