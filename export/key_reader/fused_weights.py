"""Weights as the kernels of `engine.fused` read them: the same numbers as in the 8-bit graphs, in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from engine.fused.products import COLUMNS
from engine.fused.weight_file import Shapes, Sizes, tiled
from training.key_reader.network import EncoderLayer, KeyReader
from training.model.network import DecoderLayer

SMALLEST, LARGEST = -64, 64
"""Of a weight, as `export.quantize` makes them, for processors whose sums of two products have 16 bits."""


def encoder_arrays(network: KeyReader, encoder: onnx.ModelProto) -> dict[str, npt.NDArray[Any]] | None:
    """The arrays of ENCODER_FILE; None for a network whose sizes the kernels do not cover.

    encoder: its graph after `export.fixed_ranges.quantize_within`. Raises: ValueError for a graph with other products than the network.
    """
    layers = list(cast(Iterable[EncoderLayer], network.encoder))
    norms = [norm for one in layers for norm in (one.attention_norm, one.convolution_norm, one.convolution.norm, one.feed_forward_norm)]
    channels = [layer.convolution.depthwise for layer in layers]
    waves = _rows(*network.ctc.waves)
    arrays = {
        **_products(encoder),
        "norms": _norms([*norms, network.encoder_norm]),
        "depthwise": np.stack([_rows(*one.weight[:, 0].T, cast(torch.Tensor, one.bias)) for one in channels]),
        "points": _rows(*network.points.columns.weight.T, network.points.columns.bias),
        "positions": _rows(*network.frame_position),
        "waves": waves,
    }
    return _checked(arrays, network, lambda sizes: sizes.encoder_shapes(waves.shape[1]))


def step_arrays(network: KeyReader, step: onnx.ModelProto) -> dict[str, npt.NDArray[Any]] | None:
    """The arrays of STEP_FILE, as those of the encoder."""
    layers = list(cast(Iterable[DecoderLayer], network.decoder))
    norms = [norm for layer in layers for norm in (layer.self_norm, layer.cross_norm, layer.feed_forward_norm)]
    norms.append(network.decoder_norm)
    arrays = {**_products(step), "norms": _norms(norms), "positions": _rows(*network.letter_position)}
    return _checked(arrays, network, Sizes.step_shapes)


def _checked(
    arrays: dict[str, npt.NDArray[Any]], network: KeyReader, shapes_of: Callable[[Sizes], Shapes]
) -> dict[str, npt.NDArray[Any]] | None:
    sizes = Sizes.of(asdict(network.config))
    if not sizes.fit:
        return None
    shapes = {name: array.shape for name, array in arrays.items()}
    if shapes != shapes_of(sizes):
        raise ValueError(f"the graph has other products than its network: {shapes}")
    return arrays


def _norms(norms: Sequence[nn.LayerNorm]) -> npt.NDArray[np.float32]:
    """In the order in which the network uses them."""
    return np.stack([_rows(norm.weight, norm.bias) for norm in norms])


def _rows(*rows: torch.Tensor) -> npt.NDArray[np.float32]:
    return torch.stack(rows).detach().float().numpy()


def _products(graph: onnx.ModelProto) -> dict[str, npt.NDArray[Any]]:
    """weights, starts, scales, biases and steps of all products, in the graph's order."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.graph.initializer}
    found: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in ("weights", "starts", "scales", "biases", "steps")}
    for node in graph.graph.node:
        if node.op_type != "MatMulIntegerToFloat":
            continue
        weights, step, scales, zero, weight_zeros, biases = (constants[name] for name in node.input[1:])
        if weight_zeros.any() or weights.min() < SMALLEST or weights.max() > LARGEST:
            raise ValueError(f"'{node.output[0]}' has weights outside {SMALLEST} to {LARGEST}: quantise it with seven bits")
        found["weights"].append(tiled(weights))
        found["starts"].append(_filled(-int(zero) * weights.astype(np.int32).sum(axis=0)).astype(np.int32))
        found["scales"].append(_filled(step * scales))
        found["biases"].append(_filled(biases))
        found["steps"].append(np.array([[step, zero]], np.float32))
    return {name: np.concatenate(parts) for name, parts in found.items() if parts}


def _filled(columns: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Up to whole tiles."""
    return np.pad(columns, (0, -len(columns) % COLUMNS))
