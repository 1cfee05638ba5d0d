"""Keys at one edge for one thumb, and in two halves for both."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine import Grid, Swipe, SwipeRecognizer, load_grids
from keyboard_app.keys.layout import SMALLEST_GAP, Area, Arrangement, KeyLayout, complete, fit
from tests.support.pointer import SAMPLE_MS, human_path

GRIDS = load_grids()
AREAS = [Area(0, 0, 360, 240), Area(30, 20, 800, 300), Area(0, 0, 1280, 276), Area(5, 0, 300, 600)]
TEXT = "thanks people about world place great little never after water where right think around small found house again always country"


def layout_of(grid: Grid, area: Area, arrangement: Arrangement) -> KeyLayout:
    keys, height = complete(grid)
    return fit(keys, grid.width, height, area, arrangement)


@pytest.mark.parametrize("arrangement", ["left", "right", "split"])
@pytest.mark.parametrize("area", AREAS, ids=lambda area: f"{area.width}x{area.height}")
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_every_key_is_in_the_area_and_holds_its_own_middle(grid: Grid, area: Area, arrangement: Arrangement) -> None:
    layout = layout_of(grid, area, arrangement)
    for placed in layout.keys:
        assert placed.x >= area.x - 1e-6 and placed.x + placed.w <= area.x + area.width + 1e-6
        assert placed.y >= area.y - 1e-6 and placed.y + placed.h <= area.y + area.height + 1e-6
        assert layout.key_at(*placed.centre) == placed.key
        assert layout.to_px(placed.key.centre_x, placed.key.centre_y) == pytest.approx(placed.centre)
        assert layout.to_grid(*placed.centre) == pytest.approx((placed.key.centre_x, placed.key.centre_y))


@pytest.mark.parametrize(("arrangement", "at_left", "at_right"), [("left", True, False), ("right", False, True), ("split", True, True)])
def test_they_are_at_the_edges(qwerty: Grid, arrangement: Arrangement, at_left: bool, at_right: bool) -> None:
    for area in AREAS[:3]:
        layout = layout_of(qwerty, area, arrangement)
        assert (min(placed.x for placed in layout.keys) == pytest.approx(area.x)) is at_left
        right = max(placed.x + placed.w for placed in layout.keys)
        assert (right == pytest.approx(area.x + area.width)) is at_right


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_the_halves_lie_apart_and_each_has_a_space_bar(grid: Grid) -> None:
    for area in AREAS:
        layout = layout_of(grid, area, "split")
        assert layout.gap >= SMALLEST_GAP * area.width - 1e-6
        middle = area.x + area.width / 2
        for bottom in {placed.y for placed in layout.keys}:
            row = [placed for placed in layout.keys if placed.y == bottom]
            left = [placed.x + placed.w for placed in row if placed.centre[0] < middle]
            right = [placed.x for placed in row if placed.centre[0] >= middle]
            if left and right:
                assert min(right) - max(left) >= layout.gap - 0.01 * layout.key_width - 1  # keys of some grids overlap by a unit
        spaces = [placed for placed in layout.keys if placed.key.action == "space"]
        if len(spaces) == 2:
            assert spaces[1].x - spaces[0].x - spaces[0].w == pytest.approx(layout.gap)


def test_qwerty_is_split_where_hands_meet(qwerty: Grid) -> None:
    layout = layout_of(qwerty, AREAS[2], "split")
    left = {placed.key.label for placed in layout.keys if placed.x < 640}
    assert left - {None, ","} == set("qwertasdfgzxcv") | ({"b"} if "b" in left else set())
    assert [placed.key.action for placed in layout.keys].count("space") == 2


def test_a_finger_that_crosses_the_gap_stands_where_the_halves_meet(qwerty: Grid) -> None:
    layout = layout_of(qwerty, AREAS[2], "split")
    for placed in layout.keys:
        across = [layout.to_grid(x, placed.centre[1])[0] for x in np.linspace(0, 1280, 400)]
        assert all(before <= after for before, after in pairwise(across))
        assert across[0] == 0 and across[-1] == pytest.approx(qwerty.width)


@pytest.mark.parametrize("arrangement", ["left", "split"])
def test_words_are_read(qwerty: Grid, arrangement: Arrangement) -> None:
    recognizer = SwipeRecognizer.load()
    layout, random, n_right = layout_of(qwerty, AREAS[1], arrangement), np.random.default_rng(5), 0
    for word in TEXT.split():
        centres = np.array([next(placed.centre for placed in layout.keys if placed.key.label == letter) for letter in word])
        path = np.array([layout.to_grid(*place) for place in human_path(centres, layout.key_width, random, 0.1)])
        swipe = Swipe.from_points(path[:, 0], path[:, 1], SAMPLE_MS * np.arange(len(path), dtype=float))
        n_right += recognizer.recognize(swipe)[0].word.lower() == word
    assert n_right >= 0.85 * len(TEXT.split())
