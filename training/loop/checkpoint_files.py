"""Checkpoint files: written in one step, resumed, and used to start other runs."""

from __future__ import annotations

import io
import reprlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from engine.files import write_whole
from training.config import ModelConfig
from training.loop.checkpoint import TrainedModel, load_checkpoint
from training.model.network import SwipeNetwork

ENCODER = ("embedding", "halve", "frame_position", "encoder", "encoder_norm")
"""The network's parts up to the encoder's output."""
BEHIND_ENCODER = ("n_decoder_layers", "max_letters", "ctc")
"""Fields of ModelConfig that change none of these parts."""


class WholeFiles(TorchCheckpointIO):
    """Writes Lightning's checkpoints in one step: the older file stays until the new one is complete."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Raises: OSError if the disk is full or cannot be written to; the older checkpoint is then still there."""
        save_whole(checkpoint, Path(path))


def save_whole(content: dict[str, Any], path: Path) -> None:
    """Writes what torch.save writes as one step. Raises: OSError that says what to do; a file that was there stays then."""
    serialized = io.BytesIO()  # torch's errors do not tell a full disk from other faults
    torch.save(content, serialized)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, serialized.getvalue())
    except OSError as error:
        kept = "the one written before is still there" if path.exists() else "there is none yet"
        problem = f"cannot write '{path}': {error.strerror}; {kept}. Make room and run the same command again"
        raise OSError(problem) from error


def take_encoder(network: SwipeNetwork, path: Path) -> None:
    """Gives the network the encoder of a checkpoint of training.pretrain or training.train.

    Raises: ValueError if the file is not a checkpoint or has a different encoder; OSError if it cannot be read.
    """
    trained = load_checkpoint(path)
    check_same(path, trained.config, network.config, but=BEHIND_ENCODER)
    weights = {name: tensor for name, tensor in trained.network.state_dict().items() if name.split(".")[0] in ENCODER}
    network.load_state_dict(weights, strict=False)  # rounds to the network's type


def check_resumable(path: Path, there: TrainedModel, module: str, config: ModelConfig) -> None:
    """Raises: ValueError if a run's checkpoint has another configuration, or was made by another module."""
    check_same(path, there.config, config)
    if not there.info.command.startswith(f"python -m {module} "):
        raise ValueError(f"'{path}' was made by '{there.info.command}': give {module} a folder of its own")


def check_same(path: Path, theirs: ModelConfig, ours: ModelConfig, but: tuple[str, ...] = ()) -> None:
    """Raises: ValueError that names the fields, except those of `but`, in which a checkpoint's configuration differs."""
    there, here = _flat(theirs), _flat(ours)
    differences = [
        f"{name} is {reprlib.repr(there[name])} there, {reprlib.repr(here[name])} here"
        for name in here
        if name not in but and there[name] != here[name]
    ]
    if differences:
        raise ValueError(
            f"'{path}' has another configuration: {'; '.join(differences)}. Give the preset and the settings that it was made with"
        )


def _flat(config: ModelConfig) -> dict[str, Any]:
    """The fields by name, those of the features with dotted names."""
    fields = asdict(config)
    features = {f"features.{name}": value for name, value in fields.pop("features").items()}
    return {**fields, **features}
