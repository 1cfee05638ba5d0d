"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The name of a file to write in the block; at the block's end it replaces `path` in one step.

    It lies beside `path` and has the same suffixes. Where the block raises, it is removed, and what was at `path` stays.
    Processes that have the old file open or mapped keep it whole. Raises: OSError.
    """
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes, private: bool = False) -> None:
    """Writes a file in one step; text as UTF-8, its line ends as they are.

    private: nobody but its owner can read it.
    It is on the disk before it takes its name: neither a crash nor a full disk leaves half of it. Raises: OSError.
    """
    with whole_file(path) as unfinished, unfinished.open("wb") as file:
        if private:
            os.fchmod(file.fileno(), 0o600)
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
