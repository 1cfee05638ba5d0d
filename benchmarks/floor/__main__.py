"""`python -m benchmarks.floor`: where a swipe's time goes, and how far it is from the least that its arithmetic could take.

The floor: the multiply-adds of the network for a swipe, at the rate at which this core multiplies large matrices. There are two: as if all
of them were in fp32, and in the precisions that the bundle computes in, where products in 8 bits have a rate of their own.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.utils.flop_counter import FlopCounterMode
from tqdm import tqdm

from benchmarks.common.environment import Environment, describe, read_records
from benchmarks.common.timed_model import TimedModel
from engine import recordings
from engine.beam_search import search
from engine.console import survives_its_output
from engine.manifest import ModelBundleError
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.search_options import Method
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord
from export.key_reader.graphs import EncoderGraph, KeysGraph
from export.onnx_files import OPSET
from training.config import ModelConfig
from training.key_reader.config import KeyReaderConfig
from training.key_reader.network import KeyReader
from training.loop.checkpoint import config_from_json
from training.model.network import SwipeNetwork

LARGE = 1024
"""Rows and columns of the matrices of the rate."""
N_PRODUCTS = 15
N_WARM_UP = 20
N_KEYS = 26
"""K, of networks that read keys: those of the English alphabet."""
LIMITS = {"outside": 0.15, "features": 0.05}
"""Of a swipe's time, for what is outside the two graphs, and for features and lookup alone."""


@dataclass(frozen=True)
class Floor:
    """One method of search against the floor. Medians over the swipes."""

    method: Method
    milliseconds: float
    floor_ms: float
    ratio: float
    """median of the swipes' own ratios"""
    own_floor_ms: float
    """in the precisions that the bundle computes in"""
    own_ratio: float
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
            f"{self.method:10}{self.milliseconds:9.2f}{self.floor_ms:9.2f}{self.ratio:8.2f}{self.own_floor_ms:9.2f}{self.own_ratio:8.2f}"
            f"{self.encoder_macs / 1e6:11.1f}"
            f"{self.step_macs / 1e6:9.1f}{self.n_steps:8.1f}{self.n_prefixes:10.1f}{self.outside:10.1%}{self.features:10.1%}"
        )


HEADER = (
    f"{'search':10}{'ms p50':>9}{'fp32':>9}{'ratio':>8}{'its own':>9}{'ratio':>8}"
    f"{'encoder M':>11}{'steps M':>9}{'steps':>8}{'prefixes':>10}"
    f"{'outside':>10}{'features':>10}"
)


@functools.cache
def encoder_macs(config: ModelConfig | KeyReaderConfig) -> int:
    """Multiply-adds of one encoding, as torch counts them: all matrix products and convolutions, nothing else."""
    if isinstance(config, KeyReaderConfig):
        reader = KeyReader(config).eval()
        around, near, asked, *_ = KeysGraph(reader)(torch.ones(N_KEYS, 4))
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            EncoderGraph(reader)(torch.ones(1, config.n_points, config.n_columns), around, near, asked)
        return int(counter.get_total_flops()) // 2
    network, features = SwipeNetwork(config).eval().double(), config.features  # torch counts no LSTM of float32, which it fuses
    columns = (torch.ones(1, features.n_points, n, dtype=torch.float64) for n in (features.n_columns, config.n_letters))
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.encode(*columns)
    return int(counter.get_total_flops()) // 2


def encoder_macs_in_8_bits(config: KeyReaderConfig) -> int:
    """Those of `encoder_macs` that a bundle of precision int8 has in 8 bits: of products by weights, on the frames."""
    width, reader = config.width, KeyReader(config)
    layer = 7 * width * width + 2 * width * config.feed_forward_width
    ends = config.stride * config.point_width * width + width * reader.ctc.query.out_features
    return config.n_frames * (ends + config.n_encoder_layers * layer)


def step_macs_in_8_bits(config: KeyReaderConfig, n_now: int) -> int:
    """Those of `step_macs`, likewise."""
    return _memory_macs(config) + n_now * config.n_decoder_layers * (6 * config.width**2 + 2 * config.width * config.feed_forward_width)


def step_macs(config: ModelConfig | KeyReaderConfig, n_before: int, n_now: int) -> int:
    """Multiply-adds of one step that reads n_now prefixes after n_before others."""
    width, n_letters = config.width, N_KEYS if isinstance(config, KeyReaderConfig) else config.n_letters
    attended = 2 * width * (n_before + n_now + config.n_frames)
    layer = 6 * width * width + 2 * width * config.feed_forward_width + attended
    return _memory_macs(config) + n_now * (config.n_decoder_layers * layer + width * (n_letters + 1))


