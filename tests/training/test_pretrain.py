"""Hidden points: what is hidden, that nothing else tells of it, and that an encoder learns to predict it."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import kernels
from engine.features import Column
from engine.grid import Grid
from tests.conftest import LATIN, ROOT
from training.config import PRESETS, Embedding, Encoder, key_centres
from training.data.batches import Stretch
from training.data.swipe_data import SwipeData, load_swipes
from training.loop.checkpoint import PAYLOAD, TrainingInfo, load_checkpoint, payload
from training.loop.checkpoint_files import take_encoder
from training.loop.masked_points import (
    SHARPNESS,
    VISIBLE,
    MaskedBatch,
    MaskedPointPrediction,
    Masking,
    MaskingCollator,
    interpolate,
    masking_of,
    score,
)
from training.model.network import SwipeNetwork
from training.pretrain import loaders, parse_args, run

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
TINY = PRESETS["tiny"]
QUIET = pytest.mark.filterwarnings("ignore")
"""Lightning remarks on much."""
COLUMNS: tuple[Column, ...] = get_args(Column)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> SwipeData:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return load_swipes(EXAMPLES)


@pytest.fixture
def batch(examples: SwipeData, qwerty: Grid) -> MaskedBatch:
    return MaskingCollator(TINY.model, qwerty)([examples.swipe(index) for index in range(8)], np.random.default_rng(3))


def columns_of(points: npt.NDArray[np.float64], grid: Grid) -> npt.NDArray[np.float32]:
    """Every column that a model may read of resampled points (4, N)."""
    key_size = np.array([grid.key_width, grid.key_height])
    trajectory = kernels.trajectory_features(points, np.array(grid.origin), key_size)
    return np.concatenate([trajectory, kernels.time_derivatives(points, key_size)], axis=1)


def batches_of(data: SwipeData, seed: int) -> tuple[list[MaskedBatch], list[MaskedBatch]]:
    """(for training, for validation)"""
    training, validation = loaders(data, TINY, Stretch(batch_size=8, n_steps=3, seed=seed))
    return list(training), list(validation)


def assert_same(one: tuple[list[MaskedBatch], list[MaskedBatch]], other: tuple[list[MaskedBatch], list[MaskedBatch]]) -> None:
    torch.testing.assert_close([list(map(tuple, batches)) for batches in one], [list(map(tuple, batches)) for batches in other])


@given(st.integers(11, 100).map(lambda half: 2 * half), st.integers(1, 2), st.integers(0, 2**32))
def test_spans_leave_points_between_them(n_points: int, reach: int, seed: int) -> None:
    masking = Masking(n_points, reach)
    spans = masking.draw(np.random.default_rng(seed))
    ends = [0, *(end for span in spans for end in span), n_points]
    assert min(np.diff(ends)[::2]) >= VISIBLE
    assert all(masking.shortest <= length - 2 * reach <= masking.longest for length in np.diff(ends)[1::2])


def test_of_64_points_a_sixth_to_a_third_is_scored() -> None:
    masking, random = Masking(64, 1), np.random.default_rng(0)
    scored = [sum(stop - start - 2 for start, stop in masking.draw(random)) / 64 for _ in range(500)]
    assert min(scored) == 10 / 64 and max(scored) == 20 / 64


@pytest.mark.parametrize("reach", [1, 2])
def test_no_visible_point_tells_of_a_scored_one(reach: int, qwerty: Grid) -> None:
    random = np.random.default_rng(reach)
    points = np.stack([*random.uniform(0, 500, (2, 64)), np.sort(random.uniform(0, 900, 64)), np.full(64, 8.0)])
    spans = Masking(64, reach).draw(random)
    other, visible = points.copy(), np.ones(64, dtype=np.bool_)
    for start, stop in spans:
        inside = slice(start + reach, stop - reach)
        other[:3, inside] = points[:3, inside][:, ::-1]
        other[2, inside].sort()
        other[3, inside] = 17.0
        visible[start:stop] = False
    read = slice(None) if reach == 2 else slice(0, COLUMNS.index("ax"))
    before, after = columns_of(points, qwerty)[:, read], columns_of(other, qwerty)[:, read]
    np.testing.assert_array_equal(before[visible], after[visible])
    assert not np.array_equal(before, after)


def test_accelerations_look_two_points_away() -> None:
    accelerations = dataclasses.replace(TINY.model, features=dataclasses.replace(TINY.model.features, columns=COLUMNS))
    assert (masking_of(TINY.model).reach, masking_of(accelerations).reach) == (1, 2)


def test_line_and_curve_are_those_worked_out_point_by_point() -> None:
    places = np.random.default_rng(2).normal(0, 90, (2, 24))
    line, curve = interpolate(places, [(3, 6), (10, 17)])
    for start, stop in ((3, 6), (10, 17)):
        before, behind, steps = places[:, start - 1], places[:, stop], stop - start + 1
        leaves, arrives = steps * (before - places[:, start - 2]), steps * (places[:, stop + 1] - behind)
        for at in range(start, stop):
            u = (at - start + 1) / steps
            np.testing.assert_allclose(line[:, at], (1 - u) * before + u * behind)
            cubic = (2 * u**3 - 3 * u**2 + 1) * before + (u**3 - 2 * u**2 + u) * leaves
            np.testing.assert_allclose(curve[:, at], cubic + (3 * u**2 - 2 * u**3) * behind + (u**3 - u**2) * arrives)
    visible = np.r_[0:3, 6:10, 17:24]
    np.testing.assert_array_equal(line[:, visible], places[:, visible])
    np.testing.assert_array_equal(curve[:, visible], places[:, visible])


def test_a_perfect_prediction_beats_line_and_curve(batch: MaskedBatch) -> None:
    perfect = score(-SHARPNESS * batch.key_distances, batch)
    assert abs(perfect.loss) < 1e-6 and perfect.keys == 1 > perfect.curve_keys > perfect.line_keys > 0
    nearest = batch.key_distances.argmin(dim=-1)
    assert torch.equal(batch.line_keys[~batch.hidden], nearest[~batch.hidden])
    for keys, share in ((batch.line_keys, perfect.line_keys), (batch.curve_keys, perfect.curve_keys)):
        points = [batch.key_distances[row, at] for row, at in batch.scored.nonzero().tolist()]
        right = [bool(point[key] == point.min()) for point, key in zip(points, keys[batch.scored].tolist(), strict=True)]
        assert share == pytest.approx(np.mean(right))


def test_a_letter_on_another_ones_key_is_as_near(batch: MaskedBatch) -> None:
    distances = batch.key_distances
    likeliest = torch.cat([torch.full_like(distances, -99), -distances], dim=-1)
    reached = score(likeliest, batch._replace(key_distances=torch.cat([distances, distances], dim=-1)))
    assert reached.keys == 1


@pytest.mark.parametrize("embedding", get_args(Embedding))
def test_the_network_sees_no_hidden_point(embedding: Embedding, examples: SwipeData, qwerty: Grid) -> None:
    centres = key_centres(qwerty, LATIN) if embedding == "trainable_gaussian" else ()
    features = dataclasses.replace(TINY.model.features, columns=COLUMNS)
    config = dataclasses.replace(TINY.model, embedding=embedding, features=features, key_centres=centres)
    batch = MaskingCollator(config, qwerty)([examples.swipe(index) for index in range(8)], np.random.default_rng(3))
    torch.manual_seed(0)
    prediction = MaskedPointPrediction(SwipeNetwork(config)).eval()
    hidden = batch.hidden[..., None]
    seen = prediction(batch)
    for mask, unchanged in ((hidden, True), (~hidden, False)):
        trajectory, distances = (torch.where(mask, torch.rand_like(one), one) for one in (batch.trajectory, batch.key_distances))
        changed = prediction(batch._replace(trajectory=trajectory, key_distances=distances))
        assert torch.allclose(changed, seen) == unchanged


def test_the_network_is_left_as_it_was(batch: MaskedBatch) -> None:
    prediction = MaskedPointPrediction(SwipeNetwork(TINY.model)).eval()
    network = prediction.network
    before = network.frames(batch.trajectory, batch.key_distances)
    prediction(batch)
    torch.testing.assert_close(network.frames(batch.trajectory, batch.key_distances), before)
    assert list(network.state_dict()) == list(SwipeNetwork(TINY.model).state_dict())


@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_an_encoder_learns_the_hidden_points_of_a_batch(encoder: Encoder, batch: MaskedBatch) -> None:
    torch.manual_seed(0)
    prediction = MaskedPointPrediction(SwipeNetwork(dataclasses.replace(TINY.model, encoder=encoder)))
    optimizer = torch.optim.Adam(prediction.parameters(), 5e-3)
    for _ in range(200):
        reached = score(prediction(batch), batch)
        optimizer.zero_grad()
        reached.loss.backward()
        optimizer.step()
    assert reached.loss < 0.05 and float(reached.keys) > max(0.95, float(reached.curve_keys), float(reached.line_keys))


def test_words_are_not_read(examples: SwipeData) -> None:
    silent = dataclasses.replace(examples, words=np.full(len(examples), ""))
    assert_same(batches_of(examples, seed=4), batches_of(silent, seed=4))


def test_each_seed_has_batches_of_its_own_and_each_step_varies_them(examples: SwipeData) -> None:
    one, same, other = (batches_of(examples, seed) for seed in (1, 1, 2))
    assert_same(one, same)
    assert len(one[0]) == 3 and not torch.equal(one[0][0].trajectory, one[0][1].trajectory)
    assert not torch.equal(one[0][0].trajectory, other[0][0].trajectory)
    assert_same(([], one[1]), ([], other[1]))  # what validates is always the same


def pretrain(folder: Path, *options: str) -> None:
    """Some steps, in this process."""
    run(parse_args([str(EXAMPLES), str(folder), "--preset", "tiny", "--threads", "1", *options]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of 40 steps. Not to be written to."""
    folder = tmp_path_factory.mktemp("pretrain")
    command = [sys.executable, "-m", "training.pretrain", str(EXAMPLES), str(folder), "--preset", "tiny", "--steps", "40", "--threads", "1"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@QUIET
def test_a_run_resumes_where_it_stopped(made: Path, examples: SwipeData, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "run")
    pretrain(folder, "--steps", "60")
    for path, so_far in ((made, 40), (folder, 60)):
        model = load_checkpoint(path / "last.ckpt")
        assert model.info.n_steps == so_far and model.info.n_swipes == so_far * TINY.batch_size
        assert all(np.isfinite(tensor.numpy()).all() for tensor in model.network.state_dict().values())
        assert list(path.glob("events.out.tfevents.*"))
    assert "training.pretrain" in load_checkpoint(made / "last.ckpt").info.command


def test_a_training_starts_with_the_encoder(made: Path) -> None:
    """And with a decoder that nobody has trained."""
    pretrained, network = load_checkpoint(made / "best.ckpt"), SwipeNetwork(TINY.model)
    assert pretrained.info.data == "swipes.jsonl, without its words"
    own = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    take_encoder(network, made / "best.ckpt")
    for name, tensor in network.state_dict().items():
        encoder = not name.startswith(("ctc.", "token.", "letter_position", "decoder", "out."))
        assert torch.equal(tensor, pretrained.network.state_dict()[name] if encoder else own[name]), name
        assert encoder != torch.equal(tensor, own[name]) or not tensor.any(), name


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["model.width=64"], "has another configuration: width is 32 there, 64 here"),
        (["model.embeding=weighted"], "did you mean 'model.embedding'"),
        (["model.features.n_points=16", "n_steps=1"], "has another configuration: features.n_points is 64 there, 16 here"),
    ],
)
def test_a_run_of_another_configuration_is_refused(settings: list[str], message: str, made: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        pretrain(made, *(part for setting in settings for part in ("--set", setting)))


def test_a_run_of_a_training_is_refused(tmp_path: Path) -> None:
    info = TrainingInfo("python -m training.train DATA RUN", "", "qwerty_en", 1, 1, 1)
    model = SwipeNetwork(TINY.model)
    torch.save({PAYLOAD: payload(TINY.model, model.state_dict(), info)}, tmp_path / "last.ckpt")
    with pytest.raises(ValueError, match=r"was made by 'python -m training\.train DATA RUN': give training\.pretrain a folder of its own"):
        pretrain(tmp_path)


def test_too_few_points_or_swipes_are_refused(examples: SwipeData, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="masking hides up to 14 of a swipe's points, got n_points 12: give the features more"):
        pretrain(tmp_path, "--set", "model.features.n_points=12")
    with pytest.raises(ValueError, match="a single swipe, expected two or more"):
        loaders(examples.select(np.array([0])), TINY, Stretch(8, 3))


@QUIET
def test_a_loss_that_is_no_number_stops_with_the_batch_kept(tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match=r"the loss is nan at step \d+; its batch is in '.*bad_batch\.pt'"):
        pretrain(tmp_path, "--set", "loss.learning_rate=1e30", "--set", "loss.warm_up_steps=0", "--steps", "20")
    kept = torch.load(tmp_path / "bad_batch.pt", weights_only=True)
    assert set(MaskedBatch._fields) < set(kept) and kept["hidden"].any()
