"""Accuracy against time: what is tried, which choices are on the front, what is reported of them, and the command itself."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from benchmarks.common.environment import Environment
from benchmarks.common.paired import Ratio
from benchmarks.common.tables import Change, table
from benchmarks.pareto import __main__ as pareto
from benchmarks.pareto.choices import Axes, Choice, Point, around, front
from benchmarks.pareto.plot import figure_of, series_of
from benchmarks.pareto.report import Report
from engine.accuracy import Accuracy
from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from tests.support import toy
from training.data.swipe_data import load_swipes

DEFAULT = Choice("two_pass", 10, "int8", 300_000)
ENVIRONMENT = Environment("a processor", ["avx2"], 2, 0.1, "a system", {"numpy": "2"}, "abc", 300_000, 10, 15.0, 1, "dev.jsonl.gz", 100)
WORDS = (
    # meant, traced
    ("cat", "cat"),
    ("hello", "hello"),
    ("wet", "vat"),  # a miss: it traces another word
    ("zebra", "cart"),  # a miss: the lexicon lacks it
    ("we're", "were"),  # a hit: the key sequence counts
    ("london", "london"),
)


def point_of(choice: Choice, p50_ms: float, top_1: float, top_4: float = 0.95) -> Point:
    accuracy = Accuracy(100, top_1, top_4, top_4, top_1)
    times = {"p50": p50_ms, "p95": 2 * p50_ms, "p99": 3 * p50_ms}
    strata = {"all": accuracy, "at most 3 letters": replace(accuracy, n_swipes=30, top_1=top_1 / 2)}
    return Point(choice, accuracy, Change(top_1 - 0.89, -0.01, 0.01), times, Ratio(p50_ms, p50_ms, p50_ms), 190.0, strata)


@pytest.fixture
def report() -> Report:
    points = [point_of(replace(DEFAULT, beam_width=beam), 0.9 + beam / 100, 0.88 + beam / 1000) for beam in (4, 6, 8, 10, 16, 32)]
    points += [point_of(replace(DEFAULT, precision="fp32", beam_width=beam), 1.4 + beam / 100, 0.88 + beam / 1000) for beam in (4, 10)]
    points += [point_of(replace(DEFAULT, method="steps"), 3.0, 0.89), point_of(replace(DEFAULT, n_words=20_000), 0.99, 0.80)]
    return Report(ENVIRONMENT, 50, DEFAULT, points)


# --- what is tried ---


def test_one_thing_is_varied_at_a_time_but_beams_with_precisions_and_methods() -> None:
    axes = Axes(("two_pass", "steps"), (6, 10), ("fp32", "int8"), (500_000, 20_000))
    choices = around(DEFAULT, axes, 4)
    assert choices == [
        Choice("two_pass", 6, "int8", 300_000),
        DEFAULT,
        Choice("two_pass", 6, "fp32", 300_000),
        Choice("two_pass", 10, "fp32", 300_000),
        Choice("steps", 6, "int8", 300_000),
        Choice("steps", 10, "int8", 300_000),
        Choice("two_pass", 10, "int8", 20_000),
        Choice("two_pass", 10, "int8", 500_000),
    ]


def test_the_default_is_tried_where_no_axis_names_it() -> None:
    assert around(DEFAULT, Axes(("steps",), (2,), (), ()), 4) == [
        Choice("two_pass", 4, "int8", 300_000),
        DEFAULT,
        Choice("steps", 2, "int8", 300_000),
        Choice("steps", 10, "int8", 300_000),
    ]


def test_two_passes_with_a_beam_below_the_words_asked_for_are_one_choice() -> None:
    choices = around(DEFAULT, Axes((), (1, 2, 3, 4), (), ()), 4)
    assert [choice.beam_width for choice in choices] == [4, 10]
    assert replace(DEFAULT, beam_width=1, method="steps").effective(4).beam_width == 1


# --- the front ---


def test_the_front_holds_what_nothing_beats() -> None:
    slow, middle, fast, beaten, slower, worse = (
        point_of(replace(DEFAULT, beam_width=beam), p50_ms, top_1)
        for beam, (p50_ms, top_1) in enumerate([(3.0, 0.9), (2.0, 0.8), (1.0, 0.7), (2.5, 0.75), (2.1, 0.8), (1.0, 0.6)], 1)
    )
    assert front([slow, beaten, middle, slower, fast, worse]) == [fast, middle, slow]


def test_equals_are_both_on_the_front() -> None:
    twins = [point_of(replace(DEFAULT, beam_width=beam), 1.0, 0.9) for beam in (1, 2)]
    assert front(twins) == twins


# --- the report ---


def rows_of(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_the_table_marks_the_default_and_the_front(report: Report) -> None:
    lines = report.as_text().splitlines()
    rows = rows_of(lines)
    head, points = rows[0], rows[2 : 2 + len(report.points)]
    assert [row[0] for row in points] == ["front", "front", "front", "default, front", "front", "front", "", "", "", ""]
    default = dict(zip(head, points[3], strict=True))
    assert (default["method"], default["beam"], default["precision"], default["words"]) == ("two_pass", "10", "int8", "300,000")
    assert (default["p50 ms"], default["p95 ms"], default["top-1"], default["times default"]) == ("1.00", "2.00", "89.00", "")
    assert points[4][head.index("top-1 against default")] == "+0.60 [-1.00, +1.00]"
    assert "    a processor (avx2), 2 CPUs" in lines[0] and any("abc" in line for line in lines[:4])


def test_the_strata_of_the_default_the_fastest_and_the_best(report: Report) -> None:
    rows = rows_of(report.as_text().splitlines())[2 + len(report.points) :]
    names = [f"{name}: {top}" for name in ("default", "fastest", "most accurate") for top in ("top-1", "top-4")]
    assert rows[0] == ["stratum", "swipes", *names]
    assert rows[2:] == [
        ["all", "100", "89.00", "95.00", "88.40", "95.00", "91.20", "95.00"],
        ["at most 3 letters", "30", "44.50", "95.00", "44.20", "95.00", "45.60", "95.00"],
    ]
    assert "- most accurate: two_pass, beam 32, int8, 300,000 words" in report.as_text()


def test_a_choice_that_is_best_in_all_has_one_column(report: Report) -> None:
    alone = replace(report, points=[report.default_point, point_of(replace(DEFAULT, beam_width=16), 2.0, 0.5)])
    assert "default, fastest, most accurate: top-1" in alone.as_text() and "| fastest" not in alone.as_text()


def test_numbers_stand_right_and_words_left() -> None:
    assert table(["name", "n", "range"], [["int8", "1,000", "+1.0 [-2.0, +3.0]"], ["", "7", ""]]) == [
        "| name |     n |             range |",
        "|------|------:|------------------:|",
        "| int8 | 1,000 | +1.0 [-2.0, +3.0] |",
        "|      |     7 |                   |",
    ]


def test_labels_of_the_plot_do_not_overlap(report: Report) -> None:
    figure = figure_of(report)
    assert isinstance(figure.canvas, FigureCanvasAgg)
    renderer = figure.canvas.get_renderer()
    for axes in figure.axes:
        boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]
        assert len(boxes) == len(report.points)
        assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_the_plot_labels_each_point_and_rings_the_default(report: Report) -> None:
    assert [(series.title, list(series.labels)) for series in series_of(report)] == [
        ("two_pass, int8, by beam", ["4", "6", "8", "10", "16", "32"]),
        ("two_pass, fp32, by beam", ["4", "10"]),
        ("steps, int8, by beam", ["10"]),
        ("other lexicons, words", ["20 k"]),
    ]
    axes = figure_of(report).axes[0]
    (ring,) = (line for line in axes.lines if str(line.get_label()).startswith("default"))
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([1.0], [89.0])  # type: ignore[arg-type]


def test_what_was_made_for_the_measurement_is_said(report: Report) -> None:
    exact, larger = replace(DEFAULT, precision="fp32"), replace(DEFAULT, n_words=500_000)
    assert pareto.notes_on([DEFAULT, exact], DEFAULT, has_exact=True) == []
    assert pareto.notes_on([DEFAULT, replace(DEFAULT, n_words=7)], DEFAULT, has_exact=False) == []
    rounded, made_up = pareto.notes_on([DEFAULT, exact, larger], DEFAULT, has_exact=False)
    assert rounded.startswith("fp32: ") and made_up.startswith("More than 300,000 words: ")
    assert f"\n{rounded}\n" in replace(report, notes=[rounded]).as_text()


# --- the command ---


@pytest.fixture(scope="module")
def data(qwerty: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = []
    for meant, traced in WORDS:
        swipe = toy.swipe_of(traced, qwerty)
        lines.append(json.dumps({"word": meant, "curve": {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist()}}))
    path = tmp_path_factory.mktemp("pareto") / "swipes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", ["pareto", *map(str, arguments)])
    pareto.main()


def few(bundle: Path, lexicon: Path, out: Path) -> list[str | Path]:
    axes = ["--methods", "steps", "--beam-widths", "1", "--precisions", "fp32", "--lexicons", "5"]
    return ["--bundle", bundle, "--lexicon", lexicon, "--n-timed", "3", "--out", out, *axes]


def test_the_command_reports_every_choice(
    toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train = tmp_path / "train.jsonl"
    train.write_text(data.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    run_main(monkeypatch, data, "--train", train, *few(toy_bundle, toy_lexicon, tmp_path / "out"), "--json")
    report = json.loads(capsys.readouterr().out)
    default: dict[str, Any] = {"method": "steps", "beam_width": 8, "precision": "fp32", "n_words": len(toy.ENTRIES)}
    assert report["default"] == default
    choices = [default | {"beam_width": 1}, default, default | {"n_words": 5}]
    assert [point["choice"] for point in report["points"]] == choices
    accuracies = [point["accuracy"] for point in report["points"]]
    assert [one["n_swipes"] for one in accuracies] == [6, 6, 6] and accuracies[1]["top_1"] == pytest.approx(4 / 6)
    assert accuracies[2]["top_1"] == pytest.approx(2 / 6)  # hello and london are not among the five
    assert report["points"][2]["top_1_change"]["mean"] == pytest.approx(-2 / 6)
    assert report["points"][1]["ratio"] == {"median": 1.0, "low": 1.0, "high": 1.0}
    assert any(point["on_front"] for point in report["points"])
    for point in report["points"]:
        assert 0 < point["milliseconds"]["p50"] <= point["milliseconds"]["p95"] <= point["milliseconds"]["p99"]
        assert point["peak_mb"] > 10
    assert (report["environment"]["n_threads"], report["environment"]["n_swipes"], report["n_timed"]) == (1, 6, 3)
    strata = {name: (one["n_swipes"], round(one["top_1"] * one["n_swipes"])) for name, one in report["points"][1]["strata"].items()}
    assert strata == {
        "all": (6, 4),
        "at most 3 letters": (2, 1),
        "double letter": (1, 1),
        "confusable by a neighbouring key": (1, 1),
        "unseen in training": (5, 3),
    }
    assert (tmp_path / "out" / "pareto.png").read_bytes().startswith(b"\x89PNG")
    written = (tmp_path / "out" / "pareto.md").read_text(encoding="utf-8")
    assert written.startswith("# Accuracy against time\n") and "| default" in written and "| at most 3 letters" in written


def test_a_choice_changes_nothing_but_what_it_says(toy_recognizer: SwipeRecognizer, toy_bundle: Path, qwerty: Grid, tmp_path: Path) -> None:
    """Whatever the other bundle's manifest has for defaults."""
    other = toy.write_bundle(tmp_path / "other", search=replace(toy.SEARCH, prior_weight=3.0))
    choice = Choice("steps", 8, "fp32", len(toy.ENTRIES))
    shipped = pareto.build_engines(toy_recognizer, [choice], {"fp32": toy_bundle}, tmp_path)
    engines = pareto.build_engines(toy_recognizer, [choice], {"fp32": other}, tmp_path)
    swipe = toy.swipe_of("wet", qwerty)
    assert engines.way(choice)(swipe) == shipped.way(choice)(swipe) == toy_recognizer.recognize(swipe)
    assert engines.recognizers["fp32", len(toy.ENTRIES)].recognize(swipe) != toy_recognizer.recognize(swipe)


