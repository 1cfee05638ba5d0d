"""python -m benchmarks.searches: what is compared, what is reported, and when it fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.agreement import ScoredWord
from benchmarks.common.paired import PairedTimes
from benchmarks.searches import __main__ as searches
from benchmarks.searches.words import Problem
from engine.grid import Grid
from engine.swipe_file import SwipeRecord, as_line
from tests.support import toy
from training.data.swipe_data import SwipeData

WORDS = (
    # meant, traced
    ("cat", "cat"),
    ("hello", "hello"),
    ("wet", "vat"),  # a miss: it traces another word
    ("zebra", "cart"),  # a miss: the lexicon lacks it
    ("we're", "were"),  # a hit: the key sequence counts
    ("london", "london"),
)
EVERY_SEARCH = [
    "shipped",
    "greedy",
    "steps, beam 16",
    "steps, letter >= 0.5",
    "steps, within 2 nats",
    "1 letters, then all",
    "repaired, beam 2",
    "exact",
]


@pytest.fixture
def data(qwerty: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Swipes of WORDS."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = [as_line(SwipeRecord("", toy.swipe_of(traced, qwerty), meant, None)) for meant, traced in WORDS]
    path = tmp_path / "swipes.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def settings(toy_bundle: Path, toy_lexicon: Path) -> list[str | Path]:
    ways = ["--letters", "1", "--least-letters", "0.5", "--margins", "2", "--repaired", "2"]
    return ["--bundle", toy_bundle, "--lexicon", toy_lexicon, "--n-timed", "3", "--n-exhaustive", "2", *ways]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", ["searches", *map(str, arguments)])
    searches.main()


def test_the_command_reports_every_search(
    data: Path, settings: list[str | Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_main(monkeypatch, data, *settings, "--json")
    report = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in report["rows"]] == EVERY_SEARCH
    for row in report["rows"]:
        assert (row["accuracy"]["n_swipes"], row["accuracy"]["top_1"]) == (6, pytest.approx(4 / 6))
        assert row["top_1_change"] == {"mean": 0.0, "low": 0.0, "high": 0.0} and row["lost"] == 0
        assert 0 < row["milliseconds"]["p50"] <= row["milliseconds"]["p95"] <= row["milliseconds"]["p99"]
    assert report["rows"][0]["ratio"] == {"median": 1.0, "low": 1.0, "high": 1.0}
    check = report["check"]
    assert (check["n_swipes"], check["n_words"], check["n_different"]) == (2, len(toy.ENTRIES), 0)
    assert (report["environment"]["n_swipes"], report["n_timed"]) == (6, 3)


def test_the_table(data: Path, settings: list[str | Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run_main(monkeypatch, data, *settings)
    text = capsys.readouterr().out
    lines = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert lines[0] == "search" and lines[2:] == EVERY_SEARCH
    assert "All 14 words scored, 2 swipes: finds what the exact search finds" in text


def test_a_page_says_how_it_was_made(
    data: Path, settings: list[str | Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (1.25, 1.0, 1.0))
    page = tmp_path / "pages" / "page.md"
    run_main(monkeypatch, data, *settings, "--n", "4", "--out", page)
    text = page.read_text()
    assert text.startswith(f"# Searches\n\n    python -m benchmarks.searches {data} --bundle ") and f" --n 4 --out {page}\n" in text
    assert capsys.readouterr().out in text and "Other programs were running (load average 1.25)" in text
    assert list(page.parent.iterdir()) == [page]
    with pytest.raises(SystemExit, match=r"^benchmarks\.searches: .*Is a directory"):
        run_main(monkeypatch, data, *settings, "--out", page.parent)
    assert "| exact" in capsys.readouterr().out  # what took so long to find out is not lost


def test_a_difference_fails(
    data: Path, settings: list[str | Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def blind(problem: Problem) -> list[ScoredWord]:
        return [ScoredWord("vat", -1.0)]

    monkeypatch.setattr(searches, "exact", blind)
    with pytest.raises(SystemExit, match=r"^1$"):
        run_main(monkeypatch, data, *settings)
    assert "All 14 words scored, 2 swipes: DIFFERS from the exact search on 2" in capsys.readouterr().out


def test_losses_are_counted_against_the_exact_search_and_changes_against_the_shipped() -> None:
    """Three swipes of people a, a and b. The best word of all is the wrong one for the second."""
    points, people = np.zeros((3, 3), dtype=np.float32), np.array(["a", "a", "b"])
    data = SwipeData(points, np.arange(4), np.array(["cat", "wet", "a"]), people, np.full(3, True), np.array([""] * 3))
    cat, wet, vat = ScoredWord("cat", -1.0), ScoredWord("wet", -3.0), ScoredWord("vat", -2.0)
    a, at = ScoredWord("a", -1.0), ScoredWord("at", -4.0)
    found = {
        "shipped": [[cat], [wet], [at, a]],
        "greedy": [[cat], [vat], []],
        "exact": [[cat], [vat, wet], [a, at]],
    }
    milliseconds = {name: np.array([1.0, 2.0, 3.0]) * (turn + 1) for turn, name in enumerate(found)}
    rows = {row.name: row for row in searches.weigh(found, PairedTimes(milliseconds, found), data, toy.ALPHABET)}
    assert {name: row.lost for name, row in rows.items()} == {"shipped": pytest.approx(2 / 3), "greedy": pytest.approx(1 / 3), "exact": 0.0}
    assert {name: row.accuracy.top_1 for name, row in rows.items()} == {"shipped": 2 / 3, "greedy": 1 / 3, "exact": 2 / 3}
    assert rows["exact"].accuracy.top_4 == 1.0
    assert rows["greedy"].top_1_change.mean == pytest.approx(-1 / 3)
    assert (rows["exact"].top_1_change.low, rows["exact"].top_1_change.high) == (-0.5, 1.0)  # a lost one of two, b gained
    assert (rows["greedy"].ratio.median, rows["greedy"].milliseconds["p50"]) == (2.0, 4.0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--n", "0"),
        ("--beam-width", "ten"),
        ("--letters", "0"),
        ("--repaired", "0"),
        ("--edits", "-1"),
        ("--least-letters", "1"),
        ("--least-letters", "many"),
        ("--margins", "-1"),
        ("--margins", "nan"),
    ],
)
def test_a_usage_error_exits_with_2(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        run_main(monkeypatch, *arguments)


def test_what_cannot_be_used_is_one_line(data: Path, settings: list[str | Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"^benchmarks\.searches: model bundle .* cannot read manifest\.json"):
        run_main(monkeypatch, data, *settings, "--bundle", tmp_path)
    data.write_text("")
    with pytest.raises(SystemExit, match=r"^benchmarks\.searches: swipes\.jsonl: the input is empty"):
        run_main(monkeypatch, data, *settings)
