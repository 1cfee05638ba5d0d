"""Lightning's Trainer with our settings, and the process that it runs in."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any, Literal

import lightning
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger

from training.config import Preset
from training.loop.checkpoint_files import WholeFiles
from training.loop.lightning_module import LOG_EVERY
from training.loop.processes import LocalProcesses, Machines, global_rank, started_by_torchrun
from training.overrides import keep_settings

SETTINGS = "settings.txt"
"""The file in the run's folder that has all settings, as --set takes them."""
MALLOC = {"MALLOC_TOP_PAD_": 2**29, "MALLOC_TRIM_THRESHOLD_": 2**32, "MALLOC_MMAP_THRESHOLD_": 2**32}
"""They make glibc keep freed pages: otherwise page faults take a third of the time of a step on a CPU."""
HARMLESS = ".*does not have many workers.*|.*isinstance.treespec.*|.*exists and is not empty.*"
"""Lightning's warnings about what is intended."""


def make_trainer(folder: Path, preset: Preset, monitor: str, mode: Literal["min", "max"], n_processes: int = 1) -> lightning.Trainer:
    """A trainer that keeps the settings, the last checkpoint, the best one by the metric `monitor`, and the log in `folder`.

    Says on stderr which settings have changed since the folder's run was last trained.
    """
    if global_rank() == 0:
        for change in keep_settings(preset, folder / SETTINGS):
            print(f"'{folder}' is resumed with another setting: {change}", file=sys.stderr)
    best = ModelCheckpoint(folder, "best", monitor=monitor, mode=mode, enable_version_counter=False)
    last = ModelCheckpoint(folder, "last", every_n_train_steps=preset.interval, enable_version_counter=False)
    return lightning.Trainer(
        accelerator="cpu",
        **_together(folder, n_processes),
        max_steps=preset.n_steps,
        val_check_interval=preset.interval,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=[best, last, LearningRateMonitor("step"), TQDMProgressBar(refresh_rate=20)],
        logger=TensorBoardLogger(folder, name="", version=""),
        log_every_n_steps=LOG_EVERY,
        default_root_dir=folder,
        plugins=WholeFiles(),
    )


def _together(folder: Path, n_processes: int) -> dict[str, Any]:
    """The trainer's arguments about processes: those that torchrun started, else n_processes on this machine."""
    if started_by_torchrun():
        n_here = int(os.environ["LOCAL_WORLD_SIZE"])
        return {"devices": n_here, "num_nodes": int(os.environ["WORLD_SIZE"]) // n_here, "strategy": Machines()}
    return {"devices": n_processes, "strategy": LocalProcesses(folder) if n_processes > 1 else "auto"}


def prepare_process(module: str) -> None:
    """Restarts the command `python -m module` if glibc was not told to keep freed pages; silences harmless warnings."""
    if "MALLOC_TOP_PAD_" not in os.environ:
        os.environ.update({name: str(value) for name, value in MALLOC.items()})
        os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])
    warnings.filterwarnings("ignore", message=HARMLESS)
