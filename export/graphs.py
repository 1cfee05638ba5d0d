"""The network as onnxruntime runs it fastest: the same sums as `training.model.network`, in fewer and larger products.

What shares an input is one product (query, keys and values), the attention's scale is in the weights, and there is no
batch axis, so that every linear layer becomes a Gemm. Measured against an export of `SwipeNetwork.encode` and `step` as
they are (the English preset, one thread, paired and rotated, B = 1, 5, 10, 16, 30, T = 0, 5, 10), nodes after
onnxruntime's own optimisation: encoder 161 -> 84 nodes, 11 to 14 % less time; step, which then reordered its cache, 116 ->
78 nodes, 11 % less; docs/SPEED.md has today's. A graph written by hand is within 1 % of that. Slower: onnxruntime's
MultiHeadAttention, attention to the old letters and the new one apart, and torch's older exporter (93 nodes), which
besides fails at T = 0 where axes are merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.model.network import Attention, DecoderLayer, EncoderLayer, RecurrentLayer, SwipeNetwork

GATES = {"GRU": (1, 0, 2), "LSTM": (0, 3, 1, 2)}
"""Operator -> where its gates stand among torch's."""
DIRECTIONS = "l0", "l0_reverse"
"""What torch's names of a recurrent layer's parameters end in."""


class Part(NamedTuple):
    """A linear layer and a factor on its output."""

    layer: nn.Linear
    scale: float = 1.0


def join(parts: Sequence[Part]) -> nn.Linear:
    """One linear layer whose output is that of the parts side by side."""
    joined = nn.Linear(parts[0].layer.in_features, sum(part.layer.out_features for part in parts))
    joined.weight = nn.Parameter(torch.cat([part.scale * part.layer.weight for part in parts]), requires_grad=False)
    joined.bias = nn.Parameter(torch.cat([part.scale * part.layer.bias for part in parts]), requires_grad=False)
    return joined


def join_self_attention(attention: Attention) -> nn.Linear:
    """(..., D) -> (..., 3 D): scaled queries, keys, values."""
    return join([Part(attention.query, attention.scale), Part(attention.key_value)])


def join_gates(recurrent: nn.GRU | nn.LSTM, name: str) -> Tensor:
    """(2, gates H, ...): a parameter of both directions, with the gates in the operator's order."""
    both = torch.stack([recurrent.get_parameter(f"{name}_{direction}") for direction in DIRECTIONS])
    return in_order(both, GATES[recurrent.mode])


def in_order(weights: Tensor, order: Sequence[int]) -> Tensor:
    """weights (2, gates H, ...) with the gates in another order."""
    gates = weights.chunk(len(order), dim=1)
    return torch.cat([gates[gate] for gate in order], dim=1)


def decoder_layers(network: SwipeNetwork) -> Iterable[DecoderLayer]:
    """The decoder. Typed here because torch's ModuleList does not know what it holds."""
    return cast(Iterable[DecoderLayer], network.decoder)


class EncoderLayerGraph(nn.Module):
    """x (S, D) -> (S, D), of the transformer and the Conformer."""

    def __init__(self, layer: EncoderLayer) -> None:
        super().__init__()
        self.layer = layer
        self.n_heads = layer.attention.n_heads
        self.query_key_value = join_self_attention(layer.attention)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer.before(x)
        length, width = x.shape
        joined = self.query_key_value(self.layer.attention_norm(x)).reshape(length, 3 * self.n_heads, -1).transpose(0, 1)
        query, key, value = joined.chunk(3)
        mixed = (query @ key.transpose(1, 2)).softmax(dim=-1) @ value
        return self.layer.behind(x + self.layer.attention.out(mixed.transpose(0, 1).reshape(length, width)))


