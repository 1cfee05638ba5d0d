"""The comparison with a baseline, on results that are made by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.suites import baseline

STAGES = {"bench_a.py::test_features[60/s]": 0.5, "bench_b.py::test_search[b]": 20.0, "bench_b.py::test_whole": 100.0}
"""How many times as long as the work "matrix" each takes."""
CONDITIONS = {"processor": "P", "bundle": "abc", "data": "made-up"}
Write = Callable[..., Path]
"""write(name, stages, **changes): the file of a result"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, stages: Mapping[str, float], speed: float = 1.0, data: str = "made-up", **conditions: str) -> Path:
        benchmarks = [
            {
                "fullname": f"some/where/{stage}",
                "extra_info": {
                    "conditions": {**CONDITIONS, "data": data},
                    "timing": {"p50_ms": 0.04 * times / speed, "ratios": {"matrix": times, "interpreter": times / 2}},
                    "budgets": [],
                    "facts": {"MB": 71.875},
                },
            }
            for stage, times in stages.items()
        ]
        path = tmp_path / name
        content = {"machine_info": {"conditions": {**CONDITIONS, "data": data, **conditions}}, "benchmarks": benchmarks}
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def committed(write: Write, tmp_path: Path) -> Path:
    """The baseline of three runs, of which one was 2 % slower in everything."""
    runs = [write(f"run{i}.json", {name: times * factor for name, times in STAGES.items()}) for i, factor in enumerate((1, 1.02, 1))]
    path = tmp_path / "baseline.json"
    assert baseline.run(baseline.parse_args([*map(str, runs), "--against", str(path), "--update"])) == 0
    return path


