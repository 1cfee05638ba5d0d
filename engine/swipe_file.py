"""Recorded swipes in files, read and written here alone: one JSON object, a JSON list, or JSON lines; plain or gzip."""

from __future__ import annotations

import codecs
import errno
import gzip
import json
import math
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from engine.grid import Grid, Key, load_grids
from engine.swipe import Points, Swipe

WHITE_SPACE = re.compile(r"[ \t\r\n]*")
SURROGATE = re.compile("[\ud800-\udfff]")
GZIP_MAGIC = b"\x1f\x8b"
UNREADABLE = (EOFError, zlib.error, gzip.BadGzipFile)
"""what a damaged gzip file raises while it is read"""
NO_WORD = "the swipe has no word: it needs what it was meant as in a field 'word'"
AXES = ("x", "y", "t")
STEPS_PER_KEY = 10_000
"""A key's width in the smallest step that a rounded coordinate has, at least."""
TIME_DECIMALS = 2
"""of a millisecond"""


@dataclass(frozen=True, eq=False)
class SwipeRecord:
    """One recorded swipe."""

    where: str
    """its place in the file: "line 3", or "" where it is alone"""
    swipe: Swipe
    word: str | None
    """what it was meant as, if the file says so"""
    grid: str | Mapping[str, Any] | None
    """the grid's name, or its geometry with its name as "grid_name", if the file says so"""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """the whole JSON object as it stands in the file, with None in the place of the numbers of x, y and t; empty for one from elsewhere"""
    number: int = 1
    """of its line, or of the swipe in its list, from 1"""

    @property
    def before(self) -> str | None:
        """The text before the swipe: the field "before", or the words of "sentence" before the one at "position"; None if unknown."""
        before, sentence, position = (self.fields.get(name) for name in ("before", "sentence", "position"))
        if isinstance(before, str):
            return before
        if isinstance(sentence, str) and isinstance(position, int) and 0 <= position <= len(sentence.split()):
            return " ".join(sentence.split()[:position])
        return None


@dataclass(frozen=True)
class BadRecord:
    """A piece of the file that is not a swipe."""

    where: str
    """as in SwipeRecord"""
    reason: str
    word: str | None
    """as in SwipeRecord, as far as it could be read"""


def read_swipes(file: BinaryIO) -> Iterator[SwipeRecord | BadRecord]:
    """The swipes of a file in their order, good and bad. JSON lines are read as they come.

    A swipe is {"x", "y", "t"} or {"curve": {"x", "y", "t"}}, with "word", "grid_name" or "grid" where they are known, and with the
    text before it: "before", or the "sentence" and the word's "position" in it, from 0.
    `file` must be able to peek, as a file opened with "rb" and standard input are.
    """
    where = ""
    try:
        for record in _records(_unzipped(file)):
            where = record.where
            yield record
    except UNREADABLE as error:
        yield BadRecord(f"after {where}" if where else "", f"the gzip data are damaged or cut off: {error}", None)


def read_good_swipes(path: Path | str, labelled: bool = False) -> Iterator[SwipeRecord]:
    """The swipes of a file in their order. labelled: whether each must have its word.

    Raises: ValueError that says where and why for anything else; OSError.
    """
    path = Path(path)
    with path.open("rb") as file:
        for record in read_swipes(file):
            reason = record.reason if isinstance(record, BadRecord) else NO_WORD if labelled and record.word is None else ""
            if isinstance(record, BadRecord) or reason:
                raise ValueError(f"{', '.join(filter(None, (path.name, record.where)))}: {reason}")
            yield record


# --- JSON in its three shapes ---


def _unzipped(file: BinaryIO) -> BinaryIO:
    start: bytes = file.peek(len(GZIP_MAGIC))  # type: ignore[attr-defined]
    return cast(BinaryIO, gzip.open(file)) if start.startswith(GZIP_MAGIC) else file


