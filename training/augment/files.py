"""Variants of the swipes in a file: every field of a line kept, x, y and t replaced."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from tqdm import tqdm

from engine.grid import Grid, pick_grid
from engine.swipe import Swipe
from training.augment.pipeline import OnGrid, variants
from training.augment.transform import Transform

DECIMALS = 2
"""of a grid unit and of a millisecond"""
NUMBER = "variant"
"""The field that numbers a swipe's variants from 1; 0 is the swipe itself."""


@dataclass(frozen=True)
class Augmentation:
    """What is to be made of every swipe."""

    transform: Transform
    """in key widths, see OnGrid"""
    n: int
    """variants of each swipe"""
    seed: int
    """a line's variants depend on this and its number alone"""
    originals: bool
    """whether the swipes themselves are written, too, each before its variants"""


@dataclass(frozen=True)
class Grids:
    """Which grid a swipe is on."""

    by_name: Mapping[str, Grid]
    of_all: str | None
    """the grid of all swipes; None: each one's own"""
    default: str
    """where a swipe names none"""

    def of(self, record: Mapping[str, Any]) -> Grid:
        """Raises: ValueError for an unknown name or a geometry that is none."""
        curve = _curve(record)
        name = curve.get("grid_name", record.get("grid_name"))
        own = curve.get("grid", record.get("grid", name))
        if isinstance(own, dict) and not self.of_all:
            return Grid.from_json(str(name or "inline"), own)
        return pick_grid(self.by_name, self.of_all or str(own or self.default))


@dataclass(frozen=True, eq=False)
class LabelledSwipe:
    """A line of a file."""

    number: int
    """of the line, from 1"""
    record: Mapping[str, Any]
    swipe: Swipe
    grid: Grid

    def with_points(self, swipe: Swipe, variant: int) -> dict[str, Any]:
        """The line's fields, with other points unless they are its own, and the variant's number."""
        if swipe is self.swipe:
            return {**self.record, NUMBER: variant}
        points = {axis: getattr(swipe, axis).round(DECIMALS).tolist() for axis in "xyt"}
        curve = {"curve": {**self.record["curve"], **points}} if "curve" in self.record else points
        return {**self.record, **curve, NUMBER: variant}


def read_lines(path: Path, grids: Grids) -> Iterator[LabelledSwipe]:
    """The swipes of a JSON-lines file, plain or .gz, with a progress bar.

    Raises: ValueError with the line's number for a line that is no swipe, is a variant already, or holds more numbers per
    point than x, y and t; OSError, EOFError or zlib.error where the file cannot be read.
    """
    bar = tqdm(total=path.stat().st_size, desc=path.name, unit="B", unit_scale=True, disable=not sys.stderr.isatty())
    with path.open("rb") as raw, bar, gzip.open(raw) if path.suffix == ".gz" else nullcontext(raw) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield _parsed(number, json.loads(line), grids)
                except (ValueError, RecursionError) as error:
                    raise ValueError(f"{path.name}, line {number}: {error}") from error
            bar.update(raw.tell() - bar.n)


def _parsed(number: int, record: object, grids: Grids) -> LabelledSwipe:
    if not isinstance(record, dict) or not isinstance(record.get("curve", {}), dict):
        raise ValueError('expected an object with "curve": {"x", "y", "t"}')
    curve = _curve(record)
    missing = [axis for axis in "xyt" if axis not in curve]
    if missing:
        raise ValueError(f"the swipe has no {' and no '.join(missing)}: it needs lists of numbers x, y and t of equal length")
    more = [name for name, value in curve.items() if isinstance(value, list) and name not in ("x", "y", "t")]
    if more and "curve" in record:
        raise ValueError(f"the curve has a list '{more[0]}', too, which no transform can keep in step with its points: drop it")
    if NUMBER in record:
        raise ValueError(f"it has a field '{NUMBER}', so it is a variant already: give the file that it was made of")
    return LabelledSwipe(number, record, Swipe.from_points(curve["x"], curve["y"], curve["t"]), grids.of(record))


def _curve(record: Mapping[str, Any]) -> Mapping[str, Any]:
    curve: Mapping[str, Any] = record.get("curve", record)
    return curve


def variants_of(line: LabelledSwipe, augmentation: Augmentation) -> Iterator[Swipe]:
    """A line's variants, the same ones however many other lines there are."""
    random = np.random.default_rng((augmentation.seed, line.number))
    return variants(OnGrid(augmentation.transform, line.grid), line.swipe, augmentation.n, random)


def write_variants(lines: Iterable[LabelledSwipe], path: Path, augmentation: Augmentation) -> int:
    """The number of swipes written. The file appears whole or not at all.

    Raises: ValueError where a variant leaves what a swipe may be, and as `read_lines`; OSError.
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
                    raise ValueError(f"line {line.number}, variant {number} would be no swipe: {error}; use smaller amounts") from error
                file.write(json.dumps(line.with_points(swipe, number), ensure_ascii=False, separators=(",", ":")) + "\n")
            n_written += len(made)
        if n_written == 0:
            raise ValueError("the input holds no swipes")
    return n_written


@contextmanager
def _written_whole(path: Path) -> Iterator[TextIO]:
    """A text file that takes its name, plain or .gz, once all is written; what had the name stays until then."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as raw:
            # No time stamp and no name inside: the same swipes, the same bytes.
            zipped = gzip.GzipFile("", "wb", 6, raw, mtime=0) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(zipped, encoding="utf-8", newline="\n") as file:
                yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
