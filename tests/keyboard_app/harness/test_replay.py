"""Replaying a swipe, and the attention that is drawn on it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Swipe, SwipeRecognizer, explain
from keyboard_app.harness.attention import Attention
from keyboard_app.harness.replay import Replay
from tests.support import toy

TIMES = st.lists(st.integers(0, 1000), min_size=2, max_size=30).map(sorted)


def swipe_at(times: list[int]) -> Swipe:
    return Swipe.from_points(range(len(times)), [5] * len(times), times)


@given(TIMES, st.floats(-100, 1200))
def test_those_points_have_come_whose_time_has(times: list[int], now: float) -> None:
    replay = Replay.at_start(swipe_at(times)).at_time(now)
    assert replay.n_come == max(1, sum(time - times[0] <= now for time in times), times.count(times[0]))
    assert 0 <= replay.time_ms <= replay.duration_ms == times[-1] - times[0]
    assert replay.finger == (replay.index, 5)


@given(TIMES, st.lists(st.floats(0, 300), max_size=20))
def test_real_speed_only_goes_forward_and_ends(times: list[int], frames: list[float]) -> None:
    replay = Replay.at_start(swipe_at(times))
    for elapsed in frames:
        later = replay.advanced(elapsed)
        assert later.index >= replay.index
        assert later.time_ms == pytest.approx(min(replay.time_ms + elapsed, replay.duration_ms))
        replay = later
    assert replay.advanced(2000).has_ended


@given(TIMES)
def test_stepping_shows_every_point_once_even_of_one_time(times: list[int]) -> None:
    replay = Replay.at_start(swipe_at(times))
    shown = [replay.index]
    while not replay.has_ended:
        replay = replay.stepped(1)
        shown.append(replay.index)
    assert shown == list(range(len(times)))
    assert replay.stepped(1).index == len(times) - 1
    assert Replay.at_end(replay.swipe).stepped(-len(times)).index == 0


def test_time_does_not_take_back_a_point_that_was_stepped_to() -> None:
    """Points 1 and 2 came at once; after a step to point 1, time goes on from there, to 2."""
    replay = Replay.at_start(swipe_at([0, 10, 10, 30])).stepped(1)
    assert (replay.index, replay.time_ms) == (1, 10)
    assert replay.advanced(5).index == 2
    assert replay.stepped(1).stepped(-1).index == 1


def test_what_has_come_is_a_swipe_from_the_second_point_on() -> None:
    replay = Replay.at_start(swipe_at([0, 10, 20, 30]))
    assert replay.so_far is None
    so_far = replay.at_time(19).so_far
    assert so_far and so_far.t.tolist() == [0, 10]


def test_the_more_the_decoder_looked_the_denser(toy_recognizer: SwipeRecognizer) -> None:
    """The toy looks at frame i alone before letter i."""
    swipe = toy.swipe_of("hello", toy_recognizer.grid)
    swipe = Swipe.from_points(swipe.x, swipe.y, swipe.t + 5000)
    explanation = explain(toy_recognizer, swipe, toy_recognizer.recognize(swipe)[0], toy_recognizer.default_options)
    for letter in range(6):
        attention = Attention.of(explanation, letter)
        assert attention.density.tolist() == np.eye(toy.N_FRAMES)[letter].tolist()
        assert (attention.x[letter], attention.y[letter]) == pytest.approx((swipe.x[2 * letter], swipe.y[2 * letter]))
        assert attention.time_ms[letter] == pytest.approx(40 * letter)
    assert Attention.of(explanation, None).density.tolist() == [1] * 6 + [0] * 2
    with pytest.raises(IndexError):
        Attention.of(explanation, 6)


def test_frames_come_with_the_replay(toy_recognizer: SwipeRecognizer) -> None:
    swipe = toy.swipe_of("hello", toy_recognizer.grid)
    explanation = explain(toy_recognizer, swipe, toy_recognizer.recognize(swipe)[0], toy_recognizer.default_options)
    come = Attention.of(explanation, None).come(80)
    assert come.time_ms.tolist() == pytest.approx([0, 40, 80])
    assert len(come.x) == len(come.y) == len(come.density) == 3
    assert come.letters == ("h", "e", "l")
