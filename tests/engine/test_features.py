"""Features against their naive twin, their invariances, and swipes at the limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import kernels
from engine.features import N_COLUMNS, SPACING, FeatureExtractor, Features, FeatureSpec
from engine.grid import Grid, load_grids
from engine.swipe import LARGEST, Swipe
from tests.conftest import ALPHABETS, LATIN
from tests.support import naive

QWERTY = load_grids()["qwerty_en"]
EXTRACT = FeatureExtractor(FeatureSpec(), QWERTY, LATIN)
CELL = 0.01 * QWERTY.key_width / QWERTY.key_radius
"""the error of a key distance, in key radii"""

Array = npt.NDArray[np.float64]


@st.composite
def swipes(draw: st.DrawFn, max_size: int = 60) -> Swipe:
    """Points on and around the grid at whole units and milliseconds, some of them at the same place or time."""
    xy = st.tuples(st.integers(-50, 1130), st.integers(-50, 690))
    places = draw(st.lists(xy, min_size=2, max_size=max_size))
    waits = draw(st.lists(st.sampled_from([0, 1, 8, 16, 17, 62, 400]), min_size=len(places), max_size=len(places)))
    x, y = zip(*places, strict=True)
    return Swipe.from_points(x, y, np.cumsum(waits))


def line(n: int = 30, speed: float = 1.0) -> Swipe:
    """From q to p at a constant speed, in units a millisecond."""
    x = np.linspace(54, 1026, n)
    return Swipe.from_points(x, np.full(n, 90.0), (x - 54) / speed)


def moved(swipe: Swipe, dx: float = 0, dy: float = 0, dt: float = 0) -> Swipe:
    return Swipe.from_points(swipe.x + dx, swipe.y + dy, swipe.t + dt)


def scaled(grid: Grid, factor: float) -> Grid:
    keys = [
        {"label": key.label, "hitbox": {"x": key.x * factor, "y": key.y * factor, "w": key.w * factor, "h": key.h * factor}}
        for key in grid.letter_keys
    ]
    return Grid.from_json("scaled", {"width": grid.width * factor, "height": grid.height * factor, "keys": keys})


class TestResample:
    @given(swipes(), st.integers(2, 80))
    def test_against_naive(self, swipe: Swipe, n_points: int) -> None:
        points = kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["mixed"])
        curve = (swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist())
        assert points.shape == (4, n_points)
        assert points.dtype == np.float64
        np.testing.assert_allclose(points[:3], naive.resample(*curve, n_points), atol=1e-6)
        allowed = naive.gaps(*curve, n_points)
        assert all(gap in gaps for gap, gaps in zip(points[3], allowed, strict=True))

    @given(swipes(), st.integers(2, 80))
    def test_keeps_the_ends_the_order_and_the_bounds(self, swipe: Swipe, n_points: int) -> None:
        x, y, t, gap = kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["mixed"])
        assert (x[0], y[0], t[0]) == (swipe.x[0], swipe.y[0], swipe.t[0])
        np.testing.assert_allclose((x[-1], y[-1], t[-1]), (swipe.x[-1], swipe.y[-1], swipe.t[-1]), atol=1e-6)
        assert (np.diff(t) >= -1e-9).all()
        for values, recorded in ((x, swipe.x), (y, swipe.y), (t, swipe.t)):
            assert values.min() >= recorded.min() - 1e-9
            assert values.max() <= recorded.max() + 1e-9
        assert (gap >= 0).all()

    def test_constant_speed_gives_even_points(self) -> None:
        x, _, t, _ = kernels.resample(*_curve(line()), 10, *SPACING["mixed"])
        np.testing.assert_allclose(x, np.linspace(54, 1026, 10))
        np.testing.assert_allclose(t, np.linspace(0, 972, 10))

    def test_a_pause_gets_half_its_share_of_the_time(self) -> None:
        """100 units in 100 ms, then 100 ms of rest: the rest is half the time and none of the length."""
        x, _, _, _ = kernels.resample(np.array([0.0, 100, 100]), np.zeros(3), np.array([0.0, 100, 200]), 401, *SPACING["mixed"])
        assert np.count_nonzero(x >= 100 - 1e-9) == pytest.approx(401 / 4, abs=1)

    def test_the_longest_gap_is_seen(self) -> None:
        _, _, _, gap = kernels.resample(np.array([0.0, 10, 20, 30]), np.zeros(4), np.array([0.0, 16, 416, 432]), 64, *SPACING["mixed"])
        assert set(gap) == {16, 400}

    @given(swipes(), st.integers(1, 10))
    def test_repeated_points_change_nothing(self, swipe: Swipe, times: int) -> None:
        assume(np.ptp(swipe.t) > 0 and np.ptp(swipe.x) + np.ptp(swipe.y) > 0)
        repeated = [np.repeat(values, times) for values in (swipe.x, swipe.y, swipe.t)]
        expected = kernels.resample(swipe.x, swipe.y, swipe.t, 32, *SPACING["mixed"])
        np.testing.assert_allclose(kernels.resample(*repeated, 32, *SPACING["mixed"])[:3], expected[:3], atol=1e-6)


class TestTrajectory:
    @given(swipes(), st.sampled_from([4, 16, 64]))
    def test_against_naive(self, swipe: Swipe, n_points: int) -> None:
        points = kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["mixed"])
        origin, key_size = (540.0, 259.5), (108.0, 173.0)
        trajectory = kernels.trajectory_features(points, np.array(origin), np.array(key_size))
        assert trajectory.shape == (n_points, N_COLUMNS)
        assert trajectory.dtype == np.float32
        np.testing.assert_allclose(trajectory, naive.trajectory_features(points, origin, key_size), atol=1e-4, rtol=1e-5)

    @given(swipes(), st.integers(-2000, 2000), st.integers(-2000, 2000))
    def test_a_move_shows_only_in_the_coordinates(self, swipe: Swipe, dx: int, dy: int) -> None:
        before, after = EXTRACT(swipe).trajectory, EXTRACT(moved(swipe, dx, dy)).trajectory
        np.testing.assert_allclose(after[:, 0] - before[:, 0], dx / QWERTY.key_width / 3, atol=1e-4)
        np.testing.assert_allclose(after[:, 1] - before[:, 1], dy / QWERTY.key_height, atol=1e-4)
        np.testing.assert_allclose(after[:, 2:6], before[:, 2:6], atol=1e-3)

    @given(swipes(), st.sampled_from([-7, 1000, 1.8e12]))
    def test_when_it_was_does_not_matter(self, swipe: Swipe, dt: float) -> None:
        before, after = EXTRACT(swipe), EXTRACT(moved(swipe, dt=dt))
        np.testing.assert_allclose(after.trajectory[:, :6], before.trajectory[:, :6], atol=1e-2)
        np.testing.assert_allclose(after.key_distances, before.key_distances, atol=2 * CELL)

    @given(swipes(), st.sampled_from([0.01, 0.25, 3.7, 64]))
    def test_the_size_of_the_grid_does_not_matter(self, swipe: Swipe, factor: float) -> None:
        larger = FeatureExtractor(FeatureSpec(), scaled(QWERTY, factor), LATIN)
        before, after = EXTRACT(swipe), larger(Swipe.from_points(swipe.x * factor, swipe.y * factor, swipe.t))
        np.testing.assert_allclose(after.trajectory[:, :6], before.trajectory[:, :6], atol=1e-3)
        np.testing.assert_allclose(after.key_distances, before.key_distances, atol=2 * CELL)

    def test_twice_as_fast_shows_in_time_and_speed_alone(self) -> None:
        slow, fast = EXTRACT(line(speed=1)).trajectory, EXTRACT(line(speed=2)).trajectory
        np.testing.assert_allclose(fast[:, :4], slow[:, :4], atol=1e-5)
        assert (fast[:, 4] < slow[:, 4]).all()
        assert (fast[:, 5] > slow[:, 5]).all()
        assert (fast[:, 6] < slow[:, 6]).all()


class TestExtractor:
    @given(swipes())
    def test_shapes_and_parts(self, swipe: Swipe) -> None:
        features = EXTRACT(swipe)
        assert features.trajectory.shape == (64, N_COLUMNS)
        assert features.key_distances.shape == (64, 26)
        assert features.trajectory.dtype == features.key_distances.dtype == np.dtype(np.float32)
        resampled = naive.resample(swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist(), 64)
        np.testing.assert_allclose(features.points, resampled, atol=1e-6)
        exact = naive.key_distances(features.points, QWERTY.centres(LATIN)) / QWERTY.key_radius
        np.testing.assert_allclose(features.key_distances, exact, atol=CELL)
        assert _is_finite(features)

    @given(swipes())
    def test_the_same_swipe_gives_the_same_numbers(self, swipe: Swipe) -> None:
        fresh = FeatureExtractor(FeatureSpec(), QWERTY, LATIN)
        assert _same(EXTRACT(swipe), EXTRACT(swipe))
        assert _same(EXTRACT(swipe), fresh(swipe))

    @pytest.mark.parametrize(
        ("x", "y", "t"),
        [
            ([5, 5], [5, 5], [0, 0]),
            ([5, 5, 5], [5, 5, 5], [0, 10, 20]),
            ([5, 500], [5, 5], [0, 0]),
            ([5, 500, 500, 900], [5, 5, 5, 5], [7, 7, 7, 7]),
            ([0, LARGEST["x"]], [0, -LARGEST["y"]], [0, 10]),
            ([-LARGEST["x"], LARGEST["x"]], [LARGEST["y"], -LARGEST["y"]], [-LARGEST["t"], LARGEST["t"]]),
            ([5, 500], [5, 5], [LARGEST["t"], LARGEST["t"]]),
        ],
        ids=["still, no time", "still", "no time", "no time, four points", "far away", "largest", "late"],
    )
    def test_limits_stay_finite(self, x: list[float], y: list[float], t: list[float]) -> None:
        assert _is_finite(EXTRACT(Swipe.from_points(x, y, t)))

    def test_a_hundred_thousand_points(self) -> None:
        """A line through all of qwerty's top row, sampled far too often."""
        features, coarse = EXTRACT(line(100_000)), EXTRACT(line(1000))
        np.testing.assert_allclose(features.trajectory[:, :6], coarse.trajectory[:, :6], atol=1e-3)
        np.testing.assert_allclose(features.key_distances, coarse.key_distances, atol=2 * CELL)

    @pytest.mark.parametrize("n_points", [4, 32, 128])
    def test_as_many_points_as_the_model_wants(self, n_points: int) -> None:
        features = FeatureExtractor(FeatureSpec(n_points), QWERTY, LATIN)(line())
        assert (len(features.trajectory), len(features.key_distances), features.points.shape) == (n_points, n_points, (3, n_points))

    @pytest.mark.parametrize("n_points", [-2, 0, 2, 3, 63])
    def test_a_count_that_no_model_has(self, n_points: int) -> None:
        with pytest.raises(ValueError, match=f"^n_points must be even and at least 4, got {n_points}$"):
            FeatureSpec(n_points)

    @pytest.mark.parametrize("name", ALPHABETS)
    def test_every_grid(self, grids: dict[str, Grid], name: str) -> None:
        features = FeatureExtractor(FeatureSpec(), grids[name], ALPHABETS[name])(line())
        assert features.key_distances.shape == (64, len(ALPHABETS[name]))

    def test_a_grid_without_the_letters(self, grids: dict[str, Grid]) -> None:
        with pytest.raises(ValueError, match="grid 'yandex_ru' has no key for 'a'"):
            FeatureExtractor(FeatureSpec(), grids["yandex_ru"], LATIN)


def test_real_swipes_have_even_columns(real_swipes: list[Swipe]) -> None:
    """The constants in the kernel bring real swipes near zero mean and unit variance; far off, training would suffer."""
    trajectories = np.concatenate([EXTRACT(swipe).trajectory for swipe in real_swipes])
    assert np.isfinite(trajectories).all()
    assert (np.abs(trajectories.mean(axis=0)) < 1).all()
    assert (np.abs(np.log2(trajectories.std(axis=0))) < 2).all()


def _curve(swipe: Swipe) -> tuple[Array, Array, Array]:
    return swipe.x, swipe.y, swipe.t


def _is_finite(features: Features) -> bool:
    return bool(np.isfinite(features.trajectory).all() and np.isfinite(features.key_distances).all() and np.isfinite(features.points).all())


def _same(one: Features, other: Features) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("trajectory", "key_distances", "points"))
