"""The cold start by itself: import, load and the first swipe, each in fresh processes, then all of it, the memory and the rest after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.common.memory import measure_in_fresh_process
from benchmarks.common.start import first_candidate
from benchmarks.suites.cold_start import STEPS, FreshProcess, Step
from benchmarks.suites.stages import Stage
from benchmarks.suites.swipes import made_up_record
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, as_line

pytestmark = pytest.mark.slow
WORD = "keyboard"
N_ROUNDS = 7
N_SWIPES = 300
MOST_S, MOST_MB, MOST_PERCENT = 0.3, 95.0, 0.5


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


def test_first_candidate(stage: Stage, records: list[SwipeRecord], tmp_path: Path) -> None:
    """From nothing to the first candidate on the command line; and what a process holds and does after many swipes."""
    one, many = tmp_path / "one.jsonl", tmp_path / "many.jsonl"
    one.write_text(as_line(records[0]), encoding="utf-8")
    many.write_text("".join(map(as_line, records[:N_SWIPES])), encoding="utf-8")
    stage.measure_fresh(first_candidate, lambda: one, N_ROUNDS)
    if stage.timing:
        stage.limit("s to the first candidate", stage.timing.p50_ms / 1e3, MOST_S)
    memory = measure_in_fresh_process(many, [])
    stage.limit("MB at most", memory["peak_mb"], MOST_MB)
    stage.limit("% of a core at rest", memory["at_rest_percent"], MOST_PERCENT)
    stage.note("MB loaded", memory["loaded_mb"])
    stage.note("MB at most", memory["peak_mb"])