def _records(file: BinaryIO) -> Iterator[SwipeRecord | BadRecord]:
    number, first = 0, b""
    for number, first in enumerate(file, start=1):  # noqa: B007
        if first.strip():
            break
    if not first.strip():
        yield BadRecord("", "the input is empty: it needs a swipe, a list of swipes, or a swipe per line", None)
    elif _is_object(first):
        yield from _lines([first], number)
        yield from _lines(file, number + 1)
    else:
        yield from _whole(b"\n" * (number - 1) + first + file.read())


def _lines(lines: Iterable[bytes], start: int) -> Iterator[SwipeRecord | BadRecord]:
    for number, line in enumerate(lines, start):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield BadRecord(f"line {number}", _not_json(error), None)
            else:
                yield _record(f"line {number}", number, value)


def _whole(content: bytes) -> Iterator[SwipeRecord | BadRecord]:
    """The records of a file that does not start with an object on a line of its own."""
    lines = content.splitlines()
    starts_list = content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"[")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        n_objects, n_filled = sum(map(_is_object, lines)), sum(bool(line.strip()) for line in lines)
        if n_objects and (not starts_list or 2 * n_objects >= n_filled):
            yield from _lines(lines, 1)
        elif starts_list:
            yield from _list_items(content.decode("utf-8", errors="replace"))
        else:
            yield BadRecord(_line_of(error), _not_json(error), None)
    else:
        is_list = isinstance(value, list)
        yield from _list_items(content.decode(json.detect_encoding(content))) if is_list else [_record("", 1, value)]


def _list_items(text: str) -> Iterator[SwipeRecord | BadRecord]:
    """The items of a JSON list, up to where it stops being JSON."""
    decoder, number, line = json.JSONDecoder(), 0, 1
    after, at = 0, _next(text, text.index("[") + 1)
    if text[at : at + 1] == "]":
        yield BadRecord("", "the list is empty: it has no swipes", None)
        return
    while True:
        number += 1
        line += text.count("\n", after, at)
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield BadRecord(f"{_line_of(error) or f'line {line}'}, swipe {number}", _not_json(error), None)
            return
        yield _record(f"line {line}, swipe {number}", number, value)
        after, at = at, _next(text, end)
        if text[at : at + 1] != ",":
            break
        at = _next(text, at + 1)
    if text[at : at + 1] != "]" or _next(text, at + 1) != len(text):
        line += text.count("\n", after, at)
        yield BadRecord(f"line {line}", f"not JSON: the list does not end properly after swipe {number}", None)


def _next(text: str, at: int) -> int:
    """The first position from `at` on that is not white space."""
    return cast("re.Match[str]", WHITE_SPACE.match(text, at)).end()


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _not_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at column {error.colno}"
    if isinstance(error, RecursionError):
        return "not JSON: it is nested too deeply"
    return f"not JSON: {error}"


def _line_of(error: Exception) -> str:
    return f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""


# --- from JSON values to swipes ---


def _record(where: str, number: int, value: object) -> SwipeRecord | BadRecord:
    try:
        return _swipe_record(where, number, value)
    except ValueError as error:
        word = value.get("word") if isinstance(value, dict) else None
        return BadRecord(where, str(error), word if isinstance(word, str) else None)


def _swipe_record(where: str, number: int, value: object) -> SwipeRecord:
    """Raises: ValueError for anything but a swipe."""
    fields = _object(value, "a swipe")
    curve = _object(fields["curve"], "a curve") if "curve" in fields else fields
    missing = [name for name in AXES if name not in curve]
    if missing:
        raise ValueError(f"the swipe has no {' and no '.join(missing)}: it needs lists of numbers x, y and t of equal length")
    word = fields.get("word")
    for name in ("word", "before"):
        if not isinstance(fields.get(name), str | None):
            raise ValueError(f"{name} must be a text, got {_kind(fields[name])}")
    swipe = Swipe.from_points(curve["x"], curve["y"], curve["t"])
    return SwipeRecord(where, swipe, word, _grid(curve, fields), _with_points(fields, dict.fromkeys(AXES)), number)


