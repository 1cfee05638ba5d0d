"""The pages of digits and symbols, as keys on a grid's own width and height."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from engine import Grid, Key
from keyboard_app.key_layout import complete

SYMBOLS = (
    ("1234567890", "@#$_&-+()/", "*\"':;!?", ",."),
    ("~`|•√π÷×§№", "£€₽¥^°={}\\", "%«»…—[]", "<>"),
)
"""For each page its three rows, and what stands left and right of the space bar."""

COLUMNS = 10
WIDE = 1.5
"""Width of the actions at both ends of the lower rows, in columns."""
SPACE = 5.0
"""Width of the space bar, in columns."""

Part = tuple[str | None, str | None, float]
"""A key of a row: its label or its action, and its width in columns."""


def symbol_pages(grid: Grid) -> tuple[tuple[Key, ...], ...]:
    """The pages in their order, in units of the grid and on the height of `complete(grid)`.

    Action `toNumberState` leads to the next page, from the last one to the first; `toLetters` back to the letters. The lowest
    row is where the grid's own is, so that the space bar stays under the thumb.
    """
    keys = complete(grid)[0]
    top, bottom = min(key.y for key in keys), max(key.y + key.h for key in keys)
    lowest = max(key.y for key in keys)
    if lowest - top < (bottom - top) / 2:  # a grid whose keys do not stand in rows
        lowest = bottom - (bottom - top) / 4
    height = (lowest - top) / 3
    heights = ((top, height), (top + height, height), (top + 2 * height, height), (lowest, bottom - lowest))
    return tuple(
        tuple(key for row, place in zip(_rows(*page), heights, strict=True) for key in _row(row, grid.width / COLUMNS, place))
        for page in SYMBOLS
    )


def _rows(upper: str, middle: str, lower: str, beside_space: str) -> tuple[list[Part], ...]:
    return (
        _labels(upper),
        _labels(middle),
        [(None, "toNumberState", WIDE), *_labels(lower), (None, "backspace", WIDE)],
        [(None, "toLetters", WIDE), *_labels(beside_space[0]), (None, "space", SPACE), *_labels(beside_space[1]), (None, "enter", WIDE)],
    )


def _labels(labels: str) -> list[Part]:
    return [(label, None, 1.0) for label in labels]


def _row(parts: list[Part], column: float, place: tuple[float, float]) -> list[Key]:
    """The keys side by side; `column` is a column's width, `place` the row's y and height, grid units."""
    starts = itertools.accumulate((columns * column for _, _, columns in parts), initial=0.0)
    return [
        Key(label, action, left, place[0], columns * column, place[1])
        for (label, action, columns), left in zip(parts, starts, strict=False)
    ]


def next_page_label(keys: Sequence[Key]) -> str:
    """What stands on the key `toNumberState` of a page: more symbols on that of the digits, else the digits."""
    labels = {key.label or key.action for key in keys}
    return "=\\<" if {"1", "toLetters"} <= labels else "?123"


def letters_label(grid: Grid) -> str:
    """What stands on the key `toLetters`: the first three letters of the grid's alphabet."""
    return "".join(sorted(key.label or "" for key in grid.letter_keys)[:3]).upper()
