"""The file of a graph's weights in the order in which the kernels read them, which a bundle has beside the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from engine.fused.kernels import HEAD_WIDTH, N_TAPS, SLOPES
from engine.fused.products import COLUMNS, GROUP, ROWS
from engine.manifest import ModelBundleError

ENCODER_FILE, STEP_FILE = "encoder.npz", "decoder_step.npz"
LARGEST = 4096
"""Of a size: far beyond what a keyboard can use, and no product of them overflows."""
KINDS = {"weights": np.int8, "starts": np.int32}
"""Of the arrays that are not float32."""
ALIGNMENT = 64
"""Bytes of a processor's line of cache."""

Arrays = Mapping[str, npt.NDArray[Any]]
Shapes = dict[str, tuple[int, ...]]
Products = Sequence[tuple[int, int]]
"""Of each product, its inputs and its columns, which are whole tiles."""


class Sizes(NamedTuple):
    """Those of a key reader, as training.key_reader.config calls them."""

    n_points: int
    n_columns: int
    stride: int
    point_width: int
    width: int
    feed_forward_width: int
    n_heads: int
    n_encoder_layers: int
    n_decoder_layers: int
    key_width: int
    max_letters: int

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
        """Whether the kernels' tiles cover the network."""
        whole = (self.point_width, self.width, self.feed_forward_width, self.n_frames)
        tiled = not any(size % COLUMNS for size in whole) and not self.n_points % max(ROWS, self.stride)
        return tiled and self.width == HEAD_WIDTH * self.n_heads

    def asked(self, n_waves: int) -> int:
        """What a frame is asked of each key: a number for each sine and cosine of W waves, and for each of a key's embedding."""
        return 2 * n_waves + self.key_width

    def encoder_products(self, n_waves: int) -> Products:
        width, hidden = self.width, self.feed_forward_width
        layer = [(width, 3 * width), (width, width), (width, 2 * width), (width, width), (width, hidden), (hidden, width)]
        query = -(-(self.asked(n_waves) + 2) // COLUMNS) * COLUMNS
        return [(self.stride * self.point_width, width), *layer * self.n_encoder_layers, (width, query)]

    def step_products(self) -> Products:
        width, hidden = self.width, self.feed_forward_width
        layer = [(width, 3 * width), *[(width, width)] * 3, (width, hidden), (hidden, width)]
        return [(width, 2 * width * self.n_decoder_layers), *layer * self.n_decoder_layers]

    def encoder_shapes(self, n_waves: int) -> Shapes:
        """Of the arrays in the encoder's file, by name."""
        return {
            **_product_shapes(self.encoder_products(n_waves)),
            "norms": (4 * self.n_encoder_layers + 1, 2, self.width),
            "depthwise": (self.n_encoder_layers, N_TAPS + 1, self.width),
            "points": (self.n_columns + 3 * len(SLOPES) + 1, self.point_width),
            "positions": (self.n_frames, self.width),
            "waves": (2, n_waves),
        }

    def step_shapes(self) -> Shapes:
        """Of the arrays in the step's file, by name."""
        return {
            **_product_shapes(self.step_products()),
            "norms": (3 * self.n_decoder_layers + 1, 2, self.width),
            "positions": (self.max_letters + 1, self.width),
        }


def _product_shapes(products: Products) -> Shapes:
    n_columns = sum(columns for _, columns in products)
    return {
        "weights": (sum(inputs * columns for inputs, columns in products),),
        **dict.fromkeys(("starts", "scales", "biases"), (n_columns,)),
        "steps": (len(products), 2),
    }


def places(products: Products) -> npt.NDArray[np.int64]:
    """(products, 2): where the weights and the columns of each begin."""
    sizes = np.array(products, np.int64)
    ends = np.cumsum(np.stack([sizes[:, 0] * sizes[:, 1], sizes[:, 1]], axis=1), axis=0)
    return np.concatenate([np.zeros((1, 2), np.int64), ends[:-1]])


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Raises: ModelBundleError for a damaged file; OSError."""
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return dict(arrays)
    except (ValueError, KeyError, EOFError, BadZipFile, AttributeError, TypeError) as error:
        raise ModelBundleError(f"{path.name} is damaged: {error}; export the bundle again") from error


def checked(name: str, arrays: Arrays, shapes: Shapes, sizes: Sizes) -> dict[str, npt.NDArray[Any]]:
    """Copies of the arrays of a file. Raises: ModelBundleError where they have other shapes: the kernels check nothing."""
    if not sizes.fit:
        raise ModelBundleError(f"{name} is of a network that the engine's kernels do not cover; export the bundle again")
    for key, shape in shapes.items():
        kind, array = KINDS.get(key, np.float32), arrays.get(key)
        if array is None or array.shape != shape or array.dtype != kind or not array.size:
            found = "nothing" if array is None else f"{array.dtype} {array.shape}"
            raise ModelBundleError(f"{name} has {found} as '{key}', expected {np.dtype(kind)} {shape}; export the bundle again")
    return {key: aligned(arrays[key]) for key in shapes}


def aligned(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy that begins where a line of cache does."""
    room = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    copy = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def tiled(weights: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """The weights of a product (D, columns), filled up to whole tiles, as the kernels read them: (D columns,)."""
    filled = np.pad(weights, ((0, 0), (0, -weights.shape[1] % COLUMNS)))
    tiles = filled.reshape(len(weights) // GROUP, GROUP, -1, COLUMNS).transpose(2, 0, 3, 1)
    return np.ascontiguousarray(tiles).reshape(-1)
