"""The command that writes variants of recorded swipes, and draws them."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import load_grids
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord
from training.augment import __main__ as augment
from training.augment.files import Augmentation, Grids, LabelledSwipe, read_lines, variants_of, write_variants
from training.augment.picture import figure_of, panels_of, parts_of
from training.augment.pipelines import NARROW, pipeline_from_json
from training.augment.sampling import DropStretch, KeepEvery
from training.augment.space import Drift, Jitter, Rotate, Scale, Shift
from training.augment.timing import Pace, TimeWarp
from training.data.swipe_data import load_swipes

GRIDS = Grids(load_grids(), None, "qwerty_en")
CURVE = {"x": list(range(100, 900, 20)), "y": [200, 210] * 20, "t": list(range(0, 640, 16)), "grid_name": "qwerty_en"}
RECORDS: list[dict[str, Any]] = [
    {"word": "hi", "curve": CURVE, "user": "ann", "sentence": "hi ё", "position": 0, "device": {"width": 375.5}, "clean": False},
    {"word": "yes", "curve": {"x": [100, 300.25], "y": [100, 100], "t": [0, 40]}, "user": "bob", "id": 2**60, "finger": None},
    {**CURVE, "word": "flat", "tags": ["a", "b"]},
]
Command = Callable[..., str]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "in.jsonl.gz", RECORDS)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command, and returns what it printed."""

    def command(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["augment", *map(str, arguments)])
        augment.main()
        return capsys.readouterr().out

    return command


