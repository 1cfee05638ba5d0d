"""Random variants of a swipe keep what makes it one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid, load_grids
from engine.swipe import Swipe
from tests.support.naive import varied
from training.augment.pipeline import variants
from training.config import Mixture, Transforms
from training.data.batches import Augmentation

QWERTY = load_grids()["qwerty_en"]


def wander(n: int, seed: int) -> Swipe:
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 600, (2, n))
    return Swipe(x, y, np.cumsum(random.integers(0, 40, n)).astype(np.float64))


def vary(swipe: Swipe, seed: int, transforms: Transforms = "narrow") -> npt.NDArray[np.float64]:
    variant = Augmentation(QWERTY, Mixture(transforms=transforms))(swipe, np.random.default_rng(seed))
    return np.array([variant.x, variant.y, variant.t])


@given(st.integers(2, 80), st.integers(0, 1000))
def test_no_transforms_change_nothing(n: int, seed: int) -> None:
    swipe = wander(n, seed)
    np.testing.assert_array_equal(vary(swipe, seed, "none"), [swipe.x, swipe.y, swipe.t])


@given(st.integers(2, 80), st.integers(0, 1000), st.sampled_from(["narrow", "wide"]))
def test_order_of_time_and_ends_are_kept(n: int, seed: int, transforms: Transforms) -> None:
    swipe = wander(n, seed)
    x, y, t = vary(swipe, seed, transforms)
    assert len(x) >= 2 and (transforms == "wide" or len(x) <= n)
    assert np.all(np.diff(t) >= 0)
    assert np.isfinite([x, y, t]).all()
    if transforms == "narrow":  # wide cuts the ends
        assert np.hypot(x[0] - swipe.x[0], y[0] - swipe.y[0]) < 300
        assert np.hypot(x[-1] - swipe.x[-1], y[-1] - swipe.y[-1]) < 300


def test_the_same_seed_gives_the_same_variant_and_another_another() -> None:
    swipe = wander(60, 1)
    one, same, other = (vary(swipe, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert one.shape != other.shape or np.abs(one - other).max() > 1.0


def test_the_scatter_is_that_of_the_shift_and_drift() -> None:
    """x of the first point: shift 0.08 and drift 0.05 of a key, scale 3 % and rotation 0.02 of its place; independent."""
    (x, y), width = QWERTY.origin, QWERTY.key_width
    swipe = Swipe(np.array([x + 100, x + 100]), np.array([y, y]), np.array([0.0, 16.0]))
    augment, random = Augmentation(QWERTY, Mixture()), np.random.default_rng(11)
    first = np.array([variant.x[0] for variant in variants(augment, swipe, 4000, random)])
    expected = np.sqrt((0.08 * width) ** 2 + (0.05 * width) ** 2 + (0.03 * 100) ** 2 + 0.4 * (0.015 * width) ** 2)
    assert abs(first.mean() - x - 100) < 1.0
    assert abs(first.std() / expected - 1) < 0.1


def test_the_default_scatters_as_what_trained_the_shipped_model(qwerty: Grid) -> None:
    """The spread of places, times and numbers of points over many variants."""
    n, turns = 40, 4000
    points = np.array([np.linspace(100, 900, n), np.linspace(500, 60, n), 16.0 * np.arange(n)])
    random = np.random.default_rng(3)
    expected = [varied(points, qwerty, random) for _ in range(turns)]
    ours = [np.array([one.x, one.y, one.t]) for one in variants(Augmentation(qwerty, Mixture()), Swipe(*points), turns, random)]
    for end in (0, -1):
        one, other = (np.std([variant[:2, end] for variant in some], axis=0) for some in (ours, expected))
        np.testing.assert_allclose(one, other, rtol=0.06)
    durations = [np.log([one[2, -1] for one in some]) for some in (ours, expected)]
    assert durations[0].mean() == pytest.approx(durations[1].mean(), abs=0.02)
    assert durations[0].std() == pytest.approx(durations[1].std(), rel=0.06)
    one, other = (np.bincount([variant.shape[1] for variant in some], minlength=n + 1) / turns for some in (ours, expected))
    np.testing.assert_allclose(one, other, atol=0.03)
