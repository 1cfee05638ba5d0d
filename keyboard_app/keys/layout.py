"""Where a grid's keys are in the window. Only here is y flipped: it goes down in a grid, and up in the window."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from engine import Grid, Key

MAX_STRETCH = 1.6
"""How much the grid's ratio of width to height may change to fill the area."""

HEIGHT_OF_WINDOW = 0.42
"""The keyboard takes at most this share of the window's height."""

SIZES = {"small": 0.82, "medium": 1.0, "large": 1.19}
"""The sizes that people can choose, as factors of the keyboard's height."""

HEIGHT_OF_WIDTH = 0.66
"""Height of the keyboard in widths of the window, if the window is high enough: four rows of 60 on a phone 360 wide."""

REACH = 1.0
"""A touch that misses all keys counts as on the nearest one up to this distance, in typical key widths and heights."""

ONE_HAND = 0.75
"""The keys for one hand take at most this share of the width."""

SMALLEST_GAP = 0.14
"""Share of the width between the halves of split keys, at least."""

Arrangement = Literal["full", "left", "right", "split"]
"""Where the keys are in their area: over all of it, at one edge for one thumb, or in two halves at both edges."""

Part = tuple[str | None, str | None, float]
"""A key of a row: its label or its action, and its width in shares of the row."""

ADDED_ROW: tuple[Part, ...] = (
    (None, "shift", 1.5),
    (None, "toNumberState", 1.5),
    (",", None, 1.0),
    (None, "space", 4.0),
    (".", None, 1.0),
    (None, "backspace", 1.5),
    (None, "enter", 1.5),
)
"""The row that a grid with nothing but letters gets below them."""


@dataclass(frozen=True)
class Area:
    """A rectangle in the window, y up from the bottom."""

    x: float
    """of the left edge, px"""
    y: float
    """of the bottom edge, px"""
    width: float
    """px"""
    height: float
    """px"""


@dataclass(frozen=True)
class PlacedKey:
    """A key and its hitbox in the window, y up from the bottom."""

    key: Key
    x: float
    """of the left edge, px"""
    y: float
    """of the bottom edge, px"""
    w: float
    """px"""
    h: float
    """px"""

    @property
    def centre(self) -> tuple[float, float]:
        """px"""
        return self.x + self.w / 2, self.y + self.h / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.w and self.y < y <= self.y + self.h

    def beside(self, x: float, y: float) -> tuple[float, float]:
        """How far the point is outside the hitbox, px, horizontally and vertically; (0, 0) inside."""
        return max(self.x - x, x - self.x - self.w, 0.0), max(self.y - y, y - self.y - self.h, 0.0)


@dataclass(frozen=True)
class KeyLayout:
    """The keys of a page, placed in the window. Build it with `fit`."""

    keys: tuple[PlacedKey, ...]
    area: Area
    """what the page of grid_width x grid_height covers, with the margins of the grid"""
    grid_width: float
    """grid units"""
    grid_height: float
    """grid units"""
    gap: float = 0.0
    """px between two halves; 0: there is one piece"""
    seams: tuple[tuple[float, float], ...] = ()
    """for each row of two halves, from the top: (where it ends, where its left half ends), grid units"""

    @cached_property
    def key_width(self) -> float:
        """Median width of the keys, px."""
        return statistics.median(placed.w for placed in self.keys)

    @cached_property
    def key_height(self) -> float:
        """Median height of the keys, px."""
        return statistics.median(placed.h for placed in self.keys)

    def to_grid(self, x: float, y: float) -> tuple[float, float]:
        """A point of the window (px, y up) in grid units, y down. All points of a gap are where its halves meet."""
        down = (self.area.y + self.area.height - y) / self.area.height * self.grid_height
        unit, seam = self._unit, self._seam(down)
        across = x - self.area.x
        if across > seam * unit:
            across = max(across - self.gap, seam * unit)
        return across / unit, down

    def to_px(self, x: float, y: float) -> tuple[float, float]:
        """A point in grid units (y down) in the window, px, y up: the inverse of `to_grid`."""
        up = self.area.y + self.area.height - y / self.grid_height * self.area.height
        return self.area.x + x * self._unit + (self.gap if x > self._seam(y) else 0.0), up

    @property
    def _unit(self) -> float:
        """px of a grid unit, across"""
        return (self.area.width - self.gap) / self.grid_width

    def _seam(self, down: float) -> float:
        """Where the left half ends in the row at that height; grid units."""
        return next((seam for bottom, seam in self.seams if down < bottom), self.seams[-1][1] if self.seams else math.inf)

    def key_at(self, x: float, y: float) -> Key | None:
        """The first key whose hitbox contains the point (px, y up), or None."""
        return next((placed.key for placed in self.keys if placed.contains(x, y)), None)

    def nearest_key(self, x: float, y: float) -> Key | None:
        """The key at the point (px, y up), or the nearest within `REACH` (of equally near ones the first), or None."""
        return self.key_at(x, y) or self._neighbour(x, y)

    def placed(self, key: Key) -> PlacedKey:
        """Where that key is. Raises: ValueError if it is not in this layout."""
        for placed in self.keys:
            if placed.key == key:
                return placed
        raise ValueError(f"key '{key.name}' is not on this page of {len(self.keys)} keys: place it with `fit` first")

    def _neighbour(self, x: float, y: float) -> Key | None:
        near: list[tuple[float, Key]] = []
        for placed in self.keys:
            across, along = placed.beside(x, y)
            if across <= REACH * self.key_width and along <= REACH * self.key_height:
                near.append((math.hypot(across, along), placed.key))
        return min(near, key=lambda pair: pair[0])[1] if near else None


