"""A small network with random weights, and its model bundle, for tests of what needs PyTorch."""

from __future__ import annotations

import functools
from pathlib import Path

import torch

from benchmarks.ladder.uncached import UncachedModel
from engine.model import DECODER_STEP, ENCODER, MANIFEST
from engine.search_options import SearchOptions
from export.bundle import describe
from export.onnx_files import decoder_step_onnx, encoder_onnx
from tests.support import toy
from training.config import ModelConfig
from training.loop.checkpoint import TrainedModel, TrainingInfo
from training.model.network import SwipeNetwork

CONFIG = ModelConfig(toy.ALPHABET, width=12, feed_forward_width=20, n_heads=3, n_encoder_layers=2, n_decoder_layers=2, max_letters=8)
SEARCH = SearchOptions(beam_width=5, prior_weight=0.3, margin=8.0, ctc_weight=0.35, method="two_pass")


def make(config: ModelConfig) -> SwipeNetwork:
    """Random weights, the same each time, large enough that the heads have opinions."""
    torch.manual_seed(5)
    made = SwipeNetwork(config).eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.mul_(1.5).add_(0.05 * torch.randn_like(parameter))
    return made


@functools.cache
def network() -> SwipeNetwork:
    """Not to be written to."""
    return make(CONFIG)


@functools.cache
def _graphs() -> dict[str, bytes]:
    """Exported once for all test files: it takes seconds."""
    return {ENCODER: encoder_onnx(network()).SerializeToString(), DECODER_STEP: decoder_step_onnx(network()).SerializeToString()}


@functools.cache
def uncached() -> UncachedModel:
    """The network in ONNX without a cache; exported once, as above."""
    return UncachedModel(network())


def write_bundle(folder: Path) -> Path:
    folder.mkdir()
    for name, content in _graphs().items():
        (folder / name).write_bytes(content)
    model = TrainedModel(network(), TrainingInfo("no command", "no data", "qwerty_en", n_steps=0, n_swipes=0, seed=5))
    (folder / MANIFEST).write_text(describe(model, folder, SEARCH, {}).to_json(), encoding="utf-8")
    return folder
