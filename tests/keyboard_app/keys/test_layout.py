from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Grid, Key, load_grids
from keyboard_app.keys.layout import (
    ADDED_ROW,
    HEIGHT_OF_WINDOW,
    MAX_STRETCH,
    REACH,
    Area,
    KeyLayout,
    PlacedKey,
    complete,
    fit,
    keyboard_area,
)
from tests.support.approximately import about

GRIDS = load_grids()
WINDOWS = [(320, 240), (320, 480), (360, 640), (640, 360), (800, 1280), (1280, 800), (3840, 2160)]
LETTERS = Grid.from_json(
    "letters",
    {
        "width": 300,
        "height": 200,
        "keys": [
            {"label": letter, "hitbox": {"x": 100 * (index % 3), "y": 100 * (index // 3), "w": 100, "h": 100}}
            for index, letter in enumerate("abcdef")
        ],
    },
)


def layout_of(grid: Grid, window: tuple[int, int]) -> KeyLayout:
    keys, height = complete(grid)
    return fit(keys, grid.width, height, keyboard_area(*window))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("window", WINDOWS, ids="{0[0]}x{0[1]}".format)
def test_every_key_is_in_the_window_and_holds_its_own_middle(grid: Grid, window: tuple[int, int]) -> None:
    layout = layout_of(grid, window)
    assert [placed.key for placed in layout.keys] == list(grid.keys)
    for placed in layout.keys:
        assert placed.x >= -1e-6 and placed.y >= -1e-6
        assert placed.x + placed.w <= window[0] + 1e-6
        assert placed.y + placed.h <= HEIGHT_OF_WINDOW * window[1] + 1e-6
        assert layout.key_at(*placed.centre) == layout.nearest_key(*placed.centre) == placed.key
        assert layout.to_px(placed.key.centre_x, placed.key.centre_y) == pytest.approx(placed.centre)


def test_y_goes_up_in_the_window_and_down_in_the_grid(qwerty: Grid) -> None:
    layout = fit(qwerty.keys, 1080, 640, Area(20, 100, 540, 320))
    assert layout.to_grid(20, 420) == (0, 0)
    assert layout.to_grid(560, 100) == (1080, 640)
    assert layout.placed(qwerty.letter_key("q")) == PlacedKey(qwerty.letter_key("q"), 20, 420 - 86.5, 54, 86.5)
    space = next(key for key in qwerty.keys if key.action == "space")
    assert layout.placed(space).y == 100


@given(
    st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(1, 4000), st.floats(1, 4000), st.floats(-2000, 3000), st.floats(-2000, 3000)
)
def test_grid_and_window_are_each_others_inverse(left: float, bottom: float, width: float, height: float, x: float, y: float) -> None:
    layout = fit(GRIDS["qwerty_en"].keys, 1080, 640, Area(left, bottom, width, height))
    assert layout.to_grid(*layout.to_px(x, y)) == pytest.approx((x, y), abs=1e-3)


@given(st.floats(1, 4000), st.floats(1, 4000))
def test_keys_fill_their_area_and_are_never_stretched_too_far(width: float, height: float) -> None:
    layout = fit(GRIDS["qwerty_en"].keys, 1080, 640, Area(7, 9, width, height))
    placed = layout.area
    stretch = (placed.width / 1080) / (placed.height / 640)
    assert 1 / MAX_STRETCH - 1e-9 <= stretch <= MAX_STRETCH + 1e-9
    assert placed.width == pytest.approx(width) or placed.height == pytest.approx(height)
    if 1 / MAX_STRETCH < (width / 1080) / (height / 640) < MAX_STRETCH:
        assert (placed.width, placed.height) == (about(width), about(height))
    assert placed.x + placed.width / 2 == pytest.approx(7 + width / 2)
    assert placed.y + placed.height / 2 == pytest.approx(9 + height / 2)


def test_a_touch_beside_the_keys_is_on_the_nearest(qwerty: Grid) -> None:
    layout = layout_of(qwerty, (1080, 2160))
    unit, top = layout.key_width, layout.area.height
    assert layout.key_at(unit / 4, layout.placed(qwerty.letter_key("a")).centre[1]) is None
    for x, y, name in [
        (unit / 4, layout.placed(qwerty.letter_key("a")).centre[1], "a"),  # the second row begins half a key later
        (1, top + 0.9 * layout.key_height, "q"),
        (1079, top + 5, "p"),
        (-0.9 * unit, 1, "action toNumberState"),
    ]:
        found = layout.nearest_key(x, y)
        assert found is not None and found.name == name
    assert layout.nearest_key(1, top + 1.1 * REACH * layout.key_height) is None
    assert layout.nearest_key(-1.1 * REACH * unit, 1) is None


@given(st.floats(-300, 1500), st.floats(-300, 1100))
def test_nearest_key_is_the_nearest(x: float, y: float) -> None:
    layout = layout_of(GRIDS["qwerty_en"], (1080, 2160))
    found = layout.nearest_key(x, y)
    distances = {}
    for placed in layout.keys:
        on_key = (min(max(x, placed.x), placed.x + placed.w), min(max(y, placed.y), placed.y + placed.h))
        distances[placed.key] = math.dist((x, y), on_key)
    if found is None:
        assert min(distances.values()) > REACH * min(layout.key_width, layout.key_height)
    else:
        assert distances[found] == pytest.approx(min(distances.values()), abs=1e-6)


def test_a_key_of_another_page_has_no_place(qwerty: Grid) -> None:
    with pytest.raises(ValueError, match="key 'é' is not on this page of 34 keys"):
        layout_of(qwerty, (360, 640)).placed(Key("é", None, 0, 0, 1, 1))


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_shipped_grids_are_complete(grid: Grid) -> None:
    assert complete(grid) == (grid.keys, grid.height)


def test_a_grid_of_letters_gets_a_row_of_actions_below() -> None:
    keys, height = complete(LETTERS)
    assert height == 300
    assert keys[:6] == LETTERS.keys
    assert [(key.label, key.action) for key in keys[6:]] == [part[:2] for part in ADDED_ROW]
    assert keys[6].x == 0 and keys[-1].x + keys[-1].w == pytest.approx(300)
    for left, right in itertools.pairwise(keys[6:]):
        assert left.x + left.w == pytest.approx(right.x)
        assert (left.y, left.h) == (200, 100)


def test_only_what_is_lacking_is_added() -> None:
    space = Key(None, "space", 0, 100, 300, 100)
    with_space = Grid("with_space", 300, 200, (*LETTERS.keys[:3], space, Key(",", None, 0, 0, 1, 1)))
    added = complete(with_space)[0][5:]
    assert [key.name for key in added] == ["action shift", "action toNumberState", ".", "action backspace", "action enter"]
    assert sum(key.w for key in added) == pytest.approx(300)
