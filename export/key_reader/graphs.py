"""The key-reading network as onnxruntime runs it: three graphs, of keys, of a swipe, and of a decoder's step.

keys: place and size of K keys (K, 4) -> what the other two graphs read of them; once for each grid.
encoder: trajectories (B, N, F) and that -> memory (B, S, D), its frames, and ctc_log_probs (B, S, K + 1).
step: as export.graphs.DecoderStepGraph, with tables of what each token and each output is (K + 1, D), for B swipes. It
makes keys and values of the memory itself: if the first pass is sure, nobody needs them.

As in export.graphs, what shares an input is one product, and the attention's scale is in the weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.graphs import Part, join, join_self_attention
from training.key_reader.network import REACHES, EncoderLayer, KeyReader
from training.model.network import DecoderLayer


def cross_keys_values(network: KeyReader) -> nn.Linear:
    """(..., D) -> (..., L * 2 D): the keys and values of the cross-attention of all layers of the decoder."""
    return join([Part(layer.cross_attention.key_value) for layer in cast(Iterable[DecoderLayer], network.decoder)])


class KeysGraph(nn.Module):
    """keys (K, 4) -> around (K, 4), near (K, P), asked (K, 2 W + E), tokens and targets (K + 1, D): see EncoderGraph and StepGraph."""

    def __init__(self, network: KeyReader) -> None:
        super().__init__()
        self.network = network

    def forward(self, keys: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        embedded, ctc = self.network.keys(keys), self.network.ctc
        tokens, targets = self.network.tables(embedded)
        places = keys[:, :2]
        phase, around = (
            places @ ctc.waves,
            torch.cat([places, torch.ones_like(places[:, :1]), places.square().sum(-1, keepdim=True)], dim=-1),
        )
        asked = torch.cat([phase.cos(), phase.sin(), ctc.key(embedded) * embedded.shape[-1] ** -0.5], dim=-1)
        return around, self.network.points.key(embedded), asked, tokens, targets * self.network.config.width**-0.5


class EncoderLayerGraph(nn.Module):
    """x (B, S, D) -> (B, S, D)"""

    def __init__(self, layer: EncoderLayer) -> None:
        super().__init__()
        self.layer, self.n_heads = layer, layer.attention.n_heads
        self.query_key_value = join_self_attention(layer.attention)
        self.depthwise = in_two_dimensions(layer.convolution.depthwise)

    def forward(self, x: Tensor) -> Tensor:
        layer = self.layer
        joined = self.query_key_value(layer.attention_norm(x)).unflatten(-1, (3 * self.n_heads, -1)).transpose(1, 2)
        query, key, value = joined.chunk(3, dim=1)
        mixed = (query @ key.transpose(2, 3)).softmax(dim=-1) @ value
        x = x + layer.attention.out(mixed.transpose(1, 2).flatten(2))
        gated, convolution = layer.convolution.gated(layer.convolution_norm(x)), layer.convolution
        h = self.depthwise(F.glu(gated, dim=-1).transpose(1, 2)[:, :, None]).squeeze(2).transpose(1, 2)
        x = x + convolution.out(F.silu(convolution.norm(h)))
        moved: Tensor = x + layer.feed_forward(layer.feed_forward_norm(x))
        return moved


def in_two_dimensions(convolution: nn.Conv1d) -> nn.Conv2d:
    """The convolution along the last of two axes: onnxruntime has a fast one along two axes alone. Measured: 3 us instead of 13, and 2
    instead of 13 a swipe in batches of 16; along the first axis, 5 and 5."""
    kernel, padding, channels = (1, convolution.kernel_size[0]), (0, int(convolution.padding[0])), convolution.out_channels
    wider = nn.Conv2d(convolution.in_channels, channels, kernel, padding=padding, groups=convolution.groups)
    assert convolution.bias is not None
    wider.weight = nn.Parameter(convolution.weight.detach()[:, :, None], requires_grad=False)
    wider.bias = nn.Parameter(convolution.bias.detach(), requires_grad=False)
    return wider


class EncoderGraph(nn.Module):
    """trajectory (B, N, F), around (K, 4), near (K, P), asked (K, 2 W + E) -> memory (B, S, D), ctc_log_probs (B, S, K + 1).

    around: of each key x, y, 1, x^2 + y^2.
    """

    def __init__(self, network: KeyReader) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(EncoderLayerGraph(layer) for layer in cast(Iterable[EncoderLayer], network.encoder))

    def forward(self, trajectory: Tensor, around: Tensor, near: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        network, config = self.network, self.network.config
        points = trajectory[..., :2] * torch.tensor([3.0, 1.0])
        squares = squared_distances(points, around)
        seen, nearness = look_around(points, around[:, :2], squares)
        x = F.silu(network.points.columns(torch.cat([trajectory, seen], dim=-1)) + nearness @ near)
        x = network.join(x.reshape(-1, config.n_frames, config.stride * config.point_width)) + network.frame_position
        for layer in self.layers:
            x = layer(x)
        x = network.encoder_norm(x)
        stride = config.stride
        return x, self.ctc_log_probs(x, points[:, ::stride], squares[:, ::stride], asked)

    def ctc_log_probs(self, x: Tensor, points: Tensor, squares: Tensor, asked: Tensor) -> Tensor:
        """x (B, S, D), points (B, S, 2), squares (B, S, K) -> (B, S, K + 1)"""
        ctc, at = self.network.ctc, points @ self.network.ctc.waves
        cosine, sine, by_key, slope, blank = ctc.query(x).split(ctc.split, dim=-1)
        cos, sin = at.cos(), at.sin()
        query = torch.cat([cosine * cos - sine * sin, cosine * sin + sine * cos, by_key], dim=-1)
        fall = softplus(slope + 2.0) * ((1.0 + squares).sqrt() - 1.0)
        return torch.cat([query @ asked.T - fall, blank], dim=-1).log_softmax(dim=-1)


def squared_distances(points: Tensor, around: Tensor) -> Tensor:
    """As the network's: points (B, N, 2), around (K, 4) of EncoderGraph -> (B, N, K), in one product."""
    lengths = points.square().sum(-1, keepdim=True)
    return (torch.cat([-2.0 * points, lengths, torch.ones_like(lengths)], dim=-1) @ around.T).clamp_min(0.0)


