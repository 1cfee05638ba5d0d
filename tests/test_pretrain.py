"""Hidden points: what is hidden, that nothing else tells of it, and that an encoder learns to predict it."""

from __future__ import annotations

import dataclasses
import os
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
from training.batches import Stretch
from training.checkpoint import load_checkpoint
from training.masked_points import VISIBLE, MaskedBatch, MaskedPointPrediction, Masking, MaskingCollator, errors_of, hide, masking_of
from training.model_config import Embedding, key_centres
from training.network import SwipeNetwork
from training.presets import PRESETS
from training.pretrain import loaders
from training.swipe_data import SwipeData, load_swipes

torch.set_num_threads(1)  # two threads wait for each other where the machine is busy
EXAMPLES = ROOT / "examples" / "swipes.jsonl"
TINY = PRESETS["tiny"]
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
    return list(training.dataset), list(validation.dataset)


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


def test_targets_and_curve_are_those_worked_out_point_by_point() -> None:
    random = np.random.default_rng(2)
    points = np.stack([*random.normal(0, 2, (2, 20)), np.cumsum(random.uniform(0, 30, 20))])
    start, stop = 6, 13
    targets, curve_errors = hide(points, (start, stop))
    before, behind, steps = points[:, start - 1], points[:, stop], stop - start + 1
    leaves, arrives = steps * (before - points[:, start - 2]), steps * (points[:, stop + 1] - behind)
    for row, at in enumerate(range(start, stop)):
        u = (at - start + 1) / steps
        line = (1 - u) * before + u * behind
        gaps = [points[2, at] - points[2, at - 1], (behind[2] - before[2]) / steps]
        np.testing.assert_allclose(targets[row], [*(points[:2, at] - line[:2]), np.log((gaps[0] + 1) / (gaps[1] + 1))])
        cubic = (2 * u**3 - 3 * u**2 + 1) * before + (u**3 - 2 * u**2 + u) * leaves
        cubic += (3 * u**2 - 2 * u**3) * behind + (u**3 - u**2) * arrives
        np.testing.assert_allclose(curve_errors[row], np.hypot(*(points[:2, at] - cubic[:2])))


def test_who_predicts_nothing_is_as_good_as_the_line(batch: MaskedBatch) -> None:
    errors = errors_of(torch.zeros_like(batch.targets), batch)
    assert errors.place == errors.line > errors.curve > 0 and errors.gap == errors.even_gap > 0
    perfect = errors_of(batch.targets, batch)
    assert perfect.loss == perfect.place == perfect.gap == 0 and perfect.line == errors.line


@pytest.mark.parametrize("embedding", get_args(Embedding))
def test_the_network_sees_no_hidden_point(embedding: Embedding, examples: SwipeData, qwerty: Grid) -> None:
    centres = key_centres(qwerty, LATIN) if embedding == "trainable_gaussian" else ()
    features = dataclasses.replace(TINY.model.features, columns=COLUMNS)
    config = dataclasses.replace(TINY.model, embedding=embedding, features=features, key_centres=centres)
    batch = MaskingCollator(config, qwerty)([examples.swipe(index) for index in range(8)], np.random.default_rng(3))
    torch.manual_seed(0)
    prediction = MaskedPointPrediction(SwipeNetwork(config)).eval()
    torch.nn.init.normal_(prediction.head.weight)
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


def test_an_encoder_learns_the_hidden_points_of_a_batch(batch: MaskedBatch) -> None:
    torch.manual_seed(0)
    prediction = MaskedPointPrediction(SwipeNetwork(TINY.model))
    optimizer = torch.optim.Adam(prediction.parameters(), 5e-3)
    for _ in range(200):
        errors = errors_of(prediction(batch), batch)
        optimizer.zero_grad()
        errors.loss.backward()
        optimizer.step()
    assert errors.place < 0.25 * errors.line and errors.place < 0.5 * errors.curve and errors.gap < 0.25 * errors.even_gap


def test_words_are_not_read(examples: SwipeData) -> None:
    silent = dataclasses.replace(examples, words=np.full(len(examples), ""))
    assert_same(batches_of(examples, seed=4), batches_of(silent, seed=4))


def test_each_seed_has_batches_of_its_own_and_each_step_varies_them(examples: SwipeData) -> None:
    one, same, other = (batches_of(examples, seed) for seed in (1, 1, 2))
    assert_same(one, same)
    assert len(one[0]) == 3 and not torch.equal(one[0][0].trajectory, one[0][1].trajectory)
    assert not torch.equal(one[0][0].trajectory, other[0][0].trajectory)
    assert_same(([], one[1]), ([], other[1]))  # what validates is always the same


def test_a_run_resumes_where_it_stopped_and_leaves_a_network(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "training.pretrain", str(EXAMPLES), str(folder), "--preset", "tiny", "--threads", "1"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    made = SwipeNetwork(TINY.model).state_dict()
    for steps, so_far in ((40, 40), (80, 80)):
        command_line = [*command, "--steps", str(steps), "--set", "validate_every=40"]
        done = subprocess.run(command_line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        model = load_checkpoint(folder / "last.ckpt")
        assert model.info.n_steps == so_far and model.info.n_swipes == so_far * TINY.batch_size
        assert "training.pretrain" in model.info.command and model.info.data == "swipes.jsonl, without its words"
    best = load_checkpoint(folder / "best.ckpt").network.state_dict()
    assert {name: tensor.shape for name, tensor in best.items()} == {name: tensor.shape for name, tensor in made.items()}
    assert all(np.isfinite(tensor.numpy()).all() for tensor in best.values())
    assert list(folder.glob("events.out.tfevents.*"))
