"""Swipes: one finger trace meant as a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

LARGEST = {"x": 1e6, "y": 1e6, "t": 1e18}
"""Grid units and milliseconds. Beyond them sums overflow; time may count from 1970, even in nanoseconds."""


@dataclass(frozen=True, eq=False)
class Swipe:
    """One trajectory. Build it with `from_points`, which validates."""

    x: Points
    """(n,), grid units"""
    y: Points
    """(n,), grid units, downwards"""
    t: Points
    """(n,), milliseconds, never decreasing"""

    @classmethod
    def from_points(cls, x: npt.ArrayLike, y: npt.ArrayLike, t: npt.ArrayLike) -> Swipe:
        """The swipe through these points, n >= 2.

        Raises: ValueError for unequal or no points, a single one (a tap), NaN, infinity or absurdly large numbers,
        time that goes backwards.
        """
        arrays = [_as_points(name, values) for name, values in (("x", x), ("y", y), ("t", t))]
        lengths = [len(values) for values in arrays]
        if len(set(lengths)) != 1:
            raise ValueError(f"x, y and t have {lengths[0]}, {lengths[1]} and {lengths[2]} points: they must be equally long")
        if lengths[0] == 0:
            raise ValueError("the swipe is empty: x, y and t have no points")
        if lengths[0] == 1:
            raise ValueError("the swipe has one point: that is a tap, not a swipe; a swipe needs two points or more")
        backwards = np.flatnonzero(np.diff(arrays[2]) < 0)
        if len(backwards):
            at = int(backwards[0])
            raise ValueError(
                f"time goes backwards at point {at + 1}: {arrays[2][at]:g} ms, then {arrays[2][at + 1]:g} ms; sort the points by time"
            )
        return cls(*arrays)

    def __len__(self) -> int:
        return len(self.x)


def _as_points(name: str, values: npt.ArrayLike) -> Points:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be a list of numbers: {error}") from error
    if array.ndim != 1:
        raise ValueError(f"{name} must be a flat list of numbers, got {array.ndim} dimensions")
    wrong = np.flatnonzero(~np.isfinite(array))
    if len(wrong):
        raise ValueError(f"{name} of point {int(wrong[0])} is {array[wrong[0]]}: every coordinate must be a finite number")
    large = np.flatnonzero(np.abs(array) > LARGEST[name])
    if len(large):
        raise ValueError(f"{name} of point {int(large[0])} is {array[large[0]]:g}: it must lie within +-{LARGEST[name]:g}")
    return array
