"""What comes along: the English model and lexicon, on the examples and on real swipes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from engine.accuracy import Accuracy, rank_of
from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from tests.conftest import LATIN, ROOT
from training.data.swipe_data import SwipeData

MODEL = ROOT / "engine" / "models" / "universal"


@pytest.fixture(scope="module")
def english() -> SwipeRecognizer:
    return SwipeRecognizer.load()


def test_the_bundle_is_small_and_says_where_it_comes_from(english: SwipeRecognizer, grids: dict[str, Grid]) -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= 8e6
    manifest = english.bundle.manifest
    assert manifest.reads == "keys" and set(manifest.grids) <= set(grids)
    assert "training.key_reader.train" in manifest.training_command and "How We Swipe" in manifest.training_data
    assert manifest.metrics


def test_the_lexicon_has_written_forms_and_is_large_enough(english: SwipeRecognizer) -> None:
    forms = {word: english.lexicon.forms(word) for word in ("dont", "im", "london", "lets", "were", "hello")}
    assert [forms[word][0] for word in forms] == ["don't", "I'm", "London", "let's", "were", "hello"]
    assert "lets" in forms["lets"] and "we're" in forms["were"]
    assert english.lexicon.n_words >= 150_000


def test_the_command_line_decodes_the_examples() -> None:
    command = [sys.executable, "-m", "engine.decode", "examples/swipes.jsonl", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    words = [json.loads(line)["word"] for line in (ROOT / "examples" / "swipes.jsonl").read_text(encoding="utf-8").splitlines()]
    best = [json.loads(line)["candidates"][0]["word"] for line in done.stdout.splitlines()]
    assert [word.lower().replace("'", "") for word in best] == words


def test_most_real_swipes_are_recognised(english: SwipeRecognizer, real_data: SwipeData) -> None:
    """The first 300 of dev; the figures of all are in the README."""
    found = [english.recognize(real_data.swipe(i)) for i in range(len(real_data))]
    ranks = [rank_of(str(word), candidates, LATIN) for word, candidates in zip(real_data.words, found, strict=True)]
    accuracy = Accuracy.of_ranks(ranks)
    assert accuracy.top_1 > 0.8 and accuracy.top_4 > 0.88
