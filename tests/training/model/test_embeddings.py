"""Each swipe point embedding against a naive computation, through training, export and back."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch

from engine.features import Column, FeatureExtractor, FeatureSpec
from engine.grid import Grid, load_grids
from engine.model import DECODER_STEP, ENCODER, MANIFEST, ModelBundle
from export.bundle import describe
from export.onnx_files import decoder_step_onnx, encoder_onnx
from export.restore import restore
from tests.conftest import LATIN, ROOT
from tests.support import random_network, toy
from training.config import PRESETS, Embedding, ModelConfig, Weighting, key_centres
from training.data.batches import Collator, validation_batches
from training.data.swipe_data import load_swipes
from training.loop.checkpoint import TrainedModel, TrainingInfo, config_from_json, config_to_json
from training.loop.lightning_module import SwipeTraining
from training.model.embedding import SwipePointEmbedding
from training.model.network import SwipeNetwork

COLUMNS: tuple[Column, ...] = get_args(Column)
CENTRES = key_centres(load_grids()["qwerty_en"], LATIN)
CHOICES: list[tuple[Embedding, Weighting]] = [
    *((kind, "sigmoid") for kind in get_args(Embedding)),
    ("weighted", "softmax"),
    ("weighted", "normalised"),
]
Row = npt.NDArray[np.float64]


def config_of(kind: Embedding, weighting: Weighting = "sigmoid") -> ModelConfig:
    return ModelConfig(
        LATIN,
        FeatureSpec(16, COLUMNS),
        kind,
        width=12,
        feed_forward_width=20,
        n_heads=3,
        n_encoder_layers=1,
        n_decoder_layers=1,
        max_letters=8,
        weighting=weighting,
        key_centres=CENTRES if kind == "trainable_gaussian" else (),
    )


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def gaussian_density(place: Row, mean: Row, covariance: Row) -> float:
    away = place - mean
    return math.exp(-0.5 * away @ np.linalg.inv(covariance) @ away) / (2 * math.pi * math.sqrt(np.linalg.det(covariance)))


def densities(embedding: SwipePointEmbedding, columns: Row) -> list[float]:
    """Of each key's own mean and covariance at the place that columns x and y tell."""
    a, b, c, x, y = (getattr(embedding.densities, name).double().numpy() for name in ("a", "b", "c", "offset_x", "offset_y"))
    place = np.array([3 * columns[0], columns[1]])
    found = []
    for key, centre in enumerate(CENTRES):
        factor = np.array([[a[key], 0], [b[key], c[key]]])
        found.append(gaussian_density(place, np.add(centre, (x[key], y[key])), np.linalg.inv(factor.T @ factor)))
    return found


def naive_inputs(embedding: SwipePointEmbedding, columns: Row, distances: list[float]) -> list[float]:
    """What the linear layer should read of one point."""
    named, near = dict(zip(COLUMNS, columns, strict=True)), [sigmoid(4 - 1.8 * d) for d in distances]
    nearest = [float(key == int(np.argmin(distances))) for key in range(len(distances))]
    weights: dict[Weighting, Callable[[], list[float]]] = {
        "sigmoid": lambda: near,
        "softmax": lambda: [math.exp(-1.8 * d) / sum(math.exp(-1.8 * other) for other in distances) for d in distances],
        "normalised": lambda: [weight / sum(near) for weight in near],
    }
    match embedding.kind:
        case "soft_distances":
            return [*columns, *near, *(math.exp(-2 * d * d) for d in distances)]
        case "weighted":
            return [*columns, *weights[embedding.weighting]()]
        case "google_2015":
            return [*(named[name] for name in ("x", "y", "dt")), *nearest]
        case "indiswipe":
            return [*(named[name] for name in ("x", "y", "vx", "vy")), *nearest]
        case "phrase_swipe":
            return nearest
        case "nearest":
            return [*columns, *nearest]
        case "trainable_weighted":
            per_key = zip(embedding.reach.tolist(), embedding.slope.tolist(), distances, strict=True)
            return [*columns, *(sigmoid(reach - slope * d) for reach, slope, d in per_key)]
        case "trainable_gaussian":
            return [*columns, *densities(embedding, columns)]
        case "distances":
            return [*columns, *distances]


