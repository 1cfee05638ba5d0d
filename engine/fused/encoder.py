"""The weights that the kernel reads, from their file in a bundle; and the encoder in the place of onnxruntime's session."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from engine import jit
from engine.fused import kernels
from engine.fused.kernels import HEAD_WIDTH, N_TAPS, SLOPES
from engine.fused.products import COLUMNS, GROUP, ROWS
from engine.manifest import ModelBundleError

FILE = "encoder.npz"
"""In a bundle: the encoder's weights once more, in the order in which the kernel reads them."""
ALIGNMENT = 64
"""Bytes of a processor's line of cache."""

Floats = npt.NDArray[np.float32]


class Session(Protocol):
    """What is needed of onnxruntime's."""

    def run(self, outputs: list[str], inputs: Mapping[str, Any]) -> Any: ...


class EncoderWeights(NamedTuple):
    """What the kernel reads. Products, in the order of the network: the frames' first, of each layer six, the CTC head's."""

    weights: npt.NDArray[np.int8]
    """of all products, tile by tile: (D / GROUP, COLUMNS, GROUP), from -64 to 64"""
    starts: npt.NDArray[np.int32]
    """what each column's sum begins with: it takes off what the inputs' own zero adds"""
    scales: Floats
    biases: Floats
    """of each column"""
    places: npt.NDArray[np.int64]
    """(products, 2): where its weights and its columns begin"""
    steps: Floats
    """(products, 2): of its inputs, the length of a step, and how many steps 0 is at"""
    norms: Floats
    """(4 layers + 1, 2, D): weights and biases, in the order of the network"""
    depthwise: Floats
    """(layers, N_TAPS + 1, D): of each channel, the bias last"""
    points: Floats
    """(F + 3 R + 1, P): from what a point sees to what the layers read, the bias last"""
    positions: Floats
    """(S, D)"""
    waves: Floats
    """(2, W)"""


