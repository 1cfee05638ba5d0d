"""Encoder and decoder, each as one kernel, say what onnxruntime says, in each of the ways that kernels run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from engine import jit, model
from engine.fused import kernels, sessions
from engine.fused.sessions import FusedEncoder, FusedSession, FusedStep
from engine.fused.weight_file import ENCODER_FILE, STEP_FILE
from engine.grid import load_grids
from engine.language import language_of
from engine.manifest import ModelBundleError
from engine.model import KeyModel, ModelBundle, Tree
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from engine.swipe_file import read_good_swipes
from export.bundle import ProofError
from export.key_reader.bundle import check_fused, quarter
from export.key_reader.fused_weights import encoder_arrays, step_arrays
from tests.conftest import ROOT
from tests.support import toy
from tests.support.fused import COVERED, LOG_PROBS, OUTPUTS, SIZES, Covered, Inputs, covered, session_of, without_fused
from tests.support.key_reader import small_network

NEAR = 2e-3
"""Nats, in a quarter of the swipes: in others a number lies between two steps of 8 bits, and either may be taken."""
FAR = 2.0
"""More than this does."""


def example_swipes() -> list[Swipe]:
    """Clear ones, whose words lead by far."""
    return [record.swipe for record in read_good_swipes(ROOT / "examples" / "swipes.jsonl")]


@pytest.fixture(scope="module", name="small")
def fixture_small() -> Covered:
    return covered()


@pytest.fixture(params=jit.WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[jit.Way]:
    if request.param != "python" and not jit.has_numba():
        pytest.skip("nothing is compiled: numba is switched off or missing")
    before = jit.way()
    jit.use(request.param)
    yield request.param
    jit.use(before)


def needs_speed() -> None:
    if not sessions.is_fast():
        pytest.skip("the kernels do not run here: they are not compiled, or the processor has no VNNI")


def apart(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> list[float]:
    """The largest difference in each swipe."""
    assert one.shape == other.shape and one.dtype == other.dtype == np.float32
    return [float(np.abs(mine - theirs).max()) for mine, theirs in zip(one, other, strict=True)]


def run_kernel(session: FusedSession, inputs: Inputs) -> list[npt.NDArray[np.float32]]:
    session._check(inputs)
    return session._run(inputs)


def test_all_ways_of_the_encoder_say_what_onnxruntime_says(small: Covered, way: jit.Way) -> None:
    differences = []
    for n_keys in (1, 26) if way == "python" else (1, 2, 9, 26, 32, 33, 64, 70):
        inputs = small.encoder_inputs(n_keys, n_swipes=1 if way == "python" else 8, seed=n_keys)
        expected = session_of(small.encoder_graph).run(OUTPUTS, inputs)
        memory, heard = run_kernel(small.encoder(), inputs)
        np.testing.assert_allclose(np.exp(heard).sum(axis=-1), 1, rtol=1e-5)
        differences += [max(pair) for pair in zip(apart(memory, expected[0]), apart(heard, expected[1]), strict=True)]
    assert quarter(differences) < NEAR and max(differences) < FAR, differences


def test_all_ways_of_the_step_say_what_onnxruntime_says(small: Covered, way: jit.Way) -> None:
    differences = []
    sizes = ((9, 1), (26, 11)) if way == "python" else ((1, 1), (9, 2), (26, 8), (26, 21), (31, 32), (32, 33), (40, 70))
    for n_keys, n_prefixes in sizes:
        inputs = small.step_inputs(n_keys, n_prefixes, n_swipes=1 if way == "python" else 8, seed=n_keys)
        (expected,) = session_of(small.step_graph).run(LOG_PROBS, inputs)
        (read,) = run_kernel(small.step(), inputs)
        np.testing.assert_allclose(np.exp(read).sum(axis=-1), 1, rtol=1e-5)
        differences += apart(read, expected)
    assert quarter(differences) < NEAR and max(differences) < FAR, differences


@pytest.mark.parametrize("kind", ["encoder", "step"])
def test_every_array_counts(small: Covered, kind: str) -> None:
    if jit.way() == "python":
        pytest.skip("it would take long: nothing is compiled")
    made: type[FusedEncoder] | type[FusedStep] = FusedEncoder if kind == "encoder" else FusedStep
    arrays = small.encoder_arrays if kind == "encoder" else small.step_arrays
    inputs = small.encoder_inputs(9, seed=2) if kind == "encoder" else small.step_inputs(9, 12, seed=2)
    exact = run_kernel(made(SIZES, arrays, pytest.fail), inputs)[-1]
    for name, array in arrays.items():
        changed = array + 1 if name == "starts" else array // 2 if name == "weights" else array * np.float32(1.2)
        assert np.abs(run_kernel(made(SIZES, {**arrays, name: changed}, pytest.fail), inputs)[-1] - exact).max() > 2e-4, name


@pytest.fixture(scope="module", name="shipped")
def fixture_shipped() -> SwipeRecognizer:
    return SwipeRecognizer.load(language="en")


def test_the_shipped_network_says_what_onnxruntime_says_on_every_grid(shipped: SwipeRecognizer) -> None:
    needs_speed()
    heard, read, bundle = [], [], shipped.bundle
    plain = SwipeRecognizer.load(language="en").bundle
    without_fused(plain)
    for name, grid in load_grids().items():
        alphabet = "".join(sorted({letter for key in grid.letter_keys for letter in (key.label or "")[:1]}))
        mine, theirs = bundle.on(grid, alphabet), plain.on(grid, alphabet)
        assert isinstance(mine, KeyModel), name
        word = [i % len(alphabet) for i in range(0, 40, 7)]
        features = mine.extractor(toy.swipe_of("".join(alphabet[letter] for letter in word), grid))
        one, other = mine.encode_keys(features), theirs.encode_keys(features)
        heard.append(max(apart(one.ctc_log_probs[None], other.ctc_log_probs[None])))
        tree = Tree(np.arange(len(word) + 1) - 1, np.array([len(alphabet) + 1, *word]))
        read += apart(mine.read_trees([tree], [other])[0][None], theirs.read_trees([tree], [other])[0][None])
    assert len(heard) > 10 and quarter(heard) < NEAR and quarter(read) < NEAR, (heard, read)


def test_candidates_are_those_of_onnxruntime(shipped: SwipeRecognizer) -> None:
    needs_speed()
    plain = SwipeRecognizer.load(language="en")
    without_fused(plain.bundle)
    swipes, options = example_swipes(), shipped.default_options.changed(["sure_margin=1e9"])
    for asked in (shipped.default_options, options):  # sure swipes do not ask the decoder
        found, expected = [shipped.recognize(swipe, asked) for swipe in swipes], [plain.recognize(swipe, asked) for swipe in swipes]
        assert list(shipped.recognize_many(swipes, asked)) == found
        leads = [one for one, each in enumerate(expected) if each[0].score - each[1].score > 1.0]
        assert len(leads) > 4 and [found[one][0].word for one in leads] == [expected[one][0].word for one in leads]
        scores = [np.array([[one.score for one in each[:2]] for each in lists]) for lists in (found, expected)]
        assert quarter(np.abs(scores[0] - scores[1]).ravel()) < NEAR


def test_what_is_not_the_kernels_to_find_is_left_to_onnxruntime(small: Covered) -> None:
    needs_speed()
    step, inputs = small.step(), small.step_inputs(9, 4)
    whole = step.run(["log_probs", "new_rows", "attention"], inputs)
    assert len(whole) == 3 and not np.array_equal(whole[0], step.run(LOG_PROBS, inputs)[0])
    np.testing.assert_allclose(whole[0], step.run(LOG_PROBS, inputs)[0], atol=FAR)
    after = {**inputs, "cache": whole[1], "mask": np.concatenate([inputs["mask"], inputs["mask"]], axis=2)}
    assert not step.covers(LOG_PROBS, after)
    assert step.run(LOG_PROBS, after)[0].shape == whole[0].shape


def test_onnxruntime_runs_where_nothing_is_compiled(small: Covered) -> None:
    inputs, before, asked = small.encoder_inputs(9), jit.way(), []

    class Session:
        def run(self, output_names: list[str], input_feed: Any) -> list[str]:
            asked.append(output_names)
            return ["said"]

        get_inputs = get_outputs = list

    encoder = FusedEncoder(SIZES, small.encoder_arrays, Session)
    jit.use("python")
    try:
        assert not sessions.is_fast()
        said: list[Any] = encoder.run(OUTPUTS, inputs)
    finally:
        jit.use(before)
    assert said == ["said"] and asked == [OUTPUTS]


def shapes(session: Any) -> list[tuple[str, list[int | str]]]:
    """Free lengths as "": what they are called does not matter."""
    values = [*session.get_inputs(), *session.get_outputs()]
    return [(value.name, [length if isinstance(length, int) else "" for length in value.shape]) for value in values]


def test_inputs_and_outputs_are_the_graphs_own(small: Covered) -> None:
    assert shapes(small.encoder()) == shapes(session_of(small.encoder_graph))
    assert shapes(small.step()) == shapes(session_of(small.step_graph))


@pytest.mark.parametrize("name", ["trajectory", "around", "near", "asked", "tokens", "lengths", "mask", "memory", "read", "pointed"])
def test_other_shapes_are_refused(small: Covered, name: str) -> None:
    needs_speed()
    inputs = small.encoder_inputs(9) if name in ("trajectory", "around", "near", "asked") else small.step_inputs(9, 5)
    session = small.encoder() if "around" in inputs else small.step()
    names = OUTPUTS if "around" in inputs else LOG_PROBS
    array = inputs[name]
    for wrong in (array[..., :-1], array[None], array[:0], *([array[:-1]] if len(array) > 1 else [])):
        with pytest.raises(ValueError, match="has the shape"):
            session.run(names, {**inputs, name: wrong})


@pytest.mark.parametrize(("name", "number"), [("tokens", 10), ("tokens", -1), ("lengths", COVERED.max_letters + 1), ("lengths", -1)])
def test_numbers_that_stand_for_nothing_are_refused(small: Covered, name: str, number: int) -> None:
    """The kernel would read what lies behind the array."""
    needs_speed()
    inputs = small.step_inputs(9, 5)
    inputs[name][0, 3] = number
    with pytest.raises(ValueError, match=rf"{name} has numbers from .* expected 0 to"):
        small.step().run(LOG_PROBS, inputs)


CHANGES: list[tuple[str, Any, str]] = [
    ("weights", lambda array: array[:-1], r"has int8 \(\d+,\) as 'weights', expected int8"),
    ("weights", lambda array: array.astype(np.uint8), "has uint8"),
    ("norms", lambda array: array[1:], "as 'norms'"),
    ("waves", lambda array: array[:, :0], "expected"),
    ("waves", lambda array: array[0, 0], "expected"),
    ("positions", lambda array: array.astype(np.float64), "has float64"),
    ("steps", lambda _: None, "has nothing as 'steps'"),
]


@pytest.mark.parametrize(("name", "change", "message"), CHANGES)
def test_a_file_that_does_not_fit_is_refused(small: Covered, tmp_path: Path, name: str, change: Any, message: str) -> None:
    """The kernels check nothing: what they are given must have the right shapes."""
    kinds: list[tuple[Any, dict[str, Any]]] = [(FusedEncoder, small.encoder_arrays), (FusedStep, small.step_arrays)]
    for made, arrays in kinds:
        if name in arrays:
            changed = {**arrays, name: change(arrays[name])}
            np.savez(tmp_path / "file.npz", **{key: array for key, array in changed.items() if array is not None})
            with pytest.raises(ModelBundleError, match=message):
                made.read(tmp_path / "file.npz", asdict(COVERED), pytest.fail)


@pytest.mark.parametrize(
    "change",
    [{"width": 32}, {"n_heads": 4}, {"n_points": 60}, {"stride": 4}, {"width": "64"}, {"width": 0}, {"width": 10**9}, {"key_width": None}],
)
def test_a_manifest_that_does_not_fit_the_file_is_refused(small: Covered, tmp_path: Path, change: dict[str, Any]) -> None:
    np.savez(tmp_path / ENCODER_FILE, **small.encoder_arrays)  # type: ignore[arg-type]
    with pytest.raises(ModelBundleError, match=r"expected|do not cover"):
        FusedEncoder.read(tmp_path / ENCODER_FILE, {**asdict(COVERED), **change}, pytest.fail)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / STEP_FILE).write_bytes(content)
    with pytest.raises(ModelBundleError, match=rf"{STEP_FILE} is damaged"):
        FusedStep.read(tmp_path / STEP_FILE, asdict(COVERED), pytest.fail)


def test_a_network_of_other_sizes_has_no_such_files() -> None:
    assert encoder_arrays(small_network(), onnx.ModelProto()) is None
    assert step_arrays(small_network(), onnx.ModelProto()) is None


def test_a_graph_with_other_products_is_refused(small: Covered) -> None:
    graph = onnx.ModelProto()
    graph.CopyFrom(small.encoder_graph)
    last = [node for node in graph.graph.node if node.op_type == "MatMulIntegerToFloat"][-1]
    graph.graph.node.remove(last)
    with pytest.raises(ValueError, match="other products"):
        encoder_arrays(small.network, graph)


@pytest.mark.parametrize("name", ["encoder", "decoder_step"])
def test_an_export_whose_kernel_says_something_else_is_refused(name: str) -> None:
    needs_speed()
    shipped = SwipeRecognizer.load(language="en")
    swipes = example_swipes()
    check_fused(shipped, swipes)
    session = getattr(shipped.bundle, name)
    session.weights = session.weights._replace(biases=session.weights.biases + np.float32(0.05))
    with pytest.raises(ProofError, match=rf"the kernel of {name}\.onnx differs"):
        check_fused(shipped, swipes)
    assert getattr(shipped.bundle, name) is session


def test_kernels_follow_the_way_that_is_chosen_later(small: Covered) -> None:
    """The compiler may be done while the keyboard runs."""
    needs_speed()
    inputs, before = small.encoder_inputs(9), jit.way()
    encoder = small.encoder()
    jit.use("python")
    try:
        first = encoder.run(OUTPUTS, inputs)
    finally:
        jit.use(before)
    np.testing.assert_array_equal(first[0], session_of(small.encoder_graph).run(OUTPUTS, inputs)[0])
    of_keys = [inputs[name] for name in ("around", "near", "asked")]
    np.testing.assert_array_equal(encoder.run(OUTPUTS, inputs)[0][0], kernels.encode(encoder.weights, inputs["trajectory"][0], *of_keys)[0])


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder_step.onnx", "encoder.npz", "decoder_step.npz"])
def test_a_file_that_was_altered_is_known_when_it_is_needed(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Path(shutil.copytree(language_of(load_grids()["qwerty_en"]).require_bundle(), tmp_path / "bundle"))
    (bundle / name).write_bytes((bundle / name).read_bytes() + b"\0")
    monkeypatch.setattr(model, "is_fast", lambda: name.endswith(".npz"))
    with pytest.raises(ModelBundleError, match=rf"{name} has sha256"):
        ModelBundle.load(bundle)
