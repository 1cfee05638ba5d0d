"""Swipes recorded in the harness: JSON lines in the format of the data, so that the engine and training read them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import Grid, Key, Swipe, SwipeRecord, load_grids

RECORDED_WITH = "keyglide harness"


def append_swipe(path: Path, swipe: Swipe, word: str, grid: Grid) -> SwipeRecord:
    """Writes one line at the end of the file, made where it is missing, and gives what was written.

    Raises: ValueError for a word without letters; OSError where the file cannot be written.
    """
    word = word.strip()
    if not any(letter.isalpha() for letter in word):
        raise ValueError(f"'{word}' is no word: it needs a letter, so that the swipe can be compared with it")
    curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist(), **_grid_fields(grid)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        lead = b"" if _ends_with_line(path) else b"\n"
        line = json.dumps({"word": word, "curve": curve, "recorded_with": RECORDED_WITH}, ensure_ascii=False)
        file.write(lead + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return SwipeRecord(f"recorded, {path.name}", swipe, word, geometry(grid))


def _ends_with_line(path: Path) -> bool:
    """Whether the file is empty or its last line is complete."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _grid_fields(grid: Grid) -> dict[str, Any]:
    """The name of a grid that comes with Keyglide; of any other its geometry too, so that the line stands on its own."""
    if load_grids().get(grid.name) == grid:
        return {"grid_name": grid.name}
    return {"grid_name": grid.name, "grid": {name: value for name, value in geometry(grid).items() if name != "grid_name"}}


def geometry(grid: Grid) -> Mapping[str, Any]:
    """The grid in the format of grid_name_to_grid.json, with its name."""
    keys = [_key_fields(key) for key in grid.keys]
    return {"grid_name": grid.name, "width": grid.width, "height": grid.height, "keys": keys, "aliases": dict(grid.aliases)}


def _key_fields(key: Key) -> dict[str, Any]:
    what = {"label": key.label} if key.label is not None else {"action": key.action}
    return {**what, "hitbox": {"x": key.x, "y": key.y, "w": key.w, "h": key.h}}
