"""Key places: what a network that reads keys is told of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from engine.grid import Grid
from engine.key_places import KeyPlaces
from tests.conftest import LATIN


def grid_of(rows: tuple[str, ...], width: float = 10.0, height: float = 20.0, aliases: dict[str, str] | None = None) -> Grid:
    keys = [
        {"label": letter, "hitbox": {"x": column * width, "y": row * height, "w": width, "h": height}}
        for row, letters in enumerate(rows)
        for column, letter in enumerate(letters)
    ]
    value = {"width": 20 * width, "height": 10 * height, "keys": keys, "aliases": aliases or {}}
    return Grid.from_json("made up", value)


def test_places_are_in_keys_from_the_middle_of_the_key_centres() -> None:
    places = KeyPlaces.on(grid_of(("abc", "def")), "abcdef")
    np.testing.assert_array_equal(places.keys[:, :2], [[-1, -0.5], [0, -0.5], [1, -0.5], [-1, 0.5], [0, 0.5], [1, 0.5]])
    np.testing.assert_array_equal(places.keys[:, 2:], 1.0)
    assert places.middle.tolist() == [15, 20] and places.size.tolist() == [10, 20]
    assert places.key_of.tolist() == [0, 1, 2, 3, 4, 5]


def test_neither_size_nor_row_height_is_left_in_them(qwerty: Grid) -> None:
    one, other = (KeyPlaces.on(grid_of(("qwe", "asd"), *size), "qweasd") for size in ((10.0, 20.0), (99.0, 17.0)))
    np.testing.assert_allclose(one.keys, other.keys, atol=1e-6)
    assert len(KeyPlaces.on(qwerty, LATIN)) == 26


def test_letters_may_share_a_key() -> None:
    places = KeyPlaces.on(grid_of(("еь",), aliases={"ё": "е", "ъ": "ь"}), "еёъь")
    assert len(places) == 2
    assert places.key_of.tolist() == [0, 0, 1, 1]


def test_a_letter_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="grid 'made up' has no key for 'z'"):
        KeyPlaces.on(grid_of(("abc",)), "abz")
