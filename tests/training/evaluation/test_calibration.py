"""Calibration: whether probabilities agree with what was meant, and what holding back improbable words does."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.calibration import TRIED, Threshold, calibrate, thresholds


def test_calibration_by_hand() -> None:
    """Two bins: 0.2 and 0.3, neither right; 0.9 four times, three of them right."""
    probability = np.array([0.25, 0.21, 0.95, 0.93, 0.91, 0.97])
    right = np.array([False, False, True, True, False, True])
    low, high = (found := calibrate(probability, right, np.array(list("aabbcc")))).bins
    assert (low.low, low.high, low.n_swipes, low.probability, low.share_right) == pytest.approx((0.2, 0.3, 2, 0.23, 0.0))
    assert (high.low, high.high, high.n_swipes, high.probability, high.share_right) == pytest.approx((0.9, 1.0, 4, 0.94, 0.75))
    assert found.error == pytest.approx((2 * 0.23 + 4 * 0.19) / 6)
    assert (high.interval.low, high.interval.high) == (0.5, 1.0)  # one of the two people has 1 of 2 right, the other both


def test_certainty_and_no_candidate_have_bins() -> None:
    first, last = calibrate(np.array([0.0, 1.0]), np.array([False, True]), np.array(["a", "b"])).bins
    assert (first.low, first.n_swipes, last.high, last.n_swipes) == (0.0, 1, 1.0, 1)


def test_what_is_drawn_by_its_own_probability_is_calibrated() -> None:
    random = np.random.default_rng(3)
    probability = random.random(20000)
    people = random.integers(50, size=20000).astype(str)
    assert calibrate(probability, random.random(20000) < probability, people).error < 0.02
    assert calibrate(probability, random.random(20000) < probability**2, people).error == pytest.approx(1 / 6, abs=0.02)


def test_holding_back_by_hand() -> None:
    """Six swipes: the probable ones right; one improbable is right, one wrong with its word offered, one missed, one without a word."""
    probability = np.array([0.99, 0.95, 0.45, 0.45, 0.25, 0.0])
    found = {one.least_probability: one for one in thresholds(probability, [0, 0, 0, 2, None, None])}
    assert list(found) == list(TRIED)
    assert found[0.2] == Threshold(0.2, 1 / 6, 1 / 3, 0.0, 0.0)
    assert found[0.4] == Threshold(0.4, 2 / 6, 2 / 3, 0.0, 0.0)
    assert found[0.5] == Threshold(0.5, 4 / 6, 1.0, 1 / 3, 0.5)


def test_holding_nothing_back_avoids_nothing() -> None:
    assert thresholds(np.array([0.99]), [0])[0] == Threshold(0.1, 0.0, 0.0, 0.0, 0.0)
