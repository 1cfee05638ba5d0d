"""Hands back to the system what only starting needed, because a keyboard stays open all day.

Measured at 360 x 640 on a machine whose processor draws: of the 220 MB after eight swipes, 110 were code that ran once, most of it LLVM's,
with which Mesa compiles its shaders. Swiping on brings 35 of them back, in 64 KB at a time, as the system finds them in its file cache.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterable, Iterator
from pathlib import Path

QUIET_S = 3.0
"""Memory is handed back once nothing has happened for so long."""
MAPS = Path("/proc/self/smaps")
DONT_NEED = 4
"""MADV_DONTNEED of Linux."""


def settle() -> None:
    """After a start: hands back what only that needed, and has Python look for lost objects among the later ones alone."""
    gc.collect()
    gc.freeze()
    trim()
    _forget_code()


def trim() -> None:
    """Hands back what the C library keeps of memory that was freed. Does nothing where it cannot."""
    release = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if release is not None:
        release(0)


def code_ranges(maps: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where libraries lie that were read from their files and not changed since: start and length in bytes.

    maps: the lines of /proc/self/smaps.
    """
    place: list[str] = []
    for line in maps:
        words = line.split()
        if not words[0].endswith(":"):
            place = words
        elif words[:2] == ["Anonymous:", "0"] and len(place) > 5 and ".so" in place[5] and place[1] in ("r-xp", "r--p"):
            start, end = (int(address, 16) for address in place[0].split("-"))
            yield start, end - start


def _forget_code() -> None:
    """Takes the code of libraries out of our memory; what is still needed comes back by itself from the system's file cache."""
    try:
        maps = MAPS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    forget = ctypes.CDLL(None).madvise
    forget.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, length in code_ranges(maps):
        forget(start, length, DONT_NEED)
