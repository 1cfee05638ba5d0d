"""The distances from the points of a swipe to all keys: by the engine's hashed lookup, computed, and from a table.

The table has an entry for every unit of the grid, and nothing outside it. All three are compiled loops.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.common import kernels
from benchmarks.common.paired import time_in_turns
from benchmarks.suites.stages import Stage
from engine.grid import Grid
from engine.key_distances import CELL, KeyDistances
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord

N_SWIPES = 200
MEGABYTE = 1e6
Points = npt.NDArray[np.float64]
Distances = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Way:
    """A way to get the distances."""

    distances: Callable[[Points], Distances]
    """(3, N) -> (N, K), key radii"""
    n_bytes: int
    """of what it keeps"""
    most_off: float
    """how far a distance may be off, in key radii"""


@pytest.fixture(scope="module")
def points(recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> list[Points]:
    """Of swipes, resampled."""
    return [recognizer.model.extractor(record.swipe).points for record in records[:N_SWIPES]]


@pytest.fixture(scope="module")
def ways(recognizer: SwipeRecognizer) -> dict[str, Way]:
    grid, alphabet = recognizer.grid, recognizer.model.alphabet
    hashed, centres, table = KeyDistances(grid, alphabet), grid.centres(alphabet), distance_table(grid, alphabet)
    half_cell, half_unit = np.hypot(0.5, 0.5) * CELL * grid.key_width / grid.key_radius, np.hypot(0.5, 0.5) / grid.key_radius
    return {
        "hashed": Way(hashed.look_up, hashed.n_bytes, half_cell),
        "computed": Way(lambda points: kernels.compute_key_distances(points, centres, grid.key_radius), centres.nbytes, 1e-6),
        "table": Way(lambda points: kernels.read_key_distances(points, table), table.nbytes, half_unit),
    }


def distance_table(grid: Grid, alphabet: str) -> Distances:
    """(height, width, K), key radii."""
    rows, columns = np.arange(int(grid.height), dtype=np.float32), np.arange(int(grid.width), dtype=np.float32)
    table = np.empty((len(rows), len(columns), len(alphabet)), dtype=np.float32)
    for k, (x, y) in enumerate(grid.centres(alphabet)):
        table[:, :, k] = np.hypot(columns[None] - x, rows[:, None] - y) / grid.key_radius
    return table


@pytest.mark.parametrize("name", ["hashed", "computed", "table"])
def test_key_distances(stage: Stage, recognizer: SwipeRecognizer, points: list[Points], ways: dict[str, Way], name: str) -> None:
    grid, way = recognizer.grid, ways[name]
    found = stage.measure(way.distances, points)
    for distances, one in zip(found, points, strict=True):
        inside = (one[0] >= 0) & (one[0] < grid.width) & (one[1] >= 0) & (one[1] < grid.height)
        exact = np.hypot(*(one[:2, :, None] - grid.centres(recognizer.model.alphabet).T[:, None])) / grid.key_radius
        rows = inside if name == "table" else np.ones_like(inside)
        np.testing.assert_allclose(distances[rows], exact[rows], atol=1.001 * way.most_off, rtol=1e-5)
    stage.note("MB", way.n_bytes / MEGABYTE)
    if name != "hashed" and not stage.is_quick:
        both = {name: way.distances, "hashed": ways["hashed"].distances}
        stage.note("times the hashed lookup", time_in_turns(both, points).ratio(name, "hashed").median)


def test_one_swipe_again(stage: Stage, points: list[Points], ways: dict[str, Way]) -> None:
    """The hashed lookup where every point was met before."""
    (first, again) = stage.measure(ways["hashed"].distances, points[:1] * 2)
    np.testing.assert_array_equal(first, again)
