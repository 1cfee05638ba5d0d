"""`python -m benchmarks.floor`: where a swipe's time goes, and how far it is from the least that its arithmetic could take.

The floor: the multiply-adds of the network for a swipe, at the rate at which this core multiplies large matrices in fp32.
The encoder of the shipped bundle multiplies in 8 bits, so it may be below its own floor.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from benchmarks.common.environment import LETTERS, Environment, describe, read_records
from engine import recordings
from engine.beam_search import search
from engine.console import survives_its_output
from engine.manifest import ModelBundleError
from engine.model import Cache, Integers, Memory, Model, StepOutput
from engine.recognizer import SwipeRecognizer
from engine.search_options import Method
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord
from training.config import ModelConfig
from training.loop.checkpoint import config_from_json
from training.model.network import SwipeNetwork

LARGE = 1024
"""Rows and columns of the matrices of the rate."""
N_PRODUCTS = 15
N_WARM_UP = 20
LIMITS = {"outside": 0.15, "features": 0.05}
"""Of a swipe's time, for what is outside the two graphs, and for features and lookup alone."""


class TimedSession:
    """An onnxruntime session that adds up how long it runs."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.ms = 0.0

    def run(self, *arguments: Any) -> Any:
        begin = time.perf_counter_ns()
        outputs = self._session.run(*arguments)
        self.ms += (time.perf_counter_ns() - begin) / 1e6
        return outputs


class TimedModel:
    """A bundle that counts what it is asked, and how long its graphs take. A search.Decoder."""

    def __init__(self, model: Model) -> None:
        self.model, self.bundle, self.nothing = model, model.bundle, model.nothing
        self.alphabet, self.max_letters, self.empty_cache = model.alphabet, model.max_letters, model.empty_cache
        self.steps: list[tuple[int, int]] = []
        """of each step: prefixes read before, and now"""
        self.graph_ms = 0.0
        """that the graphs took while they were last timed"""

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        self.steps.append((len(cache), len(tokens)))
        return self.model.step(tokens, parents, cache, memory)

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Times the bundle's graphs, whoever runs them meanwhile."""
        sessions = self.bundle.encoder, self.bundle.decoder_step
        timed = [TimedSession(session) for session in sessions]
        self.bundle.encoder, self.bundle.decoder_step = cast(list[Any], timed)
        try:
            yield
        finally:
            self.bundle.encoder, self.bundle.decoder_step = sessions
        self.graph_ms = sum(session.ms for session in timed)


@dataclass(frozen=True)
class Floor:
    """One method of search against the floor. Medians over the swipes."""

    method: Method
    milliseconds: float
    floor_ms: float
    ratio: float
    """median of the swipes' own ratios"""
    encoder_macs: int
    step_macs: int
    """of all steps of a swipe"""
    n_steps: float
    n_prefixes: float
    """that the decoder reads of a swipe"""
    outside: float
    """share of the time that is spent outside the two graphs"""
    features: float
    """share of the time that features and the lookup of key distances take"""

    def __str__(self) -> str:
        return (
            f"{self.method:10}{self.milliseconds:9.2f}{self.floor_ms:9.2f}{self.ratio:8.2f}{self.encoder_macs / 1e6:11.1f}"
            f"{self.step_macs / 1e6:9.1f}{self.n_steps:8.1f}{self.n_prefixes:10.1f}{self.outside:10.1%}{self.features:10.1%}"
        )


HEADER = (
    f"{'search':10}{'ms p50':>9}{'floor':>9}{'ratio':>8}{'encoder M':>11}{'steps M':>9}{'steps':>8}{'prefixes':>10}"
    f"{'outside':>10}{'features':>10}"
)


@functools.cache
def encoder_macs(config: ModelConfig) -> int:
    """Multiply-adds of one encoding, as torch counts them: all matrix products and convolutions, nothing else."""
    network, features = SwipeNetwork(config).eval().double(), config.features  # torch counts no LSTM of float32, which it fuses
    columns = (torch.ones(1, features.n_points, n, dtype=torch.float64) for n in (features.n_columns, config.n_letters))
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.encode(*columns)
    return int(counter.get_total_flops()) // 2