@pytest.mark.parametrize(("kind", "weighting"), CHOICES)
def test_against_naive(kind: Embedding, weighting: Weighting) -> None:
    embedding = random_network.make(config_of(kind, weighting)).embedding
    random = np.random.default_rng(3)
    trajectory, distances = random.normal(size=(2, 5, len(COLUMNS))), random.gamma(2, size=(2, 5, 26))
    found = embedding(torch.from_numpy(trajectory).float(), torch.from_numpy(distances).float())
    weight, bias = embedding.linear.weight.double().numpy(), embedding.linear.bias.double().numpy()
    for place in np.ndindex(2, 5):
        inputs = naive_inputs(embedding, trajectory[place], distances[place].tolist())
        np.testing.assert_allclose(found[place], weight @ inputs + bias, atol=1e-4)


class TestGaussian:
    def test_it_starts_round_on_the_key_that_the_finger_is_on(self, qwerty: Grid) -> None:
        """The places that it reads from the trajectory are those of the grid's keys."""
        embedding = SwipePointEmbedding(config_of("trainable_gaussian")).requires_grad_(False)
        extract = FeatureExtractor(FeatureSpec(16, COLUMNS), qwerty, LATIN)
        features = extract(toy.swipe_of("quick", qwerty))
        found = embedding.densities(torch.from_numpy(features.trajectory)).numpy()
        assert [LATIN[key] for key in found[:10:2].argmax(axis=1)] == list("quick")
        np.testing.assert_allclose(found[:10:2].max(axis=1), 2.0**2 / (2 * math.pi), rtol=1e-4)
        assert (found[10::2] < 1e-6).all()  # far below the keys

    def test_the_densities_add_up_to_one_over_the_plane(self) -> None:
        embedding = random_network.make(config_of("trainable_gaussian")).embedding
        xs, ys = np.meshgrid(np.arange(-12, 12, 0.05), np.arange(-8, 8, 0.05))
        places = np.zeros((xs.size, len(COLUMNS)), dtype=np.float32)
        places[:, 0], places[:, 1] = xs.ravel() / 3, ys.ravel()
        np.testing.assert_allclose(embedding.densities(torch.from_numpy(places)).sum(dim=0).numpy() * 0.05**2, 1, atol=1e-3)

    @pytest.mark.parametrize("name", ["a", "b", "c", "offset_x", "offset_y"])
    def test_all_of_it_learns(self, name: str) -> None:
        embedding = SwipePointEmbedding(config_of("trainable_gaussian"))
        trajectory = torch.from_numpy(np.random.default_rng(1).normal(size=(1, 50, len(COLUMNS)))).float()
        embedding(trajectory, torch.zeros(1, 50, 26)).square().sum().backward()
        assert (getattr(embedding.densities, name).grad.abs() > 0).float().mean() > 0.5


@pytest.mark.parametrize("weighting", get_args(Weighting))
def test_far_from_all_keys_nothing_breaks(weighting: Weighting) -> None:
    weights = SwipePointEmbedding(config_of("weighted", weighting)).weigh(torch.linspace(1e3, 1e6, 26)[None])
    assert torch.isfinite(weights).all()
    if weighting != "sigmoid":
        torch.testing.assert_close(weights.sum(), torch.tensor(1.0))


# --- export ---


@pytest.fixture(scope="module")
def other() -> SwipeNetwork:
    return random_network.make(config_of("distances"))


@pytest.fixture(scope="module")
def decoder_step(other: SwipeNetwork) -> bytes:
    """Exported once: it is the same for all embeddings."""
    result: bytes = decoder_step_onnx(other).SerializeToString()
    return result


