"""What a training of the key reader tells while it runs: TensorBoard's log, and a bar or a line a minute on stderr."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import torch
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from training.key_reader.losses import Hidden, Losses
from training.key_reader.samples import Batch

SHOW_EVERY = 60.0
"""seconds"""
VALIDATE_EVERY = 240.0
"""seconds"""


class RunLog:
    """Collects the losses of one process's batches, and writes their means."""

    def __init__(self, folder: Path, first_step: int, first_sample: int, n_steps: int | None) -> None:
        """n_steps: the training's length, for the bar; None: without end."""
        self._writer = SummaryWriter(str(folder), purge_step=first_step or None)
        self._bar = tqdm(total=n_steps, initial=first_step, desc="training", unit=" steps", disable=not sys.stderr.isatty())
        self._sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._shown, self._n_shown = time.monotonic(), first_sample
        self._validated = -VALIDATE_EVERY

    @property
    def wants_validation(self) -> bool:
        """Whether the last validation is long ago."""
        return time.monotonic() - self._validated > VALIDATE_EVERY

    @property
    def is_due(self) -> bool:
        """Whether there is something to write."""
        return time.monotonic() - self._shown > SHOW_EVERY

    @torch.no_grad()
    def add(self, batch: Batch, found: Losses, hidden: Hidden, step: int) -> None:
        """Counts a batch. Real and spliced swipes apart, and letters whose decoder did not see the swipe apart from the others."""
        for name, of in (("real", batch.real), ("spliced", ~batch.real)):
            seen, unseen = (of & hidden.seen)[found.rows], (of & ~hidden.seen)[found.rows]
            for kind, values in (
                ("cross_entropy", found.letters[seen]),
                ("cross_entropy_without_swipe", found.letters[unseen]),
                ("ctc", found.ctc[of]),
            ):
                entry = self._sums[f"train/{name}_{kind}"]
                entry[0] += float(values.sum())
                entry[1] += len(values)
        self._bar.update(step - self._bar.n)

    def write(self, step: int, n_samples: int, validation: Mapping[str, float] | None = None) -> None:
        """Writes the means since the last time, and the validation's figures."""
        now = time.monotonic()
        values = {name: total / count for name, (total, count) in self._sums.items() if count}
        values |= {"samples": float(n_samples), "samples_per_second": (n_samples - self._n_shown) / max(now - self._shown, 1e-9)}
        values |= validation or {}
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()
        shown = " ".join(f"{name.removeprefix('train/')} {value:.4g}" for name, value in values.items() if name != "samples")
        tqdm.write(f"step {step:,}, {n_samples:,} samples: {shown}", file=sys.stderr)
        self._shown, self._n_shown = now, n_samples
        self._sums.clear()
        if validation:
            self._validated = now

    def close(self) -> None:
        """Nothing is written after this."""
        self._bar.close()
        self._writer.close()
