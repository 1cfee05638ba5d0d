"""The network restored from a bundle's graphs is the one that was exported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from benchmarks.common.environment import LETTERS
from engine.manifest import ModelBundleError
from engine.model import DECODER_STEP, ENCODER, HIDDEN, MANIFEST
from engine.recognizer import SwipeRecognizer
from export.graphs import Part, join
from export.restore import restore, split
from tests.conftest import ROOT
from tests.support import random_network
from training.data.swipe_data import load_swipes

TOLERANCE = 1e-4
"""Nats, as of export.proof."""
INT8_TOLERANCE = 0.05
"""Of a frame's probabilities, on average: how far 8 bits may move the likeliest."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_network.write_bundle(tmp_path_factory.mktemp("restore") / "bundle")


@pytest.fixture
def damage(tmp_path: Path) -> Callable[[str, Callable[[onnx.ModelProto], None]], Path]:
    """damage(file, change): a bundle of which one graph was changed, with the hash that fits."""

    def damage(name: str, change: Callable[[onnx.ModelProto], None]) -> Path:
        folder = random_network.write_bundle(tmp_path / "bundle")
        model = onnx.load(folder / name)
        change(model)
        (folder / name).write_bytes(model.SerializeToString())
        set_manifest(folder, sha256={**manifest(folder)["sha256"], name: hashlib.sha256((folder / name).read_bytes()).hexdigest()})
        return folder

    return damage


def manifest(folder: Path) -> dict[str, dict[str, object]]:
    fields: dict[str, dict[str, object]] = json.loads((folder / MANIFEST).read_text())
    return fields


def set_manifest(folder: Path, **changes: object) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest(folder) | changes))


def test_the_weights_are_those_that_were_exported(bundle: Path) -> None:
    restored, expected = restore(bundle), random_network.network().state_dict()
    assert restored.config == random_network.CONFIG and not restored.training
    assert not any(parameter.requires_grad for parameter in restored.parameters())
    assert restored.state_dict().keys() == expected.keys()
    for name, weights in restored.state_dict().items():
        if ".query." in name:  # the graphs hold it scaled
            torch.testing.assert_close(weights, expected[name], rtol=5e-6, atol=1e-7)
        else:
            assert torch.equal(weights, expected[name]), name


def test_the_log_probs_are_those_of_the_network_that_was_exported(bundle: Path) -> None:
    random, config = np.random.default_rng(1), random_network.CONFIG
    trajectory = torch.from_numpy(random.normal(size=(2, config.features.n_points, 7)).astype(np.float32))
    distances = torch.from_numpy(random.gamma(2, size=(2, config.features.n_points, config.n_letters)).astype(np.float32))
    tokens = torch.from_numpy(np.insert(random.integers(config.n_letters, size=(2, 6)), 0, config.bos, axis=1))
    got, expected = (network(trajectory, distances, tokens) for network in (restore(bundle), random_network.network()))
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one.log_softmax(dim=-1), other.log_softmax(dim=-1), rtol=1e-4, atol=2e-4)


def test_the_shipped_bundle_and_its_network_agree() -> None:
    """The graphs in onnxruntime, and the network that was restored from them, on words and swipes of the examples.

    The encoder's products are in 8 bits, so it agrees on nearly all frames; the decoder agrees exactly on what the encoder gave.
    """
    equal, moved = list[np.ndarray](), list[np.ndarray]()
    recognizer, network = SwipeRecognizer.load(LETTERS), restore(LETTERS)
    data = load_swipes(ROOT / "examples" / "swipes.jsonl")
    for i in range(len(data)):
        features = recognizer.model.extractor(data.swipe(i))
        tokens = np.array([network.config.bos, *(network.config.alphabet.index(letter) for letter in str(data.words[i]))])
        trajectory, distances = torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None]
        memory, parents = recognizer.model.encode(features), np.arange(len(tokens)) - 1  # the first has none: NO_PARENT
        _, ctc_log_probs = network.encode(trajectory, distances)
        equal.append(memory.ctc_log_probs.argmax(axis=1) == ctc_log_probs.numpy().argmax(axis=1))
        moved.append(np.abs(np.exp(memory.ctc_log_probs) - ctc_log_probs.exp().numpy()).max(axis=1))
        output = recognizer.model.step(tokens, parents, recognizer.model.empty_cache, memory)
        lengths, causal = torch.arange(len(tokens)), torch.full((len(tokens), len(tokens)), HIDDEN).triu(1)
        keys_values = torch.from_numpy(memory.seen)
        log_probs, _, _ = network.step(torch.from_numpy(tokens), lengths, causal, keys_values[:, :, :0], keys_values)
        np.testing.assert_allclose(output.log_probs, log_probs, rtol=1e-4, atol=TOLERANCE)
    assert np.mean(equal) > 0.95 and np.mean(moved) < INT8_TOLERANCE


