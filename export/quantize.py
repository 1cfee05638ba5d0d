"""Computes the encoder's matrix products in 8 bits.

Dynamic quantisation: the weights are int8 with a scale for each output, the inputs are uint8 with a scale for each call.
Measured with the English model on one thread, paired: the encoder takes 0.39 ms instead of 0.77, its
file 1.6 MB instead of 4.9; top-1 and top-4 on all of dev stay where they were (89.06 and 94.87 for 89.06 and 94.85). Weights
have 7 of the 8 bits, because processors without VNNI add pairs of products in 16 bits, which could overflow. Quantising by
ranges measured beforehand took 0.59 ms. The decoder stays in fp32: a scale for all rows of a call would make a word's score
depend on the words beside it.
"""

from __future__ import annotations

import logging
import math
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tqdm import tqdm

from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe import Swipe

LEAST_EQUAL = 0.95
"""Share of swipes whose best candidate must stay the same."""
SUFFIX = "_quantized"
"""What onnxruntime adds to the name of a weight."""


def quantize(model: onnx.ModelProto, least_inputs: int = 0) -> onnx.ModelProto:
    """The model with its products by weights in int8. Weights keep their names, with SUFFIX; their scales have `_scale`.

    least_inputs: products with fewer inputs stay in fp32.
    """
    products = _with_products(model)
    n_inputs = {tensor.name: tensor.dims[0] for tensor in products.graph.initializer if tensor.dims}
    narrow = [
        node.name for node in products.graph.node if node.op_type == "MatMul" and n_inputs.get(node.input[1], least_inputs) < least_inputs
    ]
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        onnx.save(products, before)
        level = logging.root.manager.disable
        logging.disable(logging.WARNING)  # it recommends a preprocessing that changes nothing here
        try:
            quantize_dynamic(
                before,
                after,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=narrow,
            )
        finally:
            logging.disable(level)
        quantised = onnx.load(after)
    quantised.ClearField("metadata_props")
    onnx.checker.check_model(quantised, full_check=True)
    return quantised


def _with_products(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with each Gemm as a MatMul, by the weight (in, out), and an Add: onnxruntime does not quantise Gemm dynamically."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    weights = {tensor.name: tensor for tensor in changed.graph.initializer}
    nodes = []
    for node in changed.graph.node:
        if node.op_type != "Gemm":
            nodes.append(node)
            continue
        source, weight, bias = node.input
        product = f"{node.output[0]}_product"
        weights[weight].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights[weight]).T.copy(), weight))
        nodes.append(helper.make_node("MatMul", [source, weight], [product], name=node.name))
        nodes.append(helper.make_node("Add", [product, bias], [node.output[0]], name=f"{node.name}_bias"))
    del changed.graph.node[:]
    changed.graph.node.extend(nodes)
    return changed


def dequantized(tensors: Iterable[onnx.TensorProto]) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """The weights of quantised products under their original names, (out, in) again, as close as 8 bits can hold them."""
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    weights = {}
    for name in (name.removesuffix(SUFFIX) for name in arrays if name.endswith(SUFFIX)):
        steps = arrays[name + SUFFIX].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
        weights[name] = (steps * arrays[f"{name}_scale"]).T
    return weights


@dataclass(frozen=True)
class Quantisation:
    """How the candidates changed."""

    n_swipes: int
    n_equal_best: int
    """swipes whose best candidate is the same"""
    n_equal_lists: int
    """swipes whose candidates are the same, in the same order"""
    largest_difference: float
    """nats, between scores of the same word among the candidates"""

    @property
    def holds(self) -> bool:
        return self.n_equal_best >= LEAST_EQUAL * self.n_swipes

    def summary(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "swipes": self.n_swipes,
            "equal_best_candidates": self.n_equal_best,
            "equal_candidate_lists": self.n_equal_lists,
            "largest_score_difference_nats": float(f"{self.largest_difference:.3g}"),
        }

    def report(self) -> str:
        """For people."""
        return (
            f"int8 and fp32: {self.n_equal_best} of {self.n_swipes} best candidates and {self.n_equal_lists} whole lists are equal "
            f"(needed: {LEAST_EQUAL:.0%} of the best); largest difference of a word's score {self.largest_difference:.2g} nats"
        )


def asking(recognizer: SwipeRecognizer) -> SearchOptions:
    """The recognizer's options, but the decoder is always asked."""
    return replace(recognizer.default_options, sure_margin=math.inf)


def compare(exact: SwipeRecognizer, quantised: SwipeRecognizer, swipes: Iterable[Swipe]) -> Quantisation:
    """Compares the candidates of both on the same swipes."""
    n_swipes, best, lists, largest = 0, 0, 0, 0.0
    for swipe in tqdm(swipes, desc="comparing int8", disable=not sys.stderr.isatty()):
        one, other = ({found.key_sequence: found.score for found in each.recognize(swipe, asking(each))} for each in (exact, quantised))
        n_swipes += 1
        best += list(one)[:1] == list(other)[:1]
        lists += list(one) == list(other)
        largest = max([largest, *(abs(one[word] - other[word]) for word in one.keys() & other.keys())])
    return Quantisation(n_swipes, best, lists, largest)
