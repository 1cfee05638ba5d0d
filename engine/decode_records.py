"""Decodes the records of a file: many at once, each run of them that lies on one grid, and in several processes where asked to."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.accuracy import rank_of
from engine.decode_output import Decoded
from engine.explain import explain
from engine.grid_recognizers import GridRecognizers
from engine.recognizer import Recognition, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe_file import BadRecord, SwipeRecord

N_EXPLAINED = 2
"""Candidates of a swipe that are explained, where they are."""
AHEAD = 2
"""Batches for each process that are handed out before the first of them is back: so none waits, and memory stays bounded."""

Record = SwipeRecord | BadRecord
Result = Decoded | BadRecord


@dataclass(frozen=True)
class Asked:
    """What is asked of every record."""

    search: tuple[str, ...]
    """settings, as `SearchOptions.changed` takes them"""
    n_best: int
    """candidates, at least"""
    context: bool
    """whether the words before count"""
    explanations: bool
    """of the best N_EXPLAINED candidates"""

    def options_of(self, recognizer: SwipeRecognizer) -> SearchOptions:
        """Raises: ValueError as `SearchOptions.changed`."""
        options = recognizer.default_options.changed(self.search)
        if self.explanations:  # of what both heads say, not of a guess
            options = replace(options, sure_margin=math.inf)
        return replace(options, n_best=max(options.n_best, self.n_best))


@dataclass(frozen=True)
class Chosen:
    """What `GridRecognizers.load` takes, so that each process can load it for itself: the lexicon is mapped, so they share its pages."""

    bundle: Path | None
    lexicon: Path | None
    grids: Path | None
    grid: str | None
    context_model: Path | None
    language: str | None
    offensive: bool

    def load(self) -> GridRecognizers:
        """Raises: as `GridRecognizers.load`."""
        return GridRecognizers.load(self.bundle, self.lexicon, self.grids, self.grid, self.context_model, self.language, self.offensive)


def batches(records: Iterable[Record], n: int) -> Iterator[list[Record]]:
    """The records, n at a time, the last ones fewer."""
    rest = iter(records)
    while batch := list(itertools.islice(rest, n)):
        yield batch


def decode_batch(batch: Sequence[Record], recognizers: GridRecognizers, asked: Asked) -> list[Result]:
    """What becomes of each record, in their order."""
    found = [(_recognizer(record, recognizers, asked), record) for record in batch]
    results: list[Result] = []
    for recognizer, run in itertools.groupby(found, key=lambda pair: pair[0]):
        if isinstance(recognizer, SwipeRecognizer):
            results += _decode_run([record for _, record in run if isinstance(record, SwipeRecord)], recognizer, asked)
        else:
            results += [bad for bad, _ in run if isinstance(bad, BadRecord)]
    return results


def decode_in_processes(parts: Iterable[list[Record]], chosen: Chosen, asked: Asked, n_processes: int) -> Iterator[list[Result]]:
    """What `decode_batch` makes of each part, in their order. Raises: BrokenProcessPool if a process cannot load its recognizers."""
    import multiprocessing  # late, as the next: they cost start-up time
    from concurrent.futures import Future, ProcessPoolExecutor

    spawn = multiprocessing.get_context("spawn")  # onnxruntime's sessions do not survive a fork
    pool = ProcessPoolExecutor(n_processes, spawn, initializer=_open, initargs=(chosen, asked))
    waiting: deque[Future[list[Result]]] = deque()
    try:
        for part in parts:
            waiting.append(pool.submit(_decode_part, part))
            if len(waiting) >= AHEAD * n_processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _recognizer(record: Record, recognizers: GridRecognizers, asked: Asked) -> SwipeRecognizer | BadRecord:
    """The recognizer of a record's grid, or why there is none."""
    if isinstance(record, BadRecord):
        return record
    try:
        recognizer = recognizers.for_record(record)
        if asked.context and recognizer.context is None:
            raise ValueError("there is no context model for this lexicon: name one with --context-model")
    except ValueError as error:
        return BadRecord(record.where, str(error), record.word)
    return recognizer


def _decode_run(records: Sequence[SwipeRecord], recognizer: SwipeRecognizer, asked: Asked) -> list[Decoded]:
    options = asked.options_of(recognizer)
    if len(records) == 1:
        (record,) = records
        recognitions: Iterable[Recognition] = [recognizer.decode(record.swipe, options, record.before if asked.context else None)]
    else:
        before = [record.before for record in records] if asked.context else None
        recognitions = recognizer.decode_many((record.swipe for record in records), options, before)
    return [_decoded(record, one, recognizer, options, asked) for record, one in zip(records, recognitions, strict=True)]


def _decoded(record: SwipeRecord, recognition: Recognition, recognizer: SwipeRecognizer, options: SearchOptions, asked: Asked) -> Decoded:
    explained = recognition.candidates[:N_EXPLAINED] if asked.explanations else []
    before = record.before if asked.context else None
    explanations = [explain(recognizer, record.swipe, candidate, options, before) for candidate in explained]
    rank = None if record.word is None else rank_of(record.word, recognition.candidates, recognizer.lexicon.alphabet)
    return Decoded(record, recognition, explanations, rank, recognizer.grid_distance.warning(recognizer.grid))


# --- in a process of several ---


@dataclass(frozen=True, eq=False)
class _Opened:
    recognizers: GridRecognizers
    asked: Asked


_opened: _Opened
"""Of this process, which has no other place to keep it between its batches."""


def _open(chosen: Chosen, asked: Asked) -> None:
    global _opened
    _opened = _Opened(chosen.load(), asked)


def _decode_part(part: Sequence[Record]) -> list[Result]:
    return decode_batch(part, _opened.recognizers, _opened.asked)
