"""The whole engine on the toy bundle: what comes out must be what exhaustive scoring says, with numba, without, and JIT off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grid import Grid, GridCollection
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.recognizer import Recognition, StageTimes, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe import Swipe
from tests.conftest import ROOT
from tests.support import naive, toy

EVERYTHING = SearchOptions(beam_width=200, prior_weight=0.25, n_best=100)

coordinates = st.floats(-2000, 3000)
swipes = st.lists(st.tuples(coordinates, coordinates, st.floats(0, 500)), min_size=2, max_size=40).map(
    lambda points: Swipe.from_points([x for x, _, _ in points], [y for _, y, _ in points], np.cumsum([dt for _, _, dt in points]))
)


@pytest.mark.parametrize("entry", toy.ENTRIES, ids=lambda entry: entry.key_sequence)
def test_every_word_is_read_from_its_swipe(toy_recognizer: SwipeRecognizer, entry: Entry) -> None:
    best = toy_recognizer.recognize(toy.swipe_of(entry.key_sequence, toy_recognizer.grid))[0]
    assert (best.key_sequence, best.word, best.forms) == (entry.key_sequence, entry.forms[0], entry.forms)
    assert best.probability > 0.9


@given(swipes)
@settings(max_examples=40)
def test_candidates_equal_scoring_every_word(toy_recognizer: SwipeRecognizer, swipe: Swipe) -> None:
    distances = toy_recognizer.model.extractor(swipe).key_distances
    priors = dict(toy_recognizer.lexicon.key_sequences())
    expected = naive.score_all(priors, lambda letters: toy.log_probs(distances, letters).tolist(), toy.ALPHABET, 0.25)
    candidates = toy_recognizer.recognize(swipe, EVERYTHING)
    scores = dict(expected)
    assert sorted(one.key_sequence for one in candidates) == sorted(scores)
    np.testing.assert_allclose([one.score for one in candidates], [scores[one.key_sequence] for one in candidates], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose([one.score for one in candidates], [score for _, score in expected], rtol=1e-4, atol=1e-3)
    assert sum(one.probability for one in candidates) == pytest.approx(1)


@given(swipes)
@settings(max_examples=40)
def test_candidates_are_unique_and_in_order(toy_recognizer: SwipeRecognizer, swipe: Swipe) -> None:
    candidates = toy_recognizer.recognize(swipe)
    assert len({one.key_sequence for one in candidates}) == len(candidates) <= 4
    assert [one.score for one in candidates] == sorted((one.score for one in candidates), reverse=True)
    assert all(one.word == one.forms[0] for one in candidates)
    assert 0 <= sum(one.probability for one in candidates) <= 1 + 1e-9


@pytest.mark.parametrize(("least", "likely"), [(0.0, True), (0.5, True), (0.9999999, False)])
def test_whether_the_best_is_likely_enough(toy_recognizer: SwipeRecognizer, least: float, likely: bool) -> None:
    options = replace(toy_recognizer.default_options, none_score=-9.0, least_probability=least)
    found = toy_recognizer.decode(toy.swipe_of("cat", toy_recognizer.grid), options)
    assert (found.likely, found.candidates[0].word) == (likely, "cat")
    assert 0.5 < found.candidates[0].probability < 0.9999


def test_where_no_word_is_found_none_is_likely() -> None:
    options = SearchOptions(4, 0.1)
    assert not Recognition.of([], StageTimes(0, 0, 0, 0), options).likely


def test_the_same_swipe_gives_the_same_candidates(toy_recognizer: SwipeRecognizer) -> None:
    swipe, other = (toy.swipe_of(word, toy_recognizer.grid) for word in ("were", "cats"))
    once = toy_recognizer.recognize(swipe)
    toy_recognizer.recognize(other)
    assert toy_recognizer.recognize(swipe) == once


def test_stage_times_add_up(toy_recognizer: SwipeRecognizer) -> None:
    times = toy_recognizer.decode(toy.swipe_of("cat", toy_recognizer.grid)).milliseconds
    assert min(times.features, times.encode, times.search) > 0
    assert times.features + times.encode + times.search == pytest.approx(times.total)


def test_a_hundred_thousand_points(toy_recognizer: SwipeRecognizer) -> None:
    """As if the finger had been recorded very often: the word stays the same."""
    swipe = toy.swipe_of("quick", toy_recognizer.grid)
    t = np.linspace(swipe.t[0], swipe.t[-1], 100_000)
    long = Swipe.from_points(np.interp(t, swipe.t, swipe.x), np.interp(t, swipe.t, swipe.y), t)
    assert [one.word for one in toy_recognizer.recognize(long)] == [one.word for one in toy_recognizer.recognize(swipe)]


def test_no_word_within_reach_gives_no_candidates(toy_recognizer: SwipeRecognizer) -> None:
    eight = build_lexicon([Entry("alphabet", 1, ("alphabet",))], toy.ALPHABET, "longer than the toy can write")
    recognizer = SwipeRecognizer(toy_recognizer.bundle, Lexicon.from_bytes(eight), toy_recognizer.grid)
    assert recognizer.recognize(toy.swipe_of("alpha", recognizer.grid)) == []


def test_options_reach_the_search(toy_recognizer: SwipeRecognizer) -> None:
    swipe = toy.swipe_of("vat", toy_recognizer.grid)
    usual = toy_recognizer.default_options
    assert (usual.beam_width, usual.prior_weight, usual.margin) == (8, 0.25, 30.0)
    assert len(toy_recognizer.recognize(swipe, replace(usual, n_best=1))) == 1
    heavy = toy_recognizer.recognize(swipe, replace(usual, prior_weight=5.0))
    assert [one.word for one in heavy] == ["cat", "car", "vat"]


def test_a_grid_of_another_language_is_refused(toy_recognizer: SwipeRecognizer, grids: dict[str, Grid]) -> None:
    message = (
        "grid 'yandex_ru' has no key for 'a', 'b', 'c' and 23 more of the lexicon's alphabet and the lexicon does not know its letters 'й'"
    )
    with pytest.raises(ValueError, match=message):
        SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, grids["yandex_ru"])


def test_a_lexicon_of_another_alphabet_is_refused(toy_recognizer: SwipeRecognizer) -> None:
    lexicon = Lexicon.from_bytes(build_lexicon([Entry("ab", 1, ("ab",))], "ab", "test"))
    with pytest.raises(ValueError, match="the lexicon's alphabet is 'ab', the model's is 'abc"):
        SwipeRecognizer(toy_recognizer.bundle, lexicon, toy_recognizer.grid)


def test_an_unknown_grid_is_refused(toy_bundle: Path, toy_lexicon: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown grid 'qwerty': known are .*did you mean 'qwerty_en'"):
        SwipeRecognizer.load(toy_bundle, toy_lexicon, grid="qwerty")


# --- the same compiled ahead, with numba's compiler, without it, and without numba ---

RECOGNIZE = """
import json, sys
if sys.argv[3] == "absent":
    sys.modules["numba"] = None
