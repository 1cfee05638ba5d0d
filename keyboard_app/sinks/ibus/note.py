"""The note of which engine the person had, so that it can be put back after a crash."""

from __future__ import annotations

import contextlib
from pathlib import Path

import platformdirs

from engine.files import write_whole


def note_path() -> Path:
    return platformdirs.user_state_path("keyglide") / "ibus-engine"


def write(engine: str) -> None:
    """Raises: OSError."""
    path = note_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, engine.encode())


def read() -> str:
    """The engine in the note; "" if there is none."""
    try:
        return note_path().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def remove() -> None:
    with contextlib.suppress(OSError):
        note_path().unlink(missing_ok=True)
