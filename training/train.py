"""`python -m training.train`: trains a network on real and synthetic swipes; resumable, one or several processes."""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import shlex
import sys
from pathlib import Path

import lightning
import numpy as np
import torch
from torch.utils.data import DataLoader

from engine.arguments import positive
from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from engine.recognizer import open_lexicon
from training.config import HELD_OUT, PRESETS, Preset, named_preset
from training.data.batches import Batch, Collator, Stretch, SwipeSource, TrainingBatches, validation_batches
from training.data.swipe_data import SwipeData, load_swipes
from training.loop.checkpoint import TrainingInfo, load_checkpoint
from training.loop.checkpoint_files import check_resumable, take_encoder
from training.loop.lightning_module import SwipeTraining
from training.loop.processes import SameCheckpoint, global_rank, n_together, started_by_torchrun
from training.loop.trainer import make_trainer, prepare_process
from training.overrides import apply_settings, settings_of


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    showing = "--show" in arguments
    parser.add_argument("data", type=Path, nargs="?" if showing else None, help="labelled swipes, JSON lines, plain or .gz")
    parser.add_argument(
        "run", type=Path, nargs="?" if showing else None, help="folder for checkpoints and logs; an existing run is resumed"
    )
    parser.add_argument("--preset", default="english", metavar="NAME", help=f"{', '.join(PRESETS)} (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change the preset: model.embedding=weighted")
    parser.add_argument("--show", action="store_true", help="print every setting with its value, and stop")
    parser.add_argument("--citation", metavar="TEXT", help="where the swipes come from, for the manifest (default: the file's name)")
    parser.add_argument("--lexicon", type=Path, help="words of the synthetic swipes (default: Keyglide's own)")
    parser.add_argument("--steps", type=int, help="length of the training (default: the preset's)")
    parser.add_argument("--processes", type=positive, default=os.cpu_count(), help="default: one per core, one thread each")
    parser.add_argument("--threads", type=positive, help="of each process (default: all cores for one process, else one)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--init", type=Path, metavar="CKPT", help="start with the encoder of this checkpoint of training.pretrain")
    parser.add_argument("--labels", type=share, default=1.0, metavar="SHARE", help="train on this share of the swipes, drawn by the seed")
    return parser.parse_args(arguments)


def share(text: str) -> float:
    """Raises: ArgumentTypeError for anything but a number above 0 and at most 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1, got '{text}'")
    return value


def run(options: argparse.Namespace) -> None:
    """Trains, or resumes, the run in options.run."""
    preset = apply_settings(named_preset(options.preset), options.set)
    if options.steps is not None:
        preset = dataclasses.replace(preset, n_steps=options.steps)
    if options.show:
        print("\n".join(settings_of(preset)))
        return
    options.processes = n_together(options.processes)
    lightning.seed_everything(options.seed, workers=True, verbose=False)
    torch.set_num_threads(options.threads or (1 if options.processes > 1 else os.cpu_count() or 1))
    command = shlex.join(["python", "-m", "training.train", *sys.argv[1:]])
    info = TrainingInfo(command, options.citation or options.data.name, preset.grid, preset.n_steps, 0, options.seed)
    module = SwipeTraining(preset.model, preset.loss, info, preset.batch_size)
    last = options.run / "last.ckpt"
    resumed = load_checkpoint(last) if last.exists() else None
    if resumed:
        check_resumable(last, resumed, "training.train", preset.model)
    elif options.init:
        take_encoder(module.network, options.init)
    training, validation = loaders(options, preset, resumed.info.n_steps if resumed else 0)
    trainer = make_trainer(options.run, preset, "val/greedy_accuracy", "max", options.processes)
    trainer.callbacks.append(SameCheckpoint(last, resumed.info.n_steps if resumed else 0))  # type: ignore[attr-defined]
    trainer.fit(module, training, validation, ckpt_path=last if resumed else None, weights_only=True)


def loaders(options: argparse.Namespace, preset: Preset, first_step: int) -> tuple[DataLoader[Batch], DataLoader[Batch]]:
    """(training, validation) batches of this process. Raises: ValueError for swipes or a lexicon that do not suit the preset."""
    grid = pick_grid(load_grids(), preset.grid)
    alphabet, longest = preset.model.alphabet, preset.model.max_letters
    lexicon = open_lexicon(options.lexicon)
    if lexicon.alphabet != alphabet:
        raise ValueError(f"the lexicon's alphabet is '{lexicon.alphabet}', the model's '{alphabet}': choose a lexicon with the model's")
    if preset.batch_size < options.processes:
        raise ValueError(f"{options.processes} processes cannot share a batch of {preset.batch_size}: try --processes {preset.batch_size}")
    data, held_out = load_swipes(options.data).key_sequences(alphabet, longest).split_by_user(HELD_OUT)
    words = {word: math.exp(log_prior) for word, log_prior in lexicon.key_sequences() if len(word) < longest}
    masked = preset.loss.impossible_letters == "masked"
    collator = Collator(preset.model, grid, lexicon if masked else None)
    rank = global_rank()
    source = SwipeSource(share_of(data, options.labels, options.seed), words, grid, alphabet, preset.mixture)
    stretch = Stretch(preset.batch_size // options.processes, preset.n_steps, first_step, options.seed, rank)
    batches = DataLoader(TrainingBatches(source, collator, stretch), batch_size=None, num_workers=1, prefetch_factor=8)
    validation = validation_batches(held_out, Collator(preset.model, grid), 64)
    if len(validation) < options.processes:
        advice = "let torchrun start fewer" if started_by_torchrun() else "try --processes 1"
        raise ValueError(f"the {len(held_out)} swipes that validate are too few for {options.processes} processes: {advice}")
    return batches, DataLoader(validation[rank :: options.processes], batch_size=None)  # type: ignore[arg-type]


def share_of(data: SwipeData, share: float, seed: int) -> SwipeData:
    """This share of the swipes, at least one, in their order. With the same seed, a smaller share is part of a larger one."""
    n_taken = max(1, round(share * len(data)))
    return data.select(np.sort(np.random.default_rng(seed).permutation(len(data))[:n_taken]))


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    prepare_process("training.train")
    try:
        run(options)
    except (ValueError, OSError, FloatingPointError) as error:
        sys.exit(f"training.train: {error}")
    except RuntimeError as error:
        if "by peer" not in str(error):  # how gloo says that another process has ended
            raise
        sys.exit("training.train: stopped because another of its processes did; its message says why")


if __name__ == "__main__":
    main()
