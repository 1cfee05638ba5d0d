"""Swipe -> the numbers that the network reads. The only definition of them: training imports it from here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine import kernels
from engine.grid import Grid
from engine.key_distances import KeyDistances
from engine.swipe import Swipe

N_COLUMNS = 7
"""F: x, y, dx, dy, log dt, log speed, log gap"""


@dataclass(frozen=True)
class FeatureSpec:
    """What a model was trained to read; part of its manifest."""

    n_points: int = 64
    """N, the points that a swipe is resampled to; even, at least 4"""

    def __post_init__(self) -> None:
        if self.n_points < 4 or self.n_points % 2:
            raise ValueError(f"n_points must be even and at least 4, got {self.n_points}")


@dataclass(frozen=True, eq=False)
class Features:
    """One swipe as the encoder takes it, and the points behind it for whoever draws them."""

    trajectory: npt.NDArray[np.float32]
    """(N, F)"""
    key_distances: npt.NDArray[np.float32]
    """(N, K), key radii"""
    points: npt.NDArray[np.float64]
    """(3, N): x, y in grid units, t in milliseconds"""


class FeatureExtractor:
    """Swipes of one grid -> features for one model."""

    def __init__(self, spec: FeatureSpec, grid: Grid, alphabet: str) -> None:
        """Raises: ValueError where the grid has no key for a letter of the alphabet."""
        self._n_points = spec.n_points
        self._key_distances = KeyDistances(grid, alphabet)
        self._origin = np.array(grid.origin)
        self._key_size = np.array([grid.key_width, grid.key_height])

    def __call__(self, swipe: Swipe) -> Features:
        points = kernels.resample(swipe.x, swipe.y, swipe.t, self._n_points)
        trajectory = kernels.trajectory_features(points, self._origin, self._key_size)
        return Features(trajectory, self._key_distances.look_up(points), points[:3])