class RecurrentLayerGraph(nn.Module):
    """x (S, D) -> (S, D), by onnxruntime's operator, whose weights are those of both directions."""

    def __init__(self, layer: RecurrentLayer) -> None:
        super().__init__()
        self.layer = layer
        weights, recurrent, *biases = (join_gates(layer.recurrent, name) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        self.weights = nn.Parameter(weights, requires_grad=False)
        self.recurrent_weights = nn.Parameter(recurrent, requires_grad=False)
        self.biases = nn.Parameter(torch.cat(biases, dim=1), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        (length, width), operator = x.shape, self.layer.recurrent.mode
        attributes: dict[str, Any] = {"direction": "bidirectional", "hidden_size": width // 2}
        if operator == "GRU":
            attributes["linear_before_reset"] = 1  # as in torch
        read = torch.onnx.ops.symbolic(
            operator,
            (self.layer.norm(x)[:, None], self.weights, self.recurrent_weights, self.biases),
            attributes,
            dtype=x.dtype,
            shape=(length, 2, 1, width // 2),
        )
        return x + read.reshape(length, width)


def encoder_layer_graph(layer: EncoderLayer | RecurrentLayer) -> EncoderLayerGraph | RecurrentLayerGraph:
    """The layer as it is exported."""
    return RecurrentLayerGraph(layer) if isinstance(layer, RecurrentLayer) else EncoderLayerGraph(layer)


class EncoderGraph(nn.Module):
    """`SwipeNetwork.encode`: trajectory (1, N, F), key_distances (1, N, K) -> memory (L, 2 H, S, Dh), ctc_log_probs (S, K + 1).

    Only the memory if there is no CTC head.
    """

    def __init__(self, network: SwipeNetwork) -> None:
        super().__init__()
        self.network = network
        layers = cast(Iterable[EncoderLayer | RecurrentLayer], network.encoder)
        self.layers = nn.ModuleList(encoder_layer_graph(layer) for layer in layers)
        self.keys_values = join([Part(layer.cross_attention.key_value) for layer in decoder_layers(network)])

    def forward(self, trajectory: Tensor, key_distances: Tensor) -> tuple[Tensor, ...]:
        network, config = self.network, self.network.config
        x = network.embedding(trajectory[0], key_distances[0]).relu()
        x = network.halve(x.T[None])[0].relu().T + network.frame_position
        for layer in self.layers:
            x = layer(x)
        x = network.encoder_norm(x)
        memory = self.keys_values(x).reshape(config.n_frames, -1, config.head_width).transpose(0, 1)
        shape = (config.n_decoder_layers, 2 * config.n_heads, config.n_frames, config.head_width)
        if not config.ctc:
            return (memory.reshape(shape),)
        return memory.reshape(shape), network.ctc(x).log_softmax(dim=-1)


class DecoderLayerGraph(nn.Module):
    """One layer of the step. Memory and cache keep their axes, so that nothing has to be squeezed or stacked."""

    def __init__(self, layer: DecoderLayer) -> None:
        super().__init__()
        self.layer = layer
        self.n_heads = layer.self_attention.n_heads
        self.query_key_value = join_self_attention(layer.self_attention)
        self.cross_query = join([Part(layer.cross_attention.query, layer.cross_attention.scale)])

    def forward(self, x: Tensor, memory: Tensor, past: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, D), memory (1, 2 H, S, Dh), past (1, 2 H, P, Dh), mask (B, P + B).

        Returns x, the new keys and values (1, 2 H, B, Dh), the attention (1, H, B, S).
        """
        layer, n_heads, width, head_width = self.layer, self.n_heads, x.shape[1], memory.shape[-1]
        joined = self.query_key_value(layer.self_norm(x)).reshape(1, -1, 3 * n_heads, head_width).transpose(1, 2)
        query, new = joined.split([n_heads, 2 * n_heads], dim=1)
        keys, values = torch.cat([past, new], dim=2).chunk(2, dim=1)
        mixed = (query @ keys.transpose(2, 3) + mask).softmax(dim=-1) @ values
        x = x + layer.self_attention.out(mixed.transpose(1, 2).reshape(-1, width))
        memory_keys, memory_values = memory.chunk(2, dim=1)
        query = self.cross_query(layer.cross_norm(x)).reshape(1, -1, n_heads, head_width).transpose(1, 2)
        attention = (query @ memory_keys.transpose(2, 3)).softmax(dim=-1)
        x = x + layer.cross_attention.out((attention @ memory_values).transpose(1, 2).reshape(-1, width))
        return x + layer.feed_forward(layer.feed_forward_norm(x)), new, attention


class DecoderStepGraph(nn.Module):
    """`SwipeNetwork.step`, with its arguments and results."""

    def __init__(self, network: SwipeNetwork) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(DecoderLayerGraph(layer) for layer in decoder_layers(network))

    def forward(self, tokens: Tensor, lengths: Tensor, mask: Tensor, cache: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        network, n_layers = self.network, len(self.layers)
        x = network.token(tokens) + F.embedding(lengths, network.letter_position)
        news = []
        for layer, layer_memory, layer_past in zip(self.layers, memory.chunk(n_layers), cache.chunk(n_layers), strict=True):
            x, new, attention = layer(x, layer_memory, layer_past, mask)
            news.append(new)
        log_probs = network.out(network.decoder_norm(x)).log_softmax(dim=-1)
        return log_probs, torch.cat(news), attention[0]
