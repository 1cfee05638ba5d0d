"""Each encoder, and a network without a CTC head, through training in bfloat16, export, the engine and back."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

import export.__main__
from engine.explain import explain
from engine.features import FeatureSpec
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.model import DECODER_STEP, ENCODER, MANIFEST, ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from export.__main__ import read_samples
from export.bundle import describe
from export.onnx_files import decoder_step_onnx, encoder_onnx
from export.proof import Proof, prove
from export.quantize import quantize
from export.restore import restore
from tests.conftest import LATIN, ROOT
from tests.support import random_network, toy, trained_network
from training.config import PRESETS, Encoder, ModelConfig
from training.data.batches import Collator, validation_batches
from training.data.swipe_data import load_swipes
from training.loop.checkpoint import PAYLOAD, TrainedModel, TrainingInfo, config_from_json, config_to_json, load_checkpoint, payload
from training.loop.lightning_module import SwipeTraining
from training.loop.optimizer import MasterAdamW
from training.model.network import SwipeNetwork

CONFIG = ModelConfig(
    LATIN, FeatureSpec(32), width=12, feed_forward_width=20, n_heads=3, n_encoder_layers=2, n_decoder_layers=1, max_letters=8
)
N_INT8 = 60
EXAMPLES = ROOT / "examples" / "swipes.jsonl"
CHOICES: list[tuple[Encoder, bool]] = [("conformer", True), ("gru", True), ("lstm", True), ("transformer", False), ("lstm", False)]
INFO = TrainingInfo("no command", "no data", "qwerty_en", n_steps=0, n_swipes=0, seed=5)
WITH_CTC, WITHOUT_CTC = random_network.SEARCH, replace(random_network.SEARCH, ctc_weight=0.0, method="steps")


@dataclass(frozen=True)
class Exported:
    network: SwipeNetwork
    folder: Path


@pytest.fixture(scope="module")
def other() -> SwipeNetwork:
    return random_network.make(CONFIG)


@pytest.fixture(scope="module")
def decoder_step(other: SwipeNetwork) -> bytes:
    """Exported once: it is the same for all encoders."""
    result: bytes = decoder_step_onnx(other).SerializeToString()
    return result


@pytest.fixture(scope="module", params=CHOICES, ids=lambda choice: f"{choice[0]}{'' if choice[1] else '-no_ctc'}")
def exported(
    request: pytest.FixtureRequest, other: SwipeNetwork, decoder_step: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    """A network of random weights and its bundle. Not to be written to."""
    encoder, ctc = request.param
    network = random_network.make(replace(CONFIG, encoder=encoder, ctc=ctc))
    network.load_state_dict({name: weights for name, weights in other.state_dict().items() if behind(name)}, strict=False)
    folder = tmp_path_factory.mktemp("exported")
    (folder / ENCODER).write_bytes(encoder_onnx(network).SerializeToString())
    (folder / DECODER_STEP).write_bytes(decoder_step)
    write_manifest(folder, network, WITH_CTC if ctc else WITHOUT_CTC)
    return Exported(network, folder)


def behind(name: str) -> bool:
    """Whether a weight is the decoder's."""
    return name.startswith(("token", "letter_position", "decoder", "out"))


def write_manifest(folder: Path, network: SwipeNetwork, search: SearchOptions) -> None:
    (folder / MANIFEST).write_text(describe(TrainedModel(network, INFO), folder, search, {}).to_json(), encoding="utf-8")