def test_splitting_undoes_joining() -> None:
    torch.manual_seed(0)
    parts = [Part(torch.nn.Linear(4, 2).requires_grad_(False), 0.3), Part(torch.nn.Linear(4, 6).requires_grad_(False))]
    before = [part.layer.weight.clone() for part in parts]
    joined = join(parts)
    for part in parts:
        part.layer.weight.zero_()
    split(joined, parts)
    for part, weight in zip(parts, before, strict=True):
        torch.testing.assert_close(part.layer.weight, weight)


# --- what does not fit ---


def find(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    result: onnx.TensorProto = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    return result


def rename(model: onnx.ModelProto, old: str, new: str) -> None:
    find(model, old).name = new
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]


@pytest.mark.parametrize(
    ("file", "weight", "expected"),
    [
        (ENCODER, "network.ctc.bias", "no graph holds 'ctc.bias'"),
        (ENCODER, "keys_values.weight", "encoder.onnx lacks 'keys_values.weight'"),
        (DECODER_STEP, "layers.1.cross_query.bias", "decoder_step.onnx lacks 'layers.1.cross_query.bias'"),
        (DECODER_STEP, "layers.0.layer.self_norm.weight", "no graph holds 'decoder.0.self_norm.weight'"),
    ],
)
def test_a_weight_that_is_missing(
    damage: Callable[[str, Callable[[onnx.ModelProto], None]], Path], file: str, weight: str, expected: str
) -> None:
    folder = damage(file, lambda model: rename(model, weight, "constant"))
    with pytest.raises(ModelBundleError, match=expected):
        restore(folder)


def test_a_weight_that_nothing_knows(damage: Callable[[str, Callable[[onnx.ModelProto], None]], Path]) -> None:
    folder = damage(ENCODER, lambda model: rename(model, "network.ctc.bias", "network.judge.bias"))
    with pytest.raises(ModelBundleError, match=r"encoder.onnx holds 'network.judge.bias' of \(27,\), expected none of that name"):
        restore(folder)


def test_a_weight_of_another_shape(damage: Callable[[str, Callable[[onnx.ModelProto], None]], Path]) -> None:
    def widen(model: onnx.ModelProto) -> None:
        tensor = find(model, "network.letter_position")
        tensor.CopyFrom(numpy_helper.from_array(np.zeros((99, 12), np.float32), tensor.name))

    folder = damage(DECODER_STEP, widen)
    with pytest.raises(ModelBundleError, match=r"holds 'network.letter_position' of \(99, 12\), expected one of \(9, 12\)"):
        restore(folder)


def test_a_manifest_without_a_networks_config(toy_bundle: Path) -> None:
    with pytest.raises(ModelBundleError, match="config is not that of a network"):
        restore(toy_bundle)


def test_a_config_of_another_network(tmp_path: Path) -> None:
    folder = random_network.write_bundle(tmp_path / "bundle")
    set_manifest(folder, config={**manifest(folder)["config"], "n_encoder_layers": 3})
    with pytest.raises(ModelBundleError, match=r"encoder.onnx lacks 'layers.2.query_key_value.bias'"):
        restore(folder)


def test_an_altered_file(tmp_path: Path) -> None:
    folder = random_network.write_bundle(tmp_path / "bundle")
    (folder / ENCODER).write_bytes((folder / ENCODER).read_bytes() + b"\0")
    with pytest.raises(ModelBundleError, match="the file was altered"):
        restore(folder)
