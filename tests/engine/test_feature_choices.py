"""Columns, scalings and samplings that a model may choose, against their naive twins; and that choosing none changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine import kernels
from engine.features import COLUMNS, SPACING, Column, FeatureExtractor, FeatureSpec, Sampling, Scaling
from engine.grid import load_grids
from engine.manifest import Manifest, ModelBundleError
from engine.swipe import LARGEST, Swipe
from tests.conftest import LATIN
from tests.engine.test_features import line, swipes
from tests.support import naive

QWERTY = load_grids()["qwerty_en"]
KEY_SIZE = (QWERTY.key_width, QWERTY.key_height)
ALL: tuple[Column, ...] = get_args(Column)


def trajectory_of(swipe: Swipe, **choices: Any) -> npt.NDArray[np.float64]:
    return FeatureExtractor(FeatureSpec(**choices), QWERTY, LATIN)(swipe).trajectory.astype(np.float64)


def curve(swipe: Swipe) -> tuple[list[float], list[float], list[float]]:
    return swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()


class TestSampling:
    @given(swipes(), st.integers(2, 80))
    def test_arc_length_against_naive(self, swipe: Swipe, n_points: int) -> None:
        points = kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["arc_length"])
        steps, along = np.linspace(0, 1, n_points), naive.progress(*curve(swipe), 0.0)
        keep = [i for i, at in enumerate(along) if along.count(at) == 1]  # at rest many times are the same place
        for found, values in zip(points[:2], (swipe.x, swipe.y), strict=True):
            np.testing.assert_allclose(found, np.interp(steps, along, values), atol=1e-6)
        assume(len(keep) == len(along))
        np.testing.assert_allclose(points[2], np.interp(steps, along, swipe.t), atol=1e-6)

    @given(swipes(), st.integers(2, 80))
    def test_time_against_naive(self, swipe: Swipe, n_points: int) -> None:
        assume((np.diff(swipe.t) > 0).all())
        points = kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["time"])
        np.testing.assert_allclose(points[:3], naive.resample_by_time(*curve(swipe), n_points), atol=1e-6)

    def test_every_ten_milliseconds_and_then_the_last_point_again(self) -> None:
        features = FeatureExtractor(FeatureSpec(16, sampling="time"), QWERTY, LATIN)(line(speed=10))  # 97.2 ms
        np.testing.assert_allclose(features.points[2], [*range(0, 100, 10), *[97.2] * 6])
        np.testing.assert_allclose(features.points[0], 54 + 10 * features.points[2])

    def test_a_long_swipe_is_spread_evenly(self) -> None:
        features = FeatureExtractor(FeatureSpec(16, sampling="time"), QWERTY, LATIN)(line(speed=1))  # 972 ms
        np.testing.assert_allclose(features.points[2], np.linspace(0, 972, 16))

    def test_a_pause_takes_time_but_no_length(self) -> None:
        """100 units in 100 ms, then 100 ms of rest, on 401 points."""
        x, y, t = np.array([0.0, 100, 100]), np.zeros(3), np.array([0.0, 100, 200])
        resting = {share: np.count_nonzero(kernels.resample(x, y, t, 401, share, 0.0)[0] >= 100 - 1e-9) for share in (0.0, 0.5, 1.0)}
        assert resting == {0.0: 1, 0.5: 101, 1.0: 201}


class TestColumns:
    @given(swipes(), st.sampled_from([4, 16, 64]))
    def test_derivatives_against_naive(self, swipe: Swipe, n_points: int) -> None:
        points = kernels.resample(swipe.x, swipe.y, swipe.t, n_points, *SPACING["mixed"])
        derivatives = kernels.time_derivatives(points, np.array(KEY_SIZE))
        assert derivatives.dtype == np.float32
        np.testing.assert_allclose(derivatives, naive.time_derivatives(points, KEY_SIZE), atol=1e-3, rtol=1e-4)

    def test_a_steady_speed_has_no_acceleration(self) -> None:
        dt, vx, vy, ax, ay = trajectory_of(line(speed=1), columns=("dt", "vx", "vy", "ax", "ay")).T
        np.testing.assert_allclose(dt, [-1, *[972 / 63 / 25 - 1] * 63], atol=1e-5)
        np.testing.assert_allclose(vx, 1 / QWERTY.key_width / 0.02, rtol=1e-4)
        np.testing.assert_allclose([vy, ax, ay], 0, atol=1e-4)

    def test_a_steady_acceleration_is_seen_away_from_the_ends(self) -> None:
        t = np.arange(0, 600.0, 5)
        swipe = Swipe.from_points(54 + 0.002 * t**2, np.full(len(t), 90.0), t)  # 0.004 units a millisecond squared
        (ax,) = trajectory_of(swipe, columns=("ax",), sampling="time").T
        np.testing.assert_allclose(ax[3:-7], 0.004 / QWERTY.key_width / 7e-4, rtol=0.02)

    @given(swipes(), st.permutations(ALL), st.integers(1, len(ALL)))
    def test_those_asked_for_in_their_order(self, swipe: Swipe, order: list[Column], n: int) -> None:
        found, every = trajectory_of(swipe, columns=tuple(order[:n])), trajectory_of(swipe, columns=ALL)
        np.testing.assert_array_equal(found, every[:, [ALL.index(column) for column in order[:n]]])

    @given(swipes())
    def test_the_first_seven_are_those_of_a_model_that_does_not_say(self, swipe: Swipe) -> None:
        np.testing.assert_array_equal(trajectory_of(swipe, columns=ALL)[:, :7], trajectory_of(swipe))

    def test_real_swipes_have_even_columns(self, real_swipes: list[Swipe]) -> None:
        for sampling in get_args(Sampling):
            rows = np.concatenate([trajectory_of(swipe, columns=ALL, sampling=sampling) for swipe in real_swipes])
            assert (np.abs(rows.mean(axis=0)) < 1).all() and (np.abs(np.log2(rows.std(axis=0))) < 2).all()


class TestScaling:
    @given(swipes())
    def test_against_naive(self, swipe: Swipe) -> None:
        plain = trajectory_of(swipe, columns=ALL)
        for scaling, axis in (("z_score", 0), ("paper_2015", 1)):
            found = trajectory_of(swipe, columns=ALL, scaling=scaling)
            np.testing.assert_allclose(found, naive.standardized(plain, axis), atol=2e-3)
        boxed = trajectory_of(swipe, columns=ALL, scaling="bounding_box")
        np.testing.assert_array_equal(boxed[:, 2:], plain[:, 2:])
        places = plain[:, :2] * [3, 1]
        half = max(np.ptp(places, axis=0).max(), 1.0) / 2
        middle = (places.min(axis=0) + places.max(axis=0)) / 2
        np.testing.assert_allclose(boxed[:, :2], (places - middle) / half, atol=1e-3)

    def test_a_box_knows_neither_place_nor_size(self) -> None:
        small = Swipe.from_points([100, 200, 300], [90, 90, 263], [0, 100, 200])
        moved = Swipe.from_points([300, 500, 700], [120, 120, 466], [0, 100, 200])
        one, other = (trajectory_of(swipe, columns=("x", "y"), scaling="bounding_box") for swipe in (small, moved))
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert np.abs(one).max() == pytest.approx(1, abs=1e-5, rel=1e-5)

    @pytest.mark.parametrize("scaling", get_args(Scaling))
    @pytest.mark.parametrize("sampling", get_args(Sampling))
    @pytest.mark.parametrize(
        ("x", "t"),
        [
            ([5, 5], [0, 0]),
            ([5, 5, 5], [0, 10, 20]),
            ([5, 500], [7, 7]),
            ([-LARGEST["x"], LARGEST["x"]], [-LARGEST["t"], LARGEST["t"]]),
        ],
    )
    def test_limits_stay_finite(self, scaling: Scaling, sampling: Sampling, x: list[float], t: list[float]) -> None:
        swipe = Swipe.from_points(x, np.full(len(x), 5.0), t)
        found = trajectory_of(swipe, columns=ALL, scaling=scaling, sampling=sampling)
        assert found.shape == (64, len(ALL)) and np.isfinite(found).all()


class TestSpec:
    def test_a_model_that_does_not_say_is_written_as_before(self, toy_bundle: Path) -> None:
        assert FeatureSpec().to_fields() == {"n_points": 64}
        text = (toy_bundle / "manifest.json").read_text()
        assert json.loads(text)["feature_spec"] == {"n_points": 16}
        assert Manifest.from_json(text).feature_spec == FeatureSpec(16)

    @given(st.permutations(ALL), st.integers(1, len(ALL)), st.sampled_from(get_args(Scaling)), st.sampled_from(get_args(Sampling)))
    def test_json_round_trip(self, order: list[Column], n: int, scaling: Scaling, sampling: Sampling) -> None:
        for columns in (COLUMNS, tuple(order[:n])):
            spec = FeatureSpec(32, columns, scaling, sampling)
            assert FeatureSpec.from_fields(json.loads(json.dumps(spec.to_fields()))) == spec

    def test_it_travels_in_the_manifest(self, toy_bundle: Path) -> None:
        manifest = Manifest.from_json((toy_bundle / "manifest.json").read_text())
        changed = replace(manifest, feature_spec=FeatureSpec(16, ("x", "y", "dt"), "z_score", "time"))
        assert Manifest.from_json(changed.to_json()) == changed

    @pytest.mark.parametrize(
        ("choice", "message"),
        [
            ({"columns": ("x", "log_dtt")}, r"column 'log_dtt' is not known: did you mean 'log_dt'\?"),
            ({"columns": ()}, "columns must be one or more, each once, got none"),
            ({"columns": ("x", "x")}, "columns must be one or more, each once, got x, x"),
            ({"scaling": "zscore"}, r"scaling 'zscore' is not known: did you mean 'z_score'\?"),
            ({"sampling": "?"}, "sampling '\\?' is not known: choose one of mixed, arc_length, time"),
        ],
    )
    def test_bad_choices(self, choice: dict[str, Any], message: str, toy_bundle: Path) -> None:
        with pytest.raises(ValueError, match=message):
            FeatureSpec(**choice)
        fields = json.loads((toy_bundle / "manifest.json").read_text())
        with pytest.raises(ModelBundleError, match=message):
            Manifest.from_json(json.dumps(fields | {"feature_spec": {"n_points": 16, **choice}}))
