"""The pages of digits and symbols, as keys on a grid's own width and height, and what stands on the keys between the pages.

Fields for numbers and addresses get keys of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine import Grid, Key, Language
from keyboard_app.keys.layout import Part, complete, row

ADDRESS_SIGNS = {"email": "@", "url": "/"}
"""What takes the place of the comma in such a field, which has none."""
NUMBERS: tuple[tuple[Part, ...], ...] = (
    (("+", None, 1.0), ("1", None, 1.0), ("2", None, 1.0), ("3", None, 1.0), (None, "backspace", 1.0)),
    (("-", None, 1.0), ("4", None, 1.0), ("5", None, 1.0), ("6", None, 1.0), ("/", None, 1.0)),
    ((None, "toNumberState", 1.0), ("7", None, 1.0), ("8", None, 1.0), ("9", None, 1.0), (":", None, 1.0)),
    ((None, "toLetters", 1.0), (",", None, 1.0), ("0", None, 1.0), (".", None, 1.0), (None, "enter", 1.0)),
)
"""The rows of the page for numbers, dates, times and telephones."""
WIDE = 1.5
"""Width of the actions at both ends of the lower rows, in widths of a symbol; ten symbols fill a row."""
SPACE = 5.0
"""Width of the space bar, in widths of a symbol."""


def symbol_pages(language: Language, grid: Grid) -> tuple[tuple[Key, ...], ...]:
    """The language's pages in their order, in units of the grid and on the height of `complete(grid)`.

    Action `toNumberState` leads to the next page, from the last one to the first; `toLetters` back to the letters. The lowest
    row is where the grid's own is, so that the space bar stays under the thumb.
    """
    return tuple(_page(_rows(*page), grid) for page in language.symbols)


def number_page(grid: Grid) -> tuple[Key, ...]:
    """The page for a field that takes numbers, in the same units and with the same actions."""
    return _page(NUMBERS, grid)


def letters_for(purpose: str, keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys of a grid for a field of that purpose: the comma's key has the sign that addresses need."""
    sign = ADDRESS_SIGNS.get(purpose)
    return tuple(replace(key, label=sign) if sign and key.label == "," else key for key in keys)


def _page(rows: Sequence[Sequence[Part]], grid: Grid) -> tuple[Key, ...]:
    keys = complete(grid)[0]
    top, bottom = min(key.y for key in keys), max(key.y + key.h for key in keys)
    lowest = max(key.y for key in keys)
    if lowest - top < (bottom - top) / 2:  # a grid whose keys do not stand in rows
        lowest = bottom - (bottom - top) / 4
    height = (lowest - top) / 3
    heights = ((top, height), (top + height, height), (top + 2 * height, height), (lowest, bottom - lowest))
    return tuple(key for parts, place in zip(rows, heights, strict=True) for key in row(parts, grid.width, *place))


def _rows(upper: str, middle: str, lower: str, beside_space: str) -> tuple[list[Part], ...]:
    return (
        _labels(upper),
        _labels(middle),
        [(None, "toNumberState", WIDE), *_labels(lower), (None, "backspace", WIDE)],
        [(None, "toLetters", WIDE), *_labels(beside_space[0]), (None, "space", SPACE), *_labels(beside_space[1]), (None, "enter", WIDE)],
    )


def _labels(labels: str) -> list[Part]:
    return [(label, None, 1.0) for label in labels]


def next_page_label(keys: Sequence[Key]) -> str:
    """What stands on the key `toNumberState` of a page: more symbols on that of the digits, else the digits."""
    labels = {key.label or key.action for key in keys}
    return "=\\<" if {"1", "toLetters"} <= labels else "?123"
