"""Everything that a training of the key reader chooses: the network, its losses, its samples, its optimizer, and named presets of them.

Every field can be changed with --set NAME=VALUE (training.overrides).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.naming import check_choice
from engine.shipped import DEFAULT_GRID

HELD_OUT = 0.04
"""Share of the training file's people that validate."""
SHARES = ("spliced", "pseudo", "at_home", "no_rest", "mirror", "bend")
"""Fields of Mixture from 0 to 1."""


@dataclass(frozen=True)
class KeyReaderConfig:
    """Everything that determines the network's shape. It is saved in the checkpoint."""

    n_points: int = 64
    """N"""
    n_columns: int = 7
    """F, of the trajectory: see samples.features"""
    stride: int = 2
    """points per frame"""
    point_width: int = 96
    """P"""
    width: int = 160
    """D"""
    feed_forward_width: int = 480
    n_heads: int = 5
    n_encoder_layers: int = 3
    n_decoder_layers: int = 2
    key_width: int = 64
    """E, numbers in a key's embedding"""
    max_letters: int = 32

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} must be a multiple of n_heads {self.n_heads}")
        if self.n_points % self.stride:
            raise ValueError(f"n_points {self.n_points} must be a multiple of stride {self.stride}")

    @property
    def n_frames(self) -> int:
        """S"""
        return math.ceil(self.n_points / self.stride)

    @property
    def head_width(self) -> int:
        """Dh"""
        return self.width // self.n_heads


@dataclass(frozen=True)
class LossConfig:
    """What the training minimises, and what it hides from the decoder."""

    label_smoothing: float = 0.05
    """spread over the keys that the keyboard has"""
    ctc_weight: float = 0.5
    """of the CTC head's loss"""
    nothing: float = 0.05
    """share of the samples whose decoder does not see the swipe: what it says then can be taken off at run time"""
    forgotten: float = 0.1
    """share of the letters read so far that the decoder does not see: it has to look at the swipe instead of spelling"""

    def __post_init__(self) -> None:
        for name in ("label_smoothing", "nothing", "forgotten"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, got {getattr(self, name)}")
        if self.ctc_weight < 0:
            raise ValueError(f"ctc_weight must be at least 0, got {self.ctc_weight}")


@dataclass(frozen=True)
class OptimizerConfig:
    """How the weights move."""

    learning_rate: float = 2e-3
    warm_up_steps: int = 300
    weight_decay: float = 0.02
    """of matrices; per step, times the learning rate"""
    average: float = 0.9995
    """decay of the running average of the weights, per step"""
    clip: float = 1.0
    """longest gradient"""
    muon: bool = True
    """whether Muon moves the layers' matrices; Adam moves the rest, or everything"""

    def __post_init__(self) -> None:
        for name in ("learning_rate", "warm_up_steps", "clip"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if not 0 <= self.average < 1:
            raise ValueError(f"average must be at least 0 and below 1, got {self.average}")


@dataclass(frozen=True)
class Mixture:
    """How training samples are drawn."""

    spliced: float = 0.25
    """share of spliced swipes"""
    real_power: float = -0.4
    """a real swipe is drawn by (number of swipes of its word) ** this: below 0 flattens the words"""
    pseudo: float = 0.2
    """share of the spliced swipes whose word is in no language"""
    at_home: float = 0.4
    """share of a language's spliced swipes that lie on its own layout; the letters of the others lie anywhere"""
    no_rest: float = 0.35
    """share of the spliced swipes that pass over a doubled letter without resting on its key"""
    strength: float = 1.0
    """of kernels.vary"""
    mirror: float = 0.5
    """share of the samples that are mirrored, swipe and keys together"""
    shear: float = 0.65
    """keys across per key down, at most: 0.4 units per unit on keys of 108 by 173 units"""
    bend: float = 0.25
    """share of the keyboards whose rows are shifted, and share of those that are bent smoothly"""

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, got {getattr(self, name)}")


@dataclass(frozen=True)
class KeyReaderPreset:
    """One training run."""

    model: KeyReaderConfig = KeyReaderConfig()
    loss: LossConfig = LossConfig()
    mixture: Mixture = Mixture()
    optimizer: OptimizerConfig = OptimizerConfig()
    grid: str = DEFAULT_GRID
    """of the recorded swipes"""
    languages: tuple[str, ...] = ("en", "en", "en", "en", "de", "fr", "es", "it", "pt", "pl", "nl", "sv", "tr", "el", "he")
    """whose words are spliced; each name is as likely as any other, so English is four times as likely as German.
    Russian is missing, and with it all Cyrillic: it shows what carries over to a language that training never met"""
    batch_size: int = 128
    """of one step of one process"""
    bfloat16: bool = True
    """compute in bfloat16, with float32 master weights: twice as fast on a CPU with AMX"""

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {self.batch_size}")


PRESETS = {
    "universal": KeyReaderPreset(),
    "tiny": KeyReaderPreset(
        KeyReaderConfig(32, 7, 2, 16, 32, 64, 2, 1, 1, 16),
        optimizer=OptimizerConfig(learning_rate=3e-3, warm_up_steps=20),
        languages=("en",),
        batch_size=16,
    ),
}
"""universal: the model that Keyglide ships. tiny: to try things out within a minute."""


def named_preset(name: str) -> KeyReaderPreset:
    """The preset of that name. Raises: ValueError for an unknown name, with the nearest."""
    check_choice("preset", name, tuple(PRESETS))
    return PRESETS[name]
