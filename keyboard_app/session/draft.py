"""The draft: the text of the keyboard's own page, kept in a file from one start to the next. Never Kivy."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO, NoReturn

import platformdirs

from engine.files import write_whole
from keyboard_app.text.writer import TEXT_LIMIT


def draft_path() -> Path:
    """The file of the draft, in the system's folder for data."""
    return platformdirs.user_data_path("keyglide") / "draft.txt"


class Draft:
    """A text in a file that only its owner can read. Of two windows, the first has the draft, and the other has none."""

    def __init__(self, path: Path | None) -> None:
        """path: None for a window that keeps nothing."""
        self._path = path
        self._lock: IO[str] | None = None
        self._kept: str | None = None
        """what the file has; None where that is not known"""

    def open(self) -> str:
        """The text that was kept; "" if there is none, or if another window has it. Raises: OSError, ValueError for a damaged file."""
        if self._path is None or not self._take():
            self._path = None
            return ""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            text = ""
        except UnicodeDecodeError:
            self._set_aside("is damaged")
        if len(text) > TEXT_LIMIT:
            self._set_aside("is too long")
        self._kept = text
        return text

    def _set_aside(self, problem: str) -> NoReturn:
        """Renames the file, so that it is not written over. Raises: ValueError that says so."""
        assert self._path is not None
        aside = self._path.with_suffix(".damaged.txt")
        self._path.replace(aside)
        raise ValueError(f"the text of the last time {problem}; its file is now {aside}")

    def keep(self, text: str) -> None:
        """Puts the text into the file; without text there is no file. Raises: OSError."""
        if self._path is None or text == self._kept:
            return
        if text:
            write_whole(self._path, text, private=True)
        else:
            self._path.unlink(missing_ok=True)
        self._kept = text

    def _take(self) -> bool:
        """Whether no other window has the draft. Raises: OSError."""
        assert self._path is not None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._path.with_suffix(".lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Lets another window have it."""
        if self._lock is not None:
            self._lock.close()
