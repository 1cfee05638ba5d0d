"""Figures over many swipes, on inputs whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accuracy import Accuracy
from engine.recognizer import StageTimes
from training.evaluation.metrics import bootstrap_interval, stage_percentiles, swipe_mrr, top_k

ranks = st.lists(st.one_of(st.none(), st.integers(0, 6)), min_size=1, max_size=30)


def test_swipe_mrr_is_worth_1_then_a_tenth_and_less() -> None:
    assert swipe_mrr([0, 1, 2, 3, 4, None]).tolist() == [1.0, 0.1, 0.09, 0.08, 0.0, 0.0]


def test_top_k_counts_the_first_k() -> None:
    assert top_k([0, 1, 2, None], 1).tolist() == [1, 0, 0, 0]
    assert top_k([0, 1, 2, None], 3).tolist() == [1, 1, 1, 0]


@given(ranks)
def test_they_agree_with_the_accuracy_of_the_command_line(found: list[int | None]) -> None:
    accuracy = Accuracy.of_ranks(found)
    for k, share in ((1, accuracy.top_1), (3, accuracy.top_3), (4, accuracy.top_4)):
        assert top_k(found, k).mean() == pytest.approx(share)
    assert swipe_mrr(found).mean() == pytest.approx(accuracy.swipe_mrr)


def test_the_interval_is_what_the_normal_distribution_says_of_many_people() -> None:
    random = np.random.default_rng(1)
    hits = (random.random(400) < 0.8).astype(float)
    interval = bootstrap_interval(hits, np.arange(400).astype(str))
    half = 1.96 * np.sqrt(hits.mean() * (1 - hits.mean()) / 400)
    assert (interval.low, interval.high) == pytest.approx((hits.mean() - half, hits.mean() + half), abs=0.005)


def test_people_are_drawn_again_not_swipes() -> None:
    """Ten people who always or never succeed are ten draws, however many swipes each made."""
    people = np.repeat(np.arange(10), 100).astype(str)
    hits = np.repeat(np.arange(10) < 8, 100).astype(float)
    by_people, by_swipes = bootstrap_interval(hits, people), bootstrap_interval(hits, np.arange(1000).astype(str))
    assert by_people.high - by_people.low > 5 * (by_swipes.high - by_swipes.low)
    assert (by_people.low, by_people.high) == pytest.approx((0.5, 1.0), abs=0.051)


def test_a_person_counts_by_their_swipes() -> None:
    """Resampled shares are of swipes: with one person in two making 99 of 100, only 0, 0.99 and 1 can come out."""
    interval = bootstrap_interval(np.array([1.0] * 99 + [0.0]), np.array(["a"] * 99 + ["b"]))
    assert (interval.low, interval.high) == (0.0, 1.0)
    assert bootstrap_interval(np.ones(5), np.array(list("aabbc"))) == bootstrap_interval(np.ones(2), np.array(list("ab")))


def test_the_interval_is_the_same_every_time() -> None:
    hits, people = np.array([1.0, 0, 1, 1, 0, 1]), np.array(list("aabbcc"))
    assert bootstrap_interval(hits, people) == bootstrap_interval(hits, people)
    assert bootstrap_interval(hits, people, seed=1).low <= hits.mean() <= bootstrap_interval(hits, people, seed=1).high


def test_percentiles_are_by_stage() -> None:
    found = stage_percentiles([StageTimes(1.0, 10.0 * i, 2.0, 100.0) for i in range(101)])
    assert list(found) == ["features", "encode", "search", "total"]
    assert (found["encode"].p50, found["encode"].p95, found["encode"].p99) == pytest.approx((500, 950, 990))
    assert (found["features"].p50, found["total"].p99) == (1, 100)
