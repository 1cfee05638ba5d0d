"""A finger's points become a swipe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.touch.swipe_recorder import SwipeRecorder


def test_a_swipe_starts_at_time_zero() -> None:
    recorder = SwipeRecorder()
    recorder.add(10.0, 20.0, 5000.0)
    recorder.add(30.0, 20.0, 5016.0)
    swipe = recorder.swipe()
    assert (swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()) == ([10.0, 30.0], [20.0, 20.0], [0.0, 16.0])
    assert recorder.last == (30.0, 20.0)
    assert recorder.points == [(10.0, 20.0), (30.0, 20.0)]


def test_one_point_is_no_swipe() -> None:
    recorder = SwipeRecorder()
    recorder.add(10.0, 20.0, 5000.0)
    with pytest.raises(ValueError, match="one point"):
        recorder.swipe()


POINTS = st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0, 1e9)), min_size=2, max_size=30)


@given(POINTS)
def test_no_point_is_lost_whatever_the_clock_does(points: list[tuple[float, float, float]]) -> None:
    recorder = SwipeRecorder()
    for at, (x, y, t) in enumerate(points):
        assert len(recorder) == at
        recorder.add(x, y, t)
    swipe = recorder.swipe()
    assert list(zip(swipe.x, swipe.y, strict=True)) == [(x, y) for x, y, _ in points]
    assert swipe.t[0] == 0
    assert (swipe.t[1:] >= swipe.t[:-1]).all()
