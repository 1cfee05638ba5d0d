"""The network: encoder and decoder, in one file so that they can be read in one go; the embeddings are in training.model.embedding."""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.config import ModelConfig
from training.model.embedding import SwipePointEmbedding

KERNEL = 7
"""Frames that the Conformer's convolution sees, of 32 in a swipe. Not tuned."""


class Widths(Protocol):
    """What layers need of a network's configuration."""

    @property
    def width(self) -> int: ...

    @property
    def feed_forward_width(self) -> int: ...

    @property
    def n_heads(self) -> int: ...

    @property
    def head_width(self) -> int: ...


class Attention(nn.Module):
    """Multi-head attention, spelled out: in bfloat16 on a CPU the fused one's backward pass took 60 % of a step."""

    def __init__(self, config: Widths) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.scale = config.head_width**-0.5
        self.query = nn.Linear(config.width, config.width)
        self.key_value = nn.Linear(config.width, 2 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def keys_values(self, source: Tensor) -> Tensor:
        """source (B, S, D) -> (2, B, H, S, Dh)"""
        batch, length, _ = source.shape
        return self.key_value(source).view(batch, length, 2, self.n_heads, -1).permute(2, 0, 3, 1, 4)

    def forward(self, x: Tensor, keys_values: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (B, T, D), keys_values (2, B or 1, H, S, Dh), mask (T, S) added -> output (B, T, D), weights (B, H, T, S)."""
        batch, length, width = x.shape
        query = (self.query(x) * self.scale).view(batch, length, self.n_heads, -1).transpose(1, 2)
        scores = query @ keys_values[0].transpose(-1, -2)
        if mask is not None:
            scores = scores + mask
        weights = scores.softmax(dim=-1)
        mixed = (weights @ keys_values[1]).transpose(1, 2).reshape(batch, length, width)
        return self.out(mixed), weights


class FeedForward(nn.Sequential):
    def __init__(self, config: Widths, activation: type[nn.Module] = nn.ReLU) -> None:
        super().__init__(
            nn.Linear(config.width, config.feed_forward_width), activation(), nn.Linear(config.feed_forward_width, config.width)
        )


class EncoderLayer(nn.Module):
    """(B, S, D) -> (B, S, D), of the transformer. The export has an attention of its own between `before` and `behind`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(config.width), Attention(config)
        self.feed_forward_norm, self.feed_forward = nn.LayerNorm(config.width), FeedForward(config)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        h = self.attention_norm(x)
        return self.behind(x + self.attention(h, self.attention.keys_values(h))[0])

    def before(self, x: Tensor) -> Tensor:
        """What comes before the attention, (..., S, D) as it comes out."""
        return x

    def behind(self, x: Tensor) -> Tensor:
        """What comes behind the attention, (..., S, D) as it comes out."""
        return x + self.feed_forward(self.feed_forward_norm(x))


class Convolution(nn.Module):
    """(..., S, D) -> (..., S, D): the Conformer's. Its second norm is a LayerNorm: a BatchNorm's statistics need float32 and a batch."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm, self.gated = nn.LayerNorm(config.width), nn.Linear(config.width, 2 * config.width)
        self.depthwise = nn.Conv1d(config.width, config.width, KERNEL, padding=KERNEL // 2, groups=config.width)
        self.depthwise_norm, self.out = nn.LayerNorm(config.width), nn.Linear(config.width, config.width)

    def forward(self, x: Tensor) -> Tensor:
        h = F.glu(self.gated(self.norm(x)), dim=-1)
        h = self.depthwise(h.transpose(-1, -2)).transpose(-1, -2)
        return self.out(F.silu(self.depthwise_norm(h)))


class ConformerLayer(EncoderLayer):
    """Half a feed-forward, attention, convolution, half a feed-forward. Source: Gulati et al. 2020, without its last norm."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.first_norm, self.first = nn.LayerNorm(config.width), FeedForward(config)
        self.convolution = Convolution(config)

    def before(self, x: Tensor) -> Tensor:
        return x + 0.5 * self.first(self.first_norm(x))

    def behind(self, x: Tensor) -> Tensor:
        x = x + self.convolution(x)
        return x + 0.5 * self.feed_forward(self.feed_forward_norm(x))


class RecurrentLayer(nn.Module):
    """(B, S, D) -> (B, S, D): half of D is read forwards, half backwards.

    In bfloat16, as everything. Measured at width 96, 32 frames: gradients within 1 % of float32's; the LSTM takes half of
    float32's time, the GRU as long, twice the LSTM's.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        kind = nn.GRU if config.encoder == "gru" else nn.LSTM
        self.recurrent = kind(config.width, config.width // 2, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.recurrent(self.norm(x))[0]


def encoder_layer(config: ModelConfig) -> EncoderLayer | RecurrentLayer:
    """A layer of the configured encoder."""
    match config.encoder:
        case "transformer":
            return EncoderLayer(config)
        case "conformer":
            return ConformerLayer(config)
        case "gru" | "lstm":
            return RecurrentLayer(config)


class DecoderLayer(nn.Module):
    def __init__(self, config: Widths, activation: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(config.width), Attention(config)
        self.cross_norm, self.cross_attention = nn.LayerNorm(config.width), Attention(config)
        self.feed_forward_norm, self.feed_forward = nn.LayerNorm(config.width), FeedForward(config, activation)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """x (B, T, D), memory (2, B, H, S, Dh) -> (B, T, D); all letters at once, for training."""
        h = self.self_norm(x)
        x = x + self.self_attention(h, self.self_attention.keys_values(h), mask)[0]
        x = x + self.cross_attention(self.cross_norm(x), memory)[0]
        return x + self.feed_forward(self.feed_forward_norm(x))

    def step(self, x: Tensor, memory: Tensor, cache: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One letter of B prefixes of one swipe. x (B, D), memory (2 H, S, Dh), cache (2 H, P, Dh), mask (B, P + B).

        Returns x, the new rows of the cache (2 H, B, Dh), the cross-attention weights (H, B, S). The prefixes stand where
        the letters of one word would: they share the cache, and the mask says which letters are theirs.
        """
        h, heads = self.self_norm(x)[None], (2, 1, self.self_attention.n_heads)
        new = self.self_attention.keys_values(h).flatten(0, 2)
        keys_values = torch.cat([cache, new], dim=1).unflatten(0, heads)
        x = x + self.self_attention(h, keys_values, mask)[0][0]
        crossed, weights = self.cross_attention(self.cross_norm(x)[None], memory.unflatten(0, heads))
        x = x + crossed[0]
        return x + self.feed_forward(self.feed_forward_norm(x)), new, weights[0]


class SwipeNetwork(nn.Module):
    """An encoder and the transformer's decoder. `forward` trains it; `encode` and `step` are what is exported.

    Without a CTC head the CTC's outputs are of no frame: S = 0.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = SwipePointEmbedding(config)
        self.halve = nn.Conv1d(config.width, config.width, kernel_size=3, stride=2, padding=1)
        self.frame_position = nn.Parameter(0.02 * torch.randn(config.n_frames, config.width))
        self.encoder = nn.ModuleList(encoder_layer(config) for _ in range(config.n_encoder_layers))
        self.encoder_norm = nn.LayerNorm(config.width)
        if config.ctc:
            self.ctc = nn.Linear(config.width, config.n_letters + 1)
        self.token = nn.Embedding(config.n_letters + 2, config.width)
        self.letter_position = nn.Parameter(0.02 * torch.randn(config.max_letters + 1, config.width))
        self.decoder = nn.ModuleList(DecoderLayer(config) for _ in range(config.n_decoder_layers))
        self.decoder_norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.n_letters + 1)
        nn.init.normal_(self.token.weight, std=0.1)

    def frames(self, trajectory: Tensor, key_distances: Tensor) -> Tensor:
        """(B, N, F), (B, N, K) -> the encoder's output (B, S, D)."""
        x = F.relu(self.embedding(trajectory, key_distances))
        x = F.relu(self.halve(x.transpose(1, 2))).transpose(1, 2) + self.frame_position
        for layer in self.encoder:
            x = layer(x)
        return self.encoder_norm(x)

    def ctc_logits(self, frames: Tensor) -> Tensor:
        """(..., S, D) -> (..., S, K + 1), blank last; of no frame where there is no CTC head."""
        return self.ctc(frames) if self.config.ctc else frames.new_empty(*frames.shape[:-2], 0, self.config.n_letters + 1)

    def forward(self, trajectory: Tensor, key_distances: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """tokens (B, T): BOS and the letters. Returns logits (B, T, V) of what follows each, CTC logits (B, S, K + 1)."""
        frames = self.frames(trajectory, key_distances)
        length = tokens.shape[1]
        x = self.token(tokens) + self.letter_position[:length]
        mask = torch.full((length, length), -1e4, dtype=x.dtype).triu(1)
        for layer in self.decoder:
            x = layer(x, layer.cross_attention.keys_values(frames), mask)
        return self.out(self.decoder_norm(x)), self.ctc_logits(frames)

    def encode(self, trajectory: Tensor, key_distances: Tensor) -> tuple[Tensor, Tensor]:
        """One swipe, (1, N, F) and (1, N, K) -> memory (L, 2 H, S, Dh), CTC log-probabilities (S, K + 1), blank last."""
        frames = self.frames(trajectory, key_distances)
        memory = torch.stack([layer.cross_attention.keys_values(frames).flatten(0, 2) for layer in self.decoder])
        return memory, self.ctc_logits(frames)[0].log_softmax(dim=-1)

    def step(self, tokens: Tensor, lengths: Tensor, mask: Tensor, cache: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What follows B prefixes of one swipe.

        tokens (B,): their last letters, BOS for the empty prefix; lengths (B,): how many letters each has; mask (B, P + B),
        added to attention: 0 to its own letters, which are rows of the cache or of this call, very negative elsewhere;
        cache (L, 2 H, P, Dh), keys before values; memory (L, 2 H, S, Dh). Returns log_probs (B, V), the new rows of the cache
        (L, 2 H, B, Dh), and the cross-attention of the last layer's heads (H, B, S).
        """
        x = self.token(tokens) + self.letter_position[lengths]
        layers = []
        for index, layer in enumerate(self.decoder):
            x, new, attention = layer.step(x, memory[index], cache[index], mask)
            layers.append(new)
        return self.out(self.decoder_norm(x)).log_softmax(dim=-1), torch.stack(layers), attention
