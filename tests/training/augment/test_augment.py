"""Transforms of swipes: what each changes and leaves alone, and what they are put together to."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid
from engine.swipe import Swipe
from training.augment.pipeline import Choice, OneOf, OnGrid, Pipeline, Step, variants
from training.augment.pipelines import NARROW, TRANSFORMS, WIDE, load_pipeline, pipeline_from_json, pipeline_to_json
from training.augment.sampling import LEAST_POINTS, MOST_POINTS, CutEnds, DropSamples, DropStretch, KeepEvery, Resample
from training.augment.space import Drift, Jitter, Rotate, Scale, Shift, Smooth, Tremor
from training.augment.timing import Pace, TimeNoise, TimeWarp
from training.augment.transform import Transform

SPACE: list[Transform] = [Scale(), Rotate(), Shift(), Drift(), Tremor(), Jitter(), Smooth()]
TIMING: list[Transform] = [Pace(), TimeWarp(), TimeNoise()]
SAMPLING: list[Transform] = [Resample(), DropSamples(), DropStretch(), KeepEvery(), CutEnds()]
STRONG: list[Transform] = [
    *(Scale(9, 9), Rotate(9), Shift(9, 9), Drift(9, 9), Tremor(9, 0, 99), Jitter(9), Smooth(50), Pace(9)),
    *(TimeWarp(9, 0, 99), TimeNoise(9), Resample(1, 999), DropSamples(1), DropStretch(0.5), KeepEvery(99), CutEnds(999)),
]
NOTHING = [
    *(Scale(0, 0), Rotate(0), Shift(0, 0), Drift(0, 0), Tremor(0), Jitter(0), Smooth(0), Pace(0), TimeWarp(0), TimeNoise(0)),
    *(DropSamples(0), DropStretch(0), KeepEvery(1), CutEnds(0), Pipeline()),
]
PIPELINES: list[Transform] = [NARROW, WIDE, OneOf((Choice(Scale()), Choice(NARROW)))]


@st.composite
def swipes(draw: st.DrawFn) -> Swipe:
    """Two to 90 points in key widths, points and times repeated now and then."""
    n = draw(st.integers(2, 90))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    x, y = random.uniform(-5, 5, (2, n))
    held = np.maximum.accumulate(np.where(random.random(n) < draw(st.sampled_from([0.2, 1.0])), np.arange(n), 0))
    t = draw(st.sampled_from([0.0, 1.7e12])) + np.cumsum(random.integers(0, draw(st.sampled_from([1, 3, 40, 900])), n))
    return Swipe(x[held], y[held], t.astype(np.float64))


seeds = st.integers(0, 1000).map(np.random.default_rng)


def same(one: Swipe, other: Swipe) -> bool:
    return all(np.array_equal(getattr(one, axis), getattr(other, axis)) for axis in "xyt")


# --- all of them ---


@pytest.mark.parametrize("transform", SPACE + TIMING + SAMPLING + STRONG + PIPELINES, ids=str)
@given(swipe=swipes(), random=seeds)
def test_a_variant_is_a_swipe_that_starts_when_the_swipe_did(transform: Transform, swipe: Swipe, random: np.random.Generator) -> None:
    before = Swipe(swipe.x.copy(), swipe.y.copy(), swipe.t.copy())
    variant = transform(swipe, random)
    Swipe.from_points(variant.x, variant.y, variant.t)  # raises where it is none
    assert variant.t[0] == swipe.t[0]
    assert same(swipe, before), "the swipe itself was changed"


@pytest.mark.parametrize("transform", NOTHING, ids=str)
@given(swipe=swipes(), random=seeds)
def test_amounts_of_zero_change_nothing(transform: Transform, swipe: Swipe, random: np.random.Generator) -> None:
    variant = transform(swipe, random)
    for axis in "xyt":
        np.testing.assert_allclose(getattr(variant, axis), getattr(swipe, axis), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("transform", SPACE, ids=str)
@given(swipe=swipes(), random=seeds)
def test_moving_points_leaves_their_times(transform: Transform, swipe: Swipe, random: np.random.Generator) -> None:
    np.testing.assert_array_equal(transform(swipe, random).t, swipe.t)


@pytest.mark.parametrize("transform", TIMING, ids=str)
@given(swipe=swipes(), random=seeds)
def test_changing_times_leaves_places(transform: Transform, swipe: Swipe, random: np.random.Generator) -> None:
    variant = transform(swipe, random)
    np.testing.assert_array_equal(variant.x, swipe.x)
    np.testing.assert_array_equal(variant.y, swipe.y)
    np.testing.assert_array_equal(np.diff(variant.t) > 0, np.diff(swipe.t) > 0)


@pytest.mark.parametrize("transform", PIPELINES + SPACE + TIMING + SAMPLING, ids=str)
def test_the_same_seed_gives_the_same_variants_and_another_others(transform: Transform) -> None:
    random = np.random.default_rng(0)
    x, y = random.uniform(-5, 5, (2, 60))
    swipe = Swipe(x, y, np.linspace(0.0, 1000.0, 60))
    one, again, other = (list(variants(transform, swipe, 8, np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert all(map(same, one, again))
    if not isinstance(transform, KeepEvery):  # which draws nothing
        assert not all(map(same, one, other))


# --- space ---


@given(swipes(), seeds)
def test_a_rotation_keeps_distances_to_the_middle_and_angles_between_points(swipe: Swipe, random: np.random.Generator) -> None:
    variant = Rotate(1.0)(swipe, random)
    ratio = (variant.x + 1j * variant.y) / (swipe.x + 1j * swipe.y)
    np.testing.assert_allclose(np.abs(ratio), 1.0)
    np.testing.assert_allclose(ratio, ratio[0])


@given(swipes(), seeds)
def test_scale_multiplies_and_shift_adds_the_same_everywhere(swipe: Swipe, random: np.random.Generator) -> None:
    scaled, shifted = Scale()(swipe, random), Shift()(swipe, random)
    for axis in "xy":
        ratio = getattr(scaled, axis) / getattr(swipe, axis)
        np.testing.assert_allclose(ratio, ratio[0])
        step = getattr(shifted, axis) - getattr(swipe, axis)
        np.testing.assert_allclose(step, step[0], atol=1e-12)


@given(swipes(), seeds)
def test_drift_is_a_parabola_along_the_swipe(swipe: Swipe, random: np.random.Generator) -> None:
    dx = Drift()(swipe, random).x - swipe.x
    np.testing.assert_allclose(np.diff(dx, 3), 0.0, atol=1e-12)


def test_a_tremor_has_its_size_and_is_smooth() -> None:
    random = np.random.default_rng(3)
    swipe = Swipe(np.zeros(400), np.zeros(400), np.linspace(0.0, 1995.0, 400))
    moves = np.array([[variant.x, variant.y] for variant in variants(Tremor(0.1), swipe, 500, random)])
    np.testing.assert_allclose(moves.std(axis=(0, 2)), 0.1, rtol=0.05)
    fastest = 0.1 * np.sqrt(2 / 3) * 3 * 2 * np.pi * 12 * 0.005
    assert np.abs(np.diff(moves, axis=2)).max() <= fastest


def test_jitter_is_white_and_has_its_size() -> None:
    moves = Jitter(0.1)(Swipe(np.zeros(20_000), np.zeros(20_000), np.arange(20_000.0)), np.random.default_rng(3))
    assert abs(moves.x.std() / 0.1 - 1) < 0.05 and abs(moves.y.std() / 0.1 - 1) < 0.05
    assert abs(np.corrcoef(moves.x[1:], moves.x[:-1])[0, 1]) < 0.05 and abs(np.corrcoef(moves.x, moves.y)[0, 1]) < 0.05


@given(swipes(), st.integers(0, 1000))
def test_smoothing_is_the_weighted_mean_of_neighbours(swipe: Swipe, seed: int) -> None:
    variant = Smooth(2.0)(swipe, np.random.default_rng(seed))
    deviation = np.random.default_rng(seed).uniform(0, 2.0)
    reach = int(np.ceil(3 * deviation))
    for i in range(len(swipe)):
        weights = [np.exp(-0.5 * (k / deviation) ** 2) for k in range(-reach, reach + 1)]
        neighbours = [swipe.x[min(max(i + k, 0), len(swipe) - 1)] for k in range(-reach, reach + 1)]
        assert variant.x[i] == pytest.approx(np.average(neighbours, weights=weights))


# --- time ---


@given(swipes(), seeds)
def test_pace_stretches_all_intervals_alike_and_noise_does_not(swipe: Swipe, random: np.random.Generator) -> None:
    swipe = replace(swipe, t=np.cumsum(np.diff(swipe.t, prepend=0.0) % 1000 + 1))
    ratio = np.diff(Pace(0.5)(swipe, random).t) / np.diff(swipe.t)
    np.testing.assert_allclose(ratio, ratio[0])
    if len(swipe) > 3:
        assert np.ptp(np.diff(TimeNoise()(swipe, random).t) / np.diff(swipe.t)) > 1e-6


@given(swipes(), st.integers(0, 1000))
def test_a_warp_is_a_sine_of_the_place_in_the_swipe(swipe: Swipe, seed: int) -> None:
    variant = TimeWarp()(swipe, np.random.default_rng(seed))
    random = np.random.default_rng(seed)
    waves, phase, depth = random.uniform(0.5, 3.0), random.uniform(0, 2 * np.pi), random.normal(0, 0.2)
    t = swipe.t[0]
    for i in range(1, len(swipe)):
        t += (swipe.t[i] - swipe.t[i - 1]) * np.exp(depth * np.sin(2 * np.pi * waves * i / (len(swipe) - 1) + phase))
        assert variant.t[i] == pytest.approx(t, rel=1e-12, abs=1e-6)


# --- sampling ---


@given(swipes(), seeds, st.floats(20, 200))
def test_resampled_points_lie_on_the_swipe_evenly_in_time(swipe: Swipe, random: np.random.Generator, hz: float) -> None:
    variant = Resample(hz, hz)(swipe, random)
    if swipe.t[-1] == swipe.t[0]:
        assert variant is swipe
        return
    assert [(variant.x[i], variant.y[i], variant.t[i]) for i in (0, -1)] == [(swipe.x[i], swipe.y[i], swipe.t[i]) for i in (0, -1)]
    np.testing.assert_allclose(np.diff(variant.t)[:-1], 1000 / hz, atol=1e-3)
    assert 0 < variant.t[-1] - variant.t[-2] <= 1000 / hz + 1e-3
    for x, t in zip(variant.x[1:-1], variant.t[1:-1], strict=True):
        after = int(np.flatnonzero(swipe.t > t)[0])
        share = (t - swipe.t[after - 1]) / (swipe.t[after] - swipe.t[after - 1])
        assert x == pytest.approx(swipe.x[after - 1] + share * (swipe.x[after] - swipe.x[after - 1]))


def test_a_swipe_of_years_is_not_resampled_to_more_points_than_fit() -> None:
    variant = Resample()(Swipe(np.zeros(3), np.ones(3), np.array([0.0, 5.0, 1e17])), np.random.default_rng(0))
    assert MOST_POINTS - 2 <= len(variant) <= MOST_POINTS


@pytest.mark.parametrize("transform", [DropSamples(0.3), DropStretch(), DropStretch(0.5), KeepEvery(3)], ids=str)
@given(swipe=swipes(), random=seeds)
def test_dropping_leaves_the_ends_and_points_of_the_swipe(transform: Transform, swipe: Swipe, random: np.random.Generator) -> None:
    numbered = replace(swipe, x=np.arange(float(len(swipe))))
    left = transform(numbered, random).x
    assert left[0] == 0 and left[-1] == len(swipe) - 1 and np.all(np.diff(left) > 0)
    gaps = np.diff(left)
    if len(swipe) < LEAST_POINTS:
        assert np.all(gaps == 1)
    elif isinstance(transform, DropStretch):
        assert (gaps > 1).sum() == 1 and 3 <= gaps.max() <= max(2, len(swipe) * transform.share) + 1
    elif isinstance(transform, KeepEvery):
        assert np.all(gaps[:-1] == 3) and gaps[-1] <= 3


@given(swipes(), seeds, st.floats(1, 2000))
def test_cut_ends_leave_a_piece_of_the_swipe_in_one(swipe: Swipe, random: np.random.Generator, most: float) -> None:
    numbered = replace(swipe, x=np.arange(float(len(swipe))))
    cut = CutEnds(most)(numbered, random)
    first, last = int(cut.x[0]), int(cut.x[-1])
    assert cut.x.tolist() == list(range(first, last + 1))
    np.testing.assert_allclose(np.diff(cut.t), np.diff(swipe.t[first : last + 1]), atol=1e-3)
    if first > 0:
        assert swipe.t[first - 1] - swipe.t[0] < most
    if last < len(swipe) - 1:
        assert swipe.t[-1] - swipe.t[last + 1] < most


# --- put together ---


def mark(amount: float) -> Shift:
    """A transform told from others by how far it moves."""
    return Shift(amount, 0)


def test_a_step_is_done_as_often_as_it_says_and_one_is_chosen_by_its_weight() -> None:
    swipe, random = Swipe(np.zeros(2), np.zeros(2), np.arange(2.0)), np.random.default_rng(5)
    choice = OneOf((Choice(mark(1), 3), Choice(mark(0), 0), Choice(mark(1e3), 1)))
    moves = np.array([variant.x[0] for variant in variants(Pipeline((Step(choice, 0.4),)), swipe, 20_000, random)])
    assert (moves == 0).mean() == pytest.approx(0.6, abs=0.015)
    assert (np.abs(moves) > 5).mean() == pytest.approx(0.1, abs=0.01)


def test_steps_are_done_in_their_order() -> None:
    def doubled(swipe: Swipe, random: np.random.Generator) -> Swipe:
        return replace(swipe, x=2 * swipe.x)

    def increased(swipe: Swipe, random: np.random.Generator) -> Swipe:
        return replace(swipe, x=swipe.x + 1)

    pipeline = Pipeline((Step(increased), Step(doubled), Step(doubled, 0.0)))
    assert pipeline(Swipe(np.ones(2), np.ones(2), np.arange(2.0)), np.random.default_rng(0)).x.tolist() == [4, 4]


def test_on_a_grid_lengths_are_key_widths_around_the_middle(qwerty: Grid) -> None:
    centre = np.array(qwerty.origin)
    swipe = Swipe(centre[0] + np.array([0, qwerty.key_width]), centre[1] + np.array([0, 0]), np.arange(2.0))
    scaled = OnGrid(lambda one, _: replace(one, x=2 * one.x, y=one.y + 1), qwerty)(swipe, np.random.default_rng(0))
    np.testing.assert_allclose(scaled.x - centre[0], [0, 2 * qwerty.key_width])
    np.testing.assert_allclose(scaled.y - centre[1], qwerty.key_width)


def test_data_workers_can_be_handed_a_pipeline(qwerty: Grid) -> None:
    swipe = Swipe(np.linspace(100, 900, 30), np.linspace(500, 60, 30), np.linspace(0, 480, 30))
    one, handed = (
        transform(swipe, np.random.default_rng(1)) for transform in (OnGrid(WIDE, qwerty), pickle.loads(pickle.dumps(OnGrid(WIDE, qwerty))))
    )
    assert same(one, handed)


# --- as JSON ---


@pytest.mark.parametrize(
    "pipeline", [NARROW, WIDE, Pipeline(), Pipeline((Step(NARROW, 0.5), Step(OneOf((Choice(Scale()), Choice(NARROW, 0.5))))))]
)
def test_a_pipeline_survives_json(pipeline: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(pipeline_to_json(pipeline)))
    assert load_pipeline(path) == pipeline


def test_every_transform_is_known_by_its_name() -> None:
    for name, kind in TRANSFORMS.items():
        assert pipeline_from_json([{"transform": name}]) == Pipeline((Step(kind()),))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "must be a list of steps"),
        ([3], "step 1 must be an object"),
        ([{"transform": "Scale"}, {"transform": "Scales"}], "step 2: unknown transform 'Scales'; did you mean 'Scale'"),
        ([{"transform": "Xyzzy"}], "unknown transform 'Xyzzy': known are Scale, "),
        ([{"transform": "Pace", "spred": 1}], "Pace has no field 'spred'; did you mean 'spread'"),
        ([{"transform": "Pace", "spread": "1"}], "spread must be a number, got '1'"),
        ([{"transform": "Pace", "spread": True}], "spread must be a number"),
        ([{"transform": "Pace", "spread": -1}], "step 1: Pace: spread is -1, expected a finite number, 0 or more"),
        ([{"transform": "Pace", "spread": float("nan")}], "spread is nan"),
        ([{"transform": "KeepEvery", "step": 1.5}], "step must be a whole number"),
        ([{"transform": "KeepEvery", "step": 0}], "expected at least 1"),
        ([{"transform": "Resample", "low_hz": 0}], "low_hz is 0, expected at least 1"),
        ([{"transform": "Resample", "low_hz": 126}], "low_hz is 126, expected at most 125"),
        ([{"transform": "DropStretch", "share": 0.6}], "share is 0.6, expected at most 0.5"),
        ([{"transform": "Scale", "probability": 1.1}], "the probability of Scale.* is 1.1, expected 0 to 1"),
        ([{"one_of": []}], "the weights of the choices are \\[\\]"),
        ([{"one_of": [{"transform": "Scale", "weight": -1}]}], "step 1: the weights"),
        ([{"one_of": [{"transform": "Scale", "probability": 0.1}]}], "step 1, step 1: Scale has no field 'probability'"),
        ([{"pipeline": 3}], "step 1 must be a list of steps"),
        ([{"one_of": [], "pipeline": []}], "has the fields .*: expected 'transform'"),
    ],
)
def test_what_is_wrong_with_a_pipeline_is_named(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pipeline_from_json(value)


def test_a_file_that_is_no_pipeline_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text("[{]")
    with pytest.raises(ValueError, match=r"pipeline\.json' is not a pipeline"):
        load_pipeline(path)