def look_around(points: Tensor, places: Tensor, squares: Tensor) -> tuple[Tensor, Tensor]:
    """As the network's, with all windows at once: points (B, N, 2), places (K, 2), squares (B, N, K) -> (B, N, 3 R), (B, N, K)."""
    apart = squares[:, :, None]
    weights = (apart * torch.tensor([[-0.5 / reach**2] for reach in REACHES])).softmax(dim=-1)
    offsets = weights @ places - points[:, :, None]
    spread = (weights * apart).sum(dim=-1, keepdim=True).sqrt()
    return torch.cat([offsets, spread], dim=-1).flatten(2), torch.sigmoid(4.0 - 2.5 * (squares + 1e-6).sqrt())


def softplus(x: Tensor) -> Tensor:
    """onnxruntime's own, in one operator. As the exporter writes torch's, it took 8 us more."""
    return torch.onnx.ops.symbolic("Softplus", (x,), dtype=x.dtype, shape=x.shape)


def by_head(x: Tensor, n: int) -> Tensor:
    """(B, P, n Dh) -> (B, n, P, Dh)"""
    return reshaped(x, n, x.shape[-1] // n).transpose(1, 2)


def together(x: Tensor) -> Tensor:
    """(B, H, P, Dh) -> (B, P, H Dh)"""
    return reshaped(x.transpose(1, 2), x.shape[1] * x.shape[3])


def reshaped(x: Tensor, *lengths: int) -> Tensor:
    """The first two lengths, which are free, stay: as the exporter writes torch's own, finding them out takes three operators."""
    return torch.onnx.ops.symbolic("Reshape", (x, torch.tensor([0, 0, *lengths])), dtype=x.dtype, shape=(*x.shape[:2], *lengths))


class DecoderLayerGraph(nn.Module):
    """One layer of the step: as export.graphs.DecoderLayerGraph, for many swipes."""

    def __init__(self, layer: DecoderLayer) -> None:
        super().__init__()
        self.layer, self.n_heads = layer, layer.self_attention.n_heads
        self.query_key_value = join_self_attention(layer.self_attention)
        self.cross_query = join([Part(layer.cross_attention.query, layer.cross_attention.scale)])

    def forward(self, x: Tensor, memory: tuple[Tensor, Tensor], past: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, P, D), memory: keys and values (B, H, S, Dh), past (B, 2 H, P0, Dh), mask (B, 1, P, P0 + P).

        Returns x, the new keys and values (B, 2 H, P, Dh), the attention (B, H, P, S).
        """
        layer, n_heads = self.layer, self.n_heads
        joined = by_head(self.query_key_value(layer.self_norm(x)), 3 * n_heads)
        query, new = joined.split([n_heads, 2 * n_heads], dim=1)
        keys, values = torch.cat([past, new], dim=2).chunk(2, dim=1)
        mixed = (query @ keys.transpose(2, 3) + mask).softmax(dim=-1) @ values
        x = x + layer.self_attention.out(together(mixed))
        query = by_head(self.cross_query(layer.cross_norm(x)), n_heads)
        attention = (query @ memory[0].transpose(2, 3)).softmax(dim=-1)
        x = x + layer.cross_attention.out(together(attention @ memory[1]))
        return x + layer.feed_forward(layer.feed_forward_norm(x)), new, attention


class StepGraph(nn.Module):
    """tokens (B, P), lengths (B, P), mask (B, P, P0 + P), cache (B, L 2 H, P0, Dh), memory (B, S, D), read, pointed (K + 1, D).

    read: for each token, the word's start last; pointed: for each output, the word's end last. Returns log_probs (B, P, K + 1), new_rows
    (B, L 2 H, P, Dh), attention (B, H, P, S).
    """

    def __init__(self, network: KeyReader) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.ModuleList(DecoderLayerGraph(layer) for layer in cast(Iterable[DecoderLayer], network.decoder))
        self.memory = cross_keys_values(network)

    def forward(  # noqa: PLR0913
        self, tokens: Tensor, lengths: Tensor, mask: Tensor, cache: Tensor, memory: Tensor, read: Tensor, pointed: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        network, n_layers, news = self.network, len(self.layers), []
        x = F.embedding(tokens, read) + F.embedding(lengths, network.letter_position)
        mask = mask[:, None]
        heads = n_layers * 2 * network.config.n_heads
        parts = self.memory(memory).unflatten(-1, (heads, -1)).transpose(1, 2).chunk(2 * n_layers, 1)
        for layer, keys, values, layer_past in zip(self.layers, parts[::2], parts[1::2], cache.chunk(n_layers, 1), strict=True):
            x, new, attention = layer(x, (keys, values), layer_past, mask)
            news.append(new)
        return (network.decoder_norm(x) @ pointed.T).log_softmax(dim=-1), torch.cat(news, dim=1), attention
