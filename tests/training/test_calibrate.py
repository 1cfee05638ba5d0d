"""Fitting what makes probabilities of scores."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.grid import Grid
from engine.manifest import Manifest
from engine.recognizer import StageTimes, SwipeRecognizer
from tests.support import toy
from training import calibrate
from training.calibrate import NOWHERE, Confidence, Scored, fit
from training.evaluation.decode_data import Outcome

NO_TIME = StageTimes(0.0, 0.0, 0.0, 0.0)


def drawn(temperature: float, none_score: float, n: int = 20_000) -> Scored:
    """Swipes of 3 to 5 words, with what was meant drawn by the probabilities that these two make of the scores."""
    random = np.random.default_rng(5)
    scores = -np.sort(random.exponential(5.0, (n, 5)), axis=1)
    scores[random.random(n) < 0.3, 3:] = NOWHERE
    logits = np.concatenate((scores, np.full((n, 1), none_score)), axis=1) / temperature
    return Scored(scores, (logits + random.gumbel(size=logits.shape)).argmax(axis=1))


@pytest.mark.parametrize(("temperature", "none_score"), [(1.0, -6.0), (2.5, -3.0), (0.6, -8.0)])
def test_what_was_put_in_is_found_again(temperature: float, none_score: float) -> None:
    found = fit(drawn(temperature, none_score))
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert found.none_score == pytest.approx(none_score, rel=0.1, abs=0.3)


def test_scores_and_places_of_outcomes() -> None:
    outcomes = [
        Outcome(1, (("a", -1.0), ("b", -2.0)), NO_TIME),
        Outcome(None, (("a", -3.0),), NO_TIME),
        Outcome(None, (), NO_TIME),
    ]
    found = Scored.of(outcomes)
    assert found.scores.tolist() == [[-1.0, -2.0], [-3.0, NOWHERE], [NOWHERE, NOWHERE]]
    assert found.meant.tolist() == [1, 2, 2]
    probability = Confidence(1.0, -3.0).best(found.scores)
    whole = np.exp([-1.0, -2.0, -3.0]).sum()
    np.testing.assert_allclose(probability, [np.exp(-1.0) / whole, 0.5, 0.0], rtol=1e-9, atol=1e-12)


def test_the_best_words_probability_is_the_engines(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    options = toy_recognizer.default_options.changed(["n_best=50", "temperature=1.5", "none_score=-4", "method=two_pass"])
    found = toy_recognizer.recognize(toy.swipe_of("cat", qwerty), options)
    outcome = Outcome(0, tuple((one.key_sequence, one.score) for one in found), NO_TIME)
    assert Confidence(1.5, -4.0).best(Scored.of([outcome]).scores).tolist() == pytest.approx([found[0].probability])


@pytest.fixture
def swipes(tmp_path: Path, qwerty: Grid, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of 40 people, each with a swipe that is right and one that traces another word."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines = []
    for number in range(80):
        swipe = toy.swipe_of("cat", qwerty)
        curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist()}
        lines.append(json.dumps({"word": "vat" if number % 2 else "cat", "curve": curve, "user": f"person {number // 2}"}) + "\n")
    path = tmp_path / "train.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_the_command_writes_into_the_bundle(
    swipes: Path, tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(toy_bundle, bundle)
    before = (bundle / "manifest.json").read_text(encoding="utf-8")
    arguments = ["calibrate", str(swipes), "--bundle", str(bundle), "--lexicon", str(toy_lexicon)]
    monkeypatch.setattr(sys, "argv", [*arguments, "--dry-run"])
    calibrate.main()
    assert (bundle / "manifest.json").read_text(encoding="utf-8") == before
    assert "temperature" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", arguments)
    calibrate.main()
    lines = capsys.readouterr().out.splitlines()
    search = Manifest.from_json((bundle / "manifest.json").read_text(encoding="utf-8")).search
    assert lines[-2] == f"temperature {search.temperature:g}, none_score {search.none_score:g}"
    before_and_now = [float(part.removesuffix("%")) for part in lines[1].split() if part.endswith("%")]
    assert 45 < before_and_now[0] < 50  # it was sure, and right in half of all
    assert before_and_now[1] < 5
    found = SwipeRecognizer.load(bundle, toy_lexicon, "qwerty_en")
    assert found.default_options == search
    assert found.recognize(toy.swipe_of("cat", found.grid))[0].probability == pytest.approx(0.5, abs=0.05)
