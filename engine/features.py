"""Swipe -> the numbers that the network reads. The only definition of them: training imports it from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from engine import kernels
from engine.grid import Grid
from engine.key_distances import KeyDistances
from engine.key_places import KeyPlaces
from engine.naming import check_choice
from engine.swipe import Swipe

Column = Literal["x", "y", "dx", "dy", "log_dt", "log_speed", "log_gap", "dt", "vx", "vy", "ax", "ay"]
"""What a model can read about each point: the first seven are `kernels.trajectory_features`, the rest `kernels.time_derivatives`."""
Scaling = Literal["keys", "bounding_box", "z_score", "paper_2015"]
"""keys: coordinates in keys from the grid's middle, each column near zero mean and unit variance over many swipes. (Another
size or zero of the whole grid would be the same to the network, whose first layer is linear.)
bounding_box: x and y from -1 to 1 within the box around the swipe. z_score: each column of zero mean and unit variance over the
swipe. paper_2015: the columns of each point of zero mean and unit variance, as Alsharif et al. (Long short term memory neural
network for keyboard gesture decoding, ICASSP 2015) contrast-normalise each frame; theirs, unlike ours, holds the keys, too."""
Sampling = Literal["mixed", "arc_length", "time"]
"""What the points are evenly spaced in. time: TIME_STEP apart, repeating the last point after the end of the swipe; in a swipe that is
too long for that, they are further apart."""
COLUMNS: tuple[Column, ...] = ("x", "y", "dx", "dy", "log_dt", "log_speed", "log_gap")
"""The columns that a model reads unless its manifest says otherwise."""
N_COLUMNS = len(COLUMNS)
"""F of such a model"""
TIME_STEP = 10.0
"""milliseconds"""
NO_OFFSET, UNIT_SIZE = np.zeros(2), np.ones(2)
"""Of what is in keys already."""
SPACING: dict[Sampling, tuple[float, float]] = {"mixed": (0.5, 0.0), "arc_length": (0.0, 0.0), "time": (1.0, TIME_STEP)}
"""time_share and least_step of `kernels.resample`"""


@dataclass(frozen=True)
class FeatureSpec:
    """What a model was trained to read; part of its manifest."""

    n_points: int = 64
    """N, the points that a swipe is resampled to; even, at least 4"""
    columns: tuple[Column, ...] = COLUMNS
    """of the trajectory, in this order"""
    scaling: Scaling = "keys"
    sampling: Sampling = "mixed"

    def __post_init__(self) -> None:
        if self.n_points < 4 or self.n_points % 2:
            raise ValueError(f"n_points must be even and at least 4, got {self.n_points}")
        for column in self.columns:
            check_choice("column", column, get_args(Column))
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns must be one or more, each once, got {', '.join(self.columns) or 'none'}")
        check_choice("scaling", self.scaling, get_args(Scaling))
        check_choice("sampling", self.sampling, get_args(Sampling))

    @property
    def n_columns(self) -> int:
        """F"""
        return len(self.columns)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> FeatureSpec:
        """The inverse of `to_fields`. Raises: TypeError for unknown fields, ValueError for unknown values."""
        columns = fields.get("columns", COLUMNS)
        return cls(**{**fields, "columns": tuple(columns)})

    def to_fields(self) -> dict[str, Any]:
        """For JSON. Fields at their default values are left out, so that older engines can read the rest and old bundles stay the same."""
        fields: dict[str, Any] = {"n_points": self.n_points}
        if self.columns != COLUMNS:
            fields["columns"] = list(self.columns)
        if self.scaling != "keys":
            fields["scaling"] = self.scaling
        if self.sampling != "mixed":
            fields["sampling"] = self.sampling
        return fields


@dataclass(frozen=True, eq=False)
class Features:
    """One swipe as the encoder reads it, and the resampled points, for drawing."""

    trajectory: npt.NDArray[np.float32]
    """(N, F)"""
    key_distances: npt.NDArray[np.float32]
    """(N, K), key radii; (N, 0) for a network that reads keys, which measures for itself"""
    points: npt.NDArray[np.float64]
    """(3, N): x, y in grid units, t in milliseconds"""


class Extractor(Protocol):
    """Swipes of one grid -> features for one model."""

    def __call__(self, swipe: Swipe) -> Features: ...


class FeatureExtractor:
    """The features of a network that knows letters."""

    def __init__(self, spec: FeatureSpec, grid: Grid, alphabet: str) -> None:
        """Raises: ValueError where the grid has no key for a letter of the alphabet."""
        self._spec = spec
        self._columns = None if spec.columns == COLUMNS else [get_args(Column).index(column) for column in spec.columns]
        self._key_distances = KeyDistances(grid, alphabet)
        self._origin = np.array(grid.origin)
        self._key_size = np.array([grid.key_width, grid.key_height])

    def __call__(self, swipe: Swipe) -> Features:
        points = self._resample(swipe)
        return Features(self._trajectory(points), self._key_distances.look_up(points), points[:3])

    def _resample(self, swipe: Swipe) -> npt.NDArray[np.float64]:
        """(4, N), see `kernels.resample`."""
        spec, (x, y, t) = self._spec, map(np.ascontiguousarray, (swipe.x, swipe.y, swipe.t))  # kernels are compiled for nothing else
        points: npt.NDArray[np.float64] = kernels.resample(x, y, t, spec.n_points, *SPACING[spec.sampling])
        return points

    def _trajectory(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """(N, F)"""
        trajectory: npt.NDArray[np.float32] = kernels.trajectory_features(points, self._origin, self._key_size)
        if self._spec.scaling == "bounding_box":
            kernels.fit_box(trajectory)
        if self._columns is not None:
            derivatives = kernels.time_derivatives(points, self._key_size)
            trajectory = np.ascontiguousarray(np.concatenate([trajectory, derivatives], axis=1)[:, self._columns])
        match self._spec.scaling:
            case "z_score":
                columns = np.ascontiguousarray(trajectory.T)
                kernels.standardize(columns)
                trajectory = np.ascontiguousarray(columns.T)
            case "paper_2015":
                kernels.standardize(trajectory)
        return trajectory


class KeyFeatureExtractor:
    """The features of a network that reads keys: the trajectory in keys. So is arc length: rows of any height look the same."""

    def __init__(self, spec: FeatureSpec, places: KeyPlaces) -> None:
        """Raises: ValueError for features that such a network does not read."""
        if spec != FeatureSpec(spec.n_points):
            raise ValueError(f"a network that reads keys has the default columns, scaling and sampling, got {spec}: train it with these")
        self._n_points, self._places = spec.n_points, places
        self._no_distances = np.empty((spec.n_points, 0), np.float32)

    def __call__(self, swipe: Swipe) -> Features:
        middle, size = self._places.middle, self._places.size
        x, y = (swipe.x - middle[0]) / size[0], (swipe.y - middle[1]) / size[1]
        points = kernels.resample(x, y, np.ascontiguousarray(swipe.t), self._n_points, *SPACING["mixed"])
        trajectory = kernels.trajectory_features(points, NO_OFFSET, UNIT_SIZE)
        on_grid = points[:3]
        on_grid[:2] = on_grid[:2] * size[:, None] + middle[:, None]
        return Features(trajectory, self._no_distances, on_grid)
