"""What the harness works on: a file of swipes, one or two models, and what belongs to them."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine import BadRecord, GridRecognizers, SwipeRecord, read_swipes
from keyboard_app.harness.collection import Show
from keyboard_app.harness.outcome import Record


@dataclass(frozen=True)
class Source:
    """Where everything comes from."""

    file: Path | None
    """the recorded swipes; None to start without any"""
    model: Path | None = None
    """the folder of a bundle; None for Keyglide's own"""
    other_model: Path | None = None
    """a second bundle, to compare with"""
    lexicon: Path | None = None
    """None for Keyglide's own"""
    grids: Path | None = None
    """a file with more grids"""
    grid_name: str | None = None
    """of all swipes; None for the one that each swipe names"""

    def check(self) -> None:
        """Finds out early whether the window would be useless. Reads the file no further than its first swipe.

        Raises: OSError for a path that does not exist or a file that cannot be read; ValueError for a file without a single swipe.
        """
        for path in (self.model, self.other_model, self.lexicon, self.grids):
            if path is not None and not path.exists():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        if self.file is None:
            return
        bad = []
        with self.file.open("rb") as file:
            for record in read_swipes(file):
                if isinstance(record, SwipeRecord):
                    return
                bad.append(record)
        raise self._without_swipes(bad)

    def read_records(self) -> list[Record]:
        """The records of the file, good and bad; none without a file. Raises: OSError; ValueError for a file without a single swipe."""
        if self.file is None:
            return []
        with self.file.open("rb") as file:
            records = list(read_swipes(file))
        bad = [record for record in records if isinstance(record, BadRecord)]
        if len(bad) == len(records):
            raise self._without_swipes(bad)
        return records

    def _without_swipes(self, bad: list[BadRecord]) -> ValueError:
        """bad: all records of the file; an empty file counts as a bad record."""
        return ValueError(f"no swipe could be read from {self.file}: {bad[0].reason}; see the README for the format")

    def load_recognizers(self) -> tuple[GridRecognizers, ...]:
        """The recognizers of the model, and of the second one if there is one. Raises: ModelBundleError, ValueError, OSError."""
        models = [self.model] if self.other_model is None else [self.model, self.other_model]
        return tuple(GridRecognizers.load(model, self.lexicon, self.grids, self.grid_name) for model in models)


@dataclass(frozen=True)
class Start:
    """What the window shows first."""

    place: int = 0
    """index of the swipe in the file"""
    candidate: int = 0
    letter: int | None = None
    """index of the letter in the candidate; None for all letters"""
    at_ms: float | None = None
    """how far the swipe has come; None for its end"""
    plays: bool = False
    speed: float = 1.0
    """of the replay, relative to the real speed"""
    show: Show = "all"
    theme: Literal["system", "light", "dark"] = "system"
    record_to: Path | None = None
    """the file for drawn swipes; None for the one that practice uses"""
    screenshot: Path | None = None
    """a file to save a picture to; None for a window that stays open"""