def _with_points(fields: Mapping[str, Any], points: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a swipe with other points, which stand where the old ones did."""
    return {**fields, "curve": {**fields["curve"], **points}} if "curve" in fields else {**fields, **points}


def _grid(curve: Mapping[str, Any], fields: Mapping[str, Any]) -> str | Mapping[str, Any] | None:
    """Raises: ValueError where the grid is neither a name nor a geometry."""
    name = curve.get("grid_name", fields.get("grid_name"))
    grid = curve.get("grid", fields.get("grid"))
    if not isinstance(name, str | None):
        raise ValueError(f"grid_name must be a text, got {_kind(name)}")
    if not isinstance(grid, str | dict | None):
        raise ValueError(f"grid must be a name or {{width, height, keys}}, got {_kind(grid)}")
    if isinstance(grid, dict):
        return {"grid_name": name or "inline", **grid}
    return grid if grid is not None else name


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be an object with x, y and t, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


# --- from swipes to JSON lines ---


def as_json(record: SwipeRecord, grid: Grid | None = None) -> dict[str, Any]:
    """The record as a JSON object, which `read_swipes` reads: all the fields that it was read with, and its points.

    grid: rounds the points to what nobody can see or feel on that grid; None: they are written in full.
    """
    decimals = {"x": None, "y": None, "t": None} if grid is None else {"x": _decimals(grid), "y": _decimals(grid), "t": TIME_DECIMALS}
    points = {axis: _numbers(getattr(record.swipe, axis), decimals[axis]) for axis in AXES}
    if record.fields:
        return _with_points(record.fields, points)
    known = {} if record.word is None else {"word": record.word}
    if isinstance(record.grid, Mapping):
        return {**known, "curve": {**points, "grid_name": record.grid["grid_name"], "grid": _geometry(record.grid)}}
    return {**known, "curve": {**points, **({} if record.grid is None else {"grid_name": record.grid})}}


def as_line(value: SwipeRecord | Mapping[str, Any]) -> str:
    """A record, or what `as_json` made of one, as a line of a swipe file."""
    fields = as_json(value) if isinstance(value, SwipeRecord) else value
    line = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    if SURROGATE.search(line):  # half a character, which UTF-8 cannot write and JSON can
        line = json.dumps(fields, separators=(",", ":"))
    return line + "\n"


def append_line(path: Path | str, value: SwipeRecord | Mapping[str, Any]) -> tuple[int, int]:
    """Adds a line, as `as_line`, to a file, which is made where there is none; the line's first offset, and the one behind it.

    A line that was cut off before it, by a crash, stays a line of its own.
    Raises: OSError where the file cannot be written; it is then as it was.
    """
    line, path = as_line(value).encode(), Path(path)
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


def reference_to(grid: Grid) -> str | Mapping[str, Any]:
    """What a record says of its grid: the name of one that comes with Keyglide, or else the whole geometry with its name."""
    if _own_grids().get(grid.name) == grid:
        return grid.name
    keys = [{**_meaning(key), "hitbox": {"x": key.x, "y": key.y, "w": key.w, "h": key.h}} for key in grid.keys]
    return {"grid_name": grid.name, "width": grid.width, "height": grid.height, "keys": keys, "aliases": dict(grid.aliases)}


def _decimals(grid: Grid) -> int:
    """The fewest that resolve STEPS_PER_KEY steps in the width of a key, whatever the grid's units."""
    return max(0, math.ceil(math.log10(STEPS_PER_KEY / grid.key_width)))


def _numbers(values: Points, decimals: int | None) -> list[float]:
    """The values for JSON, whole ones without a decimal point."""
    rounded: list[float] = (values if decimals is None else values.round(decimals)).tolist()
    return [int(value) if value.is_integer() else value for value in rounded]


def _geometry(grid: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in grid.items() if name != "grid_name"}


def _meaning(key: Key) -> dict[str, str | None]:
    return {"action": key.action} if key.label is None else {"label": key.label}


@cache
def _own_grids() -> Mapping[str, Grid]:
    return load_grids()
