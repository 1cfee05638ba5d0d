"""Trains the key reader in several processes that share their weights and do not wait for each other."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkProcess

import torch

from training.key_reader.losses import Hidden, Losses, hide, losses, validate
from training.key_reader.network import KeyReader
from training.key_reader.run import FORK, Run
from training.key_reader.run_log import RunLog
from training.key_reader.samples import Batch
from training.loop.checkpoint_files import save_whole
from training.loop.lightning_module import BAD_BATCH

SAVE_EVERY = 180.0
"""seconds"""
LONGEST_STEP = 5.0
"""Seconds that a step counts for at most: time in which the process was halted is no part of the learning rate's fall."""
PATIENCE = 30.0
"""Seconds that the other processes have to finish their step when one has failed."""


# --- one process ---


def work(rank: int, run: Run) -> None:
    """One process's part of the training. The first one also logs, validates and saves now and then.

    Raises: FloatingPointError if a loss or a gradient is not finite; the batch is then saved in the run's folder.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    torch.set_num_threads(1)
    request, weights = run.request, run.weights
    starter, dtype = os.getppid(), torch.bfloat16 if request.preset.bfloat16 else torch.float32
    network, decay = KeyReader(request.preset.model).to(dtype), Decay(run)
    log = Log(run, dtype) if rank == 0 else None
    for number, batch in run.batches():
        if os.getppid() != starter or decay.is_over or not run.counters.take_step(request.length):
            break
        with run.counters.lock:
            weights.read(network)
            factor = decay.factor(weights.step)
        hidden = hide(batch, request.preset.loss, torch.Generator().manual_seed(request.seed * 2**32 + number))
        found = losses(network, batch, request.preset.loss, hidden)
        network.zero_grad()
        torch.autograd.backward(found.total(request.preset.loss))
        gradient = finite_gradient(run, network, batch)
        with run.counters.lock:
            weights.move(gradient, factor, len(batch.tokens))
        if log:
            log.after_step(batch, found, hidden)
    if log:
        log.end()


def finite_gradient(run: Run, network: KeyReader, batch: Batch) -> torch.Tensor:
    """The network's clipped gradient. Raises: FloatingPointError if it is not finite; the batch is then in BAD_BATCH."""
    try:
        return run.weights.direction(network)
    except FloatingPointError as error:
        path = run.request.folder / BAD_BATCH
        save_whole({**batch._asdict(), "message": str(error)}, path)
        raise FloatingPointError(
            f"{error}; its batch is in '{path}': look for damaged swipes in it, else lower optimizer.learning_rate"
        ) from error


class Decay:
    """One process's clock of the learning rate's fall: only time in which it works counts."""

    def __init__(self, run: Run) -> None:
        self._run, self._last = run, time.monotonic()
        self._seconds = 60 * (run.request.length.decay_minutes or 0.0)
        self._worked = run.counters.decayed.value * self._seconds

    @property
    def is_over(self) -> bool:
        """Whether the learning rate has fallen to nothing."""
        return self._seconds > 0 and self._worked >= self._seconds

    def factor(self, step: int) -> float:
        """Of the learning rate, at a step: up linearly at first, then constant, then down linearly. Moves the clock on."""
        before, self._last = self._last, time.monotonic()
        self._worked += min(self._last - before, LONGEST_STEP)
        share = min(self._worked / self._seconds, 1.0) if self._seconds else 0.0
        self._run.counters.decayed.value = share
        return min(1.0, (step + 1) / self._run.weights.config.warm_up_steps) * max(0.005, 1.0 - share)


class Log:
    """The first process's duties besides training."""

    def __init__(self, run: Run, dtype: torch.dtype) -> None:
        self._run, self._network, self._saved = run, KeyReader(run.request.preset.model).to(dtype), time.monotonic()
        self._log = RunLog(run.request.folder, run.first_step, run.weights.n_samples, run.request.length.steps)

    def after_step(self, batch: Batch, found: Losses, hidden: Hidden) -> None:
        """Counts the batch; writes to the log, validates and saves when it is time."""
        weights = self._run.weights
        self._log.add(batch, found, hidden, weights.step)
        if time.monotonic() - self._saved > SAVE_EVERY:
            self._run.save()
            self._saved = time.monotonic()
        if self._log.is_due:
            self._log.write(weights.step, weights.n_samples, self._validate() if self._log.wants_validation else None)

    def end(self) -> None:
        """The last line of the log. Whoever waits for a stopped training does not wait for a validation, too."""
        weights = self._run.weights
        self._log.write(weights.step, weights.n_samples, None if self._run.counters.stopped.value else self._validate())
        self._log.close()

    def _validate(self) -> dict[str, float]:
        with self._run.counters.lock:
            self._run.weights.read(self._network, averaged=True)
        return validate(self._network, self._run.held_out)


# --- all processes ---


def train(run: Run, n_processes: int) -> None:
    """Trains until the end, or until SIGINT or SIGTERM, and saves. Raises: RuntimeError if a process failed."""
    workers = [FORK.Process(target=_work_or_say_why, args=(rank, run)) for rank in range(n_processes)]
    minutes = run.request.length.minutes
    deadline = time.monotonic() + 60 * minutes if minutes else float("inf")
    with _stopped_by_signals(run):
        for worker in workers:
            worker.start()
        try:
            while any(worker.is_alive() for worker in workers):
                if time.monotonic() > deadline or any(worker.exitcode for worker in workers):
                    run.counters.stopped.value = 1
                if any(worker.exitcode for worker in workers):
                    _end(workers)
                time.sleep(0.2)
        finally:
            _end(workers)
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("stopped because one of its processes did; its message says why")
    run.save()


def _work_or_say_why(rank: int, run: Run) -> None:
    try:
        work(rank, run)
    except (ValueError, OSError, FloatingPointError) as error:
        sys.exit(f"training.key_reader.train: {error}")


@contextmanager
def _stopped_by_signals(run: Run) -> Iterator[None]:
    """SIGINT and SIGTERM end the training after the step."""

    def stop(*_: object) -> None:
        run.counters.stopped.value = 1

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(workers: list[ForkProcess]) -> None:
    """Lets the processes finish their step, and kills those that hang: one that was killed may have kept the lock."""
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        if worker.pid is not None:
            worker.join(timeout=max(deadline - time.monotonic(), 0.0))
            if worker.is_alive():
                worker.kill()
                worker.join()
