"""Two checkouts and SHARK2 in turns: here, this one twice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.checkouts import __main__ as checkouts
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "swipes.jsonl"


def test_the_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["checkouts", str(ROOT), "--data", str(EXAMPLES), "--n-swipes", "4", "--json"])
    checkouts.main()
    report = json.loads(capsys.readouterr().out)
    ours, same, shark2 = report["engines"]
    assert (ours["name"], same["name"], shark2["name"]) == ("this one", str(ROOT), "SHARK2")
    assert ours["top_1"] == same["top_1"] == 100 and shark2["top_1"] >= 50
    assert ours["times_ours"]["median"] == 1 and same["times_ours"]["median"] > 0
    assert 0 < ours["p50_ms"] <= ours["p95_ms"]


def test_a_folder_without_an_engine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["checkouts", str(tmp_path), "--data", str(EXAMPLES), "--n-swipes", "2"])
    with pytest.raises(SystemExit, match=f"benchmarks.checkouts: {tmp_path} is no checkout whose engine can be timed"):
        checkouts.main()