def judge(capsys: pytest.CaptureFixture[str], committed: Path, *arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    """The exit code, what --json says, and the table."""
    options = [*map(str, arguments), "--against", str(committed)]
    code = baseline.run(baseline.parse_args([*options, "--json"]))
    said = json.loads(capsys.readouterr().out)
    assert baseline.run(baseline.parse_args(options)) == code
    return code, said, capsys.readouterr().out


def test_a_stage_that_got_slower_is_named(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    now = write("now.json", STAGES | {"bench_b.py::test_search[b]": 40.0})
    code, said, table = judge(capsys, committed, now)
    assert code == 1 and said["slower"] == ["bench_b.py::test_search[b]"]
    assert (
        said["facts"] == {name: {"MB": 71.875} for name in STAGES} and "bench_b.py::test_whole: MB 71.9 (71.9 before)" in table.splitlines()
    )
    assert "bench_b.py::test_search[b] got slower: 2.00 times as long, 1.15 allowed" in table.splitlines()
    assert table.splitlines()[-1] == "1 of 3 stages got slower"


def test_a_baseline_of_before_it_had_facts_is_read(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    content = json.loads(committed.read_text())
    for one in content["stages"].values():
        del one["facts"]
    committed.write_text(json.dumps(content))
    assert "bench_b.py::test_whole: MB 71.9" in judge(capsys, committed, write("now.json", STAGES))[2].splitlines()


def test_a_slower_machine_is_no_slower_stage(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    """Everything takes twice as long, the works too: their ratios stay."""
    code, said, _ = judge(capsys, committed, write("now.json", STAGES, speed=0.5))
    assert code == 0 and said["slower"] == []
    assert {one["p50_ms"] for one in said["verdicts"]} == {0.08 * times for times in STAGES.values()}


def test_a_machine_that_is_good_at_one_work_accuses_no_stage(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    now = write("now.json", STAGES)
    content = json.loads(now.read_text())
    for one in content["benchmarks"]:
        one["extra_info"]["timing"]["ratios"]["matrix"] *= 3
    now.write_text(json.dumps(content))
    assert judge(capsys, committed, now)[0] == 0


def test_what_is_within_the_tolerance_or_the_spread_is_the_same(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    now = write("now.json", {name: times * 1.1 for name, times in STAGES.items()})
    assert judge(capsys, committed, now)[0] == 0
    code, said, _ = judge(capsys, committed, now, "--tolerance", "0.05")
    assert code == 1 and len(said["slower"]) == 3
    content = json.loads(committed.read_text())
    assert [round(one["spread"], 6) for one in content["stages"].values()] == [0.02] * 3
    content["stages"]["bench_b.py::test_whole"]["spread"] = 0.1
    committed.write_text(json.dumps(content))
    assert "bench_b.py::test_whole" not in judge(capsys, committed, now, "--tolerance", "0.05")[1]["slower"]


def test_a_stage_that_got_faster_is_said(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    code, said, _ = judge(capsys, committed, write("now.json", STAGES | {"bench_b.py::test_whole": 50.0}))
    assert code == 0 and [one["stage"] for one in said["verdicts"] if one["status"] == "faster"] == ["bench_b.py::test_whole"]


def test_of_several_results_the_median_counts(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    busy = write("busy.json", {name: 3 * times for name, times in STAGES.items()})
    calm = [write(f"calm{i}.json", STAGES) for i in range(2)]
    assert judge(capsys, committed, busy, *calm)[0] == 0
    assert judge(capsys, committed, busy)[0] == 1


def test_results_may_hold_different_stages(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    """As where slow stages run once and the others several times."""
    one, *others = STAGES
    parts = write("one.json", {one: STAGES[one]}), write("others.json", {name: 2 * STAGES[name] for name in others})
    assert judge(capsys, committed, *parts)[1]["slower"] == others


def test_a_baseline_holds_what_ran_often_enough(write: Write, tmp_path: Path) -> None:
    _, *others = STAGES
    whole = [write(f"whole{i}.json", STAGES) for i in range(2)]
    part = write("part.json", {name: STAGES[name] for name in others})
    path = tmp_path / "new.json"
    baseline.run(baseline.parse_args([*map(str, (*whole, part)), "--against", str(path), "--update"]))
    assert list(baseline.Baseline.read(path).stages) == others


def test_missing_and_new_stages_are_said(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    stages = {name: times for name, times in STAGES.items() if "whole" not in name}
    code, said, table = judge(capsys, committed, write("now.json", {**stages, "bench_c.py::test_more": 1.0}))
    assert code == 0
    assert {one["stage"]: one["status"] for one in said["verdicts"]} == {
        "bench_a.py::test_features[60/s]": "same",
        "bench_b.py::test_search[b]": "same",
        "bench_b.py::test_whole": "missing",
        "bench_c.py::test_more": "new",
    }
    assert any(line.startswith("bench_b.py::test_whole") and line.endswith("missing") for line in table.splitlines())


def test_other_swipes_are_not_compared(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    now = write("now.json", STAGES, data="dev.jsonl.gz")
    with pytest.raises(ValueError, match="no stage in common that was run on the same swipes"):
        baseline.run(baseline.parse_args([str(now), "--against", str(committed)]))


def test_another_machine_is_said(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    code, said, table = judge(capsys, committed, write("now.json", STAGES, processor="Q"))
    assert code == 0 and said["differences"] == ["processor is Q, the baseline's was P"]
    assert "note: processor is Q, the baseline's was P" in table


def test_a_budget_that_is_overdrawn_is_said(capsys: pytest.CaptureFixture[str], write: Write, committed: Path) -> None:
    now = write("now.json", STAGES)
    content = json.loads(now.read_text())
    budgets = [{"name": name, "value": value, "limit": 12.0} for name, value in (("MB", 13.0), ("ms", 11.0))]
    content["benchmarks"][0]["extra_info"]["budgets"] = budgets
    now.write_text(json.dumps(content))
    code, said, table = judge(capsys, committed, now)
    assert code == 0 and said["slower"] == [] and said["overdrawn"] == ["bench_a.py::test_features[60/s]: MB 13 of 12"]
    assert "kept  bench_a.py::test_features[60/s]: ms 11 of 12" in table


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"machine_info": {}, "benchmarks": []}'])
def test_a_damaged_result_is_one_line(tmp_path: Path, committed: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_text(content)
    monkeypatch.setattr(sys, "argv", ["baseline", str(damaged), "--against", str(committed)])
    with pytest.raises(SystemExit, match=r"^benchmarks.suites.baseline: .*damaged.json is not a result of the suites \(.+\): make one"):
        baseline.main()


@pytest.mark.parametrize("content", ["", "{}", '{"format_version": 1, "stages": {"a": {}}}'])
def test_a_damaged_baseline_is_one_line(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_text(content)
    monkeypatch.setattr(sys, "argv", ["baseline", str(write("now.json", STAGES)), "--against", str(damaged)])
    what_to_do = "write a new one with --update"
    with pytest.raises(SystemExit, match=rf"^benchmarks.suites.baseline: .*damaged.json is not a baseline \(.+\): {what_to_do}"):
        baseline.main()


def test_another_format_is_refused(write: Write, committed: Path) -> None:
    committed.write_text(committed.read_text().replace('"format_version": 1', '"format_version": 2'))
    with pytest.raises(ValueError, match="has format_version 2, expected 1"):
        baseline.run(baseline.parse_args([str(write("now.json", STAGES)), "--against", str(committed)]))


def test_a_baseline_needs_several_runs_of_one_machine(write: Write, tmp_path: Path) -> None:
    files = [str(write(f"{i}.json", STAGES)) for i in range(2)]
    update = ["--against", str(tmp_path / "new.json"), "--update"]
    with pytest.raises(ValueError, match="2 result\\(s\\) given, a baseline needs 3 or more"):
        baseline.run(baseline.parse_args([*files, *update]))
    other = str(write("other.json", STAGES, processor="Q"))
    with pytest.raises(ValueError, match="the results differ in 'processor'"):
        baseline.run(baseline.parse_args([*files, other, *update]))
    with pytest.raises(SystemExit, match=r"^2$"):
        baseline.parse_args([*files, "--tolerance", "-1"])
    assert not (tmp_path / "new.json").exists()
