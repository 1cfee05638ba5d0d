"""Batches and the whole loop, on the tiny preset and the example swipes."""

from __future__ import annotations

import dataclasses
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytest
import torch

from engine.grid import Grid
from engine.lexicon import Entry, build_lexicon, write_lexicon
from engine.recognizer import open_lexicon
from tests.conftest import LATIN, ROOT
from training.augment.pipeline import OnGrid
from training.augment.pipelines import preset_pipeline
from training.config import PRESETS, Mixture, PathOutliers, Transforms
from training.data.batches import IGNORED, Collator, Draw, Stretch, SwipeSource, TrainingBatches, validation_batches
from training.data.path_length import typical
from training.data.swipe_data import SwipeData, load_swipes
from training.loop.checkpoint import TrainingInfo, load_checkpoint
from training.loop.lightning_module import SwipeTraining
from training.train import loaders, parse_args

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
TINY = PRESETS["tiny"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> SwipeData:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return load_swipes(EXAMPLES)


def make_batches(data: SwipeData, grid: Grid, mixture: Mixture, seed: int = 1) -> TrainingBatches:
    words = {"held": 0.5, "thought": 0.25, "a": 0.25}
    source = SwipeSource(data, words, grid, LATIN, mixture)
    return TrainingBatches(source, Collator(TINY.model, grid), Stretch(batch_size=8, n_steps=10, seed=seed))


def spell(targets: torch.Tensor) -> list[str]:
    return ["".join(LATIN[token] for token in row if 0 <= token < 26) for row in targets.tolist()]


def test_a_batch_holds_tokens_and_what_follows_them(examples: SwipeData, qwerty: Grid) -> None:
    batch = Collator(TINY.model, qwerty)([examples.swipe(0), examples.swipe(1)], ["ab", "cde"])
    assert batch.tokens.tolist() == [[27, 0, 1, 26], [27, 2, 3, 4]]
    assert batch.targets.tolist() == [[0, 1, 26, IGNORED], [2, 3, 4, 26]]
    assert batch.trajectory.shape == (2, 64, 7) and batch.key_distances.shape == (2, 64, 26)


@pytest.mark.parametrize(("share", "words"), [(0.0, None), (1.0, {"held", "thought"})])
def test_the_mixture_is_kept(share: float, words: set[str] | None, examples: SwipeData, qwerty: Grid) -> None:
    mixture = Mixture(synthetic_start=share, synthetic_end=share)
    seen = {word for batch in make_batches(examples, qwerty, mixture) for word in spell(batch.targets)}
    assert seen == words if words else seen <= set(examples.words) and len(seen) > 5


@pytest.mark.parametrize("transforms", get_args(Transforms))
def test_the_same_seed_gives_the_same_batches(transforms: Transforms, examples: SwipeData, qwerty: Grid) -> None:
    mixture = Mixture(transforms=transforms)
    one, same, other = (list(make_batches(examples, qwerty, mixture, seed=seed)) for seed in (1, 1, 2))
    assert len(one) == 10
    for first, second in zip(one, same, strict=True):
        torch.testing.assert_close(tuple(first), tuple(second))
    assert any(spell(first.targets) != spell(second.targets) for first, second in zip(one, other, strict=True))


@pytest.mark.parametrize("transforms", ["narrow", "wide"])
def test_swipes_are_transformed_as_by_hand(transforms: Literal["narrow", "wide"], examples: SwipeData, qwerty: Grid) -> None:
    source = SwipeSource(examples, {"held": 1.0}, qwerty, LATIN, Mixture(transforms=transforms))
    by_hand = OnGrid(preset_pipeline(transforms), qwerty)(examples.swipe(3), np.random.default_rng(5))
    swipe = source.swipe(Draw(str(examples.words[3]), False, 3), np.random.default_rng(5))
    np.testing.assert_array_equal([swipe.x, swipe.y, swipe.t], [by_hand.x, by_hand.y, by_hand.t])


def test_path_outliers_are_dropped_where_that_is_asked(examples: SwipeData, qwerty: Grid) -> None:
    points = examples.points.copy()
    strayed = slice(examples.offsets[3], examples.offsets[4])
    points[0, strayed][::2] += 40 * qwerty.key_width  # there and back at every point
    data = dataclasses.replace(examples, points=points)
    seen = {}
    for choice in get_args(PathOutliers):
        mixture = Mixture(synthetic_start=0.0, synthetic_end=0.0, path_outliers=choice)
        seen[choice] = {word for batch in make_batches(data, qwerty, mixture) for word in spell(batch.targets)}
    assert seen["keep"] == set(data.words)
    assert seen["drop"] == set(data.words[typical(data, qwerty, LATIN)]) <= set(data.words) - {data.words[3]}


def test_validation_holds_every_swipe_once(examples: SwipeData, qwerty: Grid) -> None:
    batches = validation_batches(examples, Collator(TINY.model, qwerty), 5)
    assert sorted(word for batch in batches for word in spell(batch.targets)) == sorted(examples.words)


@pytest.mark.parametrize("masked", [False, True])
def test_the_network_overfits_one_batch(masked: bool, examples: SwipeData, qwerty: Grid) -> None:
    torch.manual_seed(0)
    batch = validation_batches(examples, Collator(TINY.model, qwerty, open_lexicon() if masked else None), 12)[0]
    loss = dataclasses.replace(TINY.loss, label_smoothing=0.0, bfloat16=False)
    module = SwipeTraining(TINY.model, loss, TrainingInfo("", "", "", 200, 0, 0), 12)
    optimizer = torch.optim.Adam(module.network.parameters(), 3e-3)
    for _ in range(200):
        cross_entropy, ctc, accuracy = module.losses(module.network, batch)
        optimizer.zero_grad()
        (cross_entropy + ctc).backward()
        optimizer.step()
    assert accuracy == 1.0 and cross_entropy < 0.05 and ctc < 0.5


@pytest.mark.slow
def test_a_run_resumes_where_it_stopped(tmp_path: Path) -> None:
    lexicon = tmp_path / "words.lexicon"
    write_lexicon(build_lexicon([Entry(word, 1.0, (word,)) for word in ("held", "world", "thought")], LATIN, "test"), lexicon)
    command = [sys.executable, "-m", "training.train", str(EXAMPLES), str(tmp_path / "run"), "--preset", "tiny", "--lexicon", str(lexicon)]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for steps, so_far in ((100, 100), (200, 200)):
        command_line = [*command, "--steps", str(steps), "--processes", "1", "--threads", "1"]
        done = subprocess.run(command_line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        model = load_checkpoint(tmp_path / "run" / "last.ckpt")
        assert model.info.n_steps == so_far and model.info.n_swipes == so_far * TINY.batch_size
        assert "training.train" in model.info.command and model.config == TINY.model
    assert all(np.isfinite(tensor.numpy()).all() for tensor in model.network.state_dict().values())
    assert list((tmp_path / "run").glob("events.out.tfevents.*"))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b'{"word": "of swipes"}'])
def test_a_damaged_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.ckpt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.ckpt' is not a checkpoint"):
        load_checkpoint(path)


def test_without_a_lexicon_the_shipped_words_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    options = parse_args([str(EXAMPLES), str(tmp_path / "run"), "--preset", "tiny", "--processes", "1"])
    training, validation = loaders(options, TINY, first_step=0)
    words = {word for batch in itertools.islice(training, 8) for word in spell(batch.targets)}
    assert len(words) > 100 and all(word in open_lexicon() for word in words)
    assert len(list(validation)) > 0
