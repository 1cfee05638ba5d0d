"""The encoder as one kernel says what onnxruntime says, in each of the ways that kernels run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from engine import jit
from engine.fused import encoder as fused
from engine.fused import kernels
from engine.fused.encoder import FusedEncoder, Sizes
from engine.grid import load_grids
from engine.manifest import ModelBundleError
from engine.model import KeyModel
from engine.recognizer import SwipeRecognizer
from export.bundle import ProofError
from export.key_reader.bundle import check_fused, graphs
from export.key_reader.fused_weights import fused_weights
from tests.support import toy
from tests.support.fused import COVERED, OUTPUTS, Covered, covered, random_inputs
from tests.support.key_reader import small_network

NEAR = 2e-3
"""Nats, in half of the swipes: in the others a number lies between two steps of 8 bits, and either may be taken."""
WORDS = ("hello", "keyboard", "the", "swiping", "a", "in", "never", "quick", "brown", "fox")


@pytest.fixture(scope="module", name="small")
def fixture_small() -> Covered:
    return covered()


@pytest.fixture(scope="module", name="keys_graph")
def fixture_keys_graph(small: Covered) -> onnx.ModelProto:
    return graphs(small.network).keys


@pytest.fixture(params=jit.WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[jit.Way]:
    if request.param != "python" and not jit.has_numba():
        pytest.skip("nothing is compiled: numba is switched off or missing")
    before = jit.way()
    jit.use(request.param)
    yield request.param
    jit.use(before)


def largest(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The largest difference in each swipe."""
    difference: npt.NDArray[np.float32] = np.abs(one - other).max(axis=(1, 2))
    return difference


def test_all_ways_say_what_onnxruntime_says(small: Covered, keys_graph: onnx.ModelProto, way: jit.Way) -> None:
    weights, session, apart = small.encoder().weights, small.session(), []
    for n_keys in (1, 26) if way == "python" else (1, 2, 9, 26, 32, 33, 64, 70):
        inputs = random_inputs(keys_graph, n_keys, n_swipes=1 if way == "python" else 8, seed=n_keys)
        expected = session.run(OUTPUTS, inputs)
        of_keys = [inputs[name] for name in ("around", "near", "asked")]
        found = [kernels.encode(weights, one, *of_keys) for one in inputs["trajectory"]]
        got = [np.stack(parts) for parts in zip(*found, strict=True)]
        assert [one.shape for one in got] == [one.shape for one in expected] and {one.dtype for one in got} == {np.dtype(np.float32)}
        np.testing.assert_allclose(np.exp(got[1]).sum(axis=-1), 1, rtol=1e-5)
        apart += [*np.maximum(largest(got[0], expected[0]), largest(got[1], expected[1]))]
    assert np.median(apart) < NEAR, apart
    assert max(apart) < 0.5


