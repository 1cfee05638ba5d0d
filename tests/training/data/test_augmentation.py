"""Random variants of a swipe keep what makes it one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from training.data import kernels

ORIGIN, KEY_SIZE = np.array([540.0, 260.0]), np.array([108.0, 173.0])


def wander(n: int, seed: int) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return np.array([*random.uniform(0, 600, (2, n)), np.cumsum(random.integers(0, 40, n))], dtype=np.float64)


@given(st.integers(2, 80), st.integers(0, 1000))
def test_strength_zero_changes_nothing(n: int, seed: int) -> None:
    points = wander(n, seed)
    np.testing.assert_allclose(kernels.augment(points, ORIGIN, KEY_SIZE, 0.0), points, atol=1e-9)


@given(st.integers(2, 80), st.integers(0, 1000), st.floats(0.1, 2.0))
def test_order_of_time_and_ends_are_kept(n: int, seed: int, strength: float) -> None:
    points = wander(n, seed)
    kernels.seed(seed)
    x, y, t = kernels.augment(points, ORIGIN, KEY_SIZE, strength)
    assert 2 <= len(x) <= n
    assert np.all(np.diff(t) >= 0)
    assert np.isfinite([x, y, t]).all()
    assert np.hypot(x[0] - points[0, 0], y[0] - points[1, 0]) < strength * 300
    assert np.hypot(x[-1] - points[0, -1], y[-1] - points[1, -1]) < strength * 300


def test_the_same_seed_gives_the_same_variant_and_another_another() -> None:
    points = wander(60, 1)
    variants = []
    for seed in (4, 4, 5):
        kernels.seed(seed)
        variants.append(kernels.augment(points, ORIGIN, KEY_SIZE, 1.0))
    np.testing.assert_array_equal(variants[0], variants[1])
    assert variants[0].shape != variants[2].shape or np.abs(variants[0] - variants[2]).max() > 1.0


def test_the_scatter_is_that_of_the_shift_and_drift() -> None:
    """x of the first point: shift 0.08 and drift 0.05 of a key, scale 3 % and rotation 0.02 of its place; independent."""
    points = np.array([[640.0, 640.0], [260.0, 260.0], [0.0, 16.0]])
    kernels.seed(11)
    x = np.array([kernels.augment(points, ORIGIN, KEY_SIZE, 1.0)[0, 0] for _ in range(4000)])
    expected = np.sqrt((0.08 * 108) ** 2 + (0.05 * 108) ** 2 + (0.03 * 100) ** 2 + 0.4 * (0.015 * 108) ** 2)
    assert abs(x.mean() - 640) < 1.0
    assert abs(x.std() / expected - 1) < 0.1
