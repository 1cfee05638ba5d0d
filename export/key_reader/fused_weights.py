"""The encoder's weights as `engine.fused` reads them: the same numbers as in the 8-bit graph, in another order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from engine.fused.encoder import Sizes, tiled
from engine.fused.products import COLUMNS
from training.key_reader.network import EncoderLayer, KeyReader

SMALLEST, LARGEST = -64, 64
"""Of a weight: so sums of two products fit into 16 bits."""


def fused_weights(network: KeyReader, encoder: onnx.ModelProto) -> dict[str, npt.NDArray[Any]] | None:
    """The arrays of engine.fused.encoder.FILE; None for a network whose sizes the kernel does not cover.

    encoder: its graph after `export.fixed_ranges.quantize_within`. Raises: ValueError for a graph with other products than the network.
    """
    sizes = Sizes.of(asdict(network.config))
    if not sizes.fit:
        return None
    layers = list(cast(Iterable[EncoderLayer], network.encoder))
    norms = [norm for layer in layers for norm in _norms(layer)]
    channels = [layer.convolution.depthwise for layer in layers]
    arrays = {
        **_products(encoder),
        "norms": np.stack([_rows(norm.weight, norm.bias) for norm in (*norms, network.encoder_norm)]),
        "depthwise": np.stack([_rows(*one.weight[:, 0].T, cast(torch.Tensor, one.bias)) for one in channels]),
        "points": _rows(*network.points.columns.weight.T, network.points.columns.bias),
        "positions": _rows(*network.frame_position),
        "waves": _rows(*network.ctc.waves),
    }
    shapes = {name: array.shape for name, array in arrays.items()}
    if shapes != sizes.shapes(arrays["waves"].shape[1]):
        raise ValueError(f"the graph has other products than its network: {shapes}")
    return arrays


def _norms(layer: EncoderLayer) -> list[nn.LayerNorm]:
    """In the order in which a layer uses them."""
    return [layer.attention_norm, layer.convolution_norm, layer.convolution.norm, layer.feed_forward_norm]


def _rows(*rows: torch.Tensor) -> npt.NDArray[np.float32]:
    return torch.stack(rows).detach().float().numpy()


def _products(encoder: onnx.ModelProto) -> dict[str, npt.NDArray[Any]]:
    """weights, starts, scales, biases and steps of all products, in the graph's order."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in encoder.graph.initializer}
    found: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in ("weights", "starts", "scales", "biases", "steps")}
    for node in encoder.graph.node:
        if node.op_type != "MatMulIntegerToFloat":
            continue
        weights, step, scales, zero, weight_zeros, biases = (constants[name] for name in node.input[1:])
        if weight_zeros.any() or weights.min() < SMALLEST or weights.max() > LARGEST:
            raise ValueError(f"'{node.output[0]}' has weights outside {SMALLEST} to {LARGEST}: quantise it with seven bits")
        found["weights"].append(tiled(weights))
        found["starts"].append(_filled(-int(zero) * weights.astype(np.int32).sum(axis=0)).astype(np.int32))
        found["scales"].append(_filled(step * scales))
        found["biases"].append(_filled(biases))
        found["steps"].append(np.array([step, zero], np.float32))
    return {name: np.stack(parts) if name == "steps" else np.concatenate(parts) for name, parts in found.items()}


def _filled(columns: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Up to whole tiles."""
    return np.pad(columns, (0, -len(columns) % COLUMNS))
