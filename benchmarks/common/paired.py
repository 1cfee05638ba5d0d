"""Times several ways to do the same thing on the same inputs, in turns, so that whatever else the machine does slows them all.

Times of different runs are not compared: a busy or a warm machine has faked speed-ups. What counts is the ratio of two times of
one input, taken a moment apart, and its median over all inputs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

Input = TypeVar("Input")
Output = TypeVar("Output")
Floats = npt.NDArray[np.float64]

N_DRAWS = 2_000
"""bootstrap samples"""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """How many times as long one takes as another."""

    median: float
    """of the ratios of single inputs"""
    low: float
    high: float
    """the interval that holds CONFIDENCE of the medians if the inputs are drawn again"""

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, eq=False)
class PairedTimes(Generic[Output]):
    """The times and outputs, by the name of the way."""

    milliseconds: Mapping[str, Floats]
    """(n_inputs,) each, in the order of the inputs"""
    outputs: Mapping[str, list[Output]]
    """the outputs, in the same order"""

    def percentile(self, name: str, share: float) -> float:
        """Milliseconds; share: 0 to 100."""
        return float(np.percentile(self.milliseconds[name], share))

    def ratio(self, name: str, base: str) -> Ratio:
        """How many times as long `name` takes as `base`, input by input."""
        ratios = self.milliseconds[name] / self.milliseconds[base]
        drawn = np.random.default_rng(0).integers(len(ratios), size=(N_DRAWS, len(ratios)))
        low, high = np.quantile(np.median(ratios[drawn], axis=1), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return Ratio(float(np.median(ratios)), float(low), float(high))


def order(n: int, turn: int) -> list[int]:
    """The order of n ways in a turn. Over 2 n turns, each has each place, and follows each other way, equally often.

    So no way always finds the caches as one other left them. Source: Williams 1949, a Latin square balanced for what comes
    before, with each row backwards as well, which an odd n needs.
    """
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(n)]  # 0, 1, -1, 2, -2, ..
    row = [(step + turn) % n for step in zigzag]
    return row[::-1] if (turn // n) % 2 else row


def time_in_turns(
    ways: Mapping[str, Callable[[Input], Output]], inputs: Sequence[Input], warm_up: int = 0, description: str = "timing"
) -> PairedTimes[Output]:
    """Times every way once on every input, after running it untimed on the first `warm_up` inputs.

    Just before it is timed, each way runs untimed on the input before, so that it finds the caches as it leaves them itself.
    Measured: a search of 1.4 ms took 2.0 right after one that walks through 400 MB.
    """
    for item in inputs[:warm_up]:
        for way in ways.values():
            way(item)
    names = list(ways)
    times = {name: np.empty(len(inputs)) for name in names}
    outputs: dict[str, list[Output]] = {name: [] for name in names}
    for turn, item in enumerate(tqdm(inputs, desc=description, disable=not sys.stderr.isatty())):
        for index in order(len(names), turn):
            name = names[index]
            way = ways[name]
            way(inputs[turn - 1])  # of the first input, the last
            start = perf_counter_ns()
            output = way(item)
            times[name][turn] = (perf_counter_ns() - start) / 1e6
            outputs[name].append(output)
    return PairedTimes(times, outputs)
