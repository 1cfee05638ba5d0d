"""`python -m export.key_reader CKPT FOLDER`: a checkpoint of training.key_reader.train as ONNX graphs, with the proof that they give the
same numbers as PyTorch.

keys.onnx runs once for each grid, encoder.onnx and decoder_step.onnx for each swipe. The number of keys is free in all three.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from engine.letter_keys import letter_keys
from engine.recognizer import open_lexicon
from engine.shipped import DEFAULT_GRID
from export.key_reader.graphs import EncoderGraph, KeysGraph, StepGraph
from export.onnx_files import Signature, to_onnx
from export.quantize import quantize
from training.key_reader.checkpoint import load
from training.key_reader.network import KeyReader
from training.key_reader.nothing import expectations, packed
from training.key_reader.recognizer import NOTHING, KeyReaderSession

KEYS = Signature(
    ("keys",), ("near", "asked", "read", "pointed"),
    {"keys": {0: "K"}, "near": {0: "K"}, "asked": {0: "K"}, "read": {0: "K_tokens"}, "pointed": {0: "K_tokens"}},
)  # fmt: skip
ENCODER = Signature(
    ("trajectory", "keys", "near", "asked"), ("memory", "ctc_log_probs"),
    {"keys": {0: "K"}, "near": {0: "K"}, "asked": {0: "K"}, "ctc_log_probs": {1: "K_blank"}},
)  # fmt: skip
STEP = Signature(
    ("tokens", "lengths", "mask", "cache", "memory", "read", "pointed"), ("log_probs", "new_rows", "attention"),
    {
        "tokens": {0: "B"}, "lengths": {0: "B"}, "mask": {0: "B", 1: "P_after"}, "cache": {2: "P"}, "read": {0: "K_tokens"},
        "pointed": {0: "K_outputs"}, "log_probs": {0: "B", 1: "K_outputs"}, "new_rows": {2: "B"}, "attention": {1: "B"},
    },
)  # fmt: skip
TOLERANCE = 2e-4
"""Nats that PyTorch and onnxruntime may differ by, because they add in different orders."""


@dataclass(frozen=True)
class Graphs:
    """The three graphs of a key reader."""

    keys: onnx.ModelProto
    encoder: onnx.ModelProto
    step: onnx.ModelProto


def graphs(network: KeyReader) -> Graphs:
    """The three graphs, in float32."""
    config, n_keys = network.config, 11
    torch.manual_seed(0)
    keys = torch.randn(n_keys, 4)
    near, asked, read, pointed = KeysGraph(network)(keys)
    trajectory = torch.zeros(config.n_points, config.n_columns)
    heads, rows, rows_before = 2 * config.n_heads, 3, 7
    step = (
        torch.arange(rows), torch.arange(rows), torch.zeros(rows, rows_before + rows),
        torch.zeros(config.n_decoder_layers, heads, rows_before, config.head_width),
        torch.zeros(config.n_decoder_layers, heads, config.n_frames, config.head_width), read, pointed,
    )  # fmt: skip
    return Graphs(
        to_onnx(KeysGraph(network), (keys,), KEYS),
        to_onnx(EncoderGraph(network), (trajectory, keys, near, asked), ENCODER),
        to_onnx(StepGraph(network), step, STEP),
    )


def largest_difference(network: KeyReader, session: KeyReaderSession, n: int = 20) -> float:
    """Nats, of both heads, over n random trajectories and words on random keyboards of 9 to 40 keys."""
    random, largest = np.random.default_rng(3), 0.0
    for _ in range(n):
        n_keys, length = int(random.integers(9, 41)), int(random.integers(1, 9))
        keys = np.concatenate([random.normal(0, 2, (n_keys, 2)), np.ones((n_keys, 2))], axis=1).astype(np.float32)
        trajectory = random.normal(0, 0.7, (network.config.n_points, network.config.n_columns)).astype(np.float32)
        word = random.integers(n_keys, size=length)
        session.set_keys(keys)
        memory, ctc = session.encode(trajectory)
        tokens = np.concatenate([[n_keys], word])
        log_probs = session.read_tree(tokens, np.arange(length + 1) - 1, memory)
        with torch.inference_mode():
            present = torch.ones(1, n_keys, dtype=torch.bool)
            inputs = torch.from_numpy(trajectory)[None], torch.from_numpy(keys)[None], present, torch.from_numpy(tokens)[None]
            logits, ctc_logits = network(*inputs, torch.ones(1))
        pairs = ((log_probs, logits), (ctc, ctc_logits))
        for got, expected in pairs:
            largest = max(largest, float(np.abs(got - expected[0].log_softmax(dim=-1).numpy()).max()))
    return largest


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export.key_reader", description=__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="CKPT")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--lexicon", type=Path, metavar="FILE", help="whose words the decoder's expectations are for (default: Keyglide's own)"
    )
    parser.add_argument("--grid", default=DEFAULT_GRID, metavar="NAME", help="the grid that they are for (default: %(default)s)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Writes the folder. Raises: ValueError, OSError for what cannot be used; ValueError if the graphs differ from PyTorch."""
    network = load(options.checkpoint).network()
    exact = graphs(network)
    difference = largest_difference(network, KeyReaderSession(exact.keys, exact.encoder, exact.step))
    print(f"largest difference between PyTorch and onnxruntime: {difference:.1e} nats", file=sys.stderr)
    if not difference < TOLERANCE:
        raise ValueError(f"the graphs differ from PyTorch by {difference:.1e} nats, more than {TOLERANCE:.0e}: nothing was written")
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, model in (("keys", exact.keys), ("encoder", quantize(exact.encoder)), ("decoder_step", exact.step)):
        onnx.save(model, options.folder / f"{name}.onnx")
    lexicon, grid = open_lexicon(options.lexicon), pick_grid(load_grids(), options.grid)
    values, unit = packed(expectations(network, letter_keys(grid, lexicon.alphabet).places, lexicon))
    np.savez_compressed(options.folder / NOTHING, values=values, unit=unit)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"export.key_reader: {error}")


if __name__ == "__main__":
    main()
