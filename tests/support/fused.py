"""A small key reader that the engine's kernel covers, in 8 bits: its graph, and its weights as the kernel reads them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch

from engine.fused.encoder import FusedEncoder, Sizes
from export.fixed_ranges import WatchedSession, quantize_within
from export.key_reader.bundle import graphs
from export.key_reader.fused_weights import fused_weights
from training.key_reader.config import KeyReaderConfig
from training.key_reader.network import KeyReader

COVERED = KeyReaderConfig(
    n_points=64,
    point_width=32,
    width=64,
    feed_forward_width=96,
    n_heads=2,
    n_encoder_layers=2,
    n_decoder_layers=1,
    key_width=8,
    max_letters=12,
)
OUTPUTS = ["memory", "ctc_log_probs"]


class Covered(NamedTuple):
    """The network in its three forms."""

    network: KeyReader
    graph: onnx.ModelProto
    """the encoder's, in 8 bits"""
    arrays: dict[str, npt.NDArray[Any]]

    def session(self) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(self.graph.SerializeToString(), providers=["CPUExecutionProvider"])

    def encoder(self) -> FusedEncoder:
        return FusedEncoder(Sizes.of(asdict(self.network.config)), self.arrays, self.session)


def covered() -> Covered:
    torch.manual_seed(8)
    network = KeyReader(COVERED).eval()
    exact = graphs(network)
    watched = WatchedSession(exact.encoder)
    for seed in range(8):
        watched.run(OUTPUTS, random_inputs(exact.keys, 9 + 4 * seed, seed=seed))
    graph = quantize_within(exact.encoder, watched.ranges)
    arrays = fused_weights(network, graph)
    assert arrays is not None
    return Covered(network, graph, arrays)


def random_inputs(keys_graph: onnx.ModelProto, n_keys: int, n_swipes: int = 1, seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Of the encoder, on a random keyboard."""
    random = np.random.default_rng(seed)
    keys = np.concatenate([random.normal(0, 2, (n_keys, 2)), np.ones((n_keys, 2))], axis=1).astype(np.float32)
    session = onnxruntime.InferenceSession(keys_graph.SerializeToString(), providers=["CPUExecutionProvider"])
    of_keys = dict(zip(("around", "near", "asked"), session.run(["around", "near", "asked"], {"keys": keys}), strict=True))
    trajectory = random.normal(0, 0.7, (n_swipes, COVERED.n_points, COVERED.n_columns)).astype(np.float32)
    return {"trajectory": trajectory, **of_keys}
