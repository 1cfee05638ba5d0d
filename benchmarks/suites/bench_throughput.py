"""A file of 2,000 swipes by one process and by two, which share the mapped lexicon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from benchmarks.suites.stages import Stage
from benchmarks.suites.throughput import DecodingProcesses
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, as_line

pytestmark = pytest.mark.slow
N_ROUNDS = 3
Pools = dict[int, DecodingProcesses]


@pytest.fixture(scope="module")
def file(records: list[SwipeRecord], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("throughput") / "swipes.jsonl"
    path.write_text("".join(map(as_line, records)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pools() -> Iterator[Pools]:
    """By their number of processes."""
    with DecodingProcesses(1) as one, DecodingProcesses(2) as two:
        yield {1: one, 2: two}


@pytest.fixture(scope="module")
def expected(recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> list[str]:
    return [recognizer.recognize(record.swipe)[0].key_sequence for record in records]


def test_one_process(stage: Stage, pools: Pools, file: Path, expected: list[str]) -> None:
    assert stage.measure_fresh(lambda path: decode(pools[1], path), lambda: file, N_ROUNDS) == expected
    note_throughput(stage, len(expected))


def test_two_processes(stage: Stage, pools: Pools, file: Path, expected: list[str]) -> None:
    """Before each round, one process does the same."""
    alone = []

    def prepare() -> Path:
        start = perf_counter()
        assert decode(pools[1], file) == expected
        alone.append(perf_counter() - start)
        return file

    assert stage.measure_fresh(lambda path: decode(pools[2], path), prepare, N_ROUNDS) == expected
    note_throughput(stage, len(expected))
    if stage.seconds:
        stage.note("times as many as one process", float(np.median(np.array(alone[1:]) / stage.seconds)))
    second = pools[2].memory()[-1]
    stage.note("second process: MB", second.process.all_mb)
    stage.note("second process: MB of its own", second.process.private_mb)
    stage.note("second process: MB of the lexicon", second.lexicon.all_mb)
    stage.note("second process: MB of the lexicon of its own", second.lexicon.private_mb)


def decode(processes: DecodingProcesses, path: Path) -> list[str | None]:
    return processes.decode(path.read_bytes().splitlines(keepends=True))


def note_throughput(stage: Stage, n_swipes: int) -> None:
    if stage.timing:
        stage.note("swipes per second", 1e3 * n_swipes / stage.timing.p50_ms)
