"""8-bit products whose inputs have the same range in every call, measured beforehand on recorded swipes.

`export.quantize` has onnxruntime find the range of a product's inputs anew in each call. Then what a network says of a swipe depends on
what it reads beside it: several swipes in one call would share a range, and so would the words that the decoder scores. Here every product
has one range, so that many swipes read at once have the same numbers as one by one, and the decoder can compute in 8 bits, too.
Measured with the shipped key reader on all of dev, top-1 and top-4: 89.27 and 95.06 in fp32; 89.27 and 95.01 with the encoder alone in 8
bits, with ranges found in each call; 89.26 and 95.04 with both graphs in fixed ones, in 0.87 of that one's time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from export.quantize import quantize

Range = tuple[float, float]
LEAST_INPUTS = 32
"""Products with fewer inputs stay in fp32: they read places, which lie further apart on wider keyboards, and take no time."""
WITHIN = 0.999
"""Share of the calls whose values a range holds; what lies outside counts as its end. Measured on 3,000 swipes, of which the best candidate
and the whole list stay as in fp32: 2,987 and 2,575; of a range that holds everything, 2,987 and 2,591, with a margin of 30 %, 2,984 and
2,491. The encoder alone in 8 bits with ranges found in each call: 2,987 and 2,636."""
CONTRIB = "com.microsoft"
"""onnxruntime's own operators"""


class WatchedSession:
    """A graph in fp32 that notes the smallest and largest value of each input of its 8-bit products, call by call."""

    def __init__(self, model: onnx.ModelProto) -> None:
        watched = onnx.ModelProto()
        watched.CopyFrom(model)
        self._names = sorted(
            {node.input[0] for node in quantize(model, LEAST_INPUTS).graph.node if node.op_type == "DynamicQuantizeLinear"}
        )
        watched.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in self._names)
        self._session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
        self._ends: list[list[Range]] = []

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Any]) -> list[Any]:
        """What the graph says, as onnxruntime's session."""
        values = self._session.run([*outputs, *self._names], inputs)
        self._ends.append([(float(value.min()), float(value.max())) for value in values[len(outputs) :]])
        said: list[Any] = values[: len(outputs)]
        return said

    @property
    def ranges(self) -> dict[str, Range]:
        """By name, from at most 0 to at least 0. Raises: ValueError if the graph has not run."""
        if not self._ends:
            raise ValueError("the graph has read no swipe: its ranges are measured on some")
        ends = np.array(self._ends).reshape(len(self._ends), len(self._names), 2)
        low, high = np.quantile(ends[:, :, 0], 1 - WITHIN, axis=0), np.quantile(ends[:, :, 1], WITHIN, axis=0)
        return dict(zip(self._names, zip(np.minimum(low, 0).tolist(), np.maximum(high, 0).tolist(), strict=True), strict=True))


def quantize_within(model: onnx.ModelProto, ranges: Mapping[str, Range]) -> onnx.ModelProto:
    """The model with its products by weights in int8. ranges: of their inputs, by name, with 0 inside.

    Each product becomes two operators: QuantizeLinear, and onnxruntime's MatMulIntegerToFloat, which adds the bias, too. Raises: ValueError
    where an input has no range, or never was anything but 0.
    """
    quantized = quantize(model, LEAST_INPUTS)
    graph = quantized.graph
    products = _products(graph)
    replaced = {name for product in products.values() for name in product.replaced}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "DynamicQuantizeLinear":
            (source,), (values, scale, zero) = node.input, node.output
            graph.initializer.extend(_steps(ranges.get(source, (0.0, 0.0)), source, scale, zero))
            nodes.append(helper.make_node("QuantizeLinear", [source, scale, zero], [values], name=node.name))
        elif node.output[0] in products:
            nodes.append(products[node.output[0]].node)
        elif node.output[0] not in replaced:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    quantized.opset_import.append(helper.make_opsetid(CONTRIB, 1))
    onnx.checker.check_model(quantized)
    return quantized


def _steps(measured: Range, source: str, scale: str, zero: str) -> list[onnx.TensorProto]:
    low, high = measured
    if not low <= 0 <= high or low == high:
        raise ValueError(f"the range of '{source}' was measured as {measured}: expected one with 0 inside; measure it on more swipes")
    step = np.float32((high - low) / 255)
    return [numpy_helper.from_array(np.array(step), scale), numpy_helper.from_array(np.array(np.rint(-low / step), np.uint8), zero)]


class _Product(NamedTuple):
    """A product as one operator, and the outputs of the others that it replaces."""

    node: onnx.NodeProto
    replaced: list[str]


def _products(graph: onnx.GraphProto) -> dict[str, _Product]:
    """By the output of each MatMulInteger: it, the Cast behind it, the Mul by the scales and, where there is one, the Add of the bias."""
    users, makers = {name: node for node in graph.node for name in node.input}, {name: node for node in graph.node for name in node.output}
    constants, products = {tensor.name for tensor in graph.initializer}, {}
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        values, weight, zero, weight_zero = node.input
        cast = users[node.output[0]]
        scaled = users[cast.output[0]]
        scales = makers[next(name for name in scaled.input if name != cast.output[0])]
        replaced, inputs = [cast, scales, scaled], [values, weight, *scales.input, zero, weight_zero]
        behind = users.get(scaled.output[0])
        bias = None if behind is None or behind.op_type != "Add" else next((name for name in behind.input if name in constants), None)
        if behind is not None and bias is not None:
            inputs.append(bias)
            replaced.append(behind)
        outputs = [one.output[0] for one in replaced]
        product = helper.make_node("MatMulIntegerToFloat", inputs, outputs[-1:], name=node.name, domain=CONTRIB)
        products[node.output[0]] = _Product(product, outputs)
    return products