def step_macs(config: ModelConfig, n_before: int, n_now: int) -> int:
    """Multiply-adds of one step that reads n_now prefixes after n_before others."""
    width = config.width
    attended = 2 * width * (n_before + n_now + config.n_frames)
    layer = 6 * width * width + 2 * width * config.feed_forward_width + attended
    return n_now * (config.n_decoder_layers * layer + width * (config.n_letters + 1))


def rate() -> float:
    """Multiply-adds a second of one core, in a product of two large fp32 matrices: the best of N_PRODUCTS."""
    torch.set_num_threads(1)
    one, other = torch.rand(LARGE, LARGE), torch.rand(LARGE, LARGE)
    seconds = []
    for _ in range(N_PRODUCTS):
        begin = time.perf_counter()
        torch.mm(one, other)
        seconds.append(time.perf_counter() - begin)
    return float(LARGE**3 / min(seconds))


def measure(recognizer: SwipeRecognizer, method: Method, records: Sequence[SwipeRecord], macs_a_second: float) -> Floor:
    """Each swipe decoded three times: for its time, for its graphs' share of that, and to count its steps."""
    model, config = recognizer.model, config_from_json(dict(recognizer.bundle.manifest.config))
    options = replace(recognizer.default_options, method=method)
    timed, rows = TimedModel(model), []
    for record in records[:N_WARM_UP]:
        recognizer.recognize(record.swipe, options)
    for record in tqdm(records, desc=method, disable=not sys.stderr.isatty()):
        swipe: Swipe = record.swipe
        recognizer.recognize(swipe, options)
        stages = recognizer.decode(swipe, options).milliseconds
        with timed.timing():
            whole_ms = recognizer.decode(swipe, options).milliseconds.total
        timed.steps.clear()
        search(timed, model.encode(recognizer.model.extractor(swipe)), recognizer.lexicon, options)
        steps = sum(step_macs(config, *step) for step in timed.steps)
        floor = 1e3 * (encoder_macs(config) + steps) / macs_a_second
        n_prefixes = sum(now for _, now in timed.steps)
        shares = 1 - timed.graph_ms / whole_ms, stages.features / stages.total
        rows.append((stages.total, floor, stages.total / floor, steps, len(timed.steps), n_prefixes, *shares))
    total, floor_ms, ratio, steps_macs, n_steps, prefixes, outside, features = np.median(np.array(rows), axis=0).tolist()
    return Floor(method, total, floor_ms, ratio, encoder_macs(config), int(steps_macs), n_steps, prefixes, outside, features)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle of letters (default: that of benchmarks/models)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=300, metavar="N", help="how many, evenly spread (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> tuple[Environment, float, list[Floor]]:
    """The environment, the rate in multiply-adds a second, each method. Raises: ModelBundleError, ValueError, OSError."""
    data = options.data or recordings.default_recordings()
    records = read_records(data, options.n_swipes)
    recognizer = SwipeRecognizer.load(options.bundle or LETTERS, options.lexicon)
    environment, macs_a_second = describe(recognizer, options.bundle, data, len(records)), rate()
    return environment, macs_a_second, [measure(recognizer, method, records, macs_a_second) for method in get_args(Method)]


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        environment, macs_a_second, floors = run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"benchmarks.floor: {error}")
    if options.json:
        print(json.dumps({"environment": asdict(environment), "macs_a_second": macs_a_second, "floors": [asdict(one) for one in floors]}))
        return
    print("\n".join(environment.lines()))
    print(f"one core: {macs_a_second / 1e9:.0f} G multiply-adds a second on {LARGE} x {LARGE} matrices of fp32\n\n{HEADER}")
    print("\n".join(map(str, floors)))
    print(f"{'allowed':75}" + "".join(f"{LIMITS[name]:10.1%}" for name in ("outside", "features")))


if __name__ == "__main__":
    main()
