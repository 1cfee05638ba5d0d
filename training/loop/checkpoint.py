"""The result of a training: averaged float32 weights and everything that is needed to use them."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from engine.features import FeatureSpec
from engine.naming import check_choice
from training.config import ModelConfig
from training.model.network import SwipeNetwork

PAYLOAD = "keyglide"
"""Our entry in the checkpoint; the rest is Lightning's, for resuming."""


@dataclass(frozen=True)
class TrainingInfo:
    """Where a model comes from, for the bundle's manifest."""

    command: str
    data: str
    grid: str
    n_steps: int
    n_swipes: int
    """training samples seen, real and synthetic"""
    seed: int


@dataclass(frozen=True, eq=False)
class TrainedModel:
    network: SwipeNetwork
    """float32, in evaluation mode"""
    info: TrainingInfo

    @property
    def config(self) -> ModelConfig:
        return self.network.config


def payload(config: ModelConfig, weights: dict[str, torch.Tensor], info: TrainingInfo) -> dict[str, Any]:
    """What `load_checkpoint` reads back."""
    return {"config": config_to_json(config), "weights": weights, "info": asdict(info)}


def config_to_json(config: ModelConfig) -> dict[str, Any]:
    """The config for checkpoints and manifests. Fields that were added later are left out if they have the value from before."""
    fields = {**asdict(config), "features": config.features.to_fields(), "key_centres": [list(centre) for centre in config.key_centres]}
    as_it_was = {"weighting": "sigmoid", "key_centres": [], "encoder": "transformer", "ctc": True}
    return {name: value for name, value in fields.items() if name not in as_it_was or value != as_it_was[name]}


def config_from_json(fields: dict[str, Any]) -> ModelConfig:
    """The inverse of `config_to_json`. Raises: KeyError or TypeError for missing fields, ValueError for unknown fields and values."""
    known = tuple(field.name for field in dataclasses.fields(ModelConfig))
    for name in fields:
        check_choice("config field", name, known)
    features = FeatureSpec.from_fields(fields["features"])
    centres = tuple((float(x), float(y)) for x, y in fields.get("key_centres", ()))
    return ModelConfig(**{**fields, "features": features, "key_centres": centres})


def load_checkpoint(path: Path) -> TrainedModel:
    """The model of a checkpoint that training.train wrote.

    Raises: ValueError if the file is not such a checkpoint, or if its weights do not match its configuration, with the first that does
    not; OSError if it cannot be read.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)[PAYLOAD]
        network = SwipeNetwork(config_from_json(content["config"]))
        _check_weights(content["weights"], network.state_dict())
        network.load_state_dict(content["weights"])
        info = TrainingInfo(**content["info"])
    except OSError:
        raise
    except pickle.UnpicklingError as error:  # torch's message advises to load it anyway
        raise ValueError(f"'{path}' is not a checkpoint of training.train but something else") from error
    except Exception as error:  # torch.load raises almost anything for damaged bytes
        raise ValueError(f"'{path}' is not a checkpoint of this version of training.train: {error!r}") from error
    return TrainedModel(network.eval(), info)


def _check_weights(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    """Raises: ValueError that names the first weight that does not match the configuration."""
    for name in (*expected, *found):
        there, here = (f"of {tuple(weights[name].shape)}" if name in weights else "absent" for weights in (found, expected))
        if there != here:
            raise ValueError(f"its weights do not match its configuration: '{name}' is {there}, expected: {here}")
