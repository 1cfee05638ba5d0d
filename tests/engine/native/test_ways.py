"""Kernels give the same candidates compiled ahead, compiled by numba as they are called, and as plain Python."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engine import jit
from engine.features import FeatureExtractor, FeatureSpec
from engine.lexicon import OverlayWord
from engine.recognizer import Candidate, SwipeRecognizer
from engine.swipe import Swipe
from tests.support import toy
from tests.support.fused import without_fused

WORDS = ("hello", "keyboard", "the", "zooom", "swiping")
BEFORE = (None, "", "I am so ", "We saw 12 of the ")


@dataclass(frozen=True)
class Answers:
    """What the engine says of some swipes."""

    candidates: list[list[Candidate]]
    next_words: list[str]


def of_a_person() -> SwipeRecognizer:
    """Keyglide's own for English, with words of a person's beside its lexicon."""
    recognizer = SwipeRecognizer.load(language="en")
    recognizer.lay_over([OverlayWord("zooom", -9.0, ("Zooom",)), OverlayWord("keyboards", None)])
    return recognizer


@pytest.fixture(scope="module")
def shipped() -> SwipeRecognizer:
    return of_a_person()


@pytest.fixture(scope="module")
def recognizer() -> SwipeRecognizer:
    """With onnxruntime's network, whatever the way: the engine's own rounds a few numbers to the other one of two steps of 8 bits
    (tests/engine/fused)."""
    recognizer = of_a_person()
    without_fused(recognizer.bundle)
    return recognizer


@pytest.fixture(scope="module")
def plain_answers(recognizer: SwipeRecognizer) -> Answers:
    before = jit.way()
    jit.use("python")
    answers = ask(recognizer)
    jit.use(before)
    return answers


@pytest.fixture(params=jit.WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[jit.Way]:
    if request.param != "python" and os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("nothing is compiled in this run")
    if request.param == "jit" and not jit.has_numba():
        pytest.skip("numba is missing")
    before = jit.way()
    jit.use(request.param)
    yield request.param
    jit.use(before)


def ask(recognizer: SwipeRecognizer) -> Answers:
    noise = np.random.default_rng(3)
    swipes = [toy.swipe_of(word, recognizer.grid) for word in WORDS]
    noisy = [Swipe(one.x + noise.normal(0, 20, len(one)), one.y + noise.normal(0, 20, len(one)), one.t) for one in swipes]
    found = [recognizer.recognize(swipe, before=before) for swipe in swipes + noisy for before in BEFORE]
    by_steps = replace(recognizer.default_options, method="steps")
    found += [recognizer.recognize(swipe, by_steps) for swipe in noisy]
    return Answers(found, [one.word for one in recognizer.next_words("I am so ", 8)])


def numbers(answers: Answers) -> npt.NDArray[np.float64]:
    """The scores and probabilities of all candidates."""
    return np.array([(one.score, one.probability) for found in answers.candidates for one in found])


def test_the_answers_are_the_same(way: jit.Way, recognizer: SwipeRecognizer, plain_answers: Answers) -> None:
    answers = ask(recognizer)
    assert answers.next_words == plain_answers.next_words
    assert [[one.word for one in found] for found in answers.candidates] == [
        [one.word for one in found] for found in plain_answers.candidates
    ]
    np.testing.assert_allclose(numbers(answers), numbers(plain_answers), rtol=2e-4, atol=2e-4)
    assert any(one.word == "Zooom" for found in answers.candidates for one in found)


def test_every_kernel_that_is_compiled_ahead_says_the_types_of_all_its_arguments() -> None:
    named = {name: len(kernel.types) for name, kernel in jit.KERNELS.items() if kernel.types}
    assert named == {name: len(inspect.signature(jit.KERNELS[name].function).parameters) for name in named}
    assert {name.rpartition(".")[0] for name in named} == set(jit.MODULES)


def test_a_swipe_through_columns_of_a_table_is_read_by_compiled_kernels_too(
    recognizer: SwipeRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if jit.way() != "ahead":
        pytest.skip("nothing is compiled ahead")
    swipe = toy.swipe_of("hello", recognizer.grid)
    table = np.stack([swipe.x, swipe.y, swipe.t], axis=1)
    only_compiled(monkeypatch)
    try:
        candidates = recognizer.recognize(Swipe(*table.T))
        FeatureExtractor(FeatureSpec(), recognizer.grid, "abc")(Swipe(*table.T))
    finally:
        monkeypatch.undo()
        jit.use("ahead")
    assert candidates == recognizer.recognize(swipe)


def only_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on kernels raise where they would run as plain Python."""

    def refuse(name: str) -> Any:
        def plain(*arguments: object) -> None:
            raise AssertionError(f"{name} was called with {[getattr(one, 'dtype', type(one)) for one in arguments]}")

        return plain

    for name, kernel in list(jit.KERNELS.items()):
        monkeypatch.setitem(jit.KERNELS, name, replace(kernel, plain=refuse(name)))
    jit.use("ahead")


def test_the_engine_calls_compiled_kernels_alone(shipped: SwipeRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that it passes has a type that they were not compiled for: then plain Python would do it, slowly."""
    if jit.way() != "ahead":
        pytest.skip("nothing is compiled ahead")
    only_compiled(monkeypatch)
    try:
        ask(shipped)
        SwipeRecognizer(shipped.bundle, shipped.lexicon, shipped.grid, context=shipped.context).warm_up("so ")
    finally:
        monkeypatch.undo()
        jit.use("ahead")
