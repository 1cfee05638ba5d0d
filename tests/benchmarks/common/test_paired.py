"""Timing in turns: the order is fair, and the ratios are those of single inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.common import paired
from benchmarks.common.paired import PairedTimes, order, time_in_turns


@pytest.mark.parametrize("n", range(1, 10))
def test_each_is_at_each_place_and_after_each_other_equally_often(n: int) -> None:
    turns = [order(n, turn) for turn in range(2 * n)]
    assert all(sorted(turn) == list(range(n)) for turn in turns)
    places = Counter((place, one) for turn in turns for place, one in enumerate(turn))
    followers = Counter(pair for turn in turns for pair in pairwise(turn))
    assert len(places) == n * n and set(places.values()) == {2}
    assert len(followers) == n * (n - 1) and set(followers.values()) <= {2}


def test_every_way_is_timed_on_every_input_in_the_order_of_its_turn() -> None:
    """Right after it ran on the input before."""
    calls: list[tuple[str, int]] = []

    def way(name: str, factor: int) -> Callable[[int], int]:
        def run(item: int) -> int:
            calls.append((name, item))
            return factor * item

        return run

    times = time_in_turns({"one": way("one", 1), "two": way("two", 2), "three": way("three", 3)}, [5, 6, 7, 8], warm_up=1)
    assert calls[:3] == [("one", 5), ("two", 5), ("three", 5)]
    names = list(times.outputs)
    expected = [(names[index], item) for turn, item in enumerate([5, 6, 7, 8]) for index in order(3, turn)]
    assert calls[4::2] == expected
    assert calls[3::2] == [(name, {5: 8, 6: 5, 7: 6, 8: 7}[item]) for name, item in expected]
    assert times.outputs == {"one": [5, 6, 7, 8], "two": [10, 12, 14, 16], "three": [15, 18, 21, 24]}
    assert {name: len(column) for name, column in times.milliseconds.items()} == {"one": 4, "two": 4, "three": 4}


def test_what_is_timed_is_the_call_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that only the calls move."""
    now = 0

    def wait(milliseconds: int) -> None:
        nonlocal now
        now += milliseconds * 1_000_000

    monkeypatch.setattr(paired, "perf_counter_ns", lambda: now)
    times = time_in_turns({"slow": lambda item: wait(3 * item), "fast": wait}, [1, 2, 4], warm_up=2)
    assert times.milliseconds["slow"].tolist() == [3, 6, 12] and times.milliseconds["fast"].tolist() == [1, 2, 4]


def test_the_ratio_is_the_median_over_inputs_not_the_ratio_of_medians() -> None:
    times: PairedTimes[int] = PairedTimes({"a": np.array([2.0, 30.0, 40.0]), "b": np.array([1.0, 10.0, 100.0])}, {"a": [], "b": []})
    assert times.ratio("a", "b").median == 2.0
    assert times.ratio("b", "a").median == 0.5
    assert times.ratio("a", "a") == paired.Ratio(1.0, 1.0, 1.0)
    assert times.percentile("a", 50) == 30.0


def test_the_interval_holds_the_medians_of_drawn_inputs() -> None:
    """Of a median of n ratios, the order statistics around n / 2 give the interval without any drawing."""
    ratios = np.random.default_rng(3).lognormal(size=301)
    times: PairedTimes[int] = PairedTimes({"a": ratios, "b": np.ones(301)}, {"a": [], "b": []})
    ratio, ranked = times.ratio("a", "b"), np.sort(ratios)
    half = 1.96 * np.sqrt(301) / 2
    assert ratio.low < ratio.median < ratio.high
    assert ratio.low == pytest.approx(ranked[round(150 - half)], rel=0.1)
    assert ratio.high == pytest.approx(ranked[round(150 + half)], rel=0.1)
    assert times.ratio("a", "b") == ratio  # the draws are the same each time
