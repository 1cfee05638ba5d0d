"""Whether an ONNX graph is all in its own file: a stranger's graph must not have onnxruntime read another one.

A tensor's data may lie in a file that the graph names. Newer versions of onnxruntime refuse names that lead out of the graph's folder;
ours are whole, so any such name is refused here, whatever the version. The `onnx` package, which could tell, is not needed to run graphs.
Source: onnx.proto, and the wire format of protocol buffers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.manifest import ModelBundleError

PARTS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""message -> number of a field -> the message in it; other fields hold no tensors"""
EXTERNAL_DATA, DATA_LOCATION = 13, 14
"""fields of a tensor"""
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
"""how a field is written"""
DEEPEST = 64
"""graphs in attributes of nodes of graphs"""


def check_whole(folder: Path, name: str) -> None:
    """Raises: ModelBundleError where the graph is not a file of that folder, or has data in other files; OSError."""
    path = folder / name
    if path.resolve().parent != folder.resolve():
        raise ModelBundleError(f"{name} is a link to {path.resolve()}, outside the bundle: copy the file into it")
    try:
        is_whole = not _is_external(memoryview(path.read_bytes()), "model", 0)
    except (IndexError, ValueError) as error:
        raise ModelBundleError(f"{name} is not an ONNX graph: {error}; export the bundle again") from error
    if not is_whole:
        raise ModelBundleError(f"{name} has data in another file: a bundle's graphs must be whole; export the bundle again")


def _is_external(message: memoryview, kind: str, depth: int) -> bool:
    if depth > DEEPEST:
        raise ValueError("it is nested too deeply")
    for number, value in _fields(message):
        if kind == "tensor" and (number == EXTERNAL_DATA or (number == DATA_LOCATION and value)):
            return True
        part = PARTS[kind].get(number)
        if part is not None and isinstance(value, memoryview) and _is_external(value, part, depth + 1):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The numbers and values of a message's fields. Raises: IndexError, ValueError where it is none."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        value: int | memoryview
        if wire == VARINT:
            value, at = _varint(message, at)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            at, value = at + (8 if wire == EIGHT_BYTES else 4), 0
        elif wire == LENGTH:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            raise ValueError(f"a field is written in the way {wire}")
        if at > len(message):
            raise ValueError("it is cut off")
        yield tag >> 3, value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits per byte, and where the next one begins. Raises: IndexError, ValueError."""
    value = 0
    for place in range(10):
        byte = message[at + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise ValueError("a number has more than ten bytes")
