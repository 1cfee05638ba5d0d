"""What comes along: the English model and lexicon, on the examples and on real swipes."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

from engine.accuracy import Accuracy, rank_of
from engine.grid import Grid
from engine.recognizer import Candidate, SwipeRecognizer
from engine.swipe_file import SwipeRecord, read_swipes
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


def test_many_swipes_at_once_have_the_candidates_of_each(english: SwipeRecognizer) -> None:
    """Of the shipped network in 8 bits. On the machines that were tried, they are the same to the last bit; words whose scores differ by
    rounding alone may change places."""
    with (ROOT / "examples" / "swipes.jsonl").open("rb") as file:
        records = [record for record in read_swipes(file) if isinstance(record, SwipeRecord)]
    swipes = [record.swipe for record in records] * 3  # more than the encoder reads in one call
    found, before = list(english.recognize_many(swipes)), ["", None, "I would"] * len(records)
    for some, swipe in zip(found, swipes, strict=True):
        agree(some, english.recognize(swipe))
    for some, swipe, text in zip(english.recognize_many(swipes, before=before), swipes, before, strict=True):
        agree(some, english.recognize(swipe, before=text))


def agree(found: list[Candidate], expected: list[Candidate]) -> None:
    scores = [one.score for one in expected]
    assert [one.score for one in found] == pytest.approx(scores, rel=1e-4, abs=1e-4)
    if min((one - other for one, other in itertools.pairwise(scores)), default=1.0) > 1e-3:
        assert [one.word for one in found] == [one.word for one in expected]


def test_most_real_swipes_are_recognised(english: SwipeRecognizer, real_data: SwipeData) -> None:
    """The first 300 of dev; the figures of all are in the README."""
    found = [english.recognize(real_data.swipe(i)) for i in range(len(real_data))]
    ranks = [rank_of(str(word), candidates, LATIN) for word, candidates in zip(real_data.words, found, strict=True)]
    accuracy = Accuracy.of_ranks(ranks)
    assert accuracy.top_1 > 0.8 and accuracy.top_4 > 0.88
