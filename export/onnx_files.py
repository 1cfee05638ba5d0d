"""Exports torch modules as ONNX files that hold nothing but the graph."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from export.graphs import DecoderStepGraph, EncoderGraph
from training.model.network import SwipeNetwork

OPSET = 20
"""The newest version that the oldest supported onnxruntime can run."""


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a graph, by name."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    dynamic: dict[str, dict[int, str]]
    """name -> axis -> the name of its length; all other lengths are fixed"""


STEP_SIGNATURE = Signature(
    ("tokens", "lengths", "mask", "cache", "memory"),
    ("log_probs", "new_rows", "attention"),
    {
        "tokens": {0: "B"},
        "lengths": {0: "B"},
        "mask": {0: "B", 1: "P_after"},
        "cache": {2: "P"},
        "log_probs": {0: "B"},
        "new_rows": {2: "B"},
        "attention": {1: "B"},
    },
)


def encoder_onnx(network: SwipeNetwork) -> onnx.ModelProto:
    """encoder.onnx of the bundle. All lengths are fixed."""
    config, features = network.config, network.config.features
    example = torch.zeros(1, features.n_points, features.n_columns), torch.ones(1, features.n_points, config.n_letters)
    outputs = ("memory", "ctc_log_probs") if config.ctc else ("memory",)
    return to_onnx(EncoderGraph(network), example, Signature(("trajectory", "key_distances"), outputs, {}))


def decoder_step_onnx(network: SwipeNetwork) -> onnx.ModelProto:
    """decoder_step.onnx of the bundle. The numbers of prefixes, read before and now, are free."""
    config = network.config
    rows, rows_before = 3, 7  # any that differ: torch reads 0, 1 and equal lengths as fixed
    example = (
        torch.arange(rows),
        torch.arange(rows),
        torch.zeros(rows, rows_before + rows),
        torch.zeros(config.n_decoder_layers, 2 * config.n_heads, rows_before, config.head_width),
        torch.zeros(config.n_decoder_layers, 2 * config.n_heads, config.n_frames, config.head_width),
    )
    return to_onnx(DecoderStepGraph(network), example, STEP_SIGNATURE)


def to_onnx(module: nn.Module, example: tuple[Tensor, ...], signature: Signature) -> onnx.ModelProto:
    """The module's graph, checked. Raises: whatever torch or onnx raise for a module that cannot be exported."""
    free = torch.export.Dim.DYNAMIC
    shapes = tuple(dict.fromkeys(signature.dynamic.get(name, {}), free) for name in signature.inputs)
    with _quiet():
        program = torch.onnx.export(
            module.eval(),
            example,
            input_names=signature.inputs,
            output_names=signature.outputs,
            dynamic_shapes=shapes if signature.dynamic else None,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    _strip(model)
    _name_lengths(model, signature)
    onnx.checker.check_model(model, full_check=True)
    return model


def _strip(model: onnx.ModelProto) -> None:
    """Removes what torch writes for debugging: the stack trace of each node, with the paths of this machine."""
    parts: list[Any] = [model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]
    for part in parts:
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    model.graph.ClearField("value_info")


def _name_lengths(model: onnx.ModelProto, signature: Signature) -> None:
    """Names the free lengths. Raises: ValueError if the exporter fixed one of them, or left another one free."""
    for value in (*model.graph.input, *model.graph.output):
        names = signature.dynamic.get(value.name, {})
        for axis, length in enumerate(value.type.tensor_type.shape.dim):
            if (axis in names) == length.HasField("dim_value"):
                raise ValueError(
                    f"the graph's {value.name}, axis {axis}, is {length.dim_value or length.dim_param}: expected "
                    f"{names.get(axis, 'a fixed length')}; the network's code ties it to another length"
                )
            if axis in names:
                length.dim_param = names[axis]


@contextmanager
def _quiet() -> Iterator[None]:
    """Every run warns about deprecations inside the exporter and about torchvision, which is not installed."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
