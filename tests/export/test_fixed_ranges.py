"""Products in 8 bits with fixed ranges: as good as fp32, whatever is read beside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.fixed_ranges import LEAST_INPUTS, WatchedSession, quantize_within

Floats = npt.NDArray[np.float32]
WIDE, NARROW, OUT = 48, LEAST_INPUTS - 1, 24


@pytest.fixture(scope="module", name="model")
def fixture_model() -> onnx.ModelProto:
    """x (B, 5, NARROW) -> a product in fp32, then two in 8 bits, the second without a bias."""
    random = np.random.default_rng(2)
    shapes = {"first": (NARROW, WIDE), "second": (WIDE, WIDE), "bias": (WIDE,), "third": (WIDE, OUT)}
    weights = [numpy_helper.from_array(random.normal(0, 0.2, shape).astype(np.float32), name) for name, shape in shapes.items()]
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["a"], name="first_product"),
        helper.make_node("MatMul", ["a", "second"], ["b"], name="second_product"),
        helper.make_node("Add", ["b", "bias"], ["c"], name="sum"),
        helper.make_node("MatMul", ["c", "third"], ["y"], name="third_product"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", 5, n]) for name, n in (("x", NARROW), ("y", OUT))]
    graph = helper.make_graph(nodes, "products", ends[:1], ends[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.fixture(scope="module", name="inputs")
def fixture_inputs() -> Floats:
    return np.random.default_rng(3).normal(0, 1, (40, 5, NARROW)).astype(np.float32)


@pytest.fixture(scope="module", name="watched")
def fixture_watched(model: onnx.ModelProto, inputs: Floats) -> WatchedSession:
    watched = WatchedSession(model)
    for one in inputs:
        watched.run(["y"], {"x": one[None]})
    return watched


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_the_ranges_are_those_of_the_products_inputs(watched: WatchedSession, model: onnx.ModelProto, inputs: Floats) -> None:
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    a = inputs @ weights["first"]
    assert set(watched.ranges) == {"a", "c"}
    low, high = watched.ranges["a"]
    assert a.min() <= low < a.min() + 0.2 and a.max() - 0.2 < high <= a.max()


def test_it_computes_what_fp32_does_to_some_percent(model: onnx.ModelProto, watched: WatchedSession, inputs: Floats) -> None:
    quantized = quantize_within(model, watched.ranges)
    assert [node.op_type for node in quantized.graph.node] == ["MatMul", *["QuantizeLinear", "MatMulIntegerToFloat"] * 2]
    (exact,), (got,) = (session(one).run(["y"], {"x": inputs}) for one in (model, quantized))
    assert 0 < np.abs(got - exact).mean() < 0.03 * exact.std()


def test_what_is_read_beside_makes_no_difference(model: onnx.ModelProto, watched: WatchedSession, inputs: Floats) -> None:
    """Unlike with ranges found in each call: one row is a hundred times as large."""
    beside = inputs.copy()
    beside[1:] *= 100
    quantized = session(quantize_within(model, watched.ranges))
    (alone,), (among) = quantized.run(["y"], {"x": inputs[:1]}), quantized.run(["y"], {"x": beside})[0][:1]
    np.testing.assert_allclose(alone, among, rtol=1e-5, atol=1e-5)


def test_a_range_that_nobody_measured_is_an_error(model: onnx.ModelProto, watched: WatchedSession) -> None:
    with pytest.raises(ValueError, match="the graph has read no swipe"):
        _ = WatchedSession(model).ranges
    with pytest.raises(ValueError, match=r"the range of 'c' was measured as \(0.0, 0.0\): expected one with 0 inside"):
        quantize_within(model, {"a": watched.ranges["a"]})


def test_a_graph_of_narrow_products_stays_as_it_is(inputs: Floats) -> None:
    weight = numpy_helper.from_array(np.ones((NARROW, OUT), np.float32), "weight")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", 5, n]) for name, n in (("x", NARROW), ("y", OUT))]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "weight"], ["y"], name="product")], "narrow", ends[:1], ends[1:], [weight])
    watched = WatchedSession(model := helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10))
    watched.run(["y"], {"x": inputs})
    assert not watched.ranges
    assert [node.op_type for node in quantize_within(model, watched.ranges).graph.node] == ["MatMul"]