@pytest.fixture
def recognizer(exported: Exported, toy_lexicon: Path, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer(ModelBundle.load(exported.folder), Lexicon.open(toy_lexicon), qwerty)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# --- export ---


def test_the_engine_finds_what_the_network_finds(recognizer: SwipeRecognizer, exported: Exported) -> None:
    """With the manifest's search, and by steps."""
    default = recognizer.default_options
    for options in (default, replace(default, method="steps", beam_width=20)):
        proof = prove(recognizer, exported.network, read_samples(EXAMPLES, 5, CONFIG), options)
        assert proof.holds, proof.report()
        assert proof.n_swipes == 5


def test_the_network_comes_back(exported: Exported) -> None:
    restored = restore(exported.folder)
    assert restored.config == exported.network.config
    assert restored.state_dict().keys() == exported.network.state_dict().keys()
    for name, weights in exported.network.state_dict().items():
        torch.testing.assert_close(restored.state_dict()[name], weights, rtol=5e-6, atol=1e-7)


def test_every_frame_sees_the_whole_swipe(recognizer: SwipeRecognizer, exported: Exported, qwerty: Grid) -> None:
    """A last point elsewhere changes the first frame as the network says, so nothing of the order of points was lost."""
    features = recognizer.model.extractor(toy.swipe_of("quick", qwerty))
    trajectory = features.trajectory.copy()
    trajectory[-1] += 1.0
    other = replace(features, trajectory=trajectory)
    one, changed = (recognizer.model.encode(each).seen for each in (features, other))
    assert np.abs(one - changed)[:, :, 0].max() > 1e-6
    inputs = torch.from_numpy(trajectory)[None], torch.from_numpy(features.key_distances)[None]
    np.testing.assert_allclose(changed, exported.network.encode(*inputs)[0], rtol=1e-4, atol=1e-4)


def test_in_8_bits_it_is_nearly_the_same(exported: Exported, tmp_path: Path, recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    quantised = quantize(onnx.load(exported.folder / ENCODER))
    assert "MatMulInteger" in {node.op_type for node in quantised.graph.node}
    (tmp_path / ENCODER).write_bytes(quantised.SerializeToString())
    (tmp_path / DECODER_STEP).write_bytes((exported.folder / DECODER_STEP).read_bytes())
    write_manifest(tmp_path, exported.network, recognizer.bundle.manifest.search)
    features = recognizer.model.extractor(toy.swipe_of("quick", qwerty))
    one, other = (bundle.on(qwerty, toy.ALPHABET).encode(features).seen for bundle in (recognizer.bundle, ModelBundle.load(tmp_path)))
    assert 0 < np.abs(one - other).max() < 0.2 * np.abs(one).max()
    for name, weights in restore(tmp_path).named_parameters():
        expected = exported.network.get_parameter(name)
        torch.testing.assert_close(weights, expected, rtol=1e-5, atol=0.51 * float(expected.abs().max()) / 63)  # 7 bits, one the sign


def test_a_graph_without_products_stays_as_it_is() -> None:
    node = helper.make_node("Relu", ["x"], ["y"])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3]) for name in "xy")
    model = helper.make_model(helper.make_graph([node], "relu", [x], [y]), opset_imports=[helper.make_opsetid("", 20)], ir_version=8)
    assert [each.op_type for each in quantize(model).graph.node] == ["Relu"]


