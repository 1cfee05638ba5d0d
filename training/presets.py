"""Named sets of everything that a training run chooses. `english` is the best that docs/EXPERIMENTS.md found, `study` what it
compares. README.md says how the shipped bundle was made."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.naming import check_choice
from training.config import ModelConfig
from training.data.batches import Mixture
from training.loop.lightning_module import LossConfig

ENGLISH = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Preset:
    """One training run."""

    model: ModelConfig
    grid: str = "qwerty_en"
    loss: LossConfig = LossConfig()
    mixture: Mixture = Mixture()
    batch_size: int = 256
    """of all processes together"""
    n_steps: int = 16_000
    validate_every: int = 1_000
    """steps, at most, see interval"""

    def __post_init__(self) -> None:
        for name in ("batch_size", "n_steps", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    @property
    def interval(self) -> int:
        """Steps between validations: at most validate_every, and so many that the last one is at the training's end, or just before."""
        return self.n_steps // math.ceil(self.n_steps / self.validate_every)


PRESETS = {
    "english": Preset(
        ModelConfig(ENGLISH, encoder="conformer", n_encoder_layers=3),
        mixture=Mixture(synthetic_start=0.5, synthetic_end=0.15, transforms="wide", path_outliers="drop"),
    ),
    "study": Preset(
        ModelConfig(ENGLISH, width=96, feed_forward_width=288, n_heads=3, n_encoder_layers=3, n_decoder_layers=1),
        loss=LossConfig(learning_rate=2.5e-3, warm_up_steps=300),
        batch_size=128,
        n_steps=4_000,
        validate_every=1_000,
    ),
    "tiny": Preset(
        ModelConfig(ENGLISH, width=32, feed_forward_width=64, n_heads=2, n_encoder_layers=1, n_decoder_layers=1),
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
