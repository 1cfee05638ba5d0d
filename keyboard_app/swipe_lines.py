"""Swipes as lines of a file, in the format of the data: what engine.decode and the training read."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine import Grid, Key, Swipe


def append_line(path: Path, value: Mapping[str, Any]) -> tuple[int, int]:
    """Adds a value as a line of JSON to a file, which is made where there is none; its first offset, and the one behind it.

    A line that was cut off before it, by a crash, stays a line of its own.
    Raises: OSError where the file cannot be written; it is then as it was.
    """
    line = f"{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        start = file.seek(0, os.SEEK_END)
        if start:
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else b"\n" + line
        if file.write(line) != len(line):
            file.truncate(start)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    return start, start + len(line)


def curve_as_json(swipe: Swipe, grid: Grid) -> dict[str, Any]:
    """A line's "curve": the points to a tenth of a grid unit and of a millisecond, and the grid."""
    points = {name: [round(float(value), 1) for value in getattr(swipe, name)] for name in "xyt"}
    return {**points, "grid_name": grid.name, **_geometry(grid)}


def _geometry(grid: Grid) -> dict[str, Any]:
    """The whole grid, where its name alone would not say which it is."""
    if _own_grids().get(grid.name) == grid:
        return {}
    keys = [{**_meaning(key), "hitbox": {"x": key.x, "y": key.y, "w": key.w, "h": key.h}} for key in grid.keys]
    return {"grid": {"width": grid.width, "height": grid.height, "keys": keys, "aliases": dict(grid.aliases)}}


def _meaning(key: Key) -> dict[str, str | None]:
    return {"action": key.action} if key.label is None else {"label": key.label}


@cache
def _own_grids() -> Mapping[str, Grid]:
    from engine import load_grids  # late: numba takes a third of a second

    return load_grids()