def _memory_macs(config: ModelConfig | KeyReaderConfig) -> int:
    """Of the keys and values that a step makes of the memory: none in a network that knows letters, whose encoder makes them."""
    return config.n_frames * 2 * config.width**2 * config.n_decoder_layers if isinstance(config, KeyReaderConfig) else 0


@dataclass(frozen=True)
class Rates:
    """Multiply-adds a second of one core, in products of large matrices."""

    fp32: float
    int8: float

    @classmethod
    def measured(cls) -> Rates:
        return cls(rate(), rate_in_8_bits())


def rate_in_8_bits() -> float:
    """As `rate`, of onnxruntime's product of uint8 by int8."""
    random = np.random.default_rng(0)
    weight = numpy_helper.from_array(random.integers(-64, 64, (LARGE, LARGE), np.int8), "weight")
    ends = [helper.make_tensor_value_info(*end, [LARGE, LARGE]) for end in (("x", TensorProto.UINT8), ("y", TensorProto.INT32))]
    graph = helper.make_graph([helper.make_node("MatMulInteger", ["x", "weight"], ["y"])], "product", ends[:1], ends[1:], [weight])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    inputs, seconds = {"x": random.integers(0, 256, (LARGE, LARGE), np.uint8)}, []
    for _ in range(N_PRODUCTS):
        begin = time.perf_counter()
        session.run(["y"], inputs)
        seconds.append(time.perf_counter() - begin)
    return float(LARGE**3 / min(seconds))


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


def config_of(bundle: ModelBundle) -> ModelConfig | KeyReaderConfig:
    fields = dict(bundle.manifest.config)
    return KeyReaderConfig(**fields) if bundle.manifest.reads == "keys" else config_from_json(fields)


def measure(recognizer: SwipeRecognizer, method: Method, records: Sequence[SwipeRecord], rates: Rates) -> Floor:
    """Each swipe decoded three times: for its time, for its graphs' share of that, and to count its steps."""
    model, config = recognizer.model, config_of(recognizer.bundle)
    in_8_bits = isinstance(config, KeyReaderConfig) and recognizer.bundle.manifest.precision == "int8"
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
        search(timed, model.encode(model.extractor(swipe)), recognizer.lexicon, options, internal_lm=recognizer.internal_lm)
        steps = sum(step_macs(config, *step) for step in timed.steps)
        macs, narrow = encoder_macs(config) + steps, 0
        if in_8_bits and isinstance(config, KeyReaderConfig):
            narrow = encoder_macs_in_8_bits(config) + sum(step_macs_in_8_bits(config, now) for _, now in timed.steps)
        floor, own = 1e3 * macs / rates.fp32, 1e3 * ((macs - narrow) / rates.fp32 + narrow / rates.int8)
        n_prefixes = sum(now for _, now in timed.steps)
        shares = 1 - timed.graph_ms / whole_ms, stages.features / stages.total
        floors = floor, stages.total / floor, own, stages.total / own
        rows.append((stages.total, *floors, steps, len(timed.steps), n_prefixes, *shares))
    total, fp32, ratio, own, own_ratio, steps_macs, n_steps, prefixes, outside, features = np.median(np.array(rows), axis=0).tolist()
    counted = encoder_macs(config), int(steps_macs)
    return Floor(method, total, fp32, ratio, own, own_ratio, *counted, n_steps, prefixes, outside, features)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description=__doc__)
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=300, metavar="N", help="how many, evenly spread (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> tuple[Environment, Rates, list[Floor]]:
    """The environment, the rates, each method. Raises: ModelBundleError, ValueError, OSError."""
    data = options.data or recordings.default_recordings()
    records = read_records(data, options.n_swipes)
    recognizer = SwipeRecognizer.load(options.bundle, options.lexicon)
    environment, rates = describe(recognizer, options.bundle, data, len(records)), Rates.measured()
    return environment, rates, [measure(recognizer, method, records, rates) for method in get_args(Method)]


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        environment, rates, floors = run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"benchmarks.floor: {error}")
    if options.json:
        print(json.dumps({"environment": asdict(environment), "macs_a_second": asdict(rates), "floors": [asdict(one) for one in floors]}))
        return
    print("\n".join(environment.lines()))
    print(
        f"one core: {rates.fp32 / 1e9:.0f} G multiply-adds a second on {LARGE} x {LARGE} matrices of fp32, {rates.int8 / 1e9:.0f} of int8\n"
    )
    print(HEADER)
    print("\n".join(map(str, floors)))
    print(f"{'allowed':92}" + "".join(f"{LIMITS[name]:10.1%}" for name in ("outside", "features")))


if __name__ == "__main__":
    main()
