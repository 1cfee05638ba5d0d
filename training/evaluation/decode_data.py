"""Decodes many recorded swipes with the engine, in one process or several."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tqdm import tqdm

from engine.accuracy import rank_of
from engine.arguments import positive
from engine.language import default_language
from engine.recognizer import Recognition, StageTimes, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.shipped import DEFAULT_GRID
from training.data.swipe_data import SwipeData, load_swipes
from training.evaluation.contexts import ContextSource, SentenceSoFar, load_places

CHUNK = 256
"""The number of swipes that a process takes at a time."""


@dataclass(frozen=True)
class Setup:
    """What to decode, and with what. Each process opens the files for itself: the lexicon is mapped, so its pages are shared."""

    bundle: Path | None
    """None for the shipped one, here and below"""
    lexicon: Path | None
    grid: str
    data: Path
    context: ContextSource = "none"
    """which words before the swipes count"""
    context_model: Path | None = None

    def load(self) -> DataDecoder:
        """Raises: ModelBundleError, ValueError, OSError for what cannot be used."""
        recognizer = SwipeRecognizer.load(self.bundle, self.lexicon, self.grid, context=self.context_model)
        if self.context == "none":
            return DataDecoder(recognizer, load_swipes(self.data))
        if recognizer.ranking is None:
            raise ValueError("there is no context model for this lexicon: name one with --context-model, or take --context none")
        return DataDecoder(recognizer, load_swipes(self.data), SentenceSoFar(load_places(self.data), recognizer.lexicon, self.context))


def add_setup_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say what to decode with: those of Setup, and the number of processes."""
    parser.add_argument("data", type=Path, metavar="DATA", help="recorded swipes with their words, JSON lines, plain or .gz")
    shipped = default_language().require_bundle()
    parser.add_argument("--bundle", type=Path, default=shipped, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--grid", default=DEFAULT_GRID, metavar="NAME", help="grid of all swipes (default: %(default)s)")
    parser.add_argument(
        "--context",
        choices=get_args(ContextSource),
        default="none",
        help="the words before each swipe, by 'before', or 'sentence' and 'position': as meant, or as recognised (default: none)",
    )
    parser.add_argument("--context-model", type=Path, metavar="FILE", help="context model (default: English)")
    parser.add_argument("--processes", type=positive, default=1, metavar="N", help="processes that decode (default: %(default)s)")


def setup_of(options: argparse.Namespace) -> Setup:
    """What the arguments of `add_setup_arguments` say."""
    return Setup(options.bundle, options.lexicon, options.grid, options.data, options.context, options.context_model)


@dataclass(frozen=True)
class Outcome:
    """What became of one recorded swipe."""

    rank: int | None
    """the rank of its word, from 0; None if it is not among the candidates"""
    candidates: tuple[tuple[str, float], ...]
    """key sequences with their scores, best first"""
    milliseconds: StageTimes
    """its share of those of its batch"""
    probabilities: tuple[float, ...] = ()
    """of the candidates"""

    @property
    def probability(self) -> float:
        """Of the best candidate; 0 if there is none."""
        return self.probabilities[0] if self.probabilities else 0.0


@dataclass(frozen=True, eq=False)
class DataDecoder:
    """A recognizer and the swipes that it reads."""

    recognizer: SwipeRecognizer
    data: SwipeData
    so_far: SentenceSoFar | None = None

    def decode(self, row: int, options: SearchOptions) -> Outcome:
        recognition = self.recognizer.decode(self.data.swipe(row), options, self.so_far.before(row) if self.so_far else None)
        if self.so_far:
            self.so_far.keep(row, recognition.candidates[0].word if recognition.candidates else None)
        return self._outcome(row, recognition)

    def decode_many(self, rows: Sequence[int], options: SearchOptions) -> list[Outcome]:
        """What `decode` says of each, faster. Not if what was recognised counts: then a swipe needs what became of those before it."""
        if self.so_far and self.so_far.source == "recognised":
            return [self.decode(row, options) for row in rows]
        before = map(self.so_far.before, rows) if self.so_far else None
        recognitions = self.recognizer.decode_many(map(self.data.swipe, rows), options, before)
        return [self._outcome(row, recognition) for row, recognition in zip(rows, recognitions, strict=True)]

    def _outcome(self, row: int, recognition: Recognition) -> Outcome:
        rank = rank_of(str(self.data.words[row]), recognition.candidates, self.recognizer.model.alphabet)
        found = tuple((candidate.key_sequence, candidate.score) for candidate in recognition.candidates)
        return Outcome(rank, found, recognition.milliseconds, tuple(candidate.probability for candidate in recognition.candidates))


def decode_rows(setup: Setup, rows: Sequence[int], options: SearchOptions, n_processes: int = 1) -> list[Outcome]:
    """The outcomes of these rows of the data, in their order. Raises: as Setup.load."""
    return collect(_decode_chunks(setup, rows, options, n_processes), len(rows))


def collect(parts: Iterator[list[Outcome]], n_rows: int) -> list[Outcome]:
    """All outcomes, with a bar that says how far it is."""
    with tqdm(total=n_rows, desc="decoding", unit=" swipes", disable=not sys.stderr.isatty()) as progress:
        outcomes: list[Outcome] = []
        for part in parts:
            outcomes += part
            progress.update(len(part))
    return outcomes


def _decode_chunks(setup: Setup, rows: Sequence[int], options: SearchOptions, n_processes: int) -> Iterator[list[Outcome]]:
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    if n_processes == 1 or setup.context == "recognised":  # what was recognised is needed for the next swipe
        decoder = setup.load()
        yield from (decoder.decode_many(chunk, options) for chunk in chunks)
        return
    spawn = multiprocessing.get_context("spawn")  # onnxruntime's sessions do not survive a fork
    with ProcessPoolExecutor(n_processes, spawn, initializer=_open, initargs=(setup,)) as pool:
        yield from pool.map(_decode_chunk, chunks, [options] * len(chunks))


_decoder: DataDecoder
"""Of this worker process."""


def _open(setup: Setup) -> None:
    global _decoder  # a worker process has no other place to keep it between chunks
    _decoder = setup.load()


def _decode_chunk(rows: Sequence[int], options: SearchOptions) -> list[Outcome]:
    return _decoder.decode_many(rows, options)