def test_the_swipes_are_evenly_spread(data: Path) -> None:
    swipes = load_swipes(data)
    assert pareto.spread(swipes, 3).words.tolist() == ["cat", "wet", "london"]
    assert len(pareto.spread(swipes, pareto.ALL)) == len(WORDS)


def test_strata_that_no_swipe_is_in_are_left_out(data: Path, toy_recognizer: SwipeRecognizer) -> None:
    found = pareto.hard_strata(load_swipes(data), toy_recognizer, None)
    rows = {title: stratum.rows.nonzero()[0].tolist() for title, stratum in found.items()}
    assert rows == {
        "all": [0, 1, 2, 3, 4, 5],
        "at most 3 letters": [0, 2],
        "double letter": [1],
        "confusable by a neighbouring key": [0],
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("--beam-widths", "0"),
        ("--beam-widths", "ten"),
        ("--n", "some"),
        ("--n-timed", "-1"),
        ("--precisions", "int4"),
        ("--methods", "greedy"),
    ],
)
def test_a_usage_error_exits_with_2(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        run_main(monkeypatch, *arguments)


def test_what_cannot_be_used_is_one_line(toy_bundle: Path, toy_lexicon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = few(toy_bundle, toy_lexicon, tmp_path / "out")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(SystemExit, match=r"^benchmarks\.pareto: empty\.jsonl: the input is empty"):
        run_main(monkeypatch, tmp_path / "empty.jsonl", *settings)
    with pytest.raises(SystemExit, match=r"^benchmarks\.pareto: model bundle .* cannot read manifest\.json"):
        run_main(monkeypatch, *settings, "--bundle", tmp_path)
    toy.write_bundle(tmp_path / "int8", precision="int8")
    with pytest.raises(ValueError, match=r"^--fp32 .*int8 is a bundle in int8: name one that was exported in fp32"):
        pareto.fp32_bundle(tmp_path / "int8")
