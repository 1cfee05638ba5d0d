"""The conditions of a measurement: the machine, the versions, the model, and the recorded swipes."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cpuinfo
import numpy as np

from engine.language import default_language
from engine.model import MANIFEST
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, read_swipes
from engine.version import VERSION

PACKAGES = ("numpy", "numba", "onnxruntime")
"""What the engine runs on."""
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8", "asimd", "asimddp", "i8mm")
"""The vector instructions that onnxruntime's matrix products use if the processor has them. They decide how fast int8 is."""
N_THREADS = 1
"""engine.model gives onnxruntime one; the rest of the engine starts none."""


@dataclass(frozen=True)
class Environment:
    """What was measured, on what."""

    processor: str
    instructions: list[str]
    """those of INSTRUCTIONS that it has"""
    n_cpus: int
    load_average: float
    """of the minute before; above about 0.5, the times are too long"""
    system: str
    versions: dict[str, str]
    bundle: str
    """sha256 of its manifest"""
    lexicon_words: int
    beam_width: int
    margin: float
    n_threads: int
    data: str
    n_swipes: int

    def lines(self) -> list[str]:
        """For the head of a report."""
        return [
            f"{self.processor} ({' '.join(self.instructions) or 'no vector instructions known'}), {self.n_cpus} CPUs, "
            f"load {self.load_average:.2f}; {self.system}",
            ", ".join(f"{name} {number}" for name, number in self.versions.items()),
            f"bundle {self.bundle[:16]}, {self.lexicon_words:,} words, beam {self.beam_width}, margin {self.margin:g} nats, "
            f"{self.n_threads} thread, {self.n_swipes} swipes of {self.data}",
        ]


def describe(recognizer: SwipeRecognizer, bundle: Path | None, data: Path, n_swipes: int) -> Environment:
    """The environment of a measurement that begins now. bundle: the recognizer's folder, None for the shipped one."""
    return Environment(
        processor=processor(),
        instructions=instructions(),
        n_cpus=os.cpu_count() or 0,
        load_average=os.getloadavg()[0],
        system=system(),
        versions=versions(),
        bundle=bundle_hash(bundle),
        lexicon_words=len(recognizer.lexicon),
        beam_width=recognizer.default_options.beam_width,
        margin=recognizer.default_options.margin,
        n_threads=N_THREADS,
        data=data.name,
        n_swipes=n_swipes,
    )


def read_records(path: Path, n_swipes: int) -> list[SwipeRecord]:
    """At most n_swipes good swipes, evenly spread over the file. Raises: ValueError if there are none; OSError."""
    with path.open("rb") as file:
        records = [record for record in read_swipes(file) if isinstance(record, SwipeRecord)]
    if not records or n_swipes < 1:
        raise ValueError(f"{path} has {len(records)} swipes and {n_swipes} are asked for: name other --data or --n-swipes")
    spread = np.linspace(0, len(records) - 1, min(n_swipes, len(records))).round().astype(int)
    return [records[i] for i in spread]


LETTERS = Path(__file__).parents[1] / "models" / "letters"
"""The bundle of a network that knows the English letters on qwerty_en, which Keyglide shipped before it had one that reads keys. It is what
searches and precisions are compared on, and what the predecessor's search can run with."""


def bundle_hash(bundle: Path | None = None) -> str:
    """sha256 of the manifest, which holds those of the other files. None: of the shipped bundle."""
    folder = bundle or default_language().require_bundle()
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def versions() -> dict[str, str]:
    """Keyglide's own, from its source, and those of PACKAGES; "none" where one is not installed."""
    return {"keyglide": VERSION} | {name: _version(name) for name in PACKAGES}


def system() -> str:
    """Operating system and Python."""
    return f"{platform.system()} {platform.release()}, Python {platform.python_version()}"


@functools.cache
def _cpu() -> dict[str, Any]:
    known: dict[str, Any] = cpuinfo.get_cpu_info()
    return known


def processor() -> str:
    """Its model's name."""
    return str(_cpu().get("brand_raw") or platform.machine())


def instructions() -> list[str]:
    """Those of INSTRUCTIONS that it has."""
    return [name for name in INSTRUCTIONS if name in _cpu().get("flags", ())]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
