"""Recorded swipes in files: one JSON object, a JSON list, or JSON lines; plain or gzip."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from engine.swipe import Swipe

WHITE_SPACE = re.compile(r"[ \t\r\n]*")
GZIP_MAGIC = b"\x1f\x8b"
UNREADABLE = (EOFError, zlib.error, gzip.BadGzipFile)
"""what a damaged gzip file raises while it is read"""


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


@dataclass(frozen=True)
class BadRecord:
    """A piece of the file that is no swipe."""

    where: str
    """as in SwipeRecord"""
    reason: str
    word: str | None
    """as in SwipeRecord, as far as it could be read"""


def read_swipes(file: BinaryIO) -> Iterator[SwipeRecord | BadRecord]:
    """The swipes of a file in their order, good and bad. JSON lines are read as they come.

    A swipe is {"x", "y", "t"} or {"curve": {"x", "y", "t"}}, with "word", "grid_name" or "grid" where they are known.
    `file` must be able to peek, as a file opened with "rb" and standard input are.
    """
    where = ""
    try:
        for record in _records(_unzipped(file)):
            where = record.where
            yield record
    except UNREADABLE as error:
        yield BadRecord(f"after {where}" if where else "", f"the gzip data are damaged or cut off: {error}", None)


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
                yield _record(f"line {number}", value)


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
        yield from _list_items(content.decode(json.detect_encoding(content))) if is_list else [_record("", value)]


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
        yield _record(f"line {line}, swipe {number}", value)
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


def _record(where: str, value: object) -> SwipeRecord | BadRecord:
    try:
        return _swipe_record(where, value)
    except ValueError as error:
        word = value.get("word") if isinstance(value, dict) else None
        return BadRecord(where, str(error), word if isinstance(word, str) else None)


def _swipe_record(where: str, value: object) -> SwipeRecord:
    """Raises: ValueError for anything but a swipe."""
    fields = _object(value, "a swipe")
    curve = _object(fields["curve"], "a curve") if "curve" in fields else fields
    missing = [name for name in ("x", "y", "t") if name not in curve]
    if missing:
        raise ValueError(f"the swipe has no {' and no '.join(missing)}: it needs lists of numbers x, y and t of equal length")
    word = fields.get("word")
    if not isinstance(word, str | None):
        raise ValueError(f"word must be a text, got {_kind(word)}")
    return SwipeRecord(where, Swipe.from_points(curve["x"], curve["y"], curve["t"]), word, _grid(curve, fields))


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
