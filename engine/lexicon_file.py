"""The file of a lexicon: MAGIC, the header's length (uint32), the header (JSON), then little-endian arrays.

Each array starts on a 64-byte boundary. Opening reads the header alone: the arrays are for mapping.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"KGLEX\0\0\1"
FORMAT_VERSION = 2
"""2 added the offensive words."""
HEADER_START = len(MAGIC) + 4
"""Bytes before the header: the magic and the header's length."""
HEADER_LIMIT = 1 << 16
"""The header ends within this many bytes of the file's start."""
ALIGNMENT = 64
"""Every array starts on a multiple of this many bytes."""
DTYPES = {
    "first_child": "<u4",
    "token": "|u1",
    "word_prior": "|u1",
    "best_prior": "|u1",
    "form_node": "<u4",
    "form_start": "<u4",
    "form_text": "|u1",
    "offensive": "|u1",
}
"""The arrays of a file, in their order in it."""
TEXTS = ("form_text", "offensive")
"""Those of any length."""
REBUILD = "build it again with python -m training.build_lexicon"


@dataclass(frozen=True)
class Header:
    """What a lexicon file says about itself."""

    alphabet: str
    n_words: int
    n_nodes: int
    prior_unit: float
    source: str
    spans: dict[str, slice]
    """array name -> its bytes in the file, in the order of DTYPES"""

    @classmethod
    def from_json(cls, fields: dict[str, Any], data_start: int) -> Header:
        """The header in JSON; the offsets of its arrays count from `data_start`. Raises: KeyError, TypeError, ValueError."""
        n_nodes, n_forms = int(fields["n_nodes"]), int(fields["arrays"]["form_node"]["shape"][0])
        lengths = {"first_child": n_nodes + 1, "form_node": n_forms, "form_start": n_forms + 1}
        spans: dict[str, slice] = {}
        for name, dtype in DTYPES.items():
            if name == "offensive" and fields["format_version"] < 2:
                spans[name] = slice(0, 0)
                continue
            array = fields["arrays"][name]
            start, length = data_start + int(array["offset"]), int(array["shape"][0])
            expected = length if name in TEXTS else lengths.get(name, n_nodes)
            if array["dtype"] != dtype or length != expected or length < 0 or start < data_start or start % ALIGNMENT:
                raise ValueError(f"array {name} is {array}, expected {dtype} of length {expected}")
            spans[name] = slice(start, start + length * np.dtype(dtype).itemsize)
        numbers = int(fields["n_words"]), n_nodes, float(fields["prior_unit"])
        alphabet = str(fields["alphabet"])
        if not 0 < len(alphabet) == len(set(alphabet)) <= 254 or not 0 < numbers[2] < math.inf or numbers[0] >= n_nodes:
            raise ValueError(f"alphabet {alphabet!r}, n_words {numbers[0]}, prior_unit {numbers[2]}")
        return cls(alphabet, *numbers, str(fields["source"]), spans)


def read_header(start: bytes, size: int, name: str) -> Header:
    """The header from the `start` (HEADER_LIMIT bytes, or all) of a lexicon file of `size` bytes, called `name` in errors.

    Raises: ValueError for a file that is not a lexicon, is truncated, empty or damaged, or has a newer format.
    """
    stop = HEADER_START + int.from_bytes(start[len(MAGIC) : HEADER_START], "little")
    if not start:
        raise ValueError(f"{name} is an empty file: {REBUILD}")
    if not start.startswith(MAGIC):
        raise ValueError(f"{name} is not a lexicon: it starts with {start[: len(MAGIC)]!r}, expected {MAGIC!r}: {REBUILD}")
    if size < stop:
        raise ValueError(f"{name} is truncated: {size} bytes, expected a header of {stop} alone: {REBUILD}")
    try:
        fields = json.loads(start[HEADER_START:stop])
        version = fields["format_version"]
        header = Header.from_json(fields, _aligned(stop)) if version <= FORMAT_VERSION else None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"{name} has a damaged header ({error!r}): {REBUILD}") from error
    if header is None:
        raise ValueError(f"{name} has format_version {version}, expected {FORMAT_VERSION}: update Keyglide, or {REBUILD}")
    if header.n_words < 1:
        raise ValueError(f"{name} is empty, expected at least one word: {REBUILD}")
    end = max(span.stop for span in header.spans.values())
    if size != end:
        raise ValueError(f"{name} is {'truncated' if size < end else 'damaged'}: {size} bytes, expected {end}: {REBUILD}")
    return header


def pack(alphabet: str, n_words: int, prior_unit: float, source: str, arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The content of a lexicon file with these `arrays`, those of DTYPES. Raises: ValueError for too long a `source`."""
    raw = {name: np.ascontiguousarray(arrays[name], dtype).tobytes() for name, dtype in DTYPES.items()}
    offset, described = 0, {}
    for name, content in raw.items():
        described[name] = {"dtype": DTYPES[name], "shape": [len(arrays[name])], "offset": offset}
        offset = _aligned(offset + len(content))
    fields = {
        "format_version": FORMAT_VERSION,
        "alphabet": alphabet,
        "n_words": n_words,
        "n_nodes": len(arrays["token"]),
        "prior_unit": prior_unit,
        "source": source,
        "arrays": described,
    }
    header = json.dumps(fields, ensure_ascii=False).encode()
    if HEADER_START + len(header) > HEADER_LIMIT:
        limit = HEADER_LIMIT - HEADER_START
        raise ValueError(f"the lexicon's header has {len(header)} bytes, expected at most {limit}: shorten its source")
    blocks = [MAGIC + len(header).to_bytes(4, "little") + header, *raw.values()]
    padded = (block.ljust(_aligned(len(block)), b"\0") for block in blocks[:-1])
    return b"".join((*padded, blocks[-1]))


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
