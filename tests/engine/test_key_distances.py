"""Hashed key distances against exact ones, and their memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid, load_grids
from engine.key_distances import KeyDistances
from tests.conftest import ALPHABETS, LATIN
from tests.support import naive

GRIDS = load_grids()
TABLES = {name: KeyDistances(GRIDS[name], ALPHABETS[name]) for name in ALPHABETS}

n_points = st.integers(1, 70)
seeds = st.integers(0, 2**32 - 1)


def random_points(grid: Grid, n: int, seed: int) -> npt.NDArray[np.float64]:
    """(2, n): a third on the grid, a third up to three grids away, a third up to the largest number that a swipe may have."""
    chance = np.random.default_rng(seed)
    size, scale = np.array([[grid.width], [grid.height]]), chance.integers(0, 3, n)
    spread = np.where(scale == 2, 1e6 / size, np.where(scale == 1, 3.0, 0.5))
    result: npt.NDArray[np.float64] = size / 2 + spread * size * chance.uniform(-1, 1, (2, n)) * np.where(scale == 2, 0.99, 1.0)
    return result


@pytest.mark.parametrize("name", ALPHABETS)
@given(n_points, seeds)
def test_error_is_at_most_a_hundredth_of_a_key(name: str, n: int, seed: int) -> None:
    grid = GRIDS[name]
    points = random_points(grid, n, seed)
    distances = TABLES[name].look_up(points)
    assert distances.shape == (n, len(ALPHABETS[name]))
    assert distances.dtype == np.float32
    exact = naive.key_distances(points, grid.centres(ALPHABETS[name]))
    rounding = exact * np.finfo(np.float32).eps  # of float32, which counts only hundreds of grids away
    assert (np.abs(distances.astype(np.float64) * grid.key_radius - exact) <= 0.01 * grid.key_width + rounding).all()


@pytest.mark.parametrize("name", ALPHABETS)
def test_memory_is_bounded_and_does_not_grow(name: str) -> None:
    table = KeyDistances(GRIDS[name], ALPHABETS[name])
    table.look_up(random_points(GRIDS[name], 3000, 0))
    arrays = [value for value in vars(table).values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in arrays) <= 4_000_000
    assert 0 <= sum(array.nbytes for array in arrays) - table.n_bytes < 10_000


@given(seeds)
def test_what_was_looked_up_before_does_not_matter(seed: int) -> None:
    used, fresh = TABLES["qwerty_en"], KeyDistances(GRIDS["qwerty_en"], LATIN)
    points = random_points(GRIDS["qwerty_en"], 30, seed)
    once = used.look_up(points)
    used.look_up(random_points(GRIDS["qwerty_en"], 100, seed + 1))
    assert np.array_equal(used.look_up(points), once)
    assert np.array_equal(fresh.look_up(points), once)


def test_more_cells_than_slots() -> None:
    """Slots are replaced, and the distances stay right."""
    grid = GRIDS["qwerty_en"]
    points = random_points(grid, 40_000, 3)
    exact = np.hypot(*(points[:, :, None] - grid.centres(LATIN).T[:, None, :]))
    error = np.abs(TABLES["qwerty_en"].look_up(points) * grid.key_radius - exact)
    assert (error <= 0.01 * grid.key_width + exact * np.finfo(np.float32).eps).all()


def test_a_key_centre_is_at_its_key() -> None:
    grid = GRIDS["qwerty_en"]
    distances = TABLES["qwerty_en"].look_up(grid.centres(LATIN).T.copy())
    assert (np.diag(distances) * grid.key_radius <= 0.01 * grid.key_width).all()
    assert distances.argmin(axis=1).tolist() == list(range(26))


def test_columns_follow_the_alphabet() -> None:
    points = random_points(GRIDS["qwerty_en"], 40, 5)
    backwards = KeyDistances(GRIDS["qwerty_en"], LATIN[::-1])
    assert np.array_equal(backwards.look_up(points)[:, ::-1], TABLES["qwerty_en"].look_up(points))


def test_an_alias_is_as_far_as_its_key() -> None:
    distances = KeyDistances(GRIDS["yandex_ru"], "ёеъь").look_up(random_points(GRIDS["yandex_ru"], 40, 6))
    assert np.array_equal(distances[:, 0], distances[:, 1])
    assert np.array_equal(distances[:, 2], distances[:, 3])


def test_rows_beyond_x_and_y_are_not_read() -> None:
    points = random_points(GRIDS["qwerty_en"], 10, 7)
    more = np.concatenate([points, np.full((2, 10), np.nan)])
    assert np.array_equal(TABLES["qwerty_en"].look_up(more), TABLES["qwerty_en"].look_up(points))


def test_a_letter_without_a_key() -> None:
    with pytest.raises(ValueError, match="grid 'qwerty_en' has no key for 'ё'"):
        KeyDistances(GRIDS["qwerty_en"], "abё")
