"""The model bundle: what it refuses to load, and that its graphs are driven as they should be."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.features import FeatureSpec
from engine.manifest import Manifest, ModelBundleError
from engine.model import NO_PARENT, ModelBundle
from engine.recognizer import SwipeRecognizer
from tests.support import toy


@pytest.fixture
def copy(toy_bundle: Path, tmp_path: Path) -> Path:
    """A bundle that a test may spoil."""
    return Path(shutil.copytree(toy_bundle, tmp_path / "bundle"))


def change_manifest(bundle: Path, **changes: object) -> None:
    file = bundle / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_manifest_survives_a_round_trip(toy_bundle: Path) -> None:
    manifest = ModelBundle.load(toy_bundle).manifest
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert (manifest.alphabet, manifest.feature_spec, manifest.search) == (toy.ALPHABET, FeatureSpec(toy.N_POINTS), toy.SEARCH)


def test_encoder_and_cached_steps_give_the_planted_numbers(toy_recognizer: SwipeRecognizer) -> None:
    model = toy_recognizer.model
    features = toy_recognizer.model.extractor(toy.swipe_of("hello", toy_recognizer.grid))
    memory, cache, token = model.encode(features), model.empty_cache, toy.N_LETTERS + 1
    for at in range(6):
        output = model.step(np.array([token]), np.array([at - 1]), cache, memory)
        np.testing.assert_allclose(output.log_probs[0], toy.log_probs(features.key_distances, "hello"[:at]), atol=2e-4, rtol=1e-5)
        np.testing.assert_array_equal(output.attention, np.eye(toy.N_FRAMES)[[at]])
        cache, token = output.cache, toy.ALPHABET.index("hello!"[at]) if at < 5 else -1
    np.testing.assert_allclose(np.exp(memory.ctc_log_probs).sum(axis=1), 1, atol=1e-5)


def test_each_hypothesis_continues_its_parent(toy_recognizer: SwipeRecognizer) -> None:
    """One batched step equals a step for each row."""
    model = toy_recognizer.model
    features = toy_recognizer.model.extractor(toy.swipe_of("cat", toy_recognizer.grid))
    memory, no_letters = model.encode(features), np.array([toy.N_LETTERS + 1])
    first = model.step(no_letters, np.array([NO_PARENT]), model.empty_cache, memory)
    second = model.step(np.array([2, 21, 3]), np.zeros(3, dtype=np.int64), first.cache, memory)
    third = model.step(np.array([0, 0, 5]), np.array([3, 1, 1]), second.cache, memory)
    for row, letters in enumerate(("da", "ca", "cf")):
        np.testing.assert_allclose(third.log_probs[row], toy.log_probs(features.key_distances, letters), atol=2e-4, rtol=1e-5)
    assert third.cache.parents.tolist() == [NO_PARENT, 0, 0, 0, 3, 1, 1]
    assert third.cache.keys_values.shape == (1, 2, 7, toy.N_TOKENS)


def test_a_whole_tree_in_one_step_equals_its_letters_one_by_one(toy_recognizer: SwipeRecognizer) -> None:
    model = toy_recognizer.model
    features = toy_recognizer.model.extractor(toy.swipe_of("cart", toy_recognizer.grid))
    prefixes = ["", "c", "v", "ca", "va", "car", "cat", "vat", "cart"]
    tokens = np.array([toy.ALPHABET.index(prefix[-1]) if prefix else toy.N_LETTERS + 1 for prefix in prefixes])
    parents = np.array([prefixes.index(prefix[:-1]) if prefix else NO_PARENT for prefix in prefixes])
    whole = model.step(tokens, parents, model.empty_cache, model.encode(features))
    begun = model.step(tokens[:4], parents[:4], model.empty_cache, model.encode(features))
    ended = model.step(tokens[4:], parents[4:], begun.cache, model.encode(features))
    for row, prefix in enumerate(prefixes):
        expected = toy.log_probs(features.key_distances, prefix)
        np.testing.assert_allclose(whole.log_probs[row], expected, atol=2e-4, rtol=1e-5)
        np.testing.assert_allclose((*begun.log_probs, *ended.log_probs)[row], expected, atol=2e-4, rtol=1e-5)
    np.testing.assert_array_equal(ended.cache.keys_values, whole.cache.keys_values)
    np.testing.assert_array_equal(whole.attention.argmax(axis=1), [len(prefix) for prefix in prefixes])


@pytest.mark.parametrize("name", ["manifest.json", "encoder.onnx", "decoder_step.onnx"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelBundleError, match=rf"model bundle {copy}: cannot read {name}: No such file"):
        ModelBundle.load(copy)


@pytest.mark.parametrize("name", ["encoder.onnx", "decoder_step.onnx"])
def test_an_altered_file_is_refused(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelBundleError, match=rf"{name} has sha256 [0-9a-f]{{64}}, the manifest says [0-9a-f]{{64}}"):
        ModelBundle.load(copy)


def test_a_newer_format_is_refused(copy: Path) -> None:
    change_manifest(copy, format_version=4)
    with pytest.raises(ModelBundleError, match="format_version 4, this engine reads 2 to 3: update Keyglide"):
        ModelBundle.load(copy)


def test_an_older_format_is_refused(copy: Path) -> None:
    change_manifest(copy, format_version=1)
    with pytest.raises(ModelBundleError, match="format_version 1, this engine reads 2 to 3: export the bundle again"):
        ModelBundle.load(copy)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a manifest: Expecting value"),
        ("[1, 2]", "is not a manifest"),
        ("{}", "is not a manifest: no field 'format_version'"),
        ('{"format_version": 2}', "is damaged: no field 'alphabet'"),
    ],
)
def test_a_broken_manifest_is_refused(copy: Path, text: str, reason: str) -> None:
    (copy / "manifest.json").write_text(text)
    with pytest.raises(ModelBundleError, match=reason):
        ModelBundle.load(copy)


@pytest.mark.parametrize("change", [{"feature_spec": {"n_points": 32}}, {"alphabet": "abc"}])
def test_graphs_that_do_not_fit_the_manifest_are_refused(copy: Path, change: dict[str, object]) -> None:
    change_manifest(copy, **change)
    with pytest.raises(ModelBundleError, match=r"encoder.onnx takes \w+ \[1, 16, \d+\], the manifest and this engine say"):
        ModelBundle.load(copy)


def test_a_file_that_is_no_graph_is_refused_on_one_line(copy: Path) -> None:
    (copy / "encoder.onnx").write_bytes(b"no graph")
    hashes = json.loads((copy / "manifest.json").read_text())["sha256"]
    change_manifest(copy, sha256=hashes | {"encoder.onnx": hashlib.sha256(b"no graph").hexdigest()})
    with pytest.raises(ModelBundleError, match=r"encoder.onnx is not an ONNX graph: [^\n]+\Z"):
        ModelBundle.load(copy)


def test_swapped_graphs_are_refused(copy: Path) -> None:
    (copy / "decoder_step.onnx").write_bytes((copy / "encoder.onnx").read_bytes())
    hashes = json.loads((copy / "manifest.json").read_text())["sha256"]
    change_manifest(copy, sha256=hashes | {"decoder_step.onnx": hashes["encoder.onnx"]})
    with pytest.raises(ModelBundleError, match="lacks the input 'cache', it has key_distances, trajectory"):
        ModelBundle.load(copy)