def test_other_weights_are_noticed(small: Covered, keys_graph: onnx.ModelProto) -> None:
    """Each array counts."""
    inputs = random_inputs(keys_graph, 9, seed=2)
    before = jit.way()
    if before == "python":
        pytest.skip("it would take long: nothing is compiled")
    sizes, of_keys = Sizes.of(asdict(COVERED)), [inputs[name] for name in ("around", "near", "asked")]
    exact = kernels.encode(small.encoder().weights, inputs["trajectory"][0], *of_keys)[1]
    for name, array in small.arrays.items():
        changed = {**small.arrays, name: array + 1 if name == "starts" else array // 2 if name == "weights" else array * np.float32(1.2)}
        other = FusedEncoder(sizes, changed, small.session)
        assert np.abs(kernels.encode(other.weights, inputs["trajectory"][0], *of_keys)[1] - exact).max() > NEAR / 10, name


@pytest.fixture(scope="module", name="shipped")
def fixture_shipped() -> SwipeRecognizer:
    return SwipeRecognizer.load(language="en")


def needs_speed() -> None:
    if not fused.is_fast():
        pytest.skip("the kernel does not run here: it is not compiled, or the processor has no VNNI")


def test_the_shipped_encoder_says_what_onnxruntime_says_on_every_grid(shipped: SwipeRecognizer) -> None:
    needs_speed()
    encoder, apart = shipped.bundle.encoder, []
    assert isinstance(encoder, FusedEncoder)
    for name, grid in load_grids().items():
        alphabet = "".join(sorted({letter for key in grid.letter_keys for letter in (key.label or "")[:1]}))
        model = shipped.bundle.on(grid, alphabet)
        assert isinstance(model, KeyModel), name
        letters = [alphabet[i % len(alphabet)] for i in range(0, 40, 7)]
        features = model.extractor(toy.swipe_of("".join(letters), grid))
        inputs = {"trajectory": features.trajectory[None], **model._of_encoder}
        one, other = encoder.run(OUTPUTS, inputs), encoder.session().run(OUTPUTS, inputs)
        apart.append(max(float(largest(mine, theirs)[0]) for mine, theirs in zip(one, other, strict=True)))
    assert len(apart) > 10 and np.median(apart) < NEAR, apart


def test_candidates_are_those_of_onnxruntime(shipped: SwipeRecognizer) -> None:
    needs_speed()
    encoder = shipped.bundle.encoder
    assert isinstance(encoder, FusedEncoder)
    swipes = [toy.swipe_of(word, shipped.grid) for word in WORDS]
    found = [shipped.recognize(swipe) for swipe in swipes]
    assert list(shipped.recognize_many(swipes)) == found
    shipped.bundle.encoder = encoder.session()
    try:
        expected = [shipped.recognize(swipe) for swipe in swipes]
    finally:
        shipped.bundle.encoder = encoder
    assert [one[0].word for one in found] == [one[0].word for one in expected]
    scores = [np.array([[one.score for one in each[:2]] for each in lists]) for lists in (found, expected)]
    assert np.median(np.abs(scores[0] - scores[1])) < NEAR


def test_onnxruntime_runs_where_nothing_is_compiled(small: Covered, keys_graph: onnx.ModelProto) -> None:
    inputs, before, asked = random_inputs(keys_graph, 9), jit.way(), []

    class Session:
        def run(self, outputs: list[str], _: Any) -> str:
            asked.append(outputs)
            return "said"

    encoder = FusedEncoder(Sizes.of(asdict(COVERED)), small.arrays, Session)
    jit.use("python")
    try:
        assert not fused.is_fast()
        assert encoder.run(OUTPUTS, inputs) == "said" and asked == [OUTPUTS]  # type: ignore[comparison-overlap]
    finally:
        jit.use(before)


@pytest.mark.parametrize("name", ["trajectory", "around", "near", "asked"])
def test_other_shapes_are_refused(small: Covered, keys_graph: onnx.ModelProto, name: str) -> None:
    needs_speed()
    inputs = random_inputs(keys_graph, 9)
    for wrong in (inputs[name][..., :-1], inputs[name][:, :1] if name == "trajectory" else inputs[name][:-1]):
        with pytest.raises(ValueError, match="the encoder takes trajectories"):
            small.encoder().run(OUTPUTS, {**inputs, name: wrong})


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("weights", lambda array: array[:-1], r"has int8 \(\d+,\) as 'weights', expected int8"),
        ("weights", lambda array: array.astype(np.uint8), "has uint8"),
        ("norms", lambda array: array[1:], "as 'norms'"),
        ("waves", lambda array: array[:, :0], "expected"),
        ("waves", lambda array: array[0, 0], "expected"),
        ("positions", lambda array: array.astype(np.float64), "has float64"),
        ("steps", lambda _: None, "has nothing as 'steps'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(small: Covered, tmp_path: Path, name: str, change: Any, message: str) -> None:
    """The kernel checks nothing: what it is given must have the right shapes."""
    changed = {**small.arrays, name: change(small.arrays[name])}
    np.savez(tmp_path / fused.FILE, **{key: array for key, array in changed.items() if array is not None})
    with pytest.raises(ModelBundleError, match=message):
        FusedEncoder.read(tmp_path / fused.FILE, asdict(COVERED), small.session)


@pytest.mark.parametrize(
    "change", [{"width": 32}, {"n_heads": 4}, {"n_points": 60}, {"stride": 4}, {"width": "64"}, {"width": 0}, {"width": 10**9}]
)
def test_a_manifest_that_does_not_fit_the_file_is_refused(small: Covered, tmp_path: Path, change: dict[str, Any]) -> None:
    np.savez(tmp_path / fused.FILE, **small.arrays)  # type: ignore[arg-type]
    with pytest.raises(ModelBundleError, match=r"expected|does not cover"):
        FusedEncoder.read(tmp_path / fused.FILE, {**asdict(COVERED), **change}, small.session)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_is_refused(small: Covered, tmp_path: Path, content: bytes) -> None:
    (tmp_path / fused.FILE).write_bytes(content)
    with pytest.raises(ModelBundleError, match=rf"{fused.FILE} (is damaged|has nothing)"):
        FusedEncoder.read(tmp_path / fused.FILE, asdict(COVERED), small.session)


def test_a_network_of_other_sizes_has_no_such_file() -> None:
    assert fused_weights(small_network(), onnx.ModelProto()) is None


def test_a_graph_with_other_products_is_refused(small: Covered) -> None:
    graph = onnx.ModelProto()
    graph.CopyFrom(small.graph)
    last = [node for node in graph.graph.node if node.op_type == "MatMulIntegerToFloat"][-1]
    graph.graph.node.remove(last)
    with pytest.raises(ValueError, match="other products"):
        fused_weights(small.network, graph)


def test_an_export_whose_kernel_says_something_else_is_refused() -> None:
    needs_speed()
    shipped = SwipeRecognizer.load(language="en")
    swipes = [toy.swipe_of(word, shipped.grid) for word in WORDS[:4]]
    check_fused(shipped, swipes)
    encoder = shipped.bundle.encoder
    assert isinstance(encoder, FusedEncoder)
    encoder.weights = encoder.weights._replace(biases=encoder.weights.biases + np.float32(0.05))
    with pytest.raises(ProofError, match="the kernel's encoder differs"):
        check_fused(shipped, swipes)
    assert shipped.bundle.encoder is encoder
