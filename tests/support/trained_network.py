"""A trained network for tests whose result random weights would leave to chance: the shipped English one, and swipes enough for it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.common.environment import LETTERS
from engine.grid import load_grids
from export.restore import restore
from tests.conftest import ROOT
from training.augment.pipeline import OnGrid
from training.augment.pipelines import preset_pipeline
from training.data.swipe_data import load_swipes
from training.loop.checkpoint import PAYLOAD, TrainingInfo, payload
from training.model.network import SwipeNetwork

INFO = TrainingInfo("no command", "no data", "qwerty_en", n_steps=10, n_swipes=1_280, seed=4)


@functools.cache
def network() -> SwipeNetwork:
    """Not to be written to."""
    return restore(LETTERS)


def write_checkpoint(path: Path, ctc: bool = True) -> Path:
    """A checkpoint of the network, without its CTC head where that is asked."""
    config = replace(network().config, ctc=ctc)
    weights = {name: tensor for name, tensor in network().state_dict().items() if ctc or not name.startswith("ctc.")}
    torch.save({PAYLOAD: payload(config, weights, INFO)}, path)
    return path


def write_swipes(path: Path, n_swipes: int) -> Path:
    """So many swipes: those of examples/ in slightly different hands."""
    path.write_text("\n".join(_lines(n_swipes)), encoding="utf-8")
    return path


def _lines(n_swipes: int) -> Iterator[str]:
    data, random = load_swipes(ROOT / "examples" / "swipes.jsonl"), np.random.default_rng(1)
    change = OnGrid(preset_pipeline("narrow"), load_grids()["qwerty_en"])
    for i in range(n_swipes):
        swipe = change(data.swipe(i % len(data)), random)
        curve = {axis: getattr(swipe, axis).tolist() for axis in "xyt"}
        yield json.dumps({"word": str(data.words[i % len(data)]), "curve": {**curve, "grid_name": "qwerty_en"}})
