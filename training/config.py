"""What determines a network's shape: the choices that a researcher has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.features import Column, FeatureSpec
from engine.grid import Grid
from engine.naming import check_choice

Embedding = Literal[
    "soft_distances",
    "weighted",
    "google_2015",
    "indiswipe",
    "phrase_swipe",
    "nearest",
    "trainable_weighted",
    "trainable_gaussian",
    "distances",
]
"""soft_distances: each key's nearness, and whether the point is on it. weighted: the nearness alone, see Weighting.
trainable_weighted: with a reach and a slope of each key's own. nearest: which key is nearest. google_2015, indiswipe, phrase_swipe:
the same with the columns of those papers, see READS. distances: to all keys, as they are. trainable_gaussian: each key's density
at the point, of a mean and a full covariance of its own."""
Weighting = Literal["sigmoid", "softmax", "normalised"]
"""How weighted turns distances d in key radii into weights. sigmoid(4 - 1.8 d), plain or over its sum over the keys; softmax: of
- 1.8 d."""
Encoder = Literal["transformer", "conformer", "gru", "lstm"]
"""What turns the points into frames. gru and lstm are bidirectional."""
KeyCentres = tuple[tuple[float, float], ...]
"""of each letter's key: x and y in keys, from the grid's origin"""

READS: dict[Embedding, tuple[Column, ...]] = {"google_2015": ("x", "y", "dt"), "indiswipe": ("x", "y", "vx", "vy"), "phrase_swipe": ()}
"""The columns that an embedding takes; the others take all that the features have."""

SIZES = ("width", "feed_forward_width", "n_heads", "n_encoder_layers", "n_decoder_layers", "max_letters")
"""Fields of ModelConfig of which a network has one or more."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything that determines the network's shape; travels in the checkpoint and in the bundle's manifest."""

    alphabet: str
    """output letters; the token of a letter is its index, EOS = K, BOS = K + 1"""
    features: FeatureSpec = FeatureSpec()
    embedding: Embedding = "soft_distances"
    width: int = 160
    """D"""
    feed_forward_width: int = 480
    n_heads: int = 5
    n_encoder_layers: int = 4
    n_decoder_layers: int = 2
    max_letters: int = 32
    weighting: Weighting = "sigmoid"
    """of the embedding "weighted" """
    key_centres: KeyCentres = ()
    """where the embedding "trainable_gaussian" starts: key_centres of this module"""
    encoder: Encoder = "transformer"
    ctc: bool = True
    """whether the encoder has a CTC head: an auxiliary loss, and the first pass of the search"""

    def __post_init__(self) -> None:
        check_choice("embedding", self.embedding, get_args(Embedding))
        check_choice("weighting", self.weighting, get_args(Weighting))
        check_choice("encoder", self.encoder, get_args(Encoder))
        for name in SIZES:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        _check_embedding(self)
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} must be a multiple of n_heads {self.n_heads}")
        if self.encoder in ("gru", "lstm") and self.width % 2:
            raise ValueError(f"encoder '{self.encoder}' reads half of the width backwards, got width {self.width}: choose an even one")

    @property
    def n_letters(self) -> int:
        return len(self.alphabet)

    @property
    def eos(self) -> int:
        return self.n_letters

    @property
    def bos(self) -> int:
        return self.n_letters + 1

    @property
    def n_frames(self) -> int:
        """S: the encoder halves the points once."""
        return self.features.n_points // 2

    @property
    def head_width(self) -> int:
        return self.width // self.n_heads


def key_centres(grid: Grid, alphabet: str) -> KeyCentres:
    """Where the gaussians of a network for this grid start. Raises: ValueError where the grid has no key for a letter."""
    centres = (grid.centres(alphabet) - grid.origin) / (grid.key_width, grid.key_height)
    return tuple((float(x), float(y)) for x, y in centres)


def columns_read(config: ModelConfig) -> tuple[Column, ...]:
    """The columns of the trajectory that the network's linear layer takes, in their order."""
    return READS.get(config.embedding, config.features.columns)


def _check_embedding(config: ModelConfig) -> None:
    """Raises: ValueError where the features lack what the embedding reads, or the config the keys that it starts at."""
    needed = ("x", "y") if config.embedding == "trainable_gaussian" else columns_read(config)
    if missing := [column for column in needed if column not in config.features.columns]:
        raise ValueError(
            f"embedding '{config.embedding}' reads the columns {', '.join(needed)}, the features lack {', '.join(missing)}: "
            "add them to features.columns"
        )
    if config.embedding != "trainable_gaussian":
        return
    if config.features.scaling != "keys":
        raise ValueError(f"embedding 'trainable_gaussian' needs places in keys, got scaling '{config.features.scaling}': choose 'keys'")
    if len(config.key_centres) != config.n_letters:
        raise ValueError(
            f"embedding 'trainable_gaussian' needs {config.n_letters} key_centres, got {len(config.key_centres)}: "
            "give training.config.key_centres of the grid"
        )