def test_each_letter_says_where_the_decoder_looked(recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    swipe = toy.swipe_of("quick", qwerty)
    best = recognizer.recognize(swipe)[0]
    explained = explain(recognizer, swipe, best, replace(recognizer.default_options, method="steps"))
    score = sum(letter.log_prob for letter in explained.letters) + explained.weighted_log_prior
    assert score == pytest.approx(best.score, abs=1e-3, rel=1e-4)
    for letter in explained.letters:
        assert letter.attention.shape == (CONFIG.n_frames,) and letter.attention.sum() == pytest.approx(1, abs=1e-5, rel=1e-5)


@pytest.mark.parametrize("extra", [("--search", "method=two_pass"), ("--search", "method=steps", "--search", "ctc_weight=0.2"), ()])
def test_without_a_ctc_head_the_export_chooses_a_search_that_does_without(
    extra: tuple[str, ...], toy_lexicon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of trained weights, so that 8 bits do not change the words."""
    monkeypatch.setattr(export.__main__, "prove", lambda *_: Proof(n_swipes=N_INT8))
    checkpoint, bundle = trained_network.write_checkpoint(tmp_path / "trained.ckpt", ctc=False), tmp_path / "bundle"
    swipes = trained_network.write_swipes(tmp_path / "swipes.jsonl", N_INT8)
    arguments = [checkpoint, bundle, "--swipes", swipes, "--n-swipes", N_INT8, "--lexicon", toy_lexicon, *extra]
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    if extra:
        with pytest.raises(SystemExit, match=r"no CTC head, which method .* needs: choose --search method=steps and --search ctc_weight=0"):
            export.__main__.main()
        assert not bundle.exists()
    else:
        export.__main__.main()
        manifest = ModelBundle.load(bundle).manifest
        assert (manifest.search.method, manifest.search.ctc_weight, manifest.precision) == ("steps", 0.0, "int8")


# --- training ---


@pytest.mark.parametrize(("encoder", "ctc"), [("transformer", True), *CHOICES])
def test_it_overfits_one_batch_in_bfloat16(encoder: Encoder, ctc: bool, qwerty: Grid) -> None:
    torch.manual_seed(0)
    tiny = PRESETS["tiny"]
    model = replace(tiny.model, features=FeatureSpec(32), encoder=encoder, ctc=ctc)
    batch = validation_batches(load_swipes(EXAMPLES), Collator(model, qwerty), 6)[0]
    module = SwipeTraining(model, replace(tiny.loss, label_smoothing=0.0), replace(INFO, n_steps=150), 6)
    assert {parameter.dtype for parameter in module.network.parameters()} == {torch.bfloat16}
    optimizer = MasterAdamW(module.network, 5e-3, weight_decay=0.0, average=0.9)
    for _ in range(150):
        cross_entropy, ctc_loss, accuracy = module.losses(module.network, batch)
        optimizer.zero_grad()
        (cross_entropy + ctc_loss).backward()
        optimizer.step()
    assert accuracy == 1.0 and cross_entropy < 0.1 and ctc_loss < 0.5


# --- config and checkpoint ---


def test_the_default_networks_weights_have_the_names_that_they_always_had() -> None:
    layer = {"attention_norm", "attention.query", "attention.key_value", "attention.out"}
    layer |= {"feed_forward_norm", "feed_forward.0", "feed_forward.2"}
    names = {name.rpartition(".")[0] for name in SwipeNetwork(CONFIG).state_dict() if name.startswith("encoder.0.")}
    assert names == {f"encoder.0.{name}" for name in layer}
    assert {"ctc.weight", "frame_position", "halve.weight", "encoder_norm.bias"} <= SwipeNetwork(CONFIG).state_dict().keys()


@pytest.mark.parametrize(("encoder", "ctc"), [("transformer", True), *CHOICES])
def test_json_round_trip(encoder: Encoder, ctc: bool) -> None:
    config = replace(CONFIG, encoder=encoder, ctc=ctc)
    fields = json.loads(json.dumps(config_to_json(config)))
    assert ("encoder" in fields, "ctc" in fields) == (encoder != "transformer", not ctc)
    assert config_from_json(fields) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 24}, r"'frame_position' is of \(16, 12\), expected: of \(16, 24\)"),
        ({"n_encoder_layers": 3}, r"'encoder.2.attention_norm.weight' is absent, expected: of \(12,\)"),
        ({"encoder": "gru"}, r"'encoder.0.norm.weight' is absent, expected: of \(12,\)"),
        ({"encoder": "conformer"}, r"'encoder.0.first_norm.weight' is absent, expected: of \(12,\)"),
        ({"ctc": False}, r"'ctc.weight' is of \(27, 12\), expected: absent"),
        ({"encodr": "gru"}, r"config field 'encodr' is not known: did you mean 'encoder'\?"),
    ],
)
def test_a_checkpoint_of_another_configuration_says_what_differs_first(
    changes: dict[str, Any], message: str, other: SwipeNetwork, tmp_path: Path
) -> None:
    content = payload(CONFIG, other.state_dict(), INFO)
    torch.save({PAYLOAD: content | {"config": content["config"] | changes}}, tmp_path / "other.ckpt")
    with pytest.raises(ValueError, match=f"other.ckpt' is not a checkpoint of this version of training.train: .*{message}"):
        load_checkpoint(tmp_path / "other.ckpt")
