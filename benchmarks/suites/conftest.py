"""What the suites share: one thread, the recognizer, the swipes, and how a stage is measured."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks import THREAD_VARIABLES
from benchmarks.common import environment
from benchmarks.common.lexicons import write_lexicon_of_size
from benchmarks.suites.stages import Benchmark, Conditions, Stage
from benchmarks.suites.swipes import made_up_records
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord

N_SWIPES, N_SWIPES_UNTIMED = 2_000, 20
MADE_UP = "made-up"
MOST_CORES = 1.1
"""One, and what the clocks are off."""
LexiconOfSize = Callable[[int | None], Path]
"""number of words, None for the shipped lexicon -> its file"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--swipes", type=Path, metavar="FILE", help="recorded swipes (default: made-up ones, the same everywhere)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes seconds even if nothing is timed")


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    machine_info["conditions"] = asdict(_conditions(config))
    machine_info["load_average"] = os.getloadavg()[0]


@pytest.fixture(scope="session")
def recognizer() -> SwipeRecognizer:
    """The shipped one, warm. Suites must not change it."""
    return SwipeRecognizer.load()


@pytest.fixture(scope="session")
def records(recognizer: SwipeRecognizer, pytestconfig: pytest.Config) -> list[SwipeRecord]:
    """Those of --swipes, evenly spread; made-up ones of words drawn by their priors, where none are named."""
    file = pytestconfig.getoption("swipes")
    n_swipes = N_SWIPES_UNTIMED if pytestconfig.getoption("benchmark_disable") else N_SWIPES
    return environment.read_records(file, n_swipes) if file else made_up_records(recognizer.lexicon, recognizer.grid, n_swipes)


@pytest.fixture(scope="session")
def lexicon_of_size(recognizer: SwipeRecognizer, pytestconfig: pytest.Config) -> LexiconOfSize:
    """The file of a lexicon of so many words; kept in pytest's cache, since a large one takes seconds to build."""
    assert pytestconfig.cache
    folder = pytestconfig.cache.mkdir("keyglide-lexicons")
    shipped = recognizer.lexicon.origin
    assert isinstance(shipped, Path)
    return lambda n_words: shipped if n_words is None else write_lexicon_of_size(recognizer.lexicon, n_words, folder)


@pytest.fixture
def stage(benchmark: Benchmark, pytestconfig: pytest.Config) -> Iterator[Stage]:
    """Measures the one stage of a test, on one thread."""
    stage = Stage(benchmark, _conditions(pytestconfig))
    yield stage
    if stage.timing and stage.timing.n_cores > MOST_CORES:
        pytest.fail(f"{stage.timing.n_cores:.2f} cores were busy, one thread is measured: set {', '.join(THREAD_VARIABLES)} to 1")


def _conditions(config: pytest.Config) -> Conditions:
    """Of this run."""
    file = config.getoption("swipes")
    return Conditions(
        processor=environment.processor(),
        instructions=environment.instructions(),
        system=environment.system(),
        versions=environment.versions(),
        bundle=environment.bundle_hash(),
        n_threads=environment.N_THREADS,
        data=file.name if file else MADE_UP,
    )
