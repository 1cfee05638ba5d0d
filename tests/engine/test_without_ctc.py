"""A model bundle whose encoder has no CTC head: the search by steps does without, and what needs one is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from engine.explain import explain
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.manifest import ModelBundleError
from engine.model import ENCODER, MANIFEST, ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from tests.support import toy
from training import tune


@pytest.fixture
def folder(toy_bundle: Path, tmp_path: Path) -> Path:
    """The toy bundle without its CTC output. Its search has no use for it."""
    folder = tmp_path / "bundle"
    shutil.copytree(toy_bundle, folder)
    model = onnx.load(folder / ENCODER)
    for parts in (model.graph.node, model.graph.output):
        parts.remove(next(part for part in parts if "ctc_log_probs" in (getattr(part, "name", ""), *getattr(part, "output", ()))))
    onnx.save(model, folder / ENCODER)
    sha256 = hashlib.sha256((folder / ENCODER).read_bytes()).hexdigest()
    set_manifest(folder, sha256=manifest(folder)["sha256"] | {ENCODER: sha256})
    return folder


def manifest(folder: Path) -> dict[str, dict[str, object]]:
    fields: dict[str, dict[str, object]] = json.loads((folder / MANIFEST).read_text())
    return fields


def set_manifest(folder: Path, **changes: object) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest(folder) | changes))


@pytest.fixture
def recognizer(folder: Path, toy_lexicon: Path, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer(ModelBundle.load(folder), Lexicon.open(toy_lexicon), qwerty)


@pytest.mark.parametrize("word", ["cat", "hello", "a"])
def test_candidates_and_their_explanation_are_those_of_the_bundle_with_one(
    word: str, recognizer: SwipeRecognizer, toy_recognizer: SwipeRecognizer, qwerty: Grid
) -> None:
    assert toy_recognizer.bundle.has_ctc and not recognizer.bundle.has_ctc
    swipe, options = toy.swipe_of(word, qwerty), recognizer.default_options
    found = recognizer.recognize(swipe)
    assert found == toy_recognizer.recognize(swipe) and found[0].key_sequence == word
    one, other = (explain(each, swipe, found[0], options) for each in (recognizer, toy_recognizer))
    for letter, expected in zip(one.letters, other.letters, strict=True):
        assert (letter.letter, letter.log_prob, letter.allowed) == (expected.letter, expected.log_prob, expected.allowed)
        np.testing.assert_array_equal(letter.attention, expected.attention)


@pytest.mark.parametrize(
    ("options", "got"),
    [
        (SearchOptions(5, 0.3, method="two_pass"), "method 'two_pass' with ctc_weight 0.0"),
        (SearchOptions(5, 0.3, ctc_weight=0.2), "method 'steps' with ctc_weight 0.2"),
    ],
)
def test_a_search_that_needs_one(options: SearchOptions, got: str, recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    with pytest.raises(ValueError, match=f"this model has no CTC head, got {got}: choose method 'steps' with ctc_weight 0"):
        recognizer.recognize(toy.swipe_of("cat", qwerty), options)


@pytest.mark.parametrize("search", [replace(toy.SEARCH, method="two_pass"), replace(toy.SEARCH, ctc_weight=0.2)])
def test_a_manifest_whose_search_needs_one(search: SearchOptions, folder: Path) -> None:
    set_manifest(folder, search=asdict(search))
    with pytest.raises(
        ModelBundleError, match=r"no CTC head, which the manifest's search needs .* --search method=steps --search ctc_weight=0"
    ):
        ModelBundle.load(folder)


def test_tuning_tries_no_weight_of_the_head(folder: Path, toy_lexicon: Path, qwerty: Grid, capsys: pytest.CaptureFixture[str]) -> None:
    swipe = toy.swipe_of("cat", qwerty)
    line = {"word": "cat", "user": "somebody", "curve": {axis: getattr(swipe, axis).tolist() for axis in "xyt"}}
    data = folder.parent / "swipes.jsonl"
    data.write_text(json.dumps(line) + "\n")
    trials = ["--beam-widths", "4", "--prior-weights", "0.5", "--margins", "9"]
    tune.run(tune.parse_args([str(data), "--bundle", str(folder), "--lexicon", str(toy_lexicon), *trials]))
    assert [row.split()[:4] for row in capsys.readouterr().out.splitlines() if "100.00%" in row] == [
        ["4", "0.00", "0.50", "inf"],
        ["4", "0.00", "0.50", "9.0"],
    ]