class Sizes(NamedTuple):
    """Those of a key reader's encoder, as training.key_reader.config calls them."""

    n_points: int
    n_columns: int
    stride: int
    point_width: int
    width: int
    feed_forward_width: int
    n_heads: int
    n_encoder_layers: int
    key_width: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Sizes:
        """Raises: ModelBundleError for a size that is missing or no positive number."""
        sizes = cls(*(config.get(name) for name in cls._fields))  # type: ignore[arg-type]
        for name, size in sizes._asdict().items():
            if not isinstance(size, int) or not 0 < size <= LARGEST:
                raise ModelBundleError(f"the manifest's config says {name} {size!r}: expected a number from 1 to {LARGEST}")
        return sizes

    @property
    def n_frames(self) -> int:
        return self.n_points // self.stride

    @property
    def fit(self) -> bool:
        """Whether the kernel's tiles cover the network."""
        whole = (self.point_width, self.width, self.feed_forward_width, self.n_frames)
        tiled = not any(size % COLUMNS for size in whole) and not self.n_points % max(ROWS, self.stride)
        return tiled and self.width == HEAD_WIDTH * self.n_heads

    def products(self, n_waves: int) -> list[tuple[int, int]]:
        """Of each product, its inputs and its columns, which are whole tiles."""
        width, hidden = self.width, self.feed_forward_width
        layer = [(width, 3 * width), (width, width), (width, 2 * width), (width, width), (width, hidden), (hidden, width)]
        asked = -(-(2 * n_waves + self.key_width + 2) // COLUMNS) * COLUMNS
        return [(self.stride * self.point_width, width), *layer * self.n_encoder_layers, (width, asked)]

    def shapes(self, n_waves: int) -> dict[str, tuple[int, ...]]:
        """Of the arrays in the file, by name."""
        products, width, layers = self.products(n_waves), self.width, self.n_encoder_layers
        n_columns = sum(columns for _, columns in products)
        return {
            "weights": (sum(inputs * columns for inputs, columns in products),),
            **dict.fromkeys(("starts", "scales", "biases"), (n_columns,)),
            "steps": (len(products), 2),
            "norms": (4 * layers + 1, 2, width),
            "depthwise": (layers, N_TAPS + 1, width),
            "points": (self.n_columns + 3 * len(SLOPES) + 1, self.point_width),
            "positions": (self.n_frames, width),
            "waves": (2, n_waves),
        }

    def places(self, n_waves: int) -> npt.NDArray[np.int64]:
        """As EncoderWeights'."""
        products = np.array(self.products(n_waves), np.int64)
        ends = np.cumsum(np.stack([products[:, 0] * products[:, 1], products[:, 1]], axis=1), axis=0)
        return np.concatenate([np.zeros((1, 2), np.int64), ends[:-1]])


LARGEST = 4096
"""Of a size: far beyond what a keyboard can use, and no product of them overflows."""
KINDS = {"weights": np.int8, "starts": np.int32}
"""Of the arrays that are not float32."""


def is_fast() -> bool:
    """Whether the kernel is faster than onnxruntime: it is compiled ahead, for a processor that multiplies several bytes at once."""
    if jit.way() != "ahead":
        return False
    found = np.zeros(1, np.int64)
    kernels.note_speed(found)
    return bool(found[0])


class FusedEncoder:
    """Runs as onnxruntime's session of encoder.onnx does, and has that one run where it is faster."""

    def __init__(self, sizes: Sizes, arrays: Mapping[str, npt.NDArray[Any]], session: Callable[[], Session]) -> None:
        """arrays: of the file. session: makes onnxruntime's, when it is needed. Raises: ModelBundleError for arrays of other sizes."""
        if not sizes.fit:
            raise ModelBundleError(f"{FILE} is of a network that the engine's kernel does not cover; export the bundle again")
        waves = arrays.get("waves")
        n_waves = waves.shape[-1] if waves is not None and waves.ndim else 0
        for name, shape in sizes.shapes(n_waves).items():
            kind, array = KINDS.get(name, np.float32), arrays.get(name)
            if array is None or array.shape != shape or array.dtype != kind or not n_waves:
                found = "nothing" if array is None else f"{array.dtype} {array.shape}"
                raise ModelBundleError(f"{FILE} has {found} as '{name}', expected {np.dtype(kind)} {shape}; export the bundle again")
        kept = {name: aligned(arrays[name]) for name in EncoderWeights._fields if name != "places"}
        self.weights = EncoderWeights(**kept, places=sizes.places(n_waves))
        self._trajectory = sizes.n_points, sizes.n_columns
        self.session = functools.cache(session)
        """onnxruntime's, made at the first call"""
        self._widths = {"around": 4, "near": sizes.point_width, "asked": 2 * n_waves + sizes.key_width}

    @classmethod
    def read(cls, path: Path, config: Mapping[str, Any], session: Callable[[], Session]) -> FusedEncoder:
        """config: the manifest's. Raises: ModelBundleError for a file that is damaged or does not fit it; OSError."""
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                return cls(Sizes.of(config), dict(arrays), session)
        except (ValueError, KeyError, EOFError, BadZipFile) as error:
            if isinstance(error, ModelBundleError):
                raise
            raise ModelBundleError(f"{path.name} is damaged: {error}; export the bundle again") from error

    def run(self, outputs: list[str], inputs: Mapping[str, Any]) -> list[Floats]:
        """memory (B, S, D) and ctc_log_probs (B, S, K + 1), which are the outputs.

        inputs: trajectory (B, N, F), around (K, 4), near (K, P), asked (K, 2 W + E). Raises: ValueError for other shapes.
        """
        if not is_fast():
            said: list[Floats] = self.session().run(outputs, inputs)
            return said
        trajectories, n_keys = inputs["trajectory"], len(inputs["around"])
        shapes = {name: (n_keys, width) for name, width in self._widths.items()}
        if trajectories.shape[1:] != self._trajectory or not n_keys or any(inputs[name].shape != shape for name, shape in shapes.items()):
            found = {name: value.shape for name, value in inputs.items()}
            raise ValueError(f"the encoder takes trajectories (B, *{self._trajectory}) and of each key {self._widths}, got {found}")
        of_keys = [np.ascontiguousarray(inputs[name], np.float32) for name in self._widths]
        read = [kernels.encode(self.weights, one, *of_keys) for one in np.ascontiguousarray(trajectories, np.float32)]
        return [np.stack(parts) for parts in zip(*read, strict=True)]


def aligned(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy that begins where a line of cache does."""
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def tiled(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """The weights of a product (D, columns), filled up to whole tiles, as the kernel reads them: (D columns,)."""
    filled = np.pad(weights, ((0, 0), (0, -weights.shape[1] % COLUMNS)))
    tiles = filled.reshape(len(weights) // GROUP, GROUP, -1, COLUMNS).transpose(2, 0, 3, 1)
    return np.ascontiguousarray(tiles).reshape(-1)
