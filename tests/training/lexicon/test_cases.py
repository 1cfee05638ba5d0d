"""Inputs that failed, from shared/cases beside the recordings: misspellings that won, rude words that were offered, words out of reach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import SwipeRecognizer
from engine.swipe import Swipe
from training.lexicon.offensive import OffensiveWords


@pytest.fixture(scope="module")
def recognizer() -> SwipeRecognizer:
    return SwipeRecognizer.load()


def candidates(recognizer: SwipeRecognizer, shared_data: Path, name: str) -> list[tuple[str, list[str]]]:
    """The word of each case and its first four candidates."""
    path = shared_data.parent / "cases" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"no cases: '{path}' is not there")
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        curve = case["curve"]
        swipe = Swipe.from_points(curve["x"], curve["y"], curve["t"])
        found.append((case["word"], [candidate.key_sequence for candidate in recognizer.recognize(swipe)[:4]]))
    return found


@pytest.mark.parametrize("name", ["misspelt", "offensive"])
def test_the_right_word_comes_first(recognizer: SwipeRecognizer, shared_data: Path, name: str) -> None:
    assert [(word, found) for word, found in candidates(recognizer, shared_data, name) if found[:1] != [word]] == []


@pytest.mark.parametrize("name", ["qwerty_word", "short"])
def test_the_word_is_among_the_four(recognizer: SwipeRecognizer, shared_data: Path, name: str) -> None:
    assert [(word, found) for word, found in candidates(recognizer, shared_data, name) if word not in found] == []


def test_no_offensive_word_is_offered(recognizer: SwipeRecognizer, shared_data: Path) -> None:
    offered = {one for _, found in candidates(recognizer, shared_data, "offensive") for one in found}
    assert OffensiveWords.of_language("en").among({one: {one: 1.0} for one in offered}) == set()
