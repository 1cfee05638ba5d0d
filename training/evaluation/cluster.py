"""Decodes recorded swipes on the workers of a Dask cluster: `--cluster ADDRESS`.

Dask's own scheduler and workers run it: `dask scheduler` on one machine, `dask worker ADDRESS` on as many as there are, all with the
same Keyglide installed. The files that were named (bundle, lexicon, swipes) travel to each worker once; nothing is shared on disk.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine.language import default_language
from engine.search_options import SearchOptions
from engine.version import VERSION
from training.evaluation.decode_data import DataDecoder, Outcome, Setup, collect, decode_rows

CHUNK = 128
"""The number of swipes of a task."""
SCHEDULER_S, WORKER_S = 10.0, 10.0
"""How long the scheduler has to answer, and a worker to appear."""
MISSING = "--cluster needs Dask, which is not installed: pip install 'keyglide[cluster]'"
HOW_TO = "start one with `dask scheduler --host ADDRESS`, and workers with `dask worker tcp://ADDRESS:8786 --nthreads 1`"


def add_cluster_argument(parser: argparse.ArgumentParser) -> None:
    """--cluster."""
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="decode on the workers of the Dask scheduler at this address, such as tcp://127.0.0.1:8786"
    )


def decode_anywhere(setup: Setup, rows: Sequence[int], search: SearchOptions, options: argparse.Namespace) -> list[Outcome]:
    """The outcomes of the rows in their order: from the cluster that --cluster names, else from --processes on this machine.

    Raises: as `decode_rows` and `decode_on_cluster`.
    """
    if options.cluster is None:
        return decode_rows(setup, rows, search, options.processes)
    if setup.context == "recognised":
        raise ValueError("--context recognised reads one swipe after the other, which a cluster cannot: leave out --cluster")
    return collect(decode_on_cluster(options.cluster, setup, rows, search), len(rows))


@dataclass(frozen=True)
class Parcel:
    """A setup and the files that it names, for a worker that may have none of them."""

    setup: Setup
    files: dict[str, dict[str, bytes]]
    """field of the setup -> name of a file -> its content; a folder has several"""
    digest: str

    @classmethod
    def of(cls, setup: Setup) -> Parcel:
        """Raises: OSError for a file that cannot be read."""
        named = {field.name: getattr(setup, field.name) for field in fields(setup)}
        files = {name: _content(path) for name, path in named.items() if isinstance(path, Path)}
        together = hashlib.sha256(repr(setup).encode())
        for name, contents in files.items():
            for file, content in contents.items():
                together.update(f"{name} {file} ".encode() + hashlib.sha256(content).digest())
        return cls(setup, files, together.hexdigest())

    def unpacked(self, folder: Path) -> Setup:
        """The setup with its files in this folder."""
        paths: dict[str, Any] = {}
        for name, contents in self.files.items():
            path: Path = getattr(self.setup, name)
            for file, content in contents.items():
                (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / name / file).write_bytes(content)
            paths[name] = folder / name / path.name
        return replace(self.setup, **paths)


def _content(path: Path) -> dict[str, bytes]:
    """A file by its name, or the files of a folder by theirs behind the folder's."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    return {str(file.relative_to(path.parent)): file.read_bytes() for file in files}


def decode_on_cluster(address: str, setup: Setup, rows: Sequence[int], options: SearchOptions) -> Iterator[list[Outcome]]:
    """The outcomes of the rows in their order, a chunk at a time.

    Raises: ValueError if no scheduler answers, or it ends, or has no workers, or one of them has another Keyglide, with what to do;
    OSError for files that cannot be read; ModelBundleError, ValueError from the workers.
    """
    try:
        import distributed  # here, so that who never asks for a cluster needs no Dask
    except ImportError as error:
        raise ValueError(MISSING) from error
    try:
        client = distributed.Client(address, timeout=SCHEDULER_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at '{address}': {HOW_TO}") from error
    with client:
        _check_workers(client, address)
        parcel = client.scatter(Parcel.of(setup), broadcast=True, hash=False)
        chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        tasks = [client.submit(_decode_chunk, parcel, chunk, options, pure=False) for chunk in chunks]
        for task in tasks:
            try:
                yield task.result()
            except (CancelledError, distributed.KilledWorker) as error:
                raise ValueError(f"the Dask cluster at '{address}' went away, or its workers did: start it again") from error
            task.release()


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_S)
    except TimeoutError as error:
        raise ValueError(f"the Dask scheduler at '{address}' has no workers: start some with `dask worker {address}`") from error
    try:
        found = client.run(installation)
    except ImportError as error:
        raise ValueError(f"a worker of '{address}' cannot import Keyglide ({error}): install the same version there") from error
    ours = installation()
    if different := sorted(worker for worker, theirs in found.items() if theirs != ours):
        raise ValueError(f"other workers have another Keyglide than this one ({ours}): {', '.join(different)}; install the same there")


def installation() -> str:
    """Stands for the version of Keyglide, its bundle and its lexicon."""
    language = default_language()
    content = hashlib.sha256((language.require_bundle() / "manifest.json").read_bytes())
    content.update(language.require_lexicon().read_bytes())
    return f"{VERSION}, {content.hexdigest()[:12]}"


# --- in a worker ---


class Opened(threading.local):
    """What a worker's thread has opened last, so that it need not open it for each chunk."""

    digest = ""
    decoder: DataDecoder


_opened = Opened()


def _decode_chunk(parcel: Parcel, rows: Sequence[int], options: SearchOptions) -> list[Outcome]:
    if _opened.digest != parcel.digest:
        folder = Path(tempfile.mkdtemp(prefix="keyglide-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _opened.decoder = parcel.unpacked(folder).load()
        _opened.digest = parcel.digest
    return _opened.decoder.decode_many(rows, options)
