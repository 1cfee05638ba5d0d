"""One stage, measured: how a suite times it, and what the record of it says.

Each round of a stage stands between two rounds of the works of benchmarks.suites.reference. Their ratio, not the time, is what
benchmarks.suites.baseline compares: whatever else the machine does meets both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from time import perf_counter, process_time
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.common.memory import reset_peak, resident_mb
from benchmarks.suites.reference import WORKS, time_works

Input = TypeVar("Input")
Output = TypeVar("Output")
Floats = npt.NDArray[np.float64]

PERCENTILES = (50, 95, 99)
SECONDS = 0.3
"""How long a stage is measured, with the works between its rounds. Several short runs, some minutes apart, say more than a
long one: what disturbs a machine often lasts for seconds."""
N_ROUNDS = 20
"""at least"""
SHORT_S = 20e-6
"""A call that takes less is repeated, so that a round takes ROUND_S: clock and loop would count too much."""
ROUND_S = 100e-6
WORKS_S = 150e-6
"""What the works take, roughly; they run at least twice."""
WORKS_SHARE = 0.2
"""How long the works are repeated after a long round, as a share of it, so that other processes get in their way, too."""
MOST_WORKS = 2_000


@dataclass(frozen=True)
class Budget:
    """A measured value with a limit."""

    name: str
    value: float
    limit: float
    """the most that is allowed"""

    @property
    def is_kept(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Conditions:
    """What every record says of the run."""

    processor: str
    instructions: list[str]
    """the vector instructions that it has"""
    system: str
    versions: dict[str, str]
    bundle: str
    """sha256 of its manifest"""
    n_threads: int
    data: str
    """where the swipes come from"""


@dataclass(frozen=True)
class Timing:
    """How long a call took."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    ratios: dict[str, float]
    """by the name of a work: how many times as long as that, the median of the rounds"""
    n_cores: float
    """processor time by elapsed time of the process, works and all: at most 1 where one thread runs"""
    peak_mb: float
    """the most resident memory of the process, while it was measured"""
    grown_mb: float
    """how much of that it did not have before"""


@dataclass
class Record:
    """What a run says of one stage. It becomes pytest-benchmark's extra_info."""

    conditions: Conditions
    timing: Timing | None = None
    budgets: list[Budget] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)
    """what else was measured, by name and unit"""


class Timings(Protocol):
    data: list[float]
    """seconds of a call, by round"""


class Stats(Protocol):
    stats: Timings


class Benchmark(Protocol):
    """The part of pytest_benchmark's fixture that is used here; it has no annotations of its own."""

    disabled: bool
    extra_info: dict[str, Any]
    stats: Stats

    def pedantic(self, target: Callable[..., Any], **options: Any) -> Any: ...


class Stage:
    """Measures one stage for one test."""

    def __init__(self, benchmark: Benchmark, conditions: Conditions) -> None:
        self._benchmark = benchmark
        self._record = Record(conditions)

    @property
    def is_quick(self) -> bool:
        """With --benchmark-disable nothing is timed; everything runs once."""
        return self._benchmark.disabled

    @property
    def seconds(self) -> list[float]:
        """What each round took; empty with --benchmark-disable."""
        return [] if self.is_quick else self._benchmark.stats.stats.data

    @property
    def timing(self) -> Timing | None:
        """What was measured; None before that, and with --benchmark-disable."""
        return self._record.timing

    def measure(self, call: Callable[[Input], Output], inputs: Sequence[Input], seconds: float = SECONDS) -> list[Output]:
        """The output of the call for each of the inputs. They take turns in the rounds; each has run once before, so it is warm."""
        outputs = [call(one) for one in inputs]
        if self.is_quick:
            self._benchmark.pedantic(call, args=inputs[:1])
            return outputs
        start = perf_counter()
        for one in inputs:
            call(one)
        each = (perf_counter() - start) / len(inputs)
        iterations = 1 if each >= SHORT_S else math.ceil(ROUND_S / each)
        n_rounds = max(N_ROUNDS, int(seconds / (each * iterations + 2 * WORKS_S)))
        if iterations == 1:
            n_rounds = math.ceil(n_rounds / len(inputs)) * len(inputs)  # each equally often
        turns = cycle(inputs)
        self._time(lambda: call(next(turns)), each * iterations, rounds=n_rounds, iterations=iterations)
        return outputs

    def measure_fresh(self, call: Callable[[Input], Output], prepare: Callable[[], Input], n_rounds: int) -> Output:
        """Times calls, each on something that is prepared for it, untimed. Returns the output of one more call, which comes first."""
        prepared = prepare()
        start = perf_counter()
        output = call(prepared)
        self._time(call, perf_counter() - start, rounds=n_rounds, setup=lambda: ((prepare(),), {}))
        return output

    def note(self, name: str, value: float) -> None:
        """Records something else that was measured. name: with its unit."""
        self._record.facts[name] = value
        self._write()

    def limit(self, name: str, value: float, limit: float) -> None:
        """A value with a limit. It is recorded, and benchmarks.suites.baseline says whether the limit was kept."""
        self._record.budgets.append(Budget(name, value, limit))
        self._write()

    def _time(self, target: Callable[..., Any], round_s: float, **options: Any) -> None:
        n_repeats = min(max(1, round(round_s * WORKS_SHARE / WORKS_S)), MOST_WORKS)
        reset_peak()
        before = resident_mb()["now"]
        works, processor_s, start = [time_works(n_repeats)], process_time(), perf_counter()
        self._benchmark.pedantic(target, teardown=lambda *_: works.append(time_works(n_repeats)), **options)
        if self.is_quick:
            return
        n_cores = (process_time() - processor_s) / (perf_counter() - start)
        seconds = np.array(self.seconds)
        peak = resident_mb()["peak"]
        p50, p95, p99 = (1e3 * np.percentile(seconds, PERCENTILES)).tolist()
        ratios = ratios_to_works(seconds, np.array(works[: len(seconds) + 1]))
        self._record.timing = Timing(p50, p95, p99, ratios, n_cores, peak, peak - before)
        self._write()

    def _write(self) -> None:
        self._benchmark.extra_info.update(asdict(self._record))


def ratios_to_works(seconds: Floats, works: Floats) -> dict[str, float]:
    """By the name of a work: the median of the rounds' times, each divided by the work's around it.

    seconds: (n_rounds,); works: (n_rounds + 1, n_works), before the first round and after each.
    """
    around = (works[:-1] + works[1:]) / 2
    medians = np.median(seconds[:, None] / around, axis=0)
    return dict(zip(WORKS, medians.tolist(), strict=True))
