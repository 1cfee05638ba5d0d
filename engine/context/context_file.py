"""The file of a context model: MAGIC, the header's length (uint32), the header (JSON), then little-endian arrays.

Each array starts on a 64-byte boundary. Opening reads the header alone: the arrays are for mapping.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"KGCTX\0\0\1"
FORMAT_VERSION = 1
HEADER_START = len(MAGIC) + 4
HEADER_LIMIT = 1 << 16
"""The header ends within this many bytes of the file's start."""
ALIGNMENT = 64
LARGEST = 65504.0
"""What no bias, scale or logarithm exceeds: the largest float16. So sums of their products stay finite."""
REBUILD = "make it again with python -m training.context"


@dataclass(frozen=True)
class Sizes:
    """What the shapes of the arrays are made of."""

    n_rows: int
    """the beginning of a sentence, any number, the classes of unknown words, then words"""
    n_words: int
    width: int
    """of a row, even: a byte holds two weights"""
    hidden: int
    """of the state"""
    n_keys: int
    """pairs of a key sequence and a word that is swiped so"""
    n_text: int
    """bytes of all words"""

    def __post_init__(self) -> None:
        """Raises: ValueError for sizes that no model has."""
        if min(asdict(self).values()) < 1 or self.n_words > self.n_rows - 3 or self.n_rows > 1 << 16 or self.width % 2:
            raise ValueError(f"its sizes are {self}")

    @property
    def shapes(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """Each array's dtype and shape, in the order of the file. Matrices of whole numbers have a scale for each row."""
        gates = 3 * self.hidden
        return {
            "rows": ("|u1", (self.n_rows, self.width // 2)),
            "row_scale": ("<f2", (self.n_rows,)),
            "bias": ("<f2", (self.n_rows,)),
            "log_frequency": ("<f2", (self.n_rows,)),
            "class_mass": ("<f4", (self.n_rows - self.n_words - 2,)),
            "input": ("|i1", (gates, self.width)),
            "input_scale": ("<f4", (gates,)),
            "input_bias": ("<f4", (gates,)),
            "recurrent": ("|i1", (gates, self.hidden)),
            "recurrent_scale": ("<f4", (gates,)),
            "recurrent_bias": ("<f4", (gates,)),
            "project": ("|i1", (self.width, self.hidden)),
            "project_scale": ("<f4", (self.width,)),
            "project_bias": ("<f4", (self.width,)),
            "key_hash": ("<u4", (self.n_keys,)),
            "key_row": ("<u2", (self.n_keys,)),
            "text_start": ("<u4", (self.n_words + 1,)),
            "text": ("|u1", (self.n_text,)),
        }


@dataclass(frozen=True)
class Header:
    """What the file of a context model says about itself."""

    language: str
    """its code: "en" """
    alphabet: str
    """of the key sequences"""
    source: str
    """where the text comes from, and under what licences"""
    endings: tuple[str, ...]
    """of the classes of unknown words"""
    sizes: Sizes
    metrics: Mapping[str, float]
    """held-out figures by name"""

    def __post_init__(self) -> None:
        """Raises: ValueError where classes and rows do not fit."""
        n_classes = 2 * (len(self.endings) + 1)
        if self.sizes.n_rows != 2 + n_classes + self.sizes.n_words:
            raise ValueError(f"{self.sizes.n_rows} rows are not the two special ones, {n_classes} classes and {self.sizes.n_words} words")

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Header:
        """Raises: KeyError, TypeError, ValueError."""
        metrics = {str(name): float(value) for name, value in fields["metrics"].items()}
        sizes = Sizes(**{name: int(value) for name, value in fields["sizes"].items()})
        language, alphabet, source = (str(fields[name]) for name in ("language", "alphabet", "source"))
        return cls(language, alphabet, source, tuple(str(ending) for ending in fields["endings"]), sizes, metrics)


def pack(header: Header, arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The content of a file. Raises: ValueError for too long a header, or an array of another shape than the header says."""
    content = json.dumps({"format_version": FORMAT_VERSION, **asdict(header)}, ensure_ascii=False).encode()
    if HEADER_START + len(content) > HEADER_LIMIT:
        raise ValueError(f"the header has {len(content)} bytes, expected at most {HEADER_LIMIT - HEADER_START}: shorten its source")
    blocks = [MAGIC + len(content).to_bytes(4, "little") + content]
    for name, (dtype, shape) in header.sizes.shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"array {name} has the shape {arrays[name].shape}, expected {shape}")
        blocks.append(np.ascontiguousarray(arrays[name], dtype).tobytes())
    return b"".join(block.ljust(_aligned(len(block)), b"\0") for block in blocks)


def unpack(raw: npt.NDArray[np.uint8], name: str) -> tuple[Header, dict[str, npt.NDArray[Any]]]:
    """The header and the arrays, which are views of `raw`, the whole file, called `name` in errors.

    Raises: ValueError for what is no context model, is truncated or damaged, or has a newer format.
    """
    start = raw[:HEADER_LIMIT].tobytes()
    if not start.startswith(MAGIC):
        raise ValueError(f"{name} is not a context model: it starts with {start[: len(MAGIC)]!r}, expected {MAGIC!r}: {REBUILD}")
    stop = HEADER_START + int.from_bytes(start[len(MAGIC) : HEADER_START], "little")
    if stop > len(start):
        raise ValueError(f"{name} is truncated or damaged: its header has {stop} bytes, expected at most {len(start)}: {REBUILD}")
    try:
        fields = json.loads(start[HEADER_START:stop])
        version = fields["format_version"]
        header = Header.from_json(fields) if version <= FORMAT_VERSION else None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"{name} has a damaged header ({error!r}): {REBUILD}") from error
    if header is None:
        raise ValueError(f"{name} has format_version {version}, expected {FORMAT_VERSION}: update Keyglide, or {REBUILD}")
    arrays, at = {}, _aligned(stop)
    shapes = header.sizes.shapes
    expected = at + sum(_aligned(_n_bytes(*one)) for one in shapes.values())
    if len(raw) != expected:
        raise ValueError(f"{name} is {'truncated' if len(raw) < expected else 'damaged'}: {len(raw)} bytes, expected {expected}: {REBUILD}")
    for array, (dtype, shape) in shapes.items():
        n_bytes = _n_bytes(dtype, shape)
        arrays[array] = raw[at : at + n_bytes].view(dtype).reshape(shape)
        at += _aligned(n_bytes)
    _check(header, arrays, name)
    return header, arrays


def _check(header: Header, arrays: Mapping[str, npt.NDArray[Any]], name: str) -> None:
    """Raises: ValueError for a row or an offset that points outside, or for a number that is none: kernels check nothing."""
    sizes, starts = header.sizes, arrays["text_start"]
    if (
        arrays["key_row"].max() >= sizes.n_rows
        or arrays["key_row"].min() < sizes.n_rows - sizes.n_words
        or starts[0] != 0
        or starts[-1] != sizes.n_text
        or (np.diff(starts.astype(np.int64)) < 0).any()
    ):
        raise ValueError(f"{name} is damaged: its words point outside of it: {REBUILD}")
    for array, values in arrays.items():
        if values.dtype.kind == "f" and not (np.abs(values) <= LARGEST).all():  # nor for NaN
            raise ValueError(f"{name} is damaged: {array} has values that are no numbers, or beyond {LARGEST:g}: {REBUILD}")
    try:
        arrays["text"].tobytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is damaged: its words are not text ({error}): {REBUILD}") from error


def _n_bytes(dtype: str, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape)) * np.dtype(dtype).itemsize


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
