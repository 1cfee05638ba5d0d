"""The key-reading network, but for its attention and its decoder's layers, which are training.model.network's. It never sees a letter.

It gets the trajectory and the places of K keys, all of them in keys (key widths across, key heights down) from the middle of the
keys. A key's embedding is a function of its place and size. K is free, and permuting the keys permutes the outputs: every sum
over keys is a weighted sum of key embeddings, and every output for a key is a product with its embedding.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.key_reader.config import KeyReaderConfig
from training.model.network import Attention, DecoderLayer, FeedForward

KERNEL = 7
"""Frames that a layer's convolution sees."""
PERIODS = (24.0, 12.0, 6.0, 3.0, 2.0)
"""Of the sines and cosines that describe a key's place, in keys; along each axis and along both diagonals."""
REACHES = (0.35, 0.9)
"""Standard deviations of the windows through which a point sees the keys around it, in keys."""
CTC_PERIODS = (14.0, 7.0, 4.0, 2.5)
"""Of the waves that a frame's logits are made of, in keys."""
HIDDEN = -60.0
"""Added to the attention score, or the logit, of what is not there. The same as in engine.model."""


def waves(periods: tuple[float, ...]) -> Tensor:
    """(2, 4 n): wave vectors in radians per key, along both axes and both diagonals."""
    directions = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.7, 0.7], [0.7, -0.7]])
    return torch.cat([directions * (2 * math.pi / period) for period in periods]).T.contiguous()


class KeyEmbedding(nn.Module):
    """(..., K, 4): x, y, w, h of each key, in keys -> (..., K, E)."""

    waves: Tensor

    def __init__(self, config: KeyReaderConfig) -> None:
        super().__init__()
        self.register_buffer("waves", waves(PERIODS), persistent=False)
        n_inputs = 4 + 2 * self.waves.shape[1]
        self.hidden = nn.Linear(n_inputs, 2 * config.key_width)
        self.out = nn.Linear(2 * config.key_width, config.key_width)
        self.norm = nn.LayerNorm(config.key_width)

    def forward(self, keys: Tensor) -> Tensor:
        phase = keys[..., :2] @ self.waves.float()
        plain = torch.cat([keys[..., :2] * 0.25, keys[..., 2:] - 1.0], dim=-1)
        inputs = torch.cat([plain, phase.sin(), phase.cos()], dim=-1).to(self.hidden.weight.dtype)
        return self.norm(self.out(F.silu(self.hidden(inputs))))


