"""The key-reading network as onnxruntime runs it: three graphs, of keys, of a swipe, and of a decoder's step.

keys: place and size of K keys (K, 4) -> what the other two graphs read of them; once for each grid.
encoder: trajectory (N, F) and that -> memory (L, 2 H, S, Dh), ctc_log_probs (S, K + 1).
step: as export.graphs.DecoderStepGraph, with tables of what each token and each output is (K + 1, D).

As in export.graphs, what shares an input is one product, the attention's scale is in the weights, and there is no batch axis.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.graphs import DecoderLayerGraph, Part, join, join_self_attention
from training.key_reader.config import KeyReaderConfig
from training.key_reader.network import EncoderLayer, KeyReader, look_around, squared_distances
from training.model.network import DecoderLayer


def cross_keys_values(network: KeyReader) -> nn.Linear:
    """(..., D) -> (..., L * 2 D): the keys and values of the cross-attention of all layers of the decoder."""
    return join([Part(layer.cross_attention.key_value) for layer in cast(Iterable[DecoderLayer], network.decoder)])


def as_memory(keys_values: Tensor, config: KeyReaderConfig) -> Tensor:
    """(S, L * 2 D) -> (L, 2 H, S, Dh)"""
    return keys_values.reshape(config.n_frames, config.n_decoder_layers, 2 * config.n_heads, -1).permute(1, 2, 0, 3)


class KeysGraph(nn.Module):
    """keys (K, 4) -> near (K, P), asked (K, 2 W + E), tokens (K + 1, D), targets (K + 1, D): see EncoderGraph and StepGraph.

    And nothing (L, 2 H, S, Dh): the memory of no swipe, which the keys do not change.
    """

    def __init__(self, network: KeyReader) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            frames = torch.zeros(network.config.n_frames, network.config.width)
            self.unseen = nn.Parameter(as_memory(cross_keys_values(network)(frames), network.config).contiguous(), requires_grad=False)

    def forward(self, keys: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        embedded, ctc = self.network.keys(keys), self.network.ctc
        tokens, targets = self.network.tables(embedded)
        phase = keys[:, :2] @ ctc.waves
        asked = torch.cat([phase.cos(), phase.sin(), ctc.key(embedded) * embedded.shape[-1] ** -0.5], dim=-1)
        return self.network.points.key(embedded), asked, tokens, targets * self.network.config.width**-0.5, self.unseen * 1.0


class EncoderLayerGraph(nn.Module):
    """x (S, D) -> (S, D)"""

    def __init__(self, layer: EncoderLayer) -> None:
        super().__init__()
        self.layer, self.n_heads = layer, layer.attention.n_heads
        self.query_key_value = join_self_attention(layer.attention)

    def forward(self, x: Tensor) -> Tensor:
        layer, (length, width) = self.layer, x.shape
        joined = self.query_key_value(layer.attention_norm(x)).reshape(length, 3 * self.n_heads, -1).transpose(0, 1)
        query, key, value = joined.chunk(3)
        mixed = (query @ key.transpose(1, 2)).softmax(dim=-1) @ value
        x = x + layer.attention.out(mixed.transpose(0, 1).reshape(length, width))
        gated, convolution = layer.convolution.gated(layer.convolution_norm(x)), layer.convolution
        h = convolution.depthwise(F.glu(gated, dim=-1).T[None])[0].T
        x = x + convolution.out(F.silu(convolution.norm(h)))
        moved: Tensor = x + layer.feed_forward(layer.feed_forward_norm(x))
        return moved


class EncoderGraph(nn.Module):
    """trajectory (N, F), keys (K, 4), near (K, P), asked (K, 2 W + E) -> memory (L, 2 H, S, Dh), ctc_log_probs (S, K + 1)."""

    def __init__(self, network: KeyReader) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(EncoderLayerGraph(layer) for layer in cast(Iterable[EncoderLayer], network.encoder))
        self.memory = cross_keys_values(network)

    def forward(self, trajectory: Tensor, keys: Tensor, near: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        network, config = self.network, self.network.config
        points, places = trajectory[:, :2] * torch.tensor([3.0, 1.0]), keys[:, :2]
        squares = squared_distances(points, places)
        seen, nearness = look_around(points, places, squares, torch.zeros(()))
        x = F.silu(network.points.columns(torch.cat([trajectory, seen], dim=-1)) + nearness @ near)
        x = network.join(x.reshape(config.n_frames, -1)) + network.frame_position
        for layer in self.layers:
            x = layer(x)
        x = network.encoder_norm(x)
        return as_memory(self.memory(x), config), self.ctc_log_probs(x, points[:: config.stride], squares[:: config.stride], asked)

    def ctc_log_probs(self, x: Tensor, points: Tensor, squares: Tensor, asked: Tensor) -> Tensor:
        """x (S, D), points (S, 2), squares (S, K) -> (S, K + 1)"""
        ctc, at = self.network.ctc, points @ self.network.ctc.waves
        cosine, sine, by_key, slope, blank = ctc.query(x).split(ctc.split, dim=-1)
        cos, sin = at.cos(), at.sin()
        query = torch.cat([cosine * cos - sine * sin, cosine * sin + sine * cos, by_key], dim=-1)
        fall = F.softplus(slope + 2.0) * ((1.0 + squares).sqrt() - 1.0)
        return torch.cat([query @ asked.T - fall, blank], dim=-1).log_softmax(dim=-1)


class StepGraph(nn.Module):
    """tokens (B,), lengths (B,), mask (B, P + B), cache (L, 2 H, P, Dh), memory (L, 2 H, S, Dh), read, pointed (K + 1, D).

    read: for each token, the word's start last; pointed: for each output, the word's end last. Returns log_probs (B, K + 1), new_rows,
    attention.
    """

    def __init__(self, network: KeyReader) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(DecoderLayerGraph(layer) for layer in cast(Iterable[DecoderLayer], network.decoder))

    def forward(  # noqa: PLR0913
        self, tokens: Tensor, lengths: Tensor, mask: Tensor, cache: Tensor, memory: Tensor, read: Tensor, pointed: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        network, n_layers, news = self.network, len(self.layers), []
        x = F.embedding(tokens, read) + F.embedding(lengths, network.letter_position)
        for layer, layer_memory, layer_past in zip(self.layers, memory.chunk(n_layers), cache.chunk(n_layers), strict=True):
            x, new, attention = layer(x, layer_memory, layer_past, mask)
            news.append(new)
        return (network.decoder_norm(x) @ pointed.T).log_softmax(dim=-1), torch.cat(news), attention[0]
