from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.swipe_file import BadRecord, read_swipes
from tests.support import toy_context
from training.evaluation.contexts import SentenceSoFar, load_places

POINTS = {"x": [0, 1], "y": [0, 1], "t": [0, 10]}
RECORDS: list[dict[str, str | int]] = [
    {"user": "a", "sentence": "its may london", "position": 0, "word": "its"},
    {"user": "a", "sentence": "its may london", "position": 1, "word": "may"},
    {"user": "a", "sentence": "its may london", "position": 2, "word": "london"},
    {"user": "b", "sentence": "its may london", "position": 2, "word": "london"},
    {"user": "b", "before": "It's May in ", "word": "london"},
    {"user": "b", "sentence": "its may london", "position": -1, "word": "zebra"},
    {"user": "b", "word": "zebra"},
]


@pytest.fixture
def swipes(tmp_path: Path) -> Path:
    path = tmp_path / "swipes.jsonl"
    path.write_text("".join(json.dumps({**POINTS, **record}) + "\n" for record in RECORDS), encoding="utf-8")
    return path


def test_a_record_knows_the_text_before_it(swipes: Path) -> None:
    with swipes.open("rb") as file:
        found = [record.before for record in read_swipes(file) if not isinstance(record, BadRecord)]
    assert found == ["", "its", "its may", "its may", "It's May in ", None, None]


def test_text_before_a_swipe_must_be_text(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text(json.dumps({**POINTS, "before": 3}), encoding="utf-8")
    with path.open("rb") as file:
        (record,) = read_swipes(file)
    assert isinstance(record, BadRecord)
    assert "before must be a text, got a number" in record.reason


def test_the_words_before_are_written_as_the_lexicon_writes_them(swipes: Path) -> None:
    so_far = SentenceSoFar(load_places(swipes), toy_context.lexicon(), "true")
    assert [so_far.before(row) for row in range(len(RECORDS))] == ["", "its", "its may", "its may", "It's May in", None, None]


def test_recognised_words_take_the_place_of_true_ones(swipes: Path) -> None:
    """A person's own; where a word was not swiped, the true one stands."""
    so_far = SentenceSoFar(load_places(swipes), toy_context.lexicon(), "recognised")
    for row, word in enumerate(("it's", None, "Paris", None)):
        so_far.before(row)
        so_far.keep(row, word)
    assert [so_far.before(row) for row in range(4)] == ["", "it's", "it's may", "its may"]


def test_without_context_nothing_is_known(swipes: Path) -> None:
    so_far = SentenceSoFar(load_places(swipes), toy_context.lexicon(), "none")
    assert so_far.before(2) is None
