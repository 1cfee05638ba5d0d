"""Evaluation, tuning and the latency record on the toy bundle, where every answer is known."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import latency
from benchmarks.common.environment import read_records
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from tests.support import toy
from training import evaluate, tune
from training.data.swipe_data import load_swipes
from training.evaluation.calibration import TRIED
from training.evaluation.decode_data import Outcome, Setup, decode_rows
from training.evaluation.strata import strata

ROWS = [
    # meant, traced, person, kind of prompt, clean
    ("cat", "cat", "ann", "sentence", True),
    ("hello", "hello", "ann", "oddity", True),
    ("wet", "vat", "bob", "sentence", False),  # a miss: it traces another word
    ("zebra", "cart", "bob", None, True),  # a miss: the lexicon lacks it
    ("we're", "were", "cy", "sentence", True),  # a hit: the key sequence counts
    ("don't", "dont", "cy", "common", True),
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path, qwerty: Grid) -> Path:
    lines = []
    for meant, traced, person, prompt, clean in ROWS:
        swipe = toy.swipe_of(traced, qwerty)
        curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist(), "grid_name": "qwerty_en"}
        lines.append(json.dumps({"word": meant, "curve": curve, "user": person, "prompt": prompt, "clean": clean}))
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def setup(toy_bundle: Path, toy_lexicon: Path, data: Path) -> Setup:
    return Setup(toy_bundle, toy_lexicon, "qwerty_en", data)


# --- evaluate ---


def run_evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup, *more: str) -> str:
    arguments = ["evaluate", str(setup.data), "--bundle", str(setup.bundle), "--lexicon", str(setup.lexicon), *more]
    monkeypatch.setattr(sys, "argv", arguments)
    evaluate.main()
    return capsys.readouterr().out


def test_accuracy_by_stratum(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup) -> None:
    report = json.loads(run_evaluate(monkeypatch, capsys, setup, "--json"))
    found = {
        (group, name): (one["n_swipes"], round(one["top_1"] * one["n_swipes"]))
        for group, names in report["accuracy"].items()
        for name, one in names.items()
    }
    assert found == {
        ("all", ""): (6, 4),
        ("letters", "1-3"): (2, 1),
        ("letters", "4-5"): (4, 3),
        ("prompt", "sentence"): (3, 2),
        ("prompt", "common"): (1, 1),
        ("prompt", "oddity"): (1, 1),
        ("prompt", "unknown"): (1, 0),
        ("trace", "clean"): (5, 4),
        ("trace", "not clean"): (1, 0),
        ("lexicon", "in it"): (5, 4),
        ("lexicon", "not in it"): (1, 0),
        ("double letter", "with"): (1, 1),
        ("double letter", "without"): (5, 3),
        ("confusable", "with"): (1, 1),  # cat, by car
        ("confusable", "without"): (5, 3),
    }
    everything = report["accuracy"]["all"][""]
    assert everything["swipe_mrr"] <= everything["top_4"] <= 5 / 6
    assert everything["top_1_interval"][0] < 4 / 6 < everything["top_1_interval"][1]
    assert report["search"] == {"beam_width": 8, "prior_weight": 0.25, "margin": 30.0, "ctc_weight": 0.0, "method": "steps"}
    assert report["calibration_error"] == pytest.approx(2 / 6, abs=0.02)  # the toy is sure of all six
    assert [one["least_probability"] for one in report["thresholds"]] == list(TRIED)
    assert set(report["milliseconds"]) == {"features", "encode", "search", "total"} and report["lexicon_words"] == len(toy.ENTRIES)


def test_the_table_has_the_same_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup) -> None:
    lines = run_evaluate(monkeypatch, capsys, setup, "--limit", "3").splitlines()
    assert lines[1].split()[:3] == ["all", "3", "66.67%"]
    prompts = [line.split()[:4] for line in lines if "sentence" in line or "oddity" in line]
    assert prompts == [["prompt", "sentence", "2", "50.00%"], ["oddity", "1", "100.00%", "100.00%"]]
    assert [line.split()[0] for line in lines if line.startswith("p")] == ["prompt", "p50", "p95", "p99"]
    error = next(line for line in lines if line.startswith("expected calibration error of the best candidate's probability"))
    assert 30 < float(error.split()[-1].removesuffix("%")) < 34  # it is sure of all three, and one is wrong
    assert lines[-1].split() == ["0.9", "0.0%", "0.0%", "0.0%", "0.0%"]


def test_words_that_training_lacks_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup, tmp_path: Path
) -> None:
    train = tmp_path / "train.jsonl"
    train.write_text("".join(line + "\n" for line in setup.data.read_text().splitlines()[:2]), encoding="utf-8")
    report = json.loads(run_evaluate(monkeypatch, capsys, setup, "--json", "--train", str(train)))
    seen, unseen = report["accuracy"]["training"]["seen word"], report["accuracy"]["training"]["unseen word"]
    assert (seen["n_swipes"], seen["top_1"], unseen["n_swipes"], unseen["top_1"]) == (2, 1.0, 4, 0.5)


def test_search_settings_can_be_changed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup) -> None:
    changes = ("beam_width=3", "prior_weight=0", "margin=5", "ctc_weight=0.5", "method=two_pass")
    given = [argument for change in changes for argument in ("--search", change)]
    search = json.loads(run_evaluate(monkeypatch, capsys, setup, "--json", *given))["search"]
    assert search == {"beam_width": 3, "prior_weight": 0.0, "margin": 5.0, "ctc_weight": 0.5, "method": "two_pass"}


def test_what_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match=r"^training.evaluate: model bundle .* cannot read manifest.json"):
        run_evaluate(monkeypatch, capsys, replace(setup, bundle=tmp_path / "nothing"))
    with pytest.raises(SystemExit, match=r"^training.evaluate: ctc_weight must be from 0 to 1, got 2"):
        run_evaluate(monkeypatch, capsys, setup, "--search", "ctc_weight=2")
    with pytest.raises(SystemExit, match=r"^2$"):
        run_evaluate(monkeypatch, capsys, setup, "--processes", "0")


def test_several_processes_give_what_one_gives(setup: Setup) -> None:
    """In the order of the rows, which need not be that of the file."""
    options, rows = SearchOptions(8, 0.25), [5, 0, 3, 1, 2, 4, 0]

    def answers(outcomes: list[Outcome]) -> list[tuple[int | None, tuple[tuple[str, float], ...]]]:
        return [(outcome.rank, outcome.candidates) for outcome in outcomes]

    alone, together = (decode_rows(setup, rows, options, n_processes) for n_processes in (1, 2))
    assert answers(alone) == answers(together)
    assert [outcome.candidates[0][0] for outcome in alone] == ["dont", "cat", "cart", "hello", "vat", "were", "cat"]


def test_strata_divide_the_swipes(data: Path, toy_lexicon: Path, qwerty: Grid) -> None:
    """Those of one group hold each swipe once."""
    found = strata(load_swipes(data), Lexicon.open(toy_lexicon), qwerty, {"cat"})
    for group in {stratum.group for stratum in found}:
        together = np.sum([stratum.rows for stratum in found if stratum.group == group], axis=0)
        assert together.tolist() == [1] * len(ROWS), group


# --- tune ---


def test_ranking_again_is_searching_with_the_other_prior_weight(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    """Where the list is wide enough to hold every word that either search would return."""
    wide = SearchOptions(1000, 0.25, n_best=len(toy.ENTRIES))
    for traced in ("cat", "hello", "wet"):
        swipe = toy.swipe_of(traced, qwerty)
        recognition = toy_recognizer.decode(swipe, wide)
        scored = tuple((candidate.key_sequence, candidate.score) for candidate in recognition.candidates)
        for weight in (0.0, 0.25, 3.0):
            found = [candidate.key_sequence for candidate in toy_recognizer.recognize(swipe, replace(wide, prior_weight=weight))]
            for rank, (word, _) in enumerate(scored):
                outcome = Outcome(rank, scored, recognition.milliseconds)
                assert tune.rank_with(toy_recognizer.lexicon, outcome, weight - 0.25) == found.index(word)


@pytest.mark.parametrize("method", ["steps", "two_pass"])
def test_tune_prints_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup, method: str) -> None:
    few = (
        "--beam-widths",
        "2",
        "8",
        "--ctc-weights",
        "0",
        "--prior-weights",
        "0.1",
        "0.3",
        "--margins",
        "20",
        "--search",
        f"method={method}",
    )
    monkeypatch.setattr(sys, "argv", ["tune", str(setup.data), "--bundle", str(setup.bundle), "--lexicon", str(setup.lexicon), *few])
    tune.main()
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if "%" in line]
    assert [row[:4] for row in rows[:4]] == [[beam, "0.00", prior, "inf"] for beam in ("2", "8") for prior in ("0.10", "0.30")]
    assert [row[0] for row in rows[4:]] == ["2", "8"] and rows[5][3:5] == ["20.0", "66.67%"] and len(rows[5]) == 9


# --- the latency record ---


def test_the_latency_record(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setup: Setup) -> None:
    monkeypatch.setattr(latency, "N_STARTS", 1)
    monkeypatch.setattr(latency, "measure_first_start", lambda *_: (0.4, 20.0))  # compiles for half a minute: see below
    arguments = ["latency", "--bundle", str(setup.bundle), "--lexicon", str(setup.lexicon), "--data", str(setup.data), "--json"]
    monkeypatch.setattr(sys, "argv", arguments)
    latency.main()
    record = json.loads(capsys.readouterr().out)
    assert record["accuracy"]["n_swipes"] == 6 and record["accuracy"]["top_1"] == pytest.approx(4 / 6)
    assert (record["environment"]["n_threads"], record["environment"]["lexicon_words"]) == (1, len(toy.ENTRIES))
    assert (record["first_start_s"], record["compiled_s"]) == (0.4, 20.0)
    assert len(record["start_s"]) == 1 and record["memory"]["peak_mb"] >= record["memory"]["loaded_mb"] > 10
    for stage in record["milliseconds"].values():
        assert 0 < stage["p50"] <= stage["p95"] <= stage["p99"]
    assert record["milliseconds"]["total"]["p50"] > record["milliseconds"]["encode"]["p50"]


@pytest.mark.slow
def test_the_first_start_ever_compiles(setup: Setup, tmp_path: Path) -> None:
    model = ["--bundle", str(setup.bundle), "--lexicon", str(setup.lexicon)]
    first_start_s, compiled_s = latency.measure_first_start(setup.data, model, tmp_path / "kernels")
    assert first_start_s > 0
    assert compiled_s is None or compiled_s > first_start_s


def test_the_latency_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ValueError, match="has 0 swipes"):
        read_records(tmp_path / "empty.jsonl", 500)