from dataclasses import replace
from engine import Swipe, SwipeRecognizer
recognizer = SwipeRecognizer.load(sys.argv[1], sys.argv[2])
for line in sys.stdin:
    for ctc_weight in (0.0, 0.25):
        options = replace(recognizer.default_options, ctc_weight=ctc_weight)
        candidates = recognizer.recognize(Swipe.from_points(*json.loads(line)), options)
        print(json.dumps([(one.word, one.score.hex(), one.probability.hex()) for one in candidates]))
compiler = [name for name in ("numba", "llvmlite") if sys.modules.get(name) is not None]
print(*compiler, type(__import__("engine.kernels").kernels.expand).__name__)
"""
ENVIRONMENTS = {
    "ahead": ({"KEYGLIDE_KERNELS": "ahead"}, "builtin_function_or_method"),
    "jit": ({"KEYGLIDE_KERNELS": "jit"}, "numba llvmlite CPUDispatcher"),
    "switched off": ({"NUMBA_DISABLE_JIT": "1"}, "function"),
    "absent": ({"NUMBA_CACHE_DIR": os.devnull}, "function"),
}


def recognize_in_another_process(bundle: Path, lexicon: Path, how: str, lines: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"} | ENVIRONMENTS[how][0]
    command = [sys.executable, "-c", RECOGNIZE, str(bundle), str(lexicon), how]
    process = subprocess.run(command, cwd=ROOT, env=environment, input=lines, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


def test_candidates_do_not_depend_on_what_compiles(toy_recognizer: SwipeRecognizer, toy_bundle: Path, toy_lexicon: Path) -> None:
    random = np.random.default_rng(5)
    trials = [toy.swipe_of(entry.key_sequence, toy_recognizer.grid) for entry in toy.ENTRIES]
    trials += [
        replace(swipe, x=swipe.x + random.normal(0, 60, len(swipe)), y=swipe.y + random.normal(0, 60, len(swipe))) for swipe in trials
    ]
    lines = "".join(json.dumps([swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()]) + "\n" for swipe in trials)
    found = {how: recognize_in_another_process(toy_bundle, toy_lexicon, how, lines) for how in ENVIRONMENTS}
    assert {how: words.pop() for how, words in found.items()} == {how: kind for how, (_, kind) in ENVIRONMENTS.items()}
    assert found["ahead"] == found["jit"] == found["switched off"] == found["absent"]
    assert len(found["ahead"]) == 2 * len(trials)


def test_a_grid_whose_letters_no_language_has_is_refused(grids: GridCollection) -> None:
    greek = replace(grids["qwerty_el"], keys=tuple(replace(key, label=chr(0x10D0 + at)) for at, key in enumerate(grids["qwerty_el"].keys)))
    expected = r"grid 'qwerty_el' has the letters of no language that Keyglide knows \(.*English.*\): 'ა', 'ბ', 'გ' and \d+ more\. Add its"
    with pytest.raises(ValueError, match=expected):
        SwipeRecognizer.load(grid=greek)
