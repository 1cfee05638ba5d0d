"""Everything that a training run chooses: the network, its loss, the mixture of swipes, and named presets of all three.

`english` is the best that docs/EXPERIMENTS.md found, and `study` is what it compares with. Every field can be changed with
--set NAME=VALUE (training.overrides); engine.features.FeatureSpec, which a bundle carries too, is one of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from engine.features import Column, FeatureSpec
from engine.grid import Grid
from engine.language import default_language
from engine.naming import check_choice
from engine.shipped import DEFAULT_GRID

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

Impossible = Literal["allowed", "masked"]
Transforms = Literal["none", "narrow", "wide"]
"""How swipes are varied: not at all, or by a pipeline of training.augment.pipelines."""
PathOutliers = Literal["keep", "drop"]

HELD_OUT = 0.05
"""Share of the training file's people that validate and choose the checkpoint; dev stays untouched."""
ALPHABET = default_language().alphabet
"""of the presets' models"""
READS: dict[Embedding, tuple[Column, ...]] = {"google_2015": ("x", "y", "dt"), "indiswipe": ("x", "y", "vx", "vy"), "phrase_swipe": ()}
"""The columns that these embeddings take; the others take all columns of the features."""

SIZES = ("width", "feed_forward_width", "n_heads", "n_encoder_layers", "n_decoder_layers", "max_letters")
"""Fields of ModelConfig that must be at least 1."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything that determines the network's shape. It is saved in the checkpoint and in the bundle's manifest."""

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


@dataclass(frozen=True)
class LossConfig:
    """How a network is optimised."""

    learning_rate: float = 1.5e-3
    warm_up_steps: int = 500
    decay_share: float = 0.4
    """the last part of the steps, in which the learning rate falls to 1 % along a half cosine; it is constant before"""
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    ctc_weight: float = 0.3
    """of the auxiliary CTC loss on the encoder"""
    average: float = 0.999
    """decay of the running average of the weights"""
    dropout: float = 0.0
    """the share of each branch's contribution to the residual stream that is dropped in training"""
    bfloat16: bool = True
    """compute in bfloat16, with float32 master weights: twice as fast on a CPU with AMX"""
    impossible_letters: Impossible = "allowed"
    """masked: in training, the decoder need not learn which letters the lexicon forbids after the true prefix, because the search forbids
    them anyway. Validation does not use the mask."""

    def __post_init__(self) -> None:
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")
        if not 0 < self.decay_share <= 1:
            raise ValueError(f"decay_share must be above 0 and at most 1, got {self.decay_share}")
        for name in ("label_smoothing", "average", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, got {getattr(self, name)}")
        for name in ("warm_up_steps", "weight_decay", "ctc_weight"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        check_choice("impossible_letters", self.impossible_letters, get_args(Impossible))


@dataclass(frozen=True)
class Mixture:
    """How training samples are drawn."""

    synthetic_start: float = 0.65
    """share of synthetic swipes at the first step"""
    synthetic_end: float = 0.4
    """share of synthetic swipes at the last step; linear between"""
    real_power: float = -0.4
    """a real swipe is drawn by (number of swipes of its word) ** this: below 0 flattens the words"""
    synthetic_power: float = 0.3
    """a lexicon word is drawn by (its frequency) ** this"""
    transforms: Transforms = "narrow"
    path_outliers: PathOutliers = "keep"
    """swipes whose path is much longer or shorter than usual for such words, see training.data.path_length"""

    def __post_init__(self) -> None:
        for name in ("synthetic_start", "synthetic_end"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, got {getattr(self, name)}")
        check_choice("transforms", self.transforms, get_args(Transforms))
        check_choice("path_outliers", self.path_outliers, get_args(PathOutliers))


@dataclass(frozen=True)
class Preset:
    """One training run."""

    model: ModelConfig
    grid: str = DEFAULT_GRID
    loss: LossConfig = LossConfig()
    mixture: Mixture = Mixture()
    batch_size: int = 256
    """of all processes together"""
    n_steps: int = 16_000
    validate_every: int = 1_000
    """steps, at most; see interval"""

    def __post_init__(self) -> None:
        for name in ("batch_size", "n_steps", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    @property
    def interval(self) -> int:
        """Steps between validations: at most validate_every, chosen so that the last one is at the training's end or just before it."""
        return self.n_steps // math.ceil(self.n_steps / self.validate_every)


PRESETS = {
    "english": Preset(
        ModelConfig(ALPHABET, encoder="conformer", n_encoder_layers=3),
        mixture=Mixture(synthetic_start=0.5, synthetic_end=0.15, transforms="wide", path_outliers="drop"),
    ),
    "study": Preset(
        ModelConfig(ALPHABET, width=96, feed_forward_width=288, n_heads=3, n_encoder_layers=3, n_decoder_layers=1),
        loss=LossConfig(learning_rate=2.5e-3, warm_up_steps=300),
        batch_size=128,
        n_steps=4_000,
        validate_every=1_000,
    ),
    "tiny": Preset(
        ModelConfig(ALPHABET, width=32, feed_forward_width=64, n_heads=2, n_encoder_layers=1, n_decoder_layers=1),
        loss=LossConfig(learning_rate=3e-3, warm_up_steps=20),
        batch_size=32,
        n_steps=300,
        validate_every=100,
    ),
}


def named_preset(name: str) -> Preset:
    """The preset of that name. Raises: ValueError for an unknown name, with the nearest."""
    check_choice("preset", name, tuple(PRESETS))
    return PRESETS[name]
