"""Which recorded swipes are used where nobody names a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import recordings
from engine.recordings import DEV, EXAMPLES, VARIABLE, default_recordings
from tests.conftest import ROOT


def test_without_the_variable_they_are_the_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv(VARIABLE, raising=False)
        else:
            monkeypatch.setenv(VARIABLE, value)
        assert default_recordings() == EXAMPLES == ROOT / "examples" / "swipes.jsonl"


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / DEV
    file.parent.mkdir()
    file.touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert default_recordings() == file


def test_what_is_missing_is_named_and_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path}/how_we_swipe/dev.jsonl.gz': KEYGLIDE_DATA is '{tmp_path}'. Name a file"):
        default_recordings()
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(recordings, "EXAMPLES", tmp_path / "examples.jsonl")
    with pytest.raises(FileNotFoundError, match=r"KEYGLIDE_DATA is not set, and this is not a checkout. Name a file, or set KEYGLIDE_DATA"):
        default_recordings()


def test_nothing_that_is_shipped_knows_what_lies_beside_the_checkout() -> None:
    packages = ("engine", "training", "export", "keyboard_app", "benchmarks", "keyglide")
    sources = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    assert len(sources) > 100
    assert [file for file in sources if "../shared" in file.read_text(encoding="utf-8")] == []
