"""`python -m training.pretrain`: teaches an encoder from swipes without words, by predicting hidden points; resumable.

`python -m training.train --init RUN/best.ckpt` goes on from there.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
from pathlib import Path

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from engine.arguments import positive
from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from training.config import HELD_OUT, PRESETS, Preset, named_preset
from training.data.batches import Augmentation, Stretch
from training.data.swipe_data import SwipeData, load_swipes
from training.loop.checkpoint import TrainingInfo, load_checkpoint
from training.loop.checkpoint_files import check_resumable
from training.loop.lightning_module import SwipeTraining
from training.loop.masked_points import MaskedBatch, MaskedBatches, MaskedPointPrediction, MaskingCollator, score
from training.loop.trainer import make_trainer, prepare_process
from training.overrides import apply_settings

VALIDATION_BATCH = 64


class PointPretraining(SwipeTraining):
    """Trains a network's encoder, with a head that is thrown away later, to tell which keys the hidden points are near.

    The decoder and the CTC head keep their initial weights.
    """

    def __init__(self, preset: Preset, info: TrainingInfo) -> None:
        super().__init__(preset.model, preset.loss, info, preset.batch_size)
        self.prediction = MaskedPointPrediction(self.network).to(torch.bfloat16 if preset.loss.bfloat16 else torch.float32)
        self.averaged_prediction = MaskedPointPrediction(self.averaged).requires_grad_(False)

    @property
    def trained(self) -> nn.Module:
        return self.prediction

    @property
    def averaged_trained(self) -> nn.Module:
        return self.averaged_prediction

    def training_step(self, batch: MaskedBatch, _index: int) -> Tensor:  # type: ignore[override]
        """Raises: FloatingPointError, as `require_finite`."""
        reached = score(self.prediction(batch), batch)
        self.require_finite(reached.loss, batch._asdict())
        self.log_dict({"train/loss": reached.loss, "train/keys": reached.keys}, prog_bar=True)
        return reached.loss

    def validation_step(self, batch: MaskedBatch, _index: int) -> None:  # type: ignore[override]
        reached = score(self.averaged_prediction(batch), batch)
        shown = {f"val/{name}": value for name, value in reached._asdict().items()}
        self.log_dict(shown, prog_bar=True, batch_size=int(batch.scored.sum()))


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.pretrain", description=__doc__)
    parser.add_argument("data", type=Path, help="swipes, JSON lines, plain or .gz; their words are ignored")
    parser.add_argument("run", type=Path, help="folder for checkpoints and logs; an existing run is resumed")
    parser.add_argument("--preset", default="study", metavar="NAME", help=f"{', '.join(PRESETS)} (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change the preset: model.embedding=weighted")
    parser.add_argument("--steps", type=int, help="length of the training (default: the preset's)")
    parser.add_argument("--threads", type=positive, help="default: one per core")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Trains, or resumes, the run in options.run."""
    preset = apply_settings(named_preset(options.preset), options.set)
    if options.steps is not None:
        preset = dataclasses.replace(preset, n_steps=options.steps)
    lightning.seed_everything(options.seed, workers=True, verbose=False)
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    command = shlex.join(["python", "-m", "training.pretrain", *sys.argv[1:]])
    info = TrainingInfo(command, f"{options.data.name}, without its words", preset.grid, preset.n_steps, 0, options.seed)
    last = options.run / "last.ckpt"
    resumed = load_checkpoint(last) if last.exists() else None
    if resumed:
        check_resumable(last, resumed, "training.pretrain", preset.model)
    stretch = Stretch(preset.batch_size, preset.n_steps, resumed.info.n_steps if resumed else 0, options.seed)
    training, validation = loaders(load_swipes(options.data, labelled=False), preset, stretch)
    module, trainer = PointPretraining(preset, info), make_trainer(options.run, preset, "val/loss", "min")
    trainer.fit(module, training, validation, ckpt_path=last if resumed else None, weights_only=True)


def loaders(data: SwipeData, preset: Preset, stretch: Stretch) -> tuple[DataLoader[MaskedBatch], DataLoader[MaskedBatch]]:
    """(training, validation) batches. The people held out are those of training.train; their swipes are not varied.

    Raises: ValueError for data with a single swipe.
    """
    grid = pick_grid(load_grids(), preset.grid)
    learned, held_out = data.split_by_user(HELD_OUT)
    collator = MaskingCollator(preset.model, grid)
    training = MaskedBatches(learned, collator, Augmentation(grid, preset.mixture), stretch)
    random = np.random.default_rng(0)  # the same points of the same swipes in every run
    groups = np.split(np.arange(len(held_out)), range(VALIDATION_BATCH, len(held_out), VALIDATION_BATCH))
    validation = [collator([held_out.swipe(index) for index in group], random) for group in groups]
    batches = DataLoader(training, batch_size=None, num_workers=1, prefetch_factor=8)
    return batches, DataLoader(validation, batch_size=None)  # type: ignore[arg-type]


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    prepare_process("training.pretrain")
    try:
        run(options)
    except (ValueError, OSError, FloatingPointError) as error:
        sys.exit(f"training.pretrain: {error}")


if __name__ == "__main__":
    main()
