"""The network in ONNX as an ordinary export gives it: a decoder without a cache, which reads whole prefixes.

For the engine's own search, which runs over it unchanged. As fast as such a graph can fairly be: written like the shipped
graphs (`export.graphs`: one Gemm for each linear layer, queries, keys and values joined, the scale in the weights), run with the
same settings of onnxruntime, all hypotheses in one call, and only the positions that are asked for in the output layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from benchmarks.ladder.whole_prefixes import PrefixCache, read
from engine.features import Features
from engine.model import Cache, Integers, Memory, ReadsBySteps, StepOutput
from export.graphs import DecoderLayerGraph, EncoderGraph, Part, decoder_layers, join
from export.onnx_files import Signature, to_onnx
from training.model.network import SwipeNetwork

MASKED = -1e4
"""added to the attention to letters that come later, as in training"""
FRAMES_SIGNATURE = Signature(("trajectory", "key_distances"), ("frames", "ctc_log_probs"), {})
PREFIX_SIGNATURE = Signature(
    ("tokens", "positions", "frames"), ("log_probs",), {"tokens": {0: "B", 1: "T"}, "positions": {0: "n"}, "log_probs": {0: "n"}}
)


class FramesGraph(nn.Module):
    """trajectory (1, N, F), key_distances (1, N, K) -> frames (S, D), ctc_log_probs (S, K + 1)."""

    def __init__(self, network: SwipeNetwork) -> None:
        super().__init__()
        self.network = network
        self.layers = EncoderGraph(network).layers

    def forward(self, trajectory: Tensor, key_distances: Tensor) -> tuple[Tensor, Tensor]:
        network = self.network
        x = network.embedding(trajectory[0], key_distances[0]).relu()
        x = network.halve(x.T[None])[0].relu().T + network.frame_position
        for layer in self.layers:
            x = layer(x)
        x = network.encoder_norm(x)
        return x, network.ctc(x).log_softmax(dim=-1)


class PrefixGraph(nn.Module):
    """tokens (B, T), BOS and letters of B hypotheses of one swipe, positions (n,) among all B * T of them, and frames (S, D).

    Returns log_probs (n, V) of what follows at the positions.
    """

    def __init__(self, network: SwipeNetwork) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(DecoderLayerGraph(layer) for layer in decoder_layers(network))
        self.keys_values = join([Part(layer.cross_attention.key_value) for layer in decoder_layers(network)])
        longest = network.config.max_letters + 1
        self.register_buffer("mask", torch.full((longest, longest), MASKED).triu(1))

    def forward(self, tokens: Tensor, positions: Tensor, frames: Tensor) -> Tensor:
        network, config, length = self.network, self.network.config, tokens.shape[1]
        x = (network.token(tokens) + network.letter_position[:length]).reshape(-1, config.width)
        memory = self.keys_values(frames).reshape(config.n_frames, -1, config.head_width).transpose(0, 1)
        mask = cast(Tensor, self.mask)[:length, :length]
        for layer, layer_memory in zip(cast(Iterable[DecoderLayerGraph], self.layers), memory.chunk(len(self.layers)), strict=True):
            x = self._layer(layer, x, layer_memory, mask)
        return cast(Tensor, network.out(network.decoder_norm(x[positions])).log_softmax(dim=-1))

    def _layer(self, graph: DecoderLayerGraph, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """x (B * T, D), memory (2 * H, S, Dh), mask (T, T) -> (B * T, D)."""
        layer, config = graph.layer, self.network.config
        joined = graph.query_key_value(layer.self_norm(x)).reshape(-1, mask.shape[0], 3 * config.n_heads, config.head_width)
        query, key, value = joined.transpose(1, 2).chunk(3, dim=1)
        mixed = (query @ key.transpose(2, 3) + mask).softmax(dim=-1) @ value
        x = x + layer.self_attention.out(mixed.transpose(1, 2).reshape(-1, config.width))
        keys, values = memory.chunk(2)
        query = graph.cross_query(layer.cross_norm(x)).reshape(-1, config.n_heads, config.head_width).transpose(0, 1)
        mixed = (query @ keys.transpose(1, 2)).softmax(dim=-1) @ values
        x = x + layer.cross_attention.out(mixed.transpose(0, 1).reshape(-1, config.width))
        return cast(Tensor, x + layer.feed_forward(layer.feed_forward_norm(x)))


class UncachedModel(ReadsBySteps):
    """A `Decoder` of the search over both graphs. Counts the decoder's calls."""

    def __init__(self, network: SwipeNetwork) -> None:
        """Exports the graphs; that takes seconds."""
        config = network.config
        self.alphabet = config.alphabet
        self.max_letters = config.max_letters
        self.empty_cache: Cache = PrefixCache.empty()
        self.nothing: Memory | None = None
        self.n_calls = 0
        spec = config.features
        features = torch.zeros(1, spec.n_points, spec.n_columns), torch.ones(1, spec.n_points, config.n_letters)
        self._encoder = _session(FramesGraph(network), features, FRAMES_SIGNATURE)
        prefixes = torch.zeros(3, 5, dtype=torch.int64), torch.arange(7), torch.zeros(config.n_frames, config.width)  # 3, 5, 7: any
        self._decoder = _session(PrefixGraph(network), prefixes, PREFIX_SIGNATURE)

    def encode(self, features: Features) -> Memory:
        """The encoder's output (S, D) in place of keys and values."""
        inputs = {"trajectory": features.trajectory[None], "key_distances": features.key_distances[None]}
        return Memory(*self._encoder.run(["frames", "ctc_log_probs"], inputs))

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        """As Model.step, from the first letter on again."""
        self.n_calls += 1
        reading = read(tokens, parents, cache)
        longest = max(map(len, reading.sequences))
        padded = np.array([[*sequence, *[0] * (longest - len(sequence))] for sequence in reading.sequences])
        positions = np.array([sequence * longest + position for sequence, position in reading.places])
        (log_probs,) = self._decoder.run(["log_probs"], {"tokens": padded, "positions": positions, "frames": memory.seen})
        return StepOutput(log_probs, reading.cache, np.empty((len(tokens), 0), dtype=np.float32))


def _session(module: nn.Module, example: tuple[Tensor, ...], signature: Signature) -> onnxruntime.InferenceSession:
    """The module in onnxruntime, with the settings of engine.model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    content = to_onnx(module, example, signature).SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
