"""The key reader's checkpoints: weights, their averages and the optimizer's state, with everything that is needed to use them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.key_reader.config import KeyReaderConfig, Mixture, OptimizerConfig
from training.key_reader.network import KeyReader
from training.key_reader.optimizer import STATE
from training.loop.checkpoint_files import save_whole

LAST = "last.pt"
"""The checkpoint in a run's folder."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run where it was saved."""

    config: KeyReaderConfig
    mixture: Mixture
    optimizer: OptimizerConfig
    weights: Mapping[str, Tensor]
    """of optimizer.SharedWeights.state"""
    command: tuple[str, ...]
    """how training was started, for the bundle's manifest"""
    without_words: float = 0.0
    """share of all words that training left out, see samples.left_out"""
    decayed: float = 0.0
    """how much of the learning rate's fall was over, 0 to 1"""

    @property
    def step(self) -> int:
        """Steps so far."""
        return int(self.weights["counts"][0])

    @property
    def n_samples(self) -> int:
        """Samples so far, real and spliced."""
        return int(self.weights["counts"][1])

    def network(self, averaged: bool = True) -> KeyReader:
        """The network in float32, in evaluation mode, with its averaged or its last weights."""
        network = KeyReader(self.config)
        flat, at = self.weights["average" if averaged else "master"], 0
        with torch.no_grad():
            for p in network.parameters():
                p.copy_(flat[at : at + p.numel()].view(p.shape))
                at += p.numel()
        return network.eval()


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes the checkpoint in one step. Raises: OSError that says what to do; a file that was there stays then."""
    fields = {field.name: getattr(checkpoint, field.name) for field in dataclasses.fields(checkpoint)}
    content = {name: asdict(value) if dataclasses.is_dataclass(value) else value for name, value in fields.items()}  # type: ignore[arg-type]
    save_whole({**content, "command": list(checkpoint.command)}, path)


def load(path: Path) -> Checkpoint:
    """The checkpoint in a file of training.key_reader.train.

    Raises: ValueError if the file is something else, or its weights do not match its configuration; OSError if it cannot be read.
    """
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        checkpoint = Checkpoint(
            KeyReaderConfig(**content["config"]),
            Mixture(**content["mixture"]),
            OptimizerConfig(**content["optimizer"]),
            {name: content["weights"][name] for name in STATE},
            tuple(content["command"]),
            float(content.get("without_words", 0.0)),
            float(content.get("decayed", 0.0)),
        )
    except OSError:
        raise
    except Exception as error:  # torch.load raises almost anything for damaged bytes
        raise ValueError(f"'{path}' is not a checkpoint of this version of training.key_reader.train: {error!r}") from error
    expected = sum(p.numel() for p in KeyReader(checkpoint.config).parameters())
    found = len(checkpoint.weights["master"])
    if found != expected:
        raise ValueError(f"'{path}' has {found:,} weights, its configuration {expected:,}: it is damaged, or of another version")
    return checkpoint


def check_same_model(path: Path, theirs: KeyReaderConfig, ours: KeyReaderConfig) -> None:
    """Raises: ValueError that names what differs between a checkpoint's network and the one that was asked for."""
    there, here = asdict(theirs), asdict(ours)
    different = [f"model.{name} is {there[name]} there, {here[name]} here" for name in here if there[name] != here[name]]
    if different:
        raise ValueError(
            f"'{path}' has another network: {'; '.join(different)}. Give the preset and the settings that it was made with, or "
            "another folder"
        )
