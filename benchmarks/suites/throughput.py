"""Several processes that decode one file of swipes, and share the mapped lexicon."""

from __future__ import annotations

import io
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from benchmarks.common.memory import Resident, resident, resident_of_file
from engine.recognizer import BATCH, SwipeRecognizer
from engine.swipe_file import SwipeRecord, read_swipes

CHUNK = BATCH // 2
"""Lines that a process takes at a time."""
START_S = 120
"""How long the processes may take to load."""


@dataclass(frozen=True)
class ProcessMemory:
    """What one of the processes holds."""

    pid: int
    process: Resident
    lexicon: Resident
    """of that, the lexicon's file"""


class Barrier(Protocol):
    def wait(self, timeout: float | None = None) -> int: ...


class DecodingProcesses:
    """A pool of processes, each with a recognizer of its own, all of them loaded and warm inside the `with`."""

    def __init__(self, n_processes: int, bundle: Path | None = None, lexicon: Path | None = None) -> None:
        """bundle, lexicon: of every process; None for the shipped ones."""
        spawn = multiprocessing.get_context("spawn")  # onnxruntime's sessions do not survive a fork
        self._n_processes = n_processes
        self._pool = ProcessPoolExecutor(n_processes, spawn, initializer=_open, initargs=(spawn.Barrier(n_processes), bundle, lexicon))

    def __enter__(self) -> DecodingProcesses:
        """Raises: BrokenProcessPool if a recognizer cannot be loaded."""
        self.memory()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def decode(self, lines: Sequence[bytes]) -> list[str | None]:
        """The best candidate's key sequence of each swipe, in their order; None where there is none. lines: JSON, one each."""
        chunks = (b"".join(lines[start : start + CHUNK]) for start in range(0, len(lines), CHUNK))
        return [word for words in self._pool.map(_decode, chunks) for word in words]

    def memory(self) -> list[ProcessMemory]:
        """Of each process."""
        return sorted(self._pool.map(_report_memory, range(self._n_processes)), key=lambda one: one.pid)


# --- in the processes ---


@dataclass(frozen=True, eq=False)
class _Worker:
    recognizer: SwipeRecognizer
    all_of_them: Barrier


_worker: _Worker
"""Of this process, which has no other place to keep it between its chunks."""


def _open(all_of_them: Barrier, bundle: Path | None, lexicon: Path | None) -> None:
    global _worker
    _worker = _Worker(SwipeRecognizer.load(bundle, lexicon), all_of_them)


def _decode(lines: bytes) -> list[str | None]:
    """Raises: ValueError for a line that is not a swipe."""
    swipes = []
    for record in read_swipes(io.BufferedReader(io.BytesIO(lines))):
        if not isinstance(record, SwipeRecord):
            raise ValueError(f"{record.where}: {record.reason}")
        swipes.append(record.swipe)
    return [candidates[0].key_sequence if candidates else None for candidates in _worker.recognizer.recognize_many(swipes)]


def _report_memory(_turn: int) -> ProcessMemory:
    """Waits until every process has this task, so that each reports once."""
    _worker.all_of_them.wait(START_S)
    path = _worker.recognizer.lexicon.origin
    assert isinstance(path, Path)
    return ProcessMemory(os.getpid(), resident(), resident_of_file(path))