class Convolution(nn.Module):
    """(B, S, D) -> (B, S, D): gated, then along the frames, as in the Conformer."""

    def __init__(self, config: KeyReaderConfig) -> None:
        super().__init__()
        self.gated = nn.Linear(config.width, 2 * config.width)
        self.depthwise = nn.Conv1d(config.width, config.width, KERNEL, padding=KERNEL // 2, groups=config.width)
        self.norm, self.out = nn.LayerNorm(config.width), nn.Linear(config.width, config.width)

    def forward(self, x: Tensor) -> Tensor:
        h = F.glu(self.gated(x), dim=-1)
        h = self.depthwise(h.transpose(-1, -2)).transpose(-1, -2)
        return self.out(F.silu(self.norm(h)))


class EncoderLayer(nn.Module):
    """(B, S, D) -> (B, S, D): attention, convolution, feed-forward. The Conformer with one feed-forward part instead of two halves."""

    def __init__(self, config: KeyReaderConfig) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(config.width), Attention(config)
        self.convolution_norm, self.convolution = nn.LayerNorm(config.width), Convolution(config)
        self.feed_forward_norm, self.feed_forward = nn.LayerNorm(config.width), FeedForward(config, nn.SiLU)

    def forward(self, x: Tensor) -> Tensor:
        h = self.attention_norm(x)
        x = x + self.attention(h, self.attention.keys_values(h))[0]
        x = x + self.convolution(self.convolution_norm(x))
        return x + self.feed_forward(self.feed_forward_norm(x))


class PointEmbedding(nn.Module):
    """The trajectory and the keys around each point -> (B, N, P)."""

    def __init__(self, config: KeyReaderConfig) -> None:
        super().__init__()
        self.columns = nn.Linear(config.n_columns + 3 * len(REACHES), config.point_width)
        self.key = nn.Linear(config.key_width, config.point_width, bias=False)

    def forward(self, trajectory: Tensor, seen: Tensor, nearness: Tensor, embedded: Tensor) -> Tensor:
        """trajectory (B, N, F); seen (B, N, 3 R) and nearness (B, N, K): of `look_around`; embedded (B, K, E)."""
        kind = self.columns.weight.dtype
        return self.columns(torch.cat([trajectory, seen], dim=-1).to(kind)) + nearness.to(kind) @ self.key(embedded)


def reading_order(keys: Tensor) -> Tensor:
    """keys (B, K, 4) -> (B, K): their indices from top to bottom, and from left to right where they are equally high."""
    by_x = keys[..., 0].argsort(dim=-1, stable=True)
    return by_x.gather(-1, keys[..., 1].gather(-1, by_x).argsort(dim=-1, stable=True))


def squared_distances(points: Tensor, keys: Tensor) -> Tensor:
    """(..., N, 2) and (..., K, 2) -> (..., N, K), in keys, by products, which take half the memory of the differences."""
    squares = points.square().sum(-1)[..., None] - 2.0 * points @ keys.transpose(-1, -2) + keys.square().sum(-1)[..., None, :]
    return squares.clamp_min(0.0)


def look_around(points: Tensor, keys: Tensor, squares: Tensor, absent: Tensor) -> tuple[Tensor, Tensor]:
    """What a point sees of the keys: (..., N, 3 R), and each key's nearness, (..., N, K).

    points (..., N, 2), keys (..., K, 2), squares (..., N, K) of `squared_distances`, absent (..., 1, K), added. For each window the mean
    offset of the keys in it and their mean distance: a nearest key that does not jump.
    """
    seen = []
    for reach in REACHES:
        weights = (squares * (-0.5 / reach**2) + absent).softmax(dim=-1)
        seen += [weights @ keys - points, (weights * squares).sum(dim=-1, keepdim=True).sqrt()]
    return torch.cat(seen, dim=-1), torch.sigmoid(4.0 - 2.5 * (squares + 1e-6).sqrt() + absent)


class CtcHead(nn.Module):
    """Frames (B, S, D) -> logits (B, S, K + 1), blank last: of a key, a function of the frame and of where the key lies.

    The function of the offset from the frame's point is a sum of waves, whose coefficients the frame gives, and a slope with the distance;
    of the place on the keyboard, a product with the key's embedding. By cos(k - p) = cos k cos p + sin k sin p all are products of
    frames and keys. Source of the waves: FUTO Swipe (arXiv 2606.25247), whose basis is fixed to the keyboard.
    """

    waves: Tensor

    def __init__(self, config: KeyReaderConfig) -> None:
        super().__init__()
        self.register_buffer("waves", waves(CTC_PERIODS), persistent=False)
        n_waves = self.waves.shape[1]
        self.split = [n_waves, n_waves, config.key_width, 1, 1]
        self.query = nn.Linear(config.width, sum(self.split))
        self.key = nn.Linear(config.key_width, config.key_width)

    def forward(self, frames: Tensor, points: Tensor, keys: Tensor, squares: Tensor, embedded: Tensor) -> Tensor:
        """points (B, S, 2) of the frames, keys (B, K, 2), squares (B, S, K), embedded (B, K, E). In float32 from here on."""
        cosine, sine, asked, slope, blank = self.query(frames).float().split(self.split, dim=-1)
        at, key_phase = points @ self.waves.float(), keys @ self.waves.float()
        cos, sin = at.cos(), at.sin()
        asked = torch.cat([cosine * cos - sine * sin, cosine * sin + sine * cos, asked * self.split[2] ** -0.5], dim=-1)
        written = torch.cat([key_phase.cos(), key_phase.sin(), self.key(embedded).float()], dim=-1)
        fall = F.softplus(slope + 2.0) * ((1.0 + squares).sqrt() - 1.0)
        return torch.cat([asked @ written.transpose(-1, -2) - fall, blank], dim=-1)


class KeyReader(nn.Module):
    """Encoder and decoder. `forward` is for training; export.key_reader.graphs has the same sums as onnxruntime runs them.

    Keys have the numbers in which they are handed over. The end of the word is output K, and its start is token K.
    """

    def __init__(self, config: KeyReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.keys = KeyEmbedding(config)
        self.points = PointEmbedding(config)
        self.join = nn.Linear(config.stride * config.point_width, config.width)
        self.frame_position = nn.Parameter(0.02 * torch.randn(config.n_frames, config.width))
        self.encoder = nn.ModuleList(EncoderLayer(config) for _ in range(config.n_encoder_layers))
        self.encoder_norm = nn.LayerNorm(config.width)
        self.ctc = CtcHead(config)
        self.token = nn.Linear(config.key_width, config.width)
        self.start = nn.Parameter(0.1 * torch.randn(1, config.width))
        self.letter_position = nn.Parameter(0.02 * torch.randn(config.max_letters + 1, config.width))
        self.decoder = nn.ModuleList(DecoderLayer(config, nn.SiLU) for _ in range(config.n_decoder_layers))
        self.decoder_norm = nn.LayerNorm(config.width)
        self.target = nn.Linear(config.key_width, config.width)
        self.end = nn.Parameter(0.1 * torch.randn(1, config.width))

    def frames(self, trajectory: Tensor, keys: Tensor, present: Tensor, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """trajectory (B, N, F), keys (B, K, 4), present (B, K), embedded (B, K, E) -> frames (B, S, D), CTC logits (B, S, K + 1)."""
        points, places, stride = trajectory[..., :2] * trajectory.new_tensor([3.0, 1.0]), keys[..., :2], self.config.stride
        squares, absent = squared_distances(points, places), torch.where(present, 0.0, HIDDEN)[:, None]
        x = F.silu(self.points(trajectory, *look_around(points, places, squares, absent), embedded))
        x = self.join(x.reshape(len(x), self.config.n_frames, -1)) + self.frame_position
        for layer in self.encoder:
            x = layer(x)
        x = self.encoder_norm(x)
        logits = self.ctc(x, points[:, ::stride], places, squares[:, ::stride], embedded)
        return x, logits + F.pad(absent, (0, 1))

    def tables(self, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """embedded (..., K, E) -> what the decoder reads for each token and what it points at for each output, both (..., K + 1, D).

        Last come the start of the word among the tokens and its end among the outputs.
        """
        start, end = (one.expand(*embedded.shape[:-2], 1, -1) for one in (self.start, self.end))
        return torch.cat([self.token(embedded), start], dim=-2), torch.cat([self.target(embedded), end], dim=-2)

    def forward(
        self, trajectory: Tensor, keys: Tensor, present: Tensor, tokens: Tensor, seen: Tensor, kept: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """tokens (B, T): K for the start, then keys; seen (B,): whether the decoder sees the swipe; kept (B, T): which tokens it sees.

        Returns logits (B, T, K + 1) of what follows each token, the word's end last, and CTC logits (B, S, K + 1), blank last. Permuting
        the keys permutes them, to the last bit: whatever the order of the keys, they are added in `reading_order`.
        """
        order = reading_order(keys)
        rank = F.pad(order.argsort(dim=-1), (0, 1), value=keys.shape[1])
        keys, present = keys.gather(1, order[..., None].expand(keys.shape)), present.gather(1, order)
        embedded = self.keys(keys)
        frames, ctc = self.frames(trajectory, keys, present, embedded)
        logits = self.decode(frames * seen[:, None, None].to(frames.dtype), present, embedded, rank.gather(1, tokens), kept)
        logits, ctc = (outputs.gather(-1, rank[:, None].expand(outputs.shape)) for outputs in (logits, ctc))
        return logits, ctc

    def decode(self, frames: Tensor, present: Tensor, embedded: Tensor, tokens: Tensor, kept: Tensor | None = None) -> Tensor:
        """frames (B, S, D), all zero for no swipe; present (B, K), embedded (B, K, E), tokens (B, T) -> logits (B, T, K + 1)."""
        read, pointed = self.tables(embedded)
        length = tokens.shape[1]
        index = tokens[..., None].expand(-1, -1, read.shape[-1])
        x = read.expand(len(tokens), -1, -1).gather(1, index)
        if kept is not None:
            x = x * kept[..., None].to(x.dtype)
        x = x + self.letter_position[:length]
        mask = torch.full((length, length), HIDDEN, dtype=x.dtype).triu(1)
        for layer in self.decoder:
            x = layer(x, layer.cross_attention.keys_values(frames), mask)
        logits = self.decoder_norm(x) @ pointed.transpose(1, 2) * self.config.width**-0.5
        return logits + F.pad(torch.where(present, 0.0, HIDDEN), (0, 1))[:, None].to(logits.dtype)
