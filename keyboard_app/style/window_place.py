"""The size and the place of the window, kept from one start to the next."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from engine.files import write_whole

SMALLEST, LARGEST = 240, 8192
"""Pixels of a side."""


@dataclass(frozen=True)
class WindowPlace:
    """Where the window is, in pixels of the screen."""

    width: int
    height: int
    left: int
    top: int


def load_place(path: Path) -> WindowPlace | None:
    """The place in a file; None if there is none that makes sense."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        place = WindowPlace(**{field.name: int(value[field.name]) for field in fields(WindowPlace)})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    fits = all(SMALLEST <= side <= LARGEST for side in (place.width, place.height))
    return place if fits and 0 <= place.left < LARGEST and 0 <= place.top < LARGEST else None


def save_place(place: WindowPlace, path: Path) -> None:
    """Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(place)) + "\n")
