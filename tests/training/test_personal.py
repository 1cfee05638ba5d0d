"""What learning is worth, on the toy bundle, where every answer is known."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.grid import Grid
from engine.recognizer import Candidate
from tests.support import toy
from training import personal
from training.personal import Way

ROWS = [
    # meant, traced, person: ann writes rotate, which the lexicon lacks, twice and then again; bob writes what it has
    ("rotate", "rotate", "ann"),
    ("rotate", "rotate", "ann"),
    ("rotate", "rotate", "ann"),
    ("rotate", "rotate", "ann"),
    ("cat", "cat", "bob"),
    ("hello", "hello", "bob"),
    ("cat", "cat", "bob"),
    ("hello", "hello", "bob"),
]


@pytest.fixture
def data(tmp_path: Path, qwerty: Grid, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = []
    for meant, traced, person in ROWS:
        swipe = toy.swipe_of(traced, qwerty)
        curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist(), "grid_name": "qwerty_en"}
        lines.append(json.dumps({"word": meant, "curve": curve, "user": person, "prompt": "common", "clean": True}))
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_word_that_was_typed_twice_is_read_afterwards(
    data: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["personal", str(data), "--bundle", str(toy_bundle), "--lexicon", str(toy_lexicon), "--strengths", "100", "--kept", "0"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--json"])
    personal.main()
    report = json.loads(capsys.readouterr().out)
    rows = {(row["group"], row["name"]): (row["without"]["top_1"], row["learnt"]["top_1"]) for row in report["rows"]}
    assert rows["all", ""] == (0.5, 1.0)
    assert rows["lexicon", "in it"] == (1.0, 1.0)
    assert rows["lexicon", "not in it"] == (0.0, 1.0)
    assert report["totals"]["none"]["n_swipes"] == 4
    monkeypatch.setattr(sys, "argv", arguments)
    personal.main()
    assert "100 words, kept 0" in capsys.readouterr().out


def candidate(word: str) -> Candidate:
    return Candidate(word, -1.0, 0.5, word.lower(), (word,))


@pytest.mark.parametrize(
    ("meant", "expected"),
    [
        ("cat", [("Cat", "kept")]),
        ("car", [("Cat", "taken back"), ("car", "picked")]),
        ("far", [("Cat", "taken back"), ("far", "tapped")]),  # the fifth candidate is not offered
        ("zebra", [("Cat", "taken back"), ("zebra", "tapped")]),
    ],
)
def test_what_a_person_does_with_the_candidates(meant: str, expected: list[tuple[str, str]]) -> None:
    found = [candidate(word) for word in ("Cat", "car", "vat", "hat", "far")]
    assert list(personal.uses(meant, found, toy.ALPHABET)) == expected


def test_without_candidates_the_word_is_typed() -> None:
    assert list(personal.uses("cat", [], toy.ALPHABET)) == [("cat", "tapped")]


def test_each_fold_is_read_as_is_best_for_the_others() -> None:
    weak, strong = Way(100, 0), Way(10, 0)
    fold = np.array([0, 1, 2, 3, 4])
    ranks: dict[Way | None, personal.Ranks] = {None: [1, 1, 1, 1, 1], weak: [0, 1, 1, 1, 0], strong: [1, 0, 0, 0, 0]}
    found, chosen = personal._cross_fitted(ranks, fold)
    assert chosen == [strong, strong, strong, strong, strong]
    assert found == ranks[strong]
