"""Swipes recorded in the harness: lines in the format of the data, so that the engine and the training read them."""

from __future__ import annotations

from pathlib import Path

from engine import Grid, Swipe, SwipeRecord
from keyboard_app.session.practice import letters_of
from keyboard_app.swipe_lines import append_line, curve_as_json

RECORDED_WITH = "Keyglide harness"


def record_of(swipe: Swipe, grid: Grid, where: str, word: str | None = None) -> SwipeRecord:
    """A record of a swipe that was just made on the grid."""
    curve = curve_as_json(swipe, grid)
    return SwipeRecord(where, swipe, word, {"grid_name": grid.name, **curve["grid"]} if "grid" in curve else grid.name)


def append_swipe(path: Path, swipe: Swipe, word: str, grid: Grid) -> SwipeRecord:
    """Adds the swipe to the file as its word's letters, and gives the record.

    Raises: ValueError for a word without letters, or with one that has no key; OSError where the file cannot be written.
    """
    letters = letters_of(word)
    if not letters:
        raise ValueError(f"'{word}' is no word: give the letters that you swiped")
    for letter in letters:
        grid.letter_key(letter)
    append_line(path, {"word": letters, "curve": curve_as_json(swipe, grid), "recorded_with": RECORDED_WITH})
    return record_of(swipe, grid, f"recorded in {path.name}", letters)