def fit(keys: Sequence[Key], grid_width: float, grid_height: float, area: Area, arrangement: Arrangement = "full") -> KeyLayout:
    """Places the keys of a page of grid_width x grid_height units in the area.

    They fill it, or are centred in it if filling it would stretch them by more than `MAX_STRETCH`. Both widths and both
    heights must be above 0: a window without a size has no layout.
    """
    if arrangement == "split":
        return _split(keys, grid_width, grid_height, area)
    room = area.width if arrangement == "full" else ONE_HAND * area.width
    scale_x, scale_y = room / grid_width, area.height / grid_height
    scale_x, scale_y = min(scale_x, scale_y * MAX_STRETCH), min(scale_y, scale_x * MAX_STRETCH)
    width, height = scale_x * grid_width, scale_y * grid_height
    left = area.x + {"left": 0.0, "full": 0.5, "right": 1.0}[arrangement] * (area.width - width)
    bottom = area.y + (area.height - height) / 2
    top = bottom + height
    placed = tuple(
        PlacedKey(key, left + key.x * scale_x, top - (key.y + key.h) * scale_y, key.w * scale_x, key.h * scale_y) for key in keys
    )
    return KeyLayout(placed, Area(left, bottom, width, height), grid_width, grid_height)


def _split(keys: Sequence[Key], grid_width: float, grid_height: float, area: Area) -> KeyLayout:
    """The keys in two halves at both edges of the area. A key over the middle that is wide, like the space bar, is in both."""
    middle, usual = grid_width / 2, statistics.median(key.w for key in keys)
    halved: list[Key] = []
    for key in keys:
        if min(middle - key.x, key.x + key.w - middle) > 0.75 * usual:
            halved += [replace(key, w=middle - key.x), replace(key, x=middle, w=key.x + key.w - middle)]
        else:
            halved.append(key)
    left = {key for key in halved if key.x + key.w / 2 <= middle}
    rows = sorted({key.y + key.h for key in halved})
    seams = tuple((bottom, max((key.x + key.w for key in left if key.y + key.h == bottom), default=middle)) for bottom in rows)
    whole = fit(halved, grid_width, grid_height, replace(area, width=(1 - SMALLEST_GAP) * area.width))
    gap, shift = area.width - whole.area.width, area.x - whole.area.x
    placed = tuple(replace(one, x=one.x + shift + (0.0 if one.key in left else gap)) for one in whole.keys)
    return replace(whole, keys=placed, area=replace(whole.area, x=area.x, width=area.width), gap=gap, seams=seams)


def keyboard_area(window_width: float, window_height: float, size: str = "medium") -> Area:
    """Where the keys are in a window (px): at the bottom, as wide as the window. size: one of SIZES."""
    height = SIZES[size] * min(HEIGHT_OF_WINDOW * window_height, HEIGHT_OF_WIDTH * window_width)
    return Area(0.0, 0.0, window_width, height)


def complete(grid: Grid) -> tuple[tuple[Key, ...], float]:
    """The grid's keys with all that a message needs, and their height in grid units.

    The actions of `ADDED_ROW` that the grid lacks get a row below its own keys, together with comma and full stop if the grid
    lacks those. A grid that has all the actions is returned unchanged. Letters without capitals (Hebrew) need no shift.
    """
    present = {(key.label, key.action) for key in grid.keys}
    if all(key.name.upper() == key.name for key in grid.letter_keys):
        present.add((None, "shift"))
    lacking = [part for part in ADDED_ROW if part[:2] not in present]
    if all(action is None for _, action, _ in lacking):
        return grid.keys, grid.height
    return grid.keys + row(lacking, grid.width, grid.height, grid.key_height), grid.height + grid.key_height


def row(parts: Sequence[Part], width: float, top: float, height: float) -> tuple[Key, ...]:
    """A row of keys side by side, from the left edge of the grid to `width`; all in grid units."""
    unit = width / sum(share for _, _, share in parts)
    lefts = itertools.accumulate((share * unit for _, _, share in parts), initial=0.0)
    return tuple(Key(label, action, left, top, share * unit, height) for (label, action, share), left in zip(parts, lefts, strict=False))
