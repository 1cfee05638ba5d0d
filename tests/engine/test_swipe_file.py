"""Reading recorded swipes: every shape of the input, round trips, and what is said of bad ones."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from engine.swipe_file import BadRecord, SwipeRecord, append_line, as_json, as_line, read_good_swipes, read_swipes, reference_to
from tests.conftest import ROOT
from tests.support import toy

CURVE = {"x": [1, 2], "y": [3, 4.5], "t": [0, 10]}

numbers = st.floats(-5000, 5000) | st.integers(-5000, 5000)
curves = st.lists(st.tuples(numbers, numbers, st.integers(0, 10**6)), min_size=2, max_size=20).map(
    lambda points: {"x": [x for x, _, _ in points], "y": [y for _, y, _ in points], "t": sorted(t for _, _, t in points)}
)
texts = st.text(st.characters(codec="utf-8"), max_size=8)


def read(content: bytes) -> list[SwipeRecord | BadRecord]:
    return list(read_swipes(cast(BinaryIO, io.BufferedReader(io.BytesIO(content)))))


def lines(*values: object) -> bytes:
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def good(records: list[SwipeRecord | BadRecord]) -> list[SwipeRecord]:
    assert [record for record in records if isinstance(record, BadRecord)] == []
    return cast("list[SwipeRecord]", records)


def bad(content: bytes) -> list[tuple[str, str]]:
    return [(record.where, record.reason) for record in read(content) if isinstance(record, BadRecord)]


@given(
    st.lists(st.tuples(curves, texts), min_size=1, max_size=5), st.sampled_from(["lines", "list", "pretty"]), st.booleans(), st.booleans()
)
def test_round_trip(swipes: list[tuple[dict[str, list[float]], str]], shape: str, bare: bool, zipped: bool) -> None:
    values = [{**curve, "word": word} if bare else {"curve": curve, "word": word} for curve, word in swipes]
    content = lines(*values) if shape == "lines" else json.dumps(values, indent=1 if shape == "pretty" else None).encode()
    records = good(read(gzip.compress(content) if zipped else content))
    read_back = [({"x": one.swipe.x.tolist(), "y": one.swipe.y.tolist(), "t": one.swipe.t.tolist()}, one.word) for one in records]
    assert read_back == swipes


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (lines(CURVE), ["line 1"]),
        (lines(CURVE, CURVE), ["line 1", "line 2"]),
        (b"\n\n" + lines(CURVE) + b"\n \r\n" + lines(CURVE), ["line 3", "line 6"]),
        (json.dumps({"curve": CURVE}, indent=2).encode(), [""]),
        (json.dumps([CURVE, CURVE]).encode(), ["line 1, swipe 1", "line 1, swipe 2"]),
        (b" \n [" + lines(CURVE).strip() + b",\n\n" + lines(CURVE) + b"]\n", ["line 2, swipe 1", "line 4, swipe 2"]),
        (b"\xef\xbb\xbf" + lines(CURVE, CURVE), ["line 1", "line 2"]),
        (b"\xef\xbb\xbf" + json.dumps([CURVE]).encode(), ["line 1, swipe 1"]),
        (json.dumps([CURVE]).encode("utf-16"), ["line 1, swipe 1"]),
    ],
)
def test_where_swipes_stand(content: bytes, places: list[str]) -> None:
    assert [record.where for record in good(read(content))] == places


@pytest.mark.parametrize(
    ("value", "grid"),
    [
        (CURVE, None),
        ({"curve": CURVE | {"grid_name": "a"}}, "a"),
        ({"curve": CURVE, "grid_name": "a"}, "a"),
        (CURVE | {"grid": "a"}, "a"),
        ({"curve": CURVE, "grid": {"width": 1}}, {"width": 1, "grid_name": "inline"}),
        ({"curve": CURVE | {"grid": {"width": 1, "grid_name": "b"}}}, {"width": 1, "grid_name": "b"}),
        ({"curve": CURVE | {"grid": {"width": 1}, "grid_name": "c"}}, {"width": 1, "grid_name": "c"}),
    ],
)
def test_the_grid_by_name_or_inline(value: Any, grid: object) -> None:
    assert [record.grid for record in good(read(lines(value)))] == [grid]


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        (b"", [("", "the input is empty: it needs a swipe, a list of swipes, or a swipe per line")]),
        (b" \n\n", [("", "the input is empty: it needs a swipe, a list of swipes, or a swipe per line")]),
        (b"[ ]", [("", "the list is empty: it has no swipes")]),
        (b"hello", [("line 1", "not JSON: Expecting value at column 1")]),
        (b"two\nlines", [("line 1", "not JSON: Expecting value at column 1")]),
        (b'{"x": [1,\n 2', [("line 2", "not JSON: Expecting ',' delimiter at column 3")]),
        (b"17", [("", "a swipe must be an object with x, y and t, got a number")]),
        (b"null", [("", "a swipe must be an object with x, y and t, got null")]),
        (b"{}", [("line 1", "the swipe has no x and no y and no t: it needs lists of numbers x, y and t of equal length")]),
        (b'{"curve": 3}', [("line 1", "a curve must be an object with x, y and t, got a number")]),
        (lines({"curve": CURVE, "word": 5}), [("line 1", "word must be a text, got a number")]),
        (lines(CURVE | {"grid_name": ["a"]}), [("line 1", "grid_name must be a text, got a list")]),
        (lines(CURVE | {"grid": True}), [("line 1", "grid must be a name or {width, height, keys}, got true or false")]),
        (
            b"[" * 100_000,
            [("line 1, swipe 1", "not JSON: it is nested too deeply")],
        ),
    ],
)
def test_what_is_said_of_input_without_swipes(content: bytes, complaints: list[tuple[str, str]]) -> None:
    assert bad(content) == complaints


def test_good_lines_around_bad_ones_are_read() -> None:
    content = b"bad\n" + lines(CURVE) + b'{"x": [1\n' + lines(CURVE, {"x": [1], "y": [1], "t": [1], "word": "tap"}, [CURVE])
    records = read(content)
    assert [(record.where, isinstance(record, SwipeRecord)) for record in records] == [
        ("line 1", False),
        ("line 2", True),
        ("line 3", False),
        ("line 4", True),
        ("line 5", False),
        ("line 6", False),
    ]
    assert records[4].word == "tap"


def test_a_line_that_is_not_utf_8() -> None:
    places = [(record.where, isinstance(record, SwipeRecord)) for record in read(lines(CURVE) + b'{"word": "\xff"}\n' + lines(CURVE))]
    assert places == [("line 1", True), ("line 2", False), ("line 3", True)]


@pytest.mark.parametrize(
    ("end", "complaint"),
    [
        (b",", ("line 3, swipe 3", "not JSON: Expecting value at column 2")),
        (b"", ("line 3", "not JSON: the list does not end properly after swipe 2")),
        (b"\n{}]", ("line 4", "not JSON: the list does not end properly after swipe 2")),
        (b"] 5", ("line 3", "not JSON: the list does not end properly after swipe 2")),
    ],
)
def test_a_list_is_read_up_to_where_it_breaks(end: bytes, complaint: tuple[str, str]) -> None:
    content = b"[" + lines(CURVE) + b"," + lines(CURVE) + end
    assert [record.where for record in read(content)[:2]] == ["line 1, swipe 1", "line 2, swipe 2"]
    assert bad(content) == [complaint]


def test_lines_before_the_end_of_a_cut_gzip_file_are_read() -> None:
    content = gzip.compress(b"".join(lines({**CURVE, "word": str(i)}) for i in range(20_000)))
    *records, last = read(content[: len(content) // 2])
    assert len(good(records)) > 1000
    assert isinstance(last, BadRecord)
    assert last.where == f"after line {len(records)}"
    assert last.reason.startswith("the gzip data are damaged or cut off: ")


def test_lines_are_read_as_they_come() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[: len(line)] = line
            return len(line)

    line = lines(CURVE)
    records = read_swipes(cast(BinaryIO, io.BufferedReader(Endless())))
    assert [next(records).where for _ in range(3)] == ["line 1", "line 2", "line 3"]


# --- writing ---


@given(st.lists(st.tuples(curves, texts), min_size=1, max_size=5), st.booleans())
def test_what_was_read_is_written_with_all_its_fields(swipes: list[tuple[dict[str, list[float]], str]], bare: bool) -> None:
    more = {"user": "ann", "position": 0, "device": {"width": 375.5}, "finger": None}
    values = [{"word": word, **(curve if bare else {"curve": {"grid_name": "a", **curve}}), **more} for curve, word in swipes]
    written = [as_line(record) for record in good(read(lines(*values)))]
    assert [json.loads(line) for line in written] == values
    assert [list(json.loads(line)) for line in written] == [list(value) for value in values], "the fields keep their order"
    assert all(line.count("\n") == 1 for line in written)


def test_half_a_character_is_written_and_read(tmp_path: Path) -> None:
    record = good(read(lines({**CURVE, "word": "\ud83d", "user": "ё"})))[0]
    append_line(tmp_path / "swipes.jsonl", record)
    back = next(read_good_swipes(tmp_path / "swipes.jsonl"))
    assert (back.word, back.fields["user"]) == ("\ud83d", "ё")


def scaled(grid: Grid, factor: float) -> Grid:
    """The same keyboard in other units, by a name of its own."""
    written = cast("Mapping[str, Any]", reference_to(replace(grid, name="mine")))
    keys = [{**key, "hitbox": {name: factor * value for name, value in key["hitbox"].items()}} for key in written["keys"]]
    return Grid.from_json("mine", {**written, "width": factor * grid.width, "height": factor * grid.height, "keys": keys})


@pytest.mark.parametrize("factor", [0.001, 0.01, 1.0, 100.0])
def test_a_recording_says_the_same_in_whatever_units_its_grid_is(factor: float, qwerty: Grid, tmp_path: Path) -> None:
    """Rounded to a tenth of a unit, 13 of the 15 examples were read rightly on the grid of factor 0.01."""
    grid = scaled(qwerty, factor)
    recognizer = SwipeRecognizer.load(grid=grid)
    for record in read_good_swipes(ROOT / "examples" / "swipes.jsonl"):
        swipe = Swipe(factor * record.swipe.x, factor * record.swipe.y, record.swipe.t)
        append_line(tmp_path / "swipes.jsonl", as_json(SwipeRecord("", swipe, record.word, reference_to(grid)), grid))
    recorded = list(read_good_swipes(tmp_path / "swipes.jsonl"))
    assert [recognizer.recognize(record.swipe)[0].key_sequence for record in recorded] == [record.word for record in recorded]
    assert len(recorded) == 15
    assert Grid.from_json("mine", recorded[0].grid) == grid


def test_a_grid_of_our_own_is_named_and_another_comes_whole(qwerty: Grid) -> None:
    swipe = toy.swipe_of("in", qwerty)
    assert as_json(SwipeRecord("", swipe, None, reference_to(qwerty)))["curve"]["grid_name"] == "qwerty_en"
    other = replace(qwerty, width=qwerty.width + 1)
    curve = as_json(SwipeRecord("", swipe, "in", reference_to(other)))["curve"]
    assert Grid.from_json(curve["grid_name"], curve["grid"]) == other


def test_the_first_thing_that_is_no_swipe_is_named(tmp_path: Path) -> None:
    (tmp_path / "some.jsonl").write_bytes(lines({**CURVE, "word": "a"}, CURVE) + b"?")
    with pytest.raises(ValueError, match=r"^some\.jsonl, line 3: not JSON: Expecting value at column 1"):
        list(read_good_swipes(str(tmp_path / "some.jsonl")))
    with pytest.raises(ValueError, match=r"^some\.jsonl, line 2: the swipe has no word"):
        list(read_good_swipes(tmp_path / "some.jsonl", labelled=True))
