"""How the engine's kernels run: compiled ahead, compiled by numba in this process, or as plain Python. All three give the same results.

A kernel is a function that numba can compile. `kernel` marks those of the engine, and says for which types they are compiled ahead
(`engine.native`). `njit` is numba's own, for those of training and benchmarks.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import pickle
import sys
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from engine.native import place
from engine.native.library import Library

Way = Literal["ahead", "jit", "python"]
"""ahead: machine code that was compiled before, without numba. jit: numba compiles each kernel when it is first called, or finds it in its
cache. python: nothing is compiled."""
WAYS: tuple[Way, ...] = get_args(Way)
Types = str | Mapping[str, str]
"""Of an argument: "int64", "float32[:, :]", a contiguous array, or with "written " before it, one that the kernel changes. A mapping
stands for a NamedTuple: its fields and their types."""
VARIABLE = "KEYGLIDE_KERNELS"
"""The environment variable that chooses a way. Without it: ahead if that is there, else Python, and the compiler runs in the background."""
MODULES = ("engine.kernels", "engine.context.kernels", "engine.fused.kernels")
"""Those whose functions are compiled ahead."""


@dataclass(frozen=True)
class Kernel:
    """A function that runs in one of the ways."""

    function: Callable[..., Any]
    types: tuple[Types, ...]
    """of the arguments that it is compiled ahead for; none for one that only other kernels call"""
    fastmath: frozenset[str]
    plain: Callable[..., Any]
    """what stands for it where nothing is compiled"""

    @property
    def name(self) -> str:
        return f"{self.function.__module__}.{self.function.__name__}"


KERNELS: dict[str, Kernel] = {}
"""Those of the modules that are imported."""
keeps = True
"""Whether numba keeps what it compiles. Set to False before anything is compiled."""


def kernel(*types: Types, fastmath: Collection[str] = (), plain: Callable[..., Any] | None = None) -> Callable[[Callable[..., Any]], Any]:
    """Marks a kernel of the engine. types: of its arguments, if more than other kernels call it. fastmath: as `njit`. plain: an equal
    function that is faster where nothing is compiled."""

    def mark(function: Callable[..., Any]) -> Any:
        one = Kernel(function, types, frozenset(fastmath), plain or function)
        KERNELS[one.name] = one
        return _made(one)

    return mark


def way() -> Way:
    """How kernels run now."""
    if _state.way is None:
        _state.way = _first_way()
    return _state.way


def lacks_compiled() -> bool:
    """Whether kernels run as plain Python only because nothing has been compiled ahead yet."""
    return way() == "python" and _state.lacks_compiled


class _State:
    way: Way | None = None
    lacks_compiled = False


_state = _State()


def use(chosen: Way) -> None:
    """From now on kernels run in that way. Other threads may be in one of them.

    Raises: ValueError for "ahead" if nothing was compiled ahead, or what was cannot be loaded; OSError.
    """
    if chosen == "ahead":
        _library()
    _state.way, _state.lacks_compiled = chosen, False
    for one in KERNELS.values():
        setattr(sys.modules[one.function.__module__], one.function.__name__, _made(one))


def has_numba() -> bool:
    """Whether numba is installed and allowed to compile."""
    return os.environ.get("NUMBA_DISABLE_JIT") != "1" and importlib.util.find_spec("numba") is not None


def _chosen() -> Way | None:
    """The way that the environment chooses. Raises: ValueError for one that is not known."""
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        return "python"
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    for known in WAYS:
        if known == name:
            return known
    raise ValueError(f"{VARIABLE} is '{name}': choose among {', '.join(WAYS)}")


def _first_way() -> Way:
    chosen = _chosen()
    if chosen is not None:
        return chosen
    try:
        _library()
        return "ahead"
    except (OSError, ValueError):
        if has_numba() and place.failed():
            return "jit"
    _state.lacks_compiled = has_numba()
    return "python"


def _made(one: Kernel) -> Any:
    match way():
        case "ahead" if one.types:
            return _library().function(one.name, one.plain)
        case "jit":
            return njit(one.function, one.fastmath)
        case "python" if lacks_compiled():
            return _until_compiled(one)
    return one.plain


def _until_compiled(one: Kernel) -> Callable[..., Any]:
    """The kernel as plain Python, which has what it lacks compiled beside it; and whatever it has become, once that is done."""

    @functools.wraps(one.function)
    def call(*arguments: Any) -> Any:
        if lacks_compiled():
            from engine.native import background

            background.compile_if_missing()
            return one.plain(*arguments)
        return getattr(sys.modules[one.function.__module__], one.function.__name__)(*arguments)

    return call


@functools.cache
def _library() -> Library:
    """What was compiled ahead. Raises: ValueError, OSError if there is nothing, or it cannot be loaded."""
    path = place.find()
    if path is None:
        raise ValueError("no kernels have been compiled for this processor: run `python -m engine.native.build`")
    return Library(path)


# --- numba ---


def njit(function: Callable[..., Any], fastmath: Collection[str] = ()) -> Any:
    """The function, compiled by numba when it is first called, without the interpreter's lock.

    fastmath: what LLVM may take liberties with; nothing unless it is named.

    What was compiled is kept in `__pycache__` beside the code, or where that cannot be written, in our folder for caches. Where
    neither can be, or the disk is full, that is said once as a RuntimeWarning. Without numba: the function itself.
    """
    if not has_numba():
        return function
    try:
        import numba

        from engine.fused import instructions  # noqa: F401  numba takes them in place of Python's
    except ImportError as error:  # it is there, but not for this version of numpy
        _warn(f"numba cannot be used, so everything runs as plain Python, slowly: {error}")
        return function

    folder = place.writable_folder(Path(str(sys.modules[function.__module__].__file__)).parent) if keeps else None
    if folder is None:
        return numba.njit(nogil=True, fastmath=set(fastmath))(function)
    before = numba.config.CACHE_DIR
    if folder.name != "__pycache__":  # numba finds that one by itself
        numba.config.CACHE_DIR = str(folder)  # read by njit, here and now
    try:
        compiled: Any = numba.njit(cache=True, nogil=True, fastmath=set(fastmath))(function)
    finally:
        numba.config.CACHE_DIR = before
    cache = compiled._cache  # numba's own, which lets a full disk end the call that compiles
    cache.save_overload = functools.partial(_save_if_possible, cache.save_overload)
    cache.load_overload = functools.partial(_load_if_possible, cache.load_overload, cache.flush)
    return compiled


def _load_if_possible(load: Callable[..., Any], forget: Callable[[], None], *asked: Any) -> Any:
    """What was kept; None where that is damaged, or names a class that has moved since: then it is compiled again."""
    try:
        return load(*asked)
    except (ImportError, AttributeError, EOFError, LookupError, TypeError, ValueError, pickle.PickleError):
        forget()
        return None


def _save_if_possible(save: Callable[..., None], *compiled: Any) -> None:
    try:
        save(*compiled)
    except OSError as error:
        _warn(f"Keyglide cannot keep its compiled kernels ({error.strerror}): they are compiled anew in the next process")


@functools.cache
def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=2)
