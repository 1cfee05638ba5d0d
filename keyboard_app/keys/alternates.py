"""What a long press of a key offers: what the grid has no key for, digits, accented letters, kindred symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyboard_app.text.shift import Shift

if TYPE_CHECKING:
    from engine import Grid, Key, Language

DIGITS = "1234567890"


def alternates(language: Language, grid: Grid, key: Key, shift: Shift = Shift.OFF) -> tuple[str, ...]:
    """What a long press of the key offers on this grid, the likeliest first; letters in the case of `shift`. Often nothing.

    First the letters that are swiped on this key and have none of their own (ё on е), then the digit of the top row, then what
    the language has for the key; no letter that has a key of its own.
    """
    label = key.label or ""
    own = {other.label for other in grid.letter_keys}
    variants = [letter for letter in language.alternates.get(label, "") if letter not in own]
    aliased = [letter for letter, on in grid.aliases.items() if on == label]
    digit = [top_row_digits(grid)[label]] if label in top_row_digits(grid) else []
    letters = [shift.letter(letter, grid.has_letter("ı")) for letter in [*aliased, *variants]]
    return tuple(dict.fromkeys([*letters[: len(aliased)], *digit, *letters[len(aliased) :]]))


def hints(language: Language, grid: Grid) -> dict[str, str]:
    """What stands in the corner of a letter's key, by label: the first of its alternates where that is a letter without a key
    or a digit."""
    labels = [*top_row_digits(grid), *grid.aliases.values()]
    return {key.name: alternates(language, grid, key)[0] for key in grid.letter_keys if key.label in labels}


def top_row_digits(grid: Grid) -> dict[str, str]:
    """The labels of the highest row's first ten letters, from the left -> their digits, 1 to 0."""
    highest = min(key.y for key in grid.letter_keys)
    row = sorted((key for key in grid.letter_keys if key.y < highest + key.h / 2), key=lambda key: key.x)
    return {key.name: digit for key, digit in zip(row, DIGITS, strict=False)}
