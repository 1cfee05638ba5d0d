"""Swipes: what is kept, and the text of every complaint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.swipe import LARGEST, Swipe

NAN, INF = float("nan"), float("inf")
points = st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 5000)), min_size=2, max_size=50)


@given(points)
def test_keeps_the_points(rows: list[tuple[float, float, int]]) -> None:
    rows.sort(key=lambda row: row[2])
    x, y, t = zip(*rows, strict=True)
    swipe = Swipe.from_points(x, y, t)
    assert len(swipe) == len(rows)
    assert (swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()) == (list(x), list(y), list(t))
    assert {array.dtype for array in (swipe.x, swipe.y, swipe.t)} == {np.dtype(np.float64)}


@given(points)
def test_time_that_goes_backwards_is_found_where_it_does(rows: list[tuple[float, float, int]]) -> None:
    x, y, t = zip(*rows, strict=True)
    backwards = [i for i in range(1, len(t)) if t[i] < t[i - 1]]
    if not backwards:
        assert len(Swipe.from_points(x, y, t)) == len(t)
    else:
        with pytest.raises(ValueError, match=rf"^time goes backwards at point {backwards[0]}: "):
            Swipe.from_points(x, y, t)


@pytest.mark.parametrize(
    ("x", "y", "t", "expected"),
    [
        ([1, 2], [1], [1, 2], "^x, y and t have 2, 1 and 2 points: they must be equally long$"),
        ([1], [1, 2], [1, 2], "^x, y and t have 1, 2 and 2 points: they must be equally long$"),
        ([], [], [], "^the swipe is empty: x, y and t have no points$"),
        ([3], [4], [0], "^the swipe has one point: that is a tap, not a swipe; a swipe needs two points or more$"),
        ([1, NAN], [1, 2], [0, 1], "^x of point 1 is nan: every coordinate must be a finite number$"),
        ([1, 2], [INF, 2], [0, 1], "^y of point 0 is inf: every coordinate must be a finite number$"),
        ([1, 2], [1, 2], [-INF, 1], "^t of point 0 is -inf: every coordinate must be a finite number$"),
        ([1, None], [1, 2], [0, 1], "^x of point 1 is nan"),
        ([1, 1e7], [1, 2], [0, 1], r"^x of point 1 is 1e\+07: it must lie within \+-1e\+06$"),
        ([1, 2], [-1e300, 2], [0, 1], r"^y of point 0 is -1e\+300: it must lie within \+-1e\+06$"),
        ([1, 2], [1, 2], [0, 1e300], r"^t of point 1 is 1e\+300: it must lie within \+-1e\+18$"),
        ([1, 2, 3], [1, 2, 3], [0, 20, 16], "^time goes backwards at point 2: 20 ms, then 16 ms; sort the points by time$"),
        ([[1, 2]], [1, 2], [0, 1], "^x must be a flat list of numbers, got 2 dimensions$"),
        (7, [1, 2], [0, 1], "^x must be a flat list of numbers, got 0 dimensions$"),
        ([1, 2], ["a", "b"], [0, 1], "^y must be a list of numbers: could not convert string to float"),
        ([1, 2], [1, 2], [[0], [1, 2]], "^t must be a list of numbers: "),
        ([1, 2], [1, 2], {"t": 0}, "^t must be a list of numbers: "),
        ([1, 10**400], [1, 2], [0, 1], "^x must be a list of numbers: "),
    ],
)
def test_complaints(x: Any, y: Any, t: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Swipe.from_points(x, y, t)


def test_the_largest_numbers_are_allowed() -> None:
    swipe = Swipe.from_points([-LARGEST["x"], LARGEST["x"]], [LARGEST["y"], -LARGEST["y"]], [-LARGEST["t"], LARGEST["t"]])
    assert len(swipe) == 2


def test_equal_times_are_allowed() -> None:
    assert Swipe.from_points([1, 2, 3], [1, 2, 3], [5, 5, 5]).t.tolist() == [5, 5, 5]


def test_a_hundred_thousand_points() -> None:
    ramp = np.arange(100_000)
    assert len(Swipe.from_points(ramp % 1080, ramp % 640, ramp)) == 100_000
