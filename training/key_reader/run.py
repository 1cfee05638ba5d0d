"""A training of the key reader, ready to begin or to go on: what its processes share."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Lock
from pathlib import Path

import numpy as np
import torch

from engine.grid import load_grids, pick_grid
from engine.language import language_of
from training.data.path_length import typical
from training.data.swipe_data import load_swipes
from training.key_reader.checkpoint import LAST, Checkpoint, check_same_model, load, save
from training.key_reader.config import HELD_OUT, KeyReaderPreset
from training.key_reader.layouts import LONGEST, TaughtLanguage
from training.key_reader.network import KeyReader
from training.key_reader.optimizer import SharedWeights
from training.key_reader.samples import POOL, Batch, Recorded, Source, left_out, record
from training.key_reader.segments import cut

FORK = multiprocessing.get_context("fork")
"""So that swipes and words are read once, and shared."""


@dataclass(frozen=True)
class Length:
    """When a training ends; never, where nothing is said."""

    steps: int | None = None
    """with those before it was resumed"""
    minutes: float | None = None
    decay_minutes: float | None = None
    """in which the learning rate falls to nothing"""


@dataclass(frozen=True)
class Request:
    """A training that was asked for."""

    data: Path
    folder: Path
    preset: KeyReaderPreset
    command: tuple[str, ...]
    length: Length = Length()
    seed: int = 1
    init: Path | None = None
    """the checkpoint whose averaged weights a new run starts with"""
    without_words: float | None = None
    """share of all words to leave out; None: as the run did before, else none"""

    @property
    def last(self) -> Path:
        """The run's checkpoint."""
        return self.folder / LAST


class Counters:
    """What the processes share besides the weights. To be used under the lock."""

    def __init__(self, first_step: int, decayed: float) -> None:
        self.lock: Lock = FORK.Lock()
        self.stopped = FORK.Value("b", 0, lock=False)
        self._steps, self._pools = FORK.Value("q", first_step, lock=False), FORK.Value("q", first_step // POOL, lock=False)
        self.decayed = FORK.Value("d", decayed, lock=False)
        self._first_step = first_step

    def take_step(self, length: Length) -> bool:
        """Whether there is another step to do, which is then this process's."""
        with self.lock:
            if self.stopped.value or (length.steps is not None and self._steps.value >= length.steps):
                return False
            self._steps.value += 1
            return True

    def take_pool(self) -> tuple[int, int]:
        """The number of the next pool of batches, and the first of its batches that has not been trained on."""
        with self.lock:
            number = self._pools.value
            self._pools.value += 1
        return number, self._first_step % POOL if number == self._first_step // POOL else 0


class Run:
    """A training, ready to begin or to go on: what its processes have in common."""

    def __init__(self, request: Request) -> None:
        """Raises: ValueError, OSError for what cannot be used."""
        self.request = request
        preset, resumed = request.preset, load(request.last) if request.last.exists() else None
        torch.manual_seed(request.seed)
        self.weights = SharedWeights(KeyReader(preset.model), preset.optimizer)
        self.without_words = _without_words(request, resumed)
        if resumed:
            check_same_model(request.last, resumed.config, preset.model)
            self.weights.load(resumed.weights)
        elif request.init:
            given = load(request.init)
            check_same_model(request.init, given.config, preset.model)
            self.weights.start_from(given.weights["average"])
        self.first_step = self.weights.step
        self.counters = Counters(self.first_step, resumed.decayed if resumed and request.length.decay_minutes else 0.0)
        self.has_fallen = self.counters.decayed.value >= 1.0
        recorded, self.held_out = split(request.data, preset.grid, self.without_words)
        bank = cut(recorded.data, recorded.words, recorded.keys[:, :2].astype(np.float64))
        taught = {code: TaughtLanguage.load(code, keep=self._is_trained_on) for code in dict.fromkeys(preset.languages)}
        self.source = Source(recorded, bank, [taught[code] for code in preset.languages], preset.model, preset.mixture)

    def _is_trained_on(self, word: str) -> bool:
        return not left_out(word, self.without_words)

    def save(self) -> None:
        """Writes the checkpoint. Raises: OSError that says what to do."""
        preset = self.request.preset
        with self.counters.lock:
            state, decayed = self.weights.state(), self.counters.decayed.value
        content = (preset.model, preset.mixture, preset.optimizer, state, self.request.command, self.without_words, decayed)
        save(self.request.last, Checkpoint(*content))

    def batches(self) -> Iterator[tuple[int, Batch]]:
        """A process's share of all batches, each with its number; without end."""
        while True:
            number, first = self.counters.take_pool()
            yield from self.source.pool(self.request.preset.batch_size, self.request.seed, number, first)


def _without_words(request: Request, resumed: Checkpoint | None) -> float:
    """Raises: ValueError where a run that is resumed left out other words."""
    if not resumed or request.without_words is None:
        return resumed.without_words if resumed else request.without_words or 0.0
    if request.without_words != resumed.without_words:
        raise ValueError(
            f"'{request.last}' was trained with --without-words {resumed.without_words:g}, not {request.without_words:g}: "
            "leave the option out to go on, or give another folder"
        )
    return request.without_words


def split(data: Path, grid_name: str, without_words: float) -> tuple[Recorded, Recorded]:
    """(the swipes to train on, those that validate): of different people. Raises: ValueError, OSError for what cannot be used."""
    grid = pick_grid(load_grids(), grid_name)
    alphabet = language_of(grid).alphabet
    train, held_out = load_swipes(data).key_sequences(alphabet, LONGEST).split_by_user(HELD_OUT)
    kept = np.array([not left_out(word, without_words) for word in train.words.tolist()])
    train = train.select(np.flatnonzero(typical(train, grid, alphabet) & kept))
    return record(train, grid, alphabet), record(held_out, grid, alphabet)