def written(path: Path, records: list[Any]) -> Path:
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    return [json.loads(line) for line in (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()]


def without_points(record: dict[str, Any]) -> dict[str, Any]:
    curve = {name: value for name, value in record.get("curve", {}).items() if name not in "xyt"}
    return {name: value for name, value in record.items() if name not in ("x", "y", "t", "variant")} | {"curve": curve}


@pytest.mark.parametrize("name", ["out.jsonl.gz", "out.jsonl"])
def test_every_line_keeps_its_fields_and_has_variants(name: str, source: Path, command: Command, tmp_path: Path) -> None:
    said = command(source, tmp_path / name, "--n", 4, "--json")
    assert json.loads(said) == {"out": str(tmp_path / name), "swipes": 3, "written": 12}
    variants = lines_of(tmp_path / name)
    for number, record in enumerate(RECORDS):
        of_one = variants[4 * number : 4 * number + 4]
        assert [variant["variant"] for variant in of_one] == [1, 2, 3, 4]
        for variant in of_one:
            assert without_points(variant) == without_points(record)
            assert list(variant) == [*record, "variant"], "the fields keep their order"
            curve = variant.get("curve", variant)
            swipe = Swipe.from_points(curve["x"], curve["y"], curve["t"])
            assert swipe.t[0] == 0 and abs(swipe.x[0] - 100) < 150
        assert len({str(variant.get("curve", variant)["x"]) for variant in of_one}) == 4
    assert not list(tmp_path.glob(".*")), "unfinished files are left"


def test_the_variants_are_read_by_the_training(source: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command(written(source, RECORDS[:2]), tmp_path / "out.jsonl.gz", "--n", 2, "--preset", "wide")
    data = load_swipes(tmp_path / "out.jsonl.gz")
    assert data.words.tolist() == ["hi", "hi", "yes", "yes"] and data.users.tolist() == ["ann", "ann", "bob", "bob"]


def test_originals_are_written_as_they_are(source: Path, command: Command, tmp_path: Path) -> None:
    command(source, tmp_path / "out.jsonl", "--n", 1, "--originals")
    assert [line["variant"] for line in lines_of(tmp_path / "out.jsonl")] == [0, 1] * 3
    assert lines_of(tmp_path / "out.jsonl")[::2] == [{**record, "variant": 0} for record in RECORDS]


def test_the_same_seed_writes_the_same_bytes_and_other_lines_change_nothing(source: Path, command: Command, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jsonl.gz" for number in range(4)]
    command(source, files[0])
    command(source, files[1], "--seed", 1)
    command(source, files[2], "--seed", 2)
    command(written(source, [RECORDS[2], *RECORDS[1:]]), files[3])
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert lines_of(files[0])[5:] == lines_of(files[3])[5:]


@given(st.integers(2, 60), st.integers(0, 1000))
def test_what_is_written_is_a_swipe_after_rounding(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 1000, (2, n))
    swipe = Swipe(x, y, np.cumsum(random.exponential(0.02, n)))
    line = LabelledSwipe(SwipeRecord("", swipe, None, None, number=7), GRIDS.by_name["qwerty_en"])
    for variant in variants_of(line, Augmentation(NARROW, 3, seed, False)):
        curve = line.with_points(variant, 1)["curve"]
        read = Swipe.from_points(curve["x"], curve["y"], curve["t"])
        for axis in "xyt":
            np.testing.assert_allclose(getattr(read, axis), getattr(variant, axis), atol=0.005001)


def test_a_swipes_grid_is_its_own_the_given_one_or_the_default(tmp_path: Path) -> None:
    geometry = {"width": 100, "height": 50, "keys": [{"label": "a", "hitbox": {"x": 0, "y": 0, "w": 50, "h": 50}}]}
    named = {**RECORDS[1]["curve"], "grid_name": "extra"}
    records = [{"curve": named}, {"curve": {**named, "grid": geometry}}, {**named, "grid_name": "default"}, RECORDS[1]]
    path = written(tmp_path / "in.jsonl", records)
    assert [line.grid.name for line in read_lines(path, GRIDS)] == ["yandex_ru_extra", "extra", "yandex_ru", "qwerty_en"]
    assert [line.grid.width for line in read_lines(path, GRIDS)][1] == 100
    assert {line.grid.name for line in read_lines(path, Grids(GRIDS.by_name, "default", "qwerty_en"))} == {"yandex_ru"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "in.jsonl, line 2: not JSON: Expecting value"),
        ("[1]", "line 2: a swipe must be an object with"),
        ('{"curve": [1]}', "line 2: a curve must be an object with"),
        ('{"curve": {"x": [1, 2]}}', "line 2: the swipe has no y and no t"),
        ('{"x": [1], "y": [1], "t": [0]}', "line 2: the swipe has one point"),
        ('{"x": [1, 2], "y": [1, 2], "t": [9, 0]}', "line 2: time goes backwards"),
        ('{"curve": {"x": [1, 2], "y": [1, 2], "t": [0, 1], "force": [1, 1]}}', "line 2: the curve also has a list 'force'"),
        ('{"x": [1, 2], "y": [1, 2], "t": [0, 1], "variant": 3}', "line 2: it has a field 'variant'"),
        ('{"x": [1, 2], "y": [1, 2], "t": [0, 1], "grid_name": "qwerty"}', "unknown grid 'qwerty': .*; did you mean 'qwerty_en'"),
        ('{"x": [1, 1e6], "y": [1, 1e6], "t": [0, 1]}', "line 2, variant 1 would not be a valid swipe: .*; use smaller amounts"),
    ],
)
def test_a_bad_line_is_named_and_the_output_stays_as_it_was(line: str, message: str, command: Command, tmp_path: Path) -> None:
    out, source = tmp_path / "out.jsonl", tmp_path / "in.jsonl"
    config = tmp_path / "config.json"
    config.write_text('[{"transform": "Shift", "x": 1e6, "y": 1e6}]' if "variant 1" in message else '[{"transform": "Shift"}]')
    out.write_text("what was there")
    first = json.dumps(RECORDS[0]) if "variant 1" not in message else ""
    source.write_text(f"{first}\n{line}\n")
    with pytest.raises(SystemExit, match=message):
        command(source, out, "--config", config)
    assert out.read_text() == "what was there" and {path.name for path in tmp_path.iterdir()} == {"out.jsonl", "in.jsonl", "config.json"}


def test_files_that_cannot_be_used_are_named(source: Path, command: Command, tmp_path: Path) -> None:
    out, before = tmp_path / "out.jsonl.gz", source.read_bytes()
    with pytest.raises(SystemExit, match=r"in.jsonl.gz' is also the input: give another file"):
        command(source, source)
    with pytest.raises(SystemExit, match=r"No such file or directory: .*gone"):
        command(tmp_path / "gone.jsonl", out)
    with pytest.raises(SystemExit, match=r"No such file or directory: .*nowhere"):
        command(source, tmp_path / "nowhere" / "out.jsonl")
    with pytest.raises(SystemExit, match=r"empty.jsonl: the input is empty: it needs a swipe"):
        command(written(tmp_path / "empty.jsonl", []), out)
    with pytest.raises(SystemExit, match=r"empty.jsonl: the input is empty: it needs a swipe"):
        command(tmp_path / "empty.jsonl", "--picture", tmp_path / "out.png")
    (tmp_path / "cut.jsonl.gz").write_bytes(before[:-20])
    with pytest.raises(SystemExit, match=r"training.augment: "):
        command(tmp_path / "cut.jsonl.gz", out)
    assert source.read_bytes() == before and not out.exists() and not list(tmp_path.glob(".*"))


def test_a_full_disk_leaves_what_was_there(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("what was there")

    def lines() -> Iterator[LabelledSwipe]:
        yield from read_lines(source, GRIDS)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_variants(lines(), out, Augmentation(NARROW, 2, 1, False))
    assert out.read_text() == "what was there" and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("arguments", [[], ["in.jsonl"], ["in.jsonl", "out.jsonl", "--n", "0"], ["a", "b", "--preset", "w"]])
def test_usage_errors_exit_with_2(arguments: list[str], command: Command) -> None:
    with pytest.raises(SystemExit) as stopped:
        command(*arguments)
    assert stopped.value.code == 2


def test_what_is_shown_can_be_used(source: Path, command: Command, tmp_path: Path) -> None:
    shown = command("--show")
    assert pipeline_from_json(json.loads(shown)) == NARROW
    (tmp_path / "own.json").write_text(shown)
    command(source, tmp_path / "one.jsonl", "--config", tmp_path / "own.json")
    command(source, tmp_path / "other.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()
    with pytest.raises(SystemExit, match=r"gone.json"):
        command("--show", "--config", tmp_path / "gone.json")


# --- the picture ---


def test_the_picture_shows_each_swipe_with_its_variants_and_each_transform_alone(source: Path) -> None:
    lines = list(read_lines(source, GRIDS))[:2]
    assert [type(part) for part in parts_of(NARROW)] == [Scale, Rotate, Shift, Drift, Jitter, Pace, TimeWarp, DropStretch, KeepEvery]
    panels = panels_of(lines, Augmentation(NARROW, 3, 1, False))
    axes = figure_of(panels).axes
    assert len(panels) == 2 + 9 and len(axes) == 2 * len(panels)
    assert [above.get_title() for above in axes[:6:2]] == ["line 1: hi", "line 2: yes", "Scale(x=0.03, y=0.03)"]
    for panel, above, below in zip(panels, axes[::2], axes[1::2], strict=True):
        assert len(panel.variants) == 3 and len(above.lines) == len(below.lines) == 4
        drawn = [np.asarray(line.get_xdata()) for line in above.lines]
        for x, swipe in zip(drawn, [panel.swipe, *panel.variants], strict=True):
            np.testing.assert_array_equal(x, swipe.x)
        assert np.asarray(below.lines[0].get_xdata())[-1] == panel.swipe.t[-1] - panel.swipe.t[0]
        assert above.yaxis_inverted() and [text.get_text() for text in above.texts][:3] == ["q", "w", "e"]


def test_the_variants_in_the_picture_are_those_in_the_file(source: Path) -> None:
    lines = list(read_lines(source, GRIDS))
    augmentation = Augmentation(NARROW, 2, 5, False)
    for line, panel in zip(lines, panels_of(lines, augmentation), strict=False):
        for one, other in zip(panel.variants, variants_of(line, augmentation), strict=True):
            np.testing.assert_array_equal(one.x, other.x)


def test_the_picture_is_written(source: Path, command: Command, tmp_path: Path) -> None:
    picture = tmp_path / "some.png"
    assert command(source, "--picture", picture, "--pictured", 1, "--n", 2) == ""
    assert picture.read_bytes().startswith(b"\x89PNG")
