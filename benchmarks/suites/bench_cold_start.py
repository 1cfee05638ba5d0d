"""The cold start by itself: import, load and the first swipe, each in fresh processes. Numba's cache is warm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.suites.cold_start import STEPS, FreshProcess, Step
from benchmarks.suites.stages import Stage
from benchmarks.suites.swipes import made_up_record
from engine.recognizer import SwipeRecognizer

pytestmark = pytest.mark.slow
WORD = "keyboard"
N_ROUNDS = 7


@pytest.fixture
def started(recognizer: SwipeRecognizer) -> Iterator[list[FreshProcess]]:
    """The processes that a test starts. The recognizer has compiled the kernels before."""
    processes: list[FreshProcess] = []
    yield processes
    for process in processes:
        process.end()


@pytest.mark.parametrize("step", STEPS)
def test_cold_start(stage: Stage, recognizer: SwipeRecognizer, started: list[FreshProcess], step: Step) -> None:
    swipe = made_up_record(WORD, recognizer.grid, seed=0).swipe
    points = swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()
    answers = []

    def prepare() -> FreshProcess:
        """A process that has taken the steps before this one."""
        for process in started:
            process.end()
        started[:] = [FreshProcess(points)]
        for _ in STEPS[: STEPS.index(step)]:
            started[0].take_step()
        return started[0]

    stage.measure_fresh(lambda process: answers.append(process.take_step()), prepare, N_ROUNDS)
    assert set(answers) == {{"import": "imported", "load": "loaded", "swipe": WORD}[step]}
