"""Turns a model bundle back into the network in torch, so that the weights are shipped only once, in the graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from engine.manifest import ModelBundleError
from engine.model import DECODER_STEP, ENCODER, ModelBundle
from export.graphs import (
    DIRECTIONS,
    GATES,
    DecoderLayerGraph,
    DecoderStepGraph,
    EncoderGraph,
    EncoderLayerGraph,
    Part,
    RecurrentLayerGraph,
    decoder_layers,
    in_order,
)
from export.quantize import dequantized
from training.config import ModelConfig
from training.loop.checkpoint import config_from_json
from training.model.network import Attention, SwipeNetwork

Weights = dict[str, npt.NDArray[np.float32]]


def restore(folder: Path) -> SwipeNetwork:
    """The network whose export is in the folder, in evaluation mode, without gradients.

    Its weights are those that were exported; where the graphs hold them scaled, up to float32's rounding, and where they
    hold them in 8 bits, as they are there.
    Raises: ModelBundleError as ModelBundle.load, for a manifest whose config does not describe a network, and for graphs whose weights
    are not those of that network's export.
    """
    network = SwipeNetwork(_config(folder)).eval().requires_grad_(False)
    encoder, step = EncoderGraph(network), DecoderStepGraph(network)
    known = set[int]()
    for name, graph in ((ENCODER, encoder), (DECODER_STEP, step)):
        known |= _fill(graph, _weights(folder / name), f"model bundle {folder}: {name}")
    for joined, parts in _joints(network, encoder, step):
        split(joined, parts)
        known |= {id(parameter) for part in parts for parameter in part.layer.parameters()}
    for layer in encoder.layers:
        if isinstance(layer, RecurrentLayerGraph):
            split_gates(layer)
            known |= {id(parameter) for parameter in layer.layer.recurrent.parameters()}
    if missing := [name for name, parameter in network.named_parameters() if id(parameter) not in known]:
        raise ModelBundleError(f"model bundle {folder}: no graph holds {_some(missing)}; export the bundle again")
    return network


def split(joined: nn.Linear, parts: Sequence[Part]) -> None:
    """Gives the parts the weights that `export.graphs.join` made `joined` of. Their outputs must add up to its."""
    sizes = [part.layer.out_features for part in parts]
    weights, biases = joined.weight.split_with_sizes(sizes), joined.bias.split_with_sizes(sizes)
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        part.layer.weight.copy_(weight / part.scale)
        part.layer.bias.copy_(bias / part.scale)


def split_gates(graph: RecurrentLayerGraph) -> None:
    """Gives the layer the weights that `export.graphs.join_gates` made the graph's of."""
    recurrent = graph.layer.recurrent
    order = np.argsort(GATES[recurrent.mode]).tolist()
    names = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
    for name, both in zip(names, (graph.weights, graph.recurrent_weights, *graph.biases.chunk(2, dim=1)), strict=True):
        for direction, weights in zip(DIRECTIONS, in_order(both, order), strict=True):
            recurrent.get_parameter(f"{name}_{direction}").copy_(weights)


def _joints(network: SwipeNetwork, encoder: EncoderGraph, step: DecoderStepGraph) -> Iterator[tuple[nn.Linear, list[Part]]]:
    """The joined layers of both graphs, and what `export.graphs` joined in each."""

    def self_attention(attention: Attention) -> list[Part]:
        return [Part(attention.query, attention.scale), Part(attention.key_value)]

    for encoder_graph in encoder.layers:
        if isinstance(encoder_graph, EncoderLayerGraph):
            yield encoder_graph.query_key_value, self_attention(encoder_graph.layer.attention)
    yield encoder.keys_values, [Part(layer.cross_attention.key_value) for layer in decoder_layers(network)]
    for decoder_layer, decoder_graph in zip(decoder_layers(network), cast(Iterable[DecoderLayerGraph], step.layers), strict=True):
        yield decoder_graph.query_key_value, self_attention(decoder_layer.self_attention)
        yield decoder_graph.cross_query, [Part(decoder_layer.cross_attention.query, decoder_layer.cross_attention.scale)]


def _config(folder: Path) -> ModelConfig:
    fields = ModelBundle.load(folder).manifest.config  # checks the hashes, too
    try:
        return config_from_json(dict(fields))
    except (TypeError, ValueError, KeyError) as error:
        raise ModelBundleError(
            f"model bundle {folder}: the manifest's config is not that of a network ({error!r}); export the bundle again"
        ) from error


def _weights(path: Path) -> Weights:
    """The named float arrays of a graph. torch's exporter names other constants val_0, val_1, ..: those are left out."""
    tensors = onnx.load(path).graph.initializer
    return dequantized(tensors) | {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in tensors
        if tensor.data_type == TensorProto.FLOAT and "." in tensor.name and not tensor.name.endswith("_scale")
    }


def _fill(graph: nn.Module, weights: Weights, where: str) -> set[int]:
    """Puts the weights into the parameters and buffers of their names, and returns the ids of those.

    The graph's modules share parameters with the network, and give them further names.
    Raises: ModelBundleError for a weight that the graph does not know, has in another shape, or that it lacks.
    """
    parameters = {**dict(graph.named_buffers(remove_duplicate=False)), **dict(graph.named_parameters(remove_duplicate=False))}
    filled = set[int]()
    for name, values in weights.items():
        if name not in parameters or tuple(parameters[name].shape) != values.shape:
            expected = f"one of {tuple(parameters[name].shape)}" if name in parameters else "none of that name"
            raise ModelBundleError(f"{where} holds '{name}' of {values.shape}, expected {expected}; export the bundle again")
        parameters[name].data.copy_(torch.from_numpy(values.copy()))
        filled.add(id(parameters[name]))
    joined = {name for name, parameter in parameters.items() if not name.startswith("network.") and ".layer." not in name}
    if absent := joined - weights.keys():
        raise ModelBundleError(f"{where} lacks {_some(absent)}; export the bundle again")
    return filled


def _some(names: Iterable[str]) -> str:
    known = sorted(names)
    return ", ".join(f"'{name}'" for name in known[:3]) + (f" and {len(known) - 3} more" if len(known) > 3 else "")
