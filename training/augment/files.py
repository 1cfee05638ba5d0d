"""Variants of the swipes in a file: every field of a line kept, x, y and t replaced."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from engine.files import whole_file
from engine.grid import Grid, pick_grid
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord, as_json, as_line, read_good_swipes
from training.augment.pipeline import OnGrid, variants
from training.augment.transform import Transform

NUMBER = "variant"
"""The field that numbers a swipe's variants from 1; 0 is the swipe itself."""


@dataclass(frozen=True)
class Augmentation:
    """What to make of every swipe."""

    transform: Transform
    """in key widths, see OnGrid"""
    n: int
    """variants of each swipe"""
    seed: int
    """A line's variants depend only on this and on the line's number."""
    originals: bool
    """whether to write the swipes themselves as well, each before its variants"""


@dataclass(frozen=True)
class Grids:
    """Which grid a swipe is on."""

    by_name: Mapping[str, Grid]
    of_all: str | None
    """the grid of all swipes; None: each one's own"""
    default: str
    """for a swipe that does not name one"""

    def of(self, record: SwipeRecord) -> Grid:
        """Raises: ValueError for an unknown name, or for a geometry that is not a grid."""
        if isinstance(record.grid, Mapping) and not self.of_all:
            return Grid.from_json(str(record.grid["grid_name"]), record.grid)
        return pick_grid(self.by_name, self.of_all or (record.grid if isinstance(record.grid, str) else self.default))


@dataclass(frozen=True, eq=False)
class LabelledSwipe:
    """A swipe of a file, and the grid that it is on."""

    record: SwipeRecord
    grid: Grid

    @property
    def swipe(self) -> Swipe:
        return self.record.swipe

    @property
    def number(self) -> int:
        """of its line, from 1"""
        return self.record.number

    def with_points(self, swipe: Swipe, variant: int) -> dict[str, Any]:
        """The line's fields, with other points unless they are its own, and the variant's number."""
        own = swipe is self.swipe
        return {**as_json(replace(self.record, swipe=swipe), None if own else self.grid), NUMBER: variant}


def read_lines(path: Path, grids: Grids) -> Iterator[LabelledSwipe]:
    """The swipes of a file, with a progress bar.

    Raises: ValueError, with the place, for a line that is not a swipe, is a variant already, or has more numbers per point than x, y
    and t; OSError if the file cannot be read.
    """
    for record in tqdm(read_good_swipes(path), desc=path.name, unit=" swipes", disable=not sys.stderr.isatty()):
        try:
            _check(record)
            yield LabelledSwipe(record, grids.of(record))
        except ValueError as error:
            raise ValueError(f"{', '.join(filter(None, (path.name, record.where)))}: {error}") from error


def _check(record: SwipeRecord) -> None:
    """Raises: ValueError for a swipe that cannot be varied."""
    more = [name for name, value in record.fields.get("curve", {}).items() if isinstance(value, list)]
    if more:
        raise ValueError(f"the curve also has a list '{more[0]}', which no transform can keep in step with the points: drop it")
    if NUMBER in record.fields:
        raise ValueError(f"it has a field '{NUMBER}', so it is already a variant: give the file that it was made from")


def variants_of(line: LabelledSwipe, augmentation: Augmentation) -> Iterator[Swipe]:
    """A line's variants, the same ones however many other lines there are."""
    random = np.random.default_rng((augmentation.seed, line.number))
    return variants(OnGrid(augmentation.transform, line.grid), line.swipe, augmentation.n, random)


def write_variants(lines: Iterable[LabelledSwipe], path: Path, augmentation: Augmentation) -> int:
    """The number of swipes written. The file appears whole or not at all.

    Raises: ValueError if a variant is not a valid swipe, and as `read_lines`; OSError.
    """
    n_written = 0
    with _written_whole(path) as file:
        for line in lines:
            made = [(0, line.swipe)] if augmentation.originals else []
            made += enumerate(variants_of(line, augmentation), 1)
            for number, swipe in made:
                try:
                    Swipe.from_points(swipe.x, swipe.y, swipe.t)
                except ValueError as error:
                    raise ValueError(
                        f"line {line.number}, variant {number} would not be a valid swipe: {error}; use smaller amounts"
                    ) from error
                file.write(as_line(line.with_points(swipe, number)))
            n_written += len(made)
    return n_written


@contextmanager
def _written_whole(path: Path) -> Iterator[TextIO]:
    """A text file, gzip if it ends in .gz, as of whole_file."""
    with whole_file(path) as unfinished, unfinished.open("wb") as raw:
        # No time stamp and no name inside: the same swipes, the same bytes.
        zipped = gzip.GzipFile("", "wb", 6, raw, mtime=0) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(zipped, encoding="utf-8", newline="\n") as file:
            yield file
