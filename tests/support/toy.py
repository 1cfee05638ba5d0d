"""A model bundle of kilobytes with planted weights, and swipes that it must read letter for letter.

Frame s of a swipe is its point 2 s. At letter T the decoder looks at frame T alone: a letter's logit falls with the square
of its key's distance from there, and far from every key the word ends. Part of the logits comes from the letters in the
cache and their order, so that rows taken from a wrong parent show in the scores.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from engine.features import N_COLUMNS, FeatureSpec
from engine.grid import Grid
from engine.lexicon import Entry, build_lexicon
from engine.manifest import Manifest
from engine.search_options import SearchOptions
from engine.swipe import Swipe

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
N_LETTERS, N_OUTPUTS, N_TOKENS = 26, 27, 28
N_POINTS, N_FRAMES = 16, 8
MAX_LETTERS = 7
SHARPNESS = 4.0
"""logit per squared key radius"""
END_LOGIT = -6.0
"""what the end of the word scores at every frame: as a key 1.2 radii away"""
HISTORY = np.random.default_rng(7).normal(0, 0.05, (N_TOKENS, N_OUTPUTS)).astype(np.float32)
"""logits that a cached token adds, times its place in the word"""
SEARCH = SearchOptions(beam_width=8, prior_weight=0.25, margin=30.0, ctc_weight=0.0, method="steps")
ENTRIES = [
    Entry("cat", 40, ("cat",)),
    Entry("cart", 30, ("cart",)),
    Entry("car", 25, ("car",)),
    Entry("were", 20, ("were", "we're")),
    Entry("dont", 18, ("don't",)),
    Entry("hello", 15, ("hello",)),
    Entry("london", 9, ("London",)),
    Entry("a", 8, ("a", "A")),
    Entry("quick", 7, ("quick",)),
    Entry("wet", 5, ("wet",)),
    Entry("hell", 4, ("hell", "he'll")),
    Entry("vat", 2, ("vat",)),
    Entry("cats", 2, ("cats", "cat's")),
    Entry("caught", 1, ("caught",)),
]


def log_probs(key_distances: npt.NDArray[np.float32], letters: str) -> npt.NDArray[np.float64]:
    """(V,): what the toy says of the letter after `letters`, worked out by hand."""
    at = len(letters)
    logits = np.append(-SHARPNESS * key_distances[2 * at].astype(np.float64) ** 2, END_LOGIT)
    for place, token in enumerate([N_LETTERS + 1, *map(ALPHABET.index, letters)]):
        logits += (place + 1) * HISTORY[token]
    result: npt.NDArray[np.float64] = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    return result


def swipe_of(word: str, grid: Grid) -> Swipe:
    """A swipe whose point 2 s is the centre of letter s, then far below the keys; its 16 points are resampled to themselves.

    Every second point makes a detour, so that all points are equally far apart, in space as in time.
    """
    stops = [(grid.letter_key(letter).centre_x, grid.letter_key(letter).centre_y) for letter in word]
    stops += [(grid.width / 2, 2 * grid.height)] * (N_FRAMES - len(word))
    reach = grid.width
    points = []
    for stop, after in zip(stops, [*stops[1:], stops[-1]], strict=True):
        way = np.subtract(after, stop)
        length = np.hypot(*way)
        across = np.array([-way[1], way[0]]) / length if length else np.array([0.0, 1.0])
        points += [np.array(stop), stop + way / 2 + across * np.sqrt(reach**2 - length**2 / 4)]
    x, y = np.transpose(points)
    return Swipe.from_points(x, y, 20.0 * np.arange(N_POINTS))


def write_lexicon(path: Path) -> Path:
    path.write_bytes(build_lexicon(ENTRIES, ALPHABET, "toy"))
    return path


def write_bundle(folder: Path, **changes: object) -> Path:
    """Writes the bundle; `changes` replace fields of its manifest."""
    folder.mkdir(exist_ok=True)
    graphs = {"encoder.onnx": _encoder(), "decoder_step.onnx": _decoder_step()}
    hashes = {}
    for name, graph in graphs.items():
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        content = model.SerializeToString(deterministic=True)
        (folder / name).write_bytes(content)
        hashes[name] = hashlib.sha256(content).hexdigest()
    fields: dict[str, object] = {
        "alphabet": ALPHABET,
        "feature_spec": FeatureSpec(N_POINTS),
        "config": {"toy": True},
        "grids": ("qwerty_en",),
        "search": SEARCH,
        "max_letters": MAX_LETTERS,
        "training_data": "none: planted weights",
        "training_command": "none",
        "metrics": {},
        "commit": "none",
        "sha256": hashes,
    }
    manifest = Manifest(**(fields | changes))  # type: ignore[arg-type]
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    return folder


def _encoder() -> onnx.GraphProto:
    """memory (1, 2, S, V): the frames' logits before the letters' history, twice; their log-softmax as CTC."""
    constants = {
        "zero": np.array([0]),
        "end": np.array([N_POINTS]),
        "points": np.array([1]),
        "two": np.array([2]),
        "frame_shape": np.array([N_FRAMES, N_LETTERS]),
        "memory_shape": np.array([1, 1, N_FRAMES, N_OUTPUTS]),
        "sharpness": np.array(-SHARPNESS, dtype=np.float32),
        "end_logits": np.full((N_FRAMES, 1), END_LOGIT, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Slice", ["key_distances", "zero", "end", "points", "two"], ["even"]),
        helper.make_node("Reshape", ["even", "frame_shape"], ["frames"]),
        helper.make_node("Mul", ["frames", "frames"], ["squares"]),
        helper.make_node("Mul", ["squares", "sharpness"], ["letter_logits"]),
        helper.make_node("Concat", ["letter_logits", "end_logits"], ["logits"], axis=1),
        helper.make_node("LogSoftmax", ["logits"], ["ctc_log_probs"], axis=1),
        helper.make_node("Reshape", ["logits", "memory_shape"], ["once"]),
        helper.make_node("Concat", ["once", "once"], ["memory"], axis=1),
    ]
    inputs = [
        helper.make_tensor_value_info("trajectory", TensorProto.FLOAT, [1, N_POINTS, N_COLUMNS]),
        helper.make_tensor_value_info("key_distances", TensorProto.FLOAT, [1, N_POINTS, N_LETTERS]),
    ]
    outputs = [
        helper.make_tensor_value_info("memory", TensorProto.FLOAT, [1, 2, N_FRAMES, N_OUTPUTS]),
        helper.make_tensor_value_info("ctc_log_probs", TensorProto.FLOAT, [N_FRAMES, N_OUTPUTS]),
    ]
    return helper.make_graph(nodes, "toy_encoder", inputs, outputs, _initializers(constants))


def _decoder_step() -> onnx.GraphProto:
    """Caches one-hot tokens, times their place, and scores with frame T and the sum of those that the mask shows."""
    constants = {
        "one_hots": np.eye(N_TOKENS, dtype=np.float32),
        "history_logits": HISTORY,
        "row_shape": np.array([1, 1, -1, N_TOKENS]),
        "places_shape": np.array([-1, 1]),
        "one": np.array(1),
        "layer_axes": np.array([0, 1]),
        "half": np.array(0.5, dtype=np.float32),
        "frame_count": np.array([N_FRAMES]),
        "off_on": np.array([0, 1], dtype=np.float32),
        "first_axis": np.array([0]),
    }
    nodes = [
        helper.make_node("Add", ["lengths", "one"], ["places"]),
        helper.make_node("Cast", ["places"], ["weights"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["weights", "places_shape"], ["weight"]),
        helper.make_node("Gather", ["one_hots", "tokens"], ["letters"], axis=0),
        helper.make_node("Mul", ["letters", "weight"], ["weighted"]),
        helper.make_node("Reshape", ["weighted", "row_shape"], ["row"]),
        helper.make_node("Concat", ["row", "row"], ["new_rows"], axis=1),
        helper.make_node("Concat", ["cache", "new_rows"], ["rows"], axis=2),
        helper.make_node("ReduceSum", ["rows", "layer_axes"], ["sums"], keepdims=0),  # (P + B, 28), keys and values
        helper.make_node("Mul", ["sums", "half"], ["one_letter_each"]),
        helper.make_node("Exp", ["mask"], ["seen"]),  # (B, P + B)
        helper.make_node("MatMul", ["seen", "one_letter_each"], ["history"]),
        helper.make_node("MatMul", ["history", "history_logits"], ["from_history"]),
        helper.make_node("ReduceSum", ["memory", "layer_axes"], ["frames_twice"], keepdims=0),
        helper.make_node("Gather", ["frames_twice", "lengths"], ["frame_twice"], axis=0),
        helper.make_node("Mul", ["frame_twice", "half"], ["frame"]),
        helper.make_node("Add", ["from_history", "frame"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=1),
        helper.make_node("OneHot", ["lengths", "frame_count", "off_on"], ["looked_at"], axis=-1),  # (B, S)
        helper.make_node("Unsqueeze", ["looked_at", "first_axis"], ["attention"]),
    ]
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, ["B"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["B"]),
        helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["B", "P_after"]),
        helper.make_tensor_value_info("cache", TensorProto.FLOAT, [1, 2, "P", N_TOKENS]),
        helper.make_tensor_value_info("memory", TensorProto.FLOAT, [1, 2, N_FRAMES, N_OUTPUTS]),
    ]
    outputs = [
        helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["B", N_OUTPUTS]),
        helper.make_tensor_value_info("new_rows", TensorProto.FLOAT, [1, 2, "B", N_TOKENS]),
        helper.make_tensor_value_info("attention", TensorProto.FLOAT, [1, "B", N_FRAMES]),
    ]
    return helper.make_graph(nodes, "toy_decoder_step", inputs, outputs, _initializers(constants))


def _initializers(constants: dict[str, npt.NDArray[np.generic]]) -> list[TensorProto]:
    return [numpy_helper.from_array(value, name) for name, value in constants.items()]
