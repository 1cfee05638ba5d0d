"""python -m engine.decode on bad input: one clear line, exit code 1, and the other lines are still decoded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine import decode
from engine.grid import Grid, load_grids
from tests.conftest import ROOT
from tests.support import toy
from tests.support.decoding import Run, Swiped, lines

GRIDS = ", ".join(f"'{name}'" for name in sorted(load_grids()))
POINTS = {"x": [100, 200, 300], "y": [50, 60, 70], "t": [0, 20, 40]}
BAD_SWIPES = {
    "not JSON": (b'{"x": [1, 2\n', "not JSON: "),
    "no t": ({"x": [1, 2], "y": [1, 2]}, "the swipe has no t: it needs lists of numbers x, y and t"),
    "unequal": ({"x": [1, 2, 3], "y": [1, 2], "t": [1, 2]}, "x, y and t have 3, 2 and 2 points: they must be equally long"),
    "empty": ({"x": [], "y": [], "t": []}, "the swipe is empty"),
    "one point": ({"x": [1], "y": [1], "t": [1]}, "the swipe has one point: that is a tap, not a swipe"),
    "NaN": (b'{"x": [1, NaN], "y": [1, 2], "t": [1, 2]}\n', "x of point 1 is nan: every coordinate must be a finite number"),
    "infinity": (b'{"x": [1, 2], "y": [-Infinity, 2], "t": [1, 2]}\n', "y of point 0 is -inf: every coordinate must be a finite number"),
    "too large for a float": (b'{"x": [1, 2], "y": [1, 2], "t": [1, 1e999]}\n', "t of point 1 is inf"),
    "a huge integer": (b'{"x": [1' + b"0" * 400 + b', 2], "y": [1, 2], "t": [1, 2]}\n', "x must be a list of numbers"),
    "more digits than Python reads": (b'{"x": [1' + b"0" * 5000 + b', 2], "y": [1, 2], "t": [1, 2]}\n', "not JSON: "),
    "text": (POINTS | {"x": ["left", "right", "up"]}, "x must be a list of numbers"),
    "null": (POINTS | {"x": None}, "x must be a"),
    "nested": (POINTS | {"x": [[1], [2], [3]]}, "x must be a flat list of numbers, got 2 dimensions"),
    "backwards": (POINTS | {"t": [0, 20, 10]}, "time goes backwards at point 2: 20 ms, then 10 ms"),
    "not an object": ("cat", "a swipe must be an object with x, y and t, got a text"),
    "unknown grid": (
        POINTS | {"grid_name": "qwerty"},
        f"unknown grid 'qwerty': known are {GRIDS}; did you mean 'qwerty_en'?",
    ),
    "another language": (
        POINTS | {"grid_name": "default"},
        "grid 'yandex_ru' has no key for 'a', 'b', 'c' and 23 more of the lexicon's alphabet",
    ),
    "a broken grid": (POINTS | {"grid": {"width": 5}}, "grid 'inline' is not {width, height, keys"),
    "a grid of nothing": (POINTS | {"grid": {"width": 5, "height": 5, "keys": []}}, "grid 'inline' has no letter keys"),
}


@pytest.mark.parametrize(("value", "message"), BAD_SWIPES.values(), ids=BAD_SWIPES)
def test_a_bad_swipe_among_good_ones(run: Run, swipe_of: Swiped, value: object, message: str) -> None:
    result = run(lines(swipe_of("cat"), value, b"\n", swipe_of("hello")), "--json")
    first, error, last = result.json_lines
    assert result.code == 1
    assert result.err.startswith(f"error: traj.json, line 2: {message}")
    assert result.err.count("\n") == 1
    assert error["error"].startswith(f"line 2: {message}")
    assert (first["candidates"][0]["word"], last["candidates"][0]["word"]) == ("cat", "hello")


@pytest.mark.parametrize(("value", "message"), BAD_SWIPES.values(), ids=BAD_SWIPES)
def test_a_bad_swipe_alone(run: Run, value: object, message: str) -> None:
    result = run(lines(value))
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: traj.json")
    assert result.err.count("\n") == 1
    assert message in result.err


def test_a_bad_swipe_in_a_list(run: Run, swipe_of: Swiped) -> None:
    result = run([swipe_of("cat"), {"x": [1], "y": [1], "t": [1]}, swipe_of("hello")])
    assert result.code == 1
    assert result.err.startswith("error: traj.json, line 1, swipe 2: the swipe has one point")
    assert [line.split()[1] for line in result.out.splitlines() if line.startswith("  1  ")] == ["cat", "hello"]


def test_a_hundred_thousand_points(run: Run, qwerty: Grid) -> None:
    swipe = toy.swipe_of("quick", qwerty)
    t = np.linspace(0, swipe.t[-1], 100_000)
    long = {"x": np.interp(t, swipe.t, swipe.x).tolist(), "y": np.interp(t, swipe.t, swipe.y).tolist(), "t": t.tolist()}
    assert run(long, "--json").words()[0][0] == "quick"


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "the input is empty"), (b"[]", "the list is empty"), (b"hello\nworld\n", "line 1: not JSON")]
)
def test_input_without_swipes(run: Run, content: bytes, message: str) -> None:
    for stdin in (False, True):
        result = run(content, stdin=stdin)
        assert (result.code, result.out) == (1, "")
        assert message in result.err
        assert result.err.startswith("error: standard input" if stdin else "error: traj.json")
        assert result.err.count("\n") == 1


def spoil_nothing(bundle: Path) -> None:
    shutil.rmtree(bundle)


def spoil_hash(bundle: Path) -> None:
    with (bundle / "encoder.onnx").open("ab") as file:
        file.write(b" ")


def spoil_version(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | {"format_version": 4}))


def spoil_files(bundle: Path) -> None:
    (bundle / "decoder_step.onnx").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_nothing, "cannot read manifest.json: No such file or directory"),
        (spoil_files, "cannot read decoder_step.onnx: No such file or directory"),
        (spoil_hash, "encoder.onnx has sha256 "),
        (spoil_version, "manifest.json has format_version 4, this engine reads 2 to 3: update Keyglide"),
    ],
)
def test_a_bad_bundle(run: Run, swipe_of: Swiped, toy_bundle: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    bundle = Path(shutil.copytree(toy_bundle, tmp_path / "spoilt"))
    spoil(bundle)
    result = run(swipe_of("cat"), "--bundle", bundle)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"error: model bundle {bundle}: {message}")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is an empty file"), (b"no lexicon at all", "is not a lexicon"), (None, "No such file or directory")],
)
def test_a_bad_lexicon(run: Run, swipe_of: Swiped, tmp_path: Path, content: bytes | None, message: str) -> None:
    lexicon = tmp_path / "bad.lexicon"
    if content is not None:
        lexicon.write_bytes(content)
    result = run(swipe_of("cat"), "--lexicon", lexicon)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: ")
    assert message in result.err
    assert str(lexicon) in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--grid", "qwerti_en"),
            f"unknown grid 'qwerti_en': known are {GRIDS}; did you mean 'qwerty_en'?",
        ),
        (
            ("--grid", "extra"),
            "grid 'yandex_ru_extra' has no key for 'a', 'b', 'c' and 23 more of the lexicon's alphabet and the lexicon does not know",
        ),
        (("--grids", "no_such_file.json"), "cannot read no_such_file.json: No such file or directory"),
        (("--grids", str(ROOT / "README.md")), f"grid file '{ROOT / 'README.md'}' is not JSON"),
    ],
)
def test_bad_grid_options(run: Run, swipe_of: Swiped, options: tuple[str, ...], message: str) -> None:
    result = run(swipe_of("cat"), *options)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"error: {message}")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["a.json", "b.json"], ["a.json", "--top", "0"], ["a.json", "--search"], ["a.json", "--colour"]])
def test_usage_errors(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        decode.parse_args(options)
    assert exit_.value.code == 2
    assert "usage: python -m engine.decode" in capsys.readouterr().err
