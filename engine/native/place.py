"""Where compiled kernels are kept, and which of them are for this processor and for these kernels."""

from __future__ import annotations

import functools
import hashlib
import os
import warnings
import zlib
from pathlib import Path

ENGINE = Path(__file__).parents[1]
SOURCES = (
    *("kernels.py", "context/kernels.py", "fused/kernels.py", "fused/products.py", "fused/instructions.py"),
    *("native/build.py", "native/entry_points.py", "native/library.py"),
)
"""What a file of compiled kernels depends on."""
PREBUILT = Path(__file__).parent / "prebuilt"
"""Where those that come with a wheel are: `ARCHITECTURE.SOURCES.o`."""
_V3 = {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"}
LEVELS = {
    "x86-64-v4-vnni": {*_V3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni"},
    "x86-64-v3-vnni": {*_V3, "avx_vnni"},
    "x86-64-v3": _V3,
    "x86-64-v2": {"cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"},
    "aarch64": {"asimd"},
}
"""What a prebuilt file needs of a processor, the best first: names in /proc/cpuinfo. Source: System V ABI, AMD64 supplement, 3.1.1."""
VARIABLE = "NUMBA_CACHE_DIR"
"""The environment variable that names another folder, for numba as for us."""
UNCACHED = (
    "Keyglide cannot keep its compiled kernels: neither {beside} nor {own} can be written. They are compiled anew in every process, which "
    "takes some ten seconds: make one of the two writable, or set NUMBA_CACHE_DIR to a folder that is"
)


def find() -> Path | None:
    """The file of these kernels for this processor: compiled here, or else one that came with Keyglide; None without either."""
    name = file_name()
    found = [folder / name for folder in folders() if (folder / name).is_file()]
    return found[0] if found else _prebuilt()


def _prebuilt() -> Path | None:
    features = processor()[1]
    for level, needed in LEVELS.items():
        path = PREBUILT / prebuilt_name(level)
        if needed <= features and path.is_file():
            return path
    return None


def prebuilt_name(level: str) -> str:
    """Of the file for all processors of a level."""
    return f"{level}.{sources()}.o"


def folders() -> list[Path]:
    """Where compiled kernels may be: beside the code, and in our own folder for caches. Or where the variable says, and nowhere else."""
    named = os.environ.get(VARIABLE)
    if named:
        return [Path(named).absolute()]
    own = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "keyglide", "numba")  # noqa: PTH111  raises nothing
    return [ENGINE / "__pycache__", own]


def writable_folder(code: Path = ENGINE) -> Path | None:
    """The first of them that can be written; None, and a RuntimeWarning, where none can. code: beside which."""
    places = [code / "__pycache__" if place == ENGINE / "__pycache__" else place for place in folders()]
    for place in places:
        if place.is_absolute() and _is_writable(place):  # it is not where nobody knows the person's home
            return place
    _warn(UNCACHED.format(beside=places[0], own=places[-1]))
    return None


@functools.cache
def _is_writable(folder: Path) -> bool:
    """Whether a file can be made in the folder, which is made itself where there is none."""
    import tempfile  # late: the engine needs to know only where something was compiled

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@functools.cache
def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=2)


def failed() -> bool:
    """Whether there is no use in compiling ahead: it was tried in vain, or what comes of it cannot be kept."""
    folder = writable_folder()
    return folder is None or failure_file(folder).exists()


def failure_file(folder: Path) -> Path:
    """Says that compiling ahead was tried in vain, and why."""
    return folder / f"{file_name()}.failed"


def file_name() -> str:
    """Of the file that is compiled for this processor."""
    return f"kernels.{processor()[0]}.{sources()}.o"


@functools.cache
def sources() -> str:
    """A hash of the kernels and of what compiles them. Raises: OSError where there is no source."""
    return hashlib.sha256(b"".join((ENGINE / name).read_bytes() for name in SOURCES)).hexdigest()[:16]


@functools.cache
def processor() -> tuple[str, frozenset[str]]:
    """A name for all processors with the same instructions, and what Linux calls these instructions; the empty set if it does not say."""
    machine, features = os.uname().machine, frozenset[str]()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123  pathlib would take as long as all the rest
            for line in file:
                if line.startswith(("flags", "Features")):
                    features = frozenset(line.partition(":")[2].split())
                    break
    except OSError:
        pass
    return f"{machine}-{zlib.crc32(' '.join(sorted(features)).encode()):08x}", features