@pytest.mark.parametrize(("kind", "weighting"), CHOICES)
def test_the_bundle_gives_what_the_network_gives_and_gives_it_back(
    kind: Embedding, weighting: Weighting, other: SwipeNetwork, decoder_step: bytes, qwerty: Grid, tmp_path: Path
) -> None:
    network = random_network.make(config_of(kind, weighting))
    behind = {name: weights for name, weights in other.state_dict().items() if not name.startswith("embedding.")}
    network.load_state_dict(behind, strict=False)
    (tmp_path / ENCODER).write_bytes(encoder_onnx(network).SerializeToString())
    (tmp_path / DECODER_STEP).write_bytes(decoder_step)
    model = TrainedModel(network, TrainingInfo("no command", "no data", "qwerty_en", n_steps=0, n_swipes=0, seed=5))
    (tmp_path / MANIFEST).write_text(describe(model, tmp_path, random_network.SEARCH, {}).to_json(), encoding="utf-8")
    exported = ModelBundle.load(tmp_path).on(qwerty, network.config.alphabet)
    for word in ("quick", "a"):  # the toy's swipes go far off the keys
        features = exported.extractor(toy.swipe_of(word, qwerty))
        inputs = torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None]
        memory, ctc_log_probs = network.encode(*inputs)
        encoded = exported.encode(features)
        np.testing.assert_allclose(encoded.ctc_log_probs, ctc_log_probs, rtol=1e-4, atol=1e-4)
    restored = restore(tmp_path)
    assert restored.config == network.config
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(restored.get_parameter(name), parameter, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(restored.encode(*inputs)[0], memory, rtol=1e-4, atol=1e-4)


# --- config ---


def test_a_config_that_chooses_nothing_new_is_written_as_before() -> None:
    fields = config_to_json(ModelConfig(LATIN))
    assert list(fields) == [
        "alphabet", "features", "embedding", "width", "feed_forward_width", "n_heads", "n_encoder_layers", "n_decoder_layers", "max_letters"
    ]  # fmt: skip
    assert fields["features"] == {"n_points": 64}


@pytest.mark.parametrize(("kind", "weighting"), CHOICES)
def test_json_round_trip(kind: Embedding, weighting: Weighting) -> None:
    config = config_of(kind, weighting)
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"embedding": "trainable_gausian"}, r"embedding 'trainable_gausian' is not known: did you mean 'trainable_gaussian'\?"),
        ({"weighting": "soft_max"}, r"weighting 'soft_max' is not known: did you mean 'softmax'\?"),
        ({"features": FeatureSpec()}, r"'google_2015' reads the columns x, y, dt, the features lack dt: add them to features.columns"),
        ({"embedding": "trainable_gaussian"}, r"needs 26 key_centres, got 0: give training.config.key_centres of the grid"),
        (
            {"embedding": "trainable_gaussian", "features": FeatureSpec(scaling="z_score")},
            r"'trainable_gaussian' needs places in keys, got scaling 'z_score': choose 'keys'",
        ),
        ({"embedding": "trainable_gaussian", "features": FeatureSpec(columns=("x", "dy"))}, "the features lack y: add them"),
    ],
)
def test_bad_configs(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(config_of("google_2015"), **changes)


# --- training ---


@pytest.mark.parametrize(("kind", "weighting"), CHOICES)
def test_it_overfits_one_batch(
    kind: Embedding, weighting: Weighting, qwerty: Grid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    torch.manual_seed(0)
    tiny, chosen = PRESETS["tiny"], config_of(kind, weighting)
    model = replace(tiny.model, features=FeatureSpec(32, COLUMNS), embedding=kind, weighting=weighting, key_centres=chosen.key_centres)
    batch = validation_batches(load_swipes(ROOT / "examples" / "swipes.jsonl"), Collator(model, qwerty), 6)[0]
    loss = dataclasses.replace(tiny.loss, label_smoothing=0.0, bfloat16=False)
    module = SwipeTraining(model, loss, TrainingInfo("", "", "", 150, 0, 0), 6)
    optimizer = torch.optim.Adam(module.network.parameters(), 5e-3)
    for _ in range(150):
        cross_entropy, ctc, accuracy = module.losses(module.network, batch)
        optimizer.zero_grad()
        (cross_entropy + ctc).backward()
        optimizer.step()
    assert accuracy == 1.0 and cross_entropy < 0.1 and ctc < 0.5
