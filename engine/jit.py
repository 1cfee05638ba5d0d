"""numba's compiler, as all our kernels use it. Where numba is absent (Android) they run as plain Python."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

try:
    import numba

    COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]
except ImportError:
    COMPILED = False

UNCACHED = (
    "Keyglide cannot keep its compiled kernels: neither {beside} nor {own} can be written. They are compiled anew in every process, which "
    "takes some ten seconds: make one of the two writable, or set NUMBA_CACHE_DIR to a folder that is"
)


KERNELS = ("engine.kernels", "engine.context.kernels")
"""The modules of the engine that are compiled."""


def is_cached() -> bool:
    """Whether the engine's kernels were compiled before and are kept: if not, compiling them takes 5 to 40 seconds."""
    if not COMPILED:
        return True
    for name in KERNELS:
        code = Path(__file__).parent.joinpath(*name.split(".")[1:]).with_suffix(".py")
        place = numba.config.CACHE_DIR or _cache_folder(code.parent)  # type: ignore[attr-defined]
        if place is None:
            return False
        kept = Path(place).rglob(f"{code.stem}.*.nbi") if place else (code.parent / "__pycache__").glob(f"{code.stem}.*.nbi")
        if not any(index.stat().st_mtime >= code.stat().st_mtime for index in kept):
            return False
    return True


def use_compiled(compiled: bool) -> None:
    """From now on the engine runs its kernels compiled, or as plain Python. Nobody may be in one of them. The results are the same."""
    global COMPILED
    COMPILED = compiled
    for name in KERNELS:
        if name in sys.modules:
            importlib.reload(sys.modules[name])


def njit(function: Callable[..., Any], fastmath: Collection[str] = ()) -> Any:
    """The function, compiled by numba when it is first called, without the interpreter's lock.

    fastmath: what LLVM may take liberties with; nothing unless it is named.

    What was compiled is kept in `__pycache__` beside the code, or where that cannot be written, in our folder for caches. Where
    neither can be, or the disk is full, that is said once as a RuntimeWarning. Without numba: the function itself.
    """
    if not COMPILED:
        return function
    place = numba.config.CACHE_DIR or _cache_folder(Path(inspect.getfile(function)).parent)  # type: ignore[attr-defined]
    if place is None:
        return numba.njit(nogil=True, fastmath=set(fastmath))(function)
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = place  # type: ignore[attr-defined]  # read by njit, here and now
    try:
        compiled: Any = numba.njit(cache=True, nogil=True, fastmath=set(fastmath))(function)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
    cache = compiled._cache  # numba's own, which lets a full disk end the call that compiles
    cache.save_overload = functools.partial(_save_if_possible, cache.save_overload)
    return compiled


def _save_if_possible(save: Callable[..., None], *compiled: Any) -> None:
    try:
        save(*compiled)
    except OSError as error:
        _warn(f"Keyglide cannot keep its compiled kernels ({error.strerror}): they are compiled anew in the next process")


@functools.cache
def _cache_folder(code: Path) -> str | None:
    """Where the kernels of a folder are kept: "" stands for beside the code, which numba does of itself; None for nowhere."""
    beside = code / "__pycache__"
    own = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "keyglide", "numba")  # noqa: PTH111  raises nothing
    if _is_writable(beside):
        return ""
    if own.is_absolute() and _is_writable(own):  # it is not where nobody knows the person's home
        return str(own)
    _warn(UNCACHED.format(beside=beside, own=own))
    return None


def _is_writable(folder: Path) -> bool:
    """Whether a file can be made in the folder, which is made itself where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@functools.cache
def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=2)
