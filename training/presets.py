"""Named sets of everything that a training run chooses. The shipped bundle is made by `english`."""

from __future__ import annotations

from dataclasses import dataclass

from training.batches import Mixture
from training.lightning_module import LossConfig
from training.network import ModelConfig

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
    """steps"""


PRESETS = {
    "english": Preset(ModelConfig(ENGLISH)),
    "tiny": Preset(
        ModelConfig(ENGLISH, width=32, feed_forward_width=64, n_heads=2, n_encoder_layers=1, n_decoder_layers=1),
        loss=LossConfig(learning_rate=3e-3, warm_up_steps=20),
        batch_size=32,
        n_steps=300,
        validate_every=100,
    ),
}
