"""Path lengths against the polylines of words, and what is out of the ordinary among them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt
import pytest

from engine.grid import Grid
from tests.conftest import CYRILLIC, LATIN
from training.data.path_length import LEAST_IN_BAND, TOLERANCE, Limits, PathLengths, typical
from training.data.swipe_data import SwipeData


def collection(swipes: list[tuple[str, npt.NDArray[np.float64]]]) -> SwipeData:
    """Of words and their points, (n, 2)."""
    points = np.concatenate([way for _, way in swipes])
    offsets = np.concatenate([[0], np.cumsum([len(way) for _, way in swipes])])
    words = np.array([word for word, _ in swipes])
    no_time = np.arange(len(points), dtype=np.float32)
    return SwipeData(np.vstack([points.T, no_time]).astype(np.float32), offsets, words, words, np.ones(len(words), np.bool_), words)


def detour(word: str, grid: Grid, ratio: float) -> tuple[str, npt.NDArray[np.float64]]:
    """A swipe `ratio` times as long as the word's polyline: along it, and then on."""
    centres = grid.centres(word)
    missing = (ratio - 1) * np.hypot(*np.diff(centres, axis=0).T).sum()
    return word, np.vstack([centres, centres[-1] + [missing, 0.0]])


def test_lengths_by_hand(qwerty: Grid) -> None:
    """q to w is a key's width, and from w to s it is a key's height and half a width."""
    way = np.array([[0.0, 0.0], [300.0, 400.0], [300.0, 508.0]])
    swipes = collection([("qwq", way), ("ws", way[:2]), ("mm", way), ("über", way), ("3", way[1:])])
    lengths = PathLengths.of(swipes, qwerty, LATIN)
    uber = np.hypot(*np.diff(qwerty.centres("uber"), axis=0).T).sum()
    np.testing.assert_allclose(lengths.path * 108, [608, 500, 608, 608, 108], rtol=1e-6)
    np.testing.assert_allclose(lengths.polyline * 108, [216, math.hypot(173, 54), 0, uber, np.nan])
    np.testing.assert_allclose(lengths.ratio, [608 / 216, 500 / math.hypot(173, 54), np.nan, 608 / uber, np.nan], rtol=1e-6)


def test_an_alias_is_typed_on_its_key(grids: dict[str, Grid]) -> None:
    grid = grids["yandex_ru"]
    lengths = PathLengths.of(collection([("еж", np.eye(2)), ("ёж", np.eye(2))]), grid, CYRILLIC)
    assert lengths.polyline[0] == lengths.polyline[1] > 0


def test_the_rule_by_hand(qwerty: Grid) -> None:
    """Logarithms from 0.1 to 0.5 have the median 0.3 and the median deviation 0.1."""
    usual = PathLengths.of(collection([detour("hello", qwerty, math.exp(log)) for log in (0.1, 0.2, 0.3, 0.4, 0.5)]), qwerty, LATIN)
    limits, reach = Limits.of(usual), TOLERANCE * 1.4826 * 0.1
    found = [limits.low[0], limits.median[0], limits.high[0]]
    assert np.log(found) == pytest.approx([0.3 - reach, 0.3, 0.3 + reach], rel=1e-4)
    just_in, just_out = (float(limits.high[0]) * factor for factor in (0.999, 1.001))
    judged = limits.typical(PathLengths.of(collection([detour("hello", qwerty, ratio) for ratio in (just_in, just_out)]), qwerty, LATIN))
    assert judged.tolist() == [True, False]


def test_each_band_has_its_own_limits(qwerty: Grid) -> None:
    """What is usual for short words is out of the ordinary for long ones."""
    random = np.random.default_rng(1)
    short = [detour("we", qwerty, 1.6 + random.normal(0.0, 0.15)) for _ in range(2 * LEAST_IN_BAND)]
    long = [detour("population", qwerty, 1 + abs(random.normal(0.0, 0.02))) for _ in range(2 * LEAST_IN_BAND)]
    probes = [detour(word, qwerty, 2.2) for word in ("we", "population")]
    data = collection(short + long + probes)
    assert len(Limits.of(PathLengths.of(data, qwerty, LATIN)).edges) == 1  # both words have many quantiles
    judged = typical(data, qwerty, LATIN)
    assert judged[-2:].tolist() == [True, False] and judged[:-2].mean() > 0.97


def test_what_does_not_move_is_not_typical_and_what_has_no_polyline_is(qwerty: Grid) -> None:
    still = np.tile(qwerty.centres("h"), (3, 1))
    away = still + np.array([[0], [900], [0]])
    swipes = [detour("hello", qwerty, 1.1)] * 5 + [("hello", still), ("mm", still), ("a", away), ("3", still)]
    assert typical(collection(swipes), qwerty, LATIN).tolist() == [True] * 5 + [False, True, True, True]


def test_without_any_polyline_all_are_typical(qwerty: Grid) -> None:
    assert typical(collection([("a", np.eye(2)), ("mm", 900 * np.eye(2))]), qwerty, LATIN).tolist() == [True, True]


def test_size_and_place_of_the_grid_do_not_matter(real_data: SwipeData, qwerty: Grid) -> None:
    keys = tuple(dataclasses.replace(key, x=2 * key.x, y=2 * key.y, w=2 * key.w, h=2 * key.h) for key in qwerty.keys)
    twice = dataclasses.replace(qwerty, width=2 * qwerty.width, height=2 * qwerty.height, keys=keys)
    larger = dataclasses.replace(real_data, points=real_data.points * np.float32(2))
    expected = typical(real_data, qwerty, LATIN)
    assert typical(larger, twice, LATIN).tolist() == expected.tolist()
    assert 0.9 < expected.mean() < 1


def test_a_grid_without_the_letters_is_refused(real_data: SwipeData, grids: dict[str, Grid]) -> None:
    with pytest.raises(ValueError, match="grid 'yandex_ru' has no key for 'a'"):
        typical(real_data, grids["yandex_ru"], LATIN)
