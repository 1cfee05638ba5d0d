"""A small key reader that the engine's kernels cover, in 8 bits: its graphs, and its weights as the kernels read them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from engine import kernels
from engine.fused.sessions import FusedEncoder, FusedSession, FusedStep
from engine.fused.weight_file import Sizes
from engine.model import HIDDEN, ModelBundle
from export.fixed_ranges import WatchedSession, quantize_within
from export.key_reader.bundle import graphs
from export.key_reader.fused_weights import encoder_arrays, step_arrays
from training.key_reader.config import KeyReaderConfig
from training.key_reader.network import KeyReader

COVERED = KeyReaderConfig(
    n_points=64,
    point_width=32,
    width=64,
    feed_forward_width=96,
    n_heads=2,
    n_encoder_layers=2,
    n_decoder_layers=2,
    key_width=8,
    max_letters=12,
)
SIZES = Sizes.of(asdict(COVERED))
OUTPUTS = ["memory", "ctc_log_probs"]
LOG_PROBS = ["log_probs"]

Inputs = dict[str, npt.NDArray[Any]]
Arrays = dict[str, npt.NDArray[Any]]


def session_of(graph: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


class Covered(NamedTuple):
    """The network in its three forms."""

    network: KeyReader
    keys: onnxruntime.InferenceSession
    encoder_graph: onnx.ModelProto
    step_graph: onnx.ModelProto
    """in 8 bits"""
    encoder_arrays: Arrays
    step_arrays: Arrays

    def encoder(self) -> FusedEncoder:
        return FusedEncoder(SIZES, self.encoder_arrays, lambda: session_of(self.encoder_graph))

    def step(self) -> FusedStep:
        return FusedStep(SIZES, self.step_arrays, lambda: session_of(self.step_graph))

    def encoder_inputs(self, n_keys: int, n_swipes: int = 1, seed: int = 0) -> Inputs:
        """Random swipes on a random keyboard."""
        return encoder_inputs(self.keys, n_keys, n_swipes, seed)

    def step_inputs(self, n_keys: int, n_prefixes: int, n_swipes: int = 1, seed: int = 0) -> Inputs:
        """Random trees of random swipes on a random keyboard."""
        return step_inputs(self.keys, n_keys, n_prefixes, n_swipes, seed)


def covered() -> Covered:
    torch.manual_seed(8)
    network = KeyReader(COVERED).eval()
    exact = graphs(network)
    keys, encoder, step = session_of(exact.keys), WatchedSession(exact.encoder), WatchedSession(exact.step)
    for seed in range(8):
        encoder.run(OUTPUTS, encoder_inputs(keys, 9 + 4 * seed, seed=seed))
        step.run(LOG_PROBS, step_inputs(keys, 9 + 4 * seed, 5 * seed + 1, seed=seed))
    in_8_bits = quantize_within(exact.encoder, encoder.ranges), quantize_within(exact.step, step.ranges)
    of_encoder, of_step = encoder_arrays(network, in_8_bits[0]), step_arrays(network, in_8_bits[1])
    assert of_encoder is not None and of_step is not None
    return Covered(network, keys, *in_8_bits, of_encoder, of_step)


def encoder_inputs(keys: onnxruntime.InferenceSession, n_keys: int, n_swipes: int = 1, seed: int = 0) -> Inputs:
    random = np.random.default_rng(seed)
    trajectory = random.normal(0, 0.7, (n_swipes, COVERED.n_points, COVERED.n_columns)).astype(np.float32)
    return {"trajectory": trajectory, **_of_keys(keys, random, n_keys, ["around", "near", "asked"])}


def step_inputs(keys: onnxruntime.InferenceSession, n_keys: int, n_prefixes: int, n_swipes: int = 1, seed: int = 0) -> Inputs:
    random = np.random.default_rng(seed)
    tokens, trees = random.integers(0, n_keys, (n_swipes, n_prefixes)), []
    for row in tokens:
        row[0] = n_keys
        parents, letters = np.full(n_prefixes, -1), np.zeros(n_prefixes, np.int64)
        for i in range(1, n_prefixes):
            parents[i] = random.choice(np.flatnonzero(letters[:i] < COVERED.max_letters))
            letters[i] = letters[parents[i]] + 1
        trees.append(kernels.see_ancestors(parents, 0, HIDDEN))
    heads = SIZES.n_decoder_layers * 2 * SIZES.n_heads
    return {
        "tokens": tokens,
        "lengths": np.stack([lengths for lengths, _ in trees]),
        "mask": np.stack([mask for _, mask in trees]),
        "cache": np.zeros((n_swipes, heads, 0, COVERED.width // COVERED.n_heads), np.float32),
        "memory": random.normal(0, 1, (n_swipes, SIZES.n_frames, SIZES.width)).astype(np.float32),
        **_of_keys(keys, random, n_keys, ["read", "pointed"]),
    }


def _of_keys(session: onnxruntime.InferenceSession, random: np.random.Generator, n_keys: int, names: list[str]) -> Inputs:
    keys = np.concatenate([random.normal(0, 2, (n_keys, 2)), np.ones((n_keys, 2))], axis=1).astype(np.float32)
    return dict(zip(names, session.run(names, {"keys": keys}), strict=True))


def without_fused(bundle: ModelBundle) -> None:
    """Has onnxruntime run the whole of it."""
    for name in ("encoder", "decoder_step"):
        session = getattr(bundle, name)
        assert isinstance(session, FusedSession)
        setattr(bundle, name, session.session())
