"""Swipes recorded in the harness: lines in the format of the data, so that the engine and the training read them."""

from __future__ import annotations

from pathlib import Path

from engine import Grid, Swipe, SwipeRecord
from engine.swipe_file import append_line, as_json, reference_to
from keyboard_app.session.practice import letters_of

RECORDED_WITH = "Keyglide harness"


def record_of(swipe: Swipe, grid: Grid, where: str, word: str | None = None) -> SwipeRecord:
    """A record of a swipe that was just drawn on the grid."""
    return SwipeRecord(where, swipe, word, reference_to(grid))


def append_swipe(path: Path, swipe: Swipe, word: str, grid: Grid) -> SwipeRecord:
    """Adds the swipe to the file as its word's letters, and gives the record.

    Raises: ValueError for a word without letters, or with one that has no key; OSError where the file cannot be written.
    """
    letters = letters_of(word)
    if not letters:
        raise ValueError(f"'{word}' is not a word: give the letters that you swiped")
    for letter in letters:
        grid.letter_key(letter)
    record = record_of(swipe, grid, f"recorded in {path.name}", letters)
    append_line(path, {**as_json(record, grid), "recorded_with": RECORDED_WITH})
    return record
