"""Checkpoints on disks that are full, and those of other runs and configurations."""

from __future__ import annotations

import errno
import multiprocessing
import re
import resource
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.conftest import LATIN
from training.config import PRESETS, ModelConfig
from training.loop.checkpoint import PAYLOAD, TrainingInfo, payload
from training.loop.checkpoint_files import ENCODER, WholeFiles, save_whole, take_encoder
from training.model.network import SwipeNetwork

TINY = PRESETS["tiny"].model
INFO = TrainingInfo("", "", "qwerty_en", 1, 1, 1)


def checkpoint(path: Path, config: ModelConfig, seed: int = 0) -> SwipeNetwork:
    torch.manual_seed(seed)
    network = SwipeNetwork(config)
    save_whole({PAYLOAD: payload(config, network.state_dict(), INFO)}, path)
    return network


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a file system that can be filled needs root: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def check_that_the_older_one_survives(folder: Path, reason: int) -> None:
    path, small, large = folder / "last.ckpt", {"step": 1}, {"step": 2, "weights": torch.zeros(50_000)}
    save_whole(small, path)
    with pytest.raises(OSError, match=re.escape(f"cannot write '{path}'") + ".*the one written before is still there. Make room") as caught:
        WholeFiles().save_checkpoint(large, path)
    assert isinstance(caught.value.__cause__, OSError) and caught.value.__cause__.errno == reason
    assert torch.load(path, weights_only=True) == small
    with pytest.raises(OSError, match="there is none yet"):
        save_whole(large, folder / "first.ckpt")
    assert [one.name for one in folder.iterdir()] == ["last.ckpt"]


def test_a_full_disk_leaves_the_older_checkpoint(small_disk: Path) -> None:
    check_that_the_older_one_survives(small_disk, errno.ENOSPC)


def check_with_small_files(folder: Path) -> None:
    """No file of this process may have more than 4 KB from now on; writing more fails as it does on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    check_that_the_older_one_survives(folder, errno.EFBIG)


@pytest.mark.slow
def test_a_file_that_may_not_grow_leaves_the_older_checkpoint(tmp_path: Path) -> None:
    """In a process of its own: the limit is also that of the file into which somebody may have directed pytest's output."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(check_with_small_files, tmp_path).result()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_encoder_is_taken_and_nothing_else(dtype: torch.dtype, tmp_path: Path) -> None:
    trained = checkpoint(tmp_path / "best.ckpt", TINY, seed=1)
    torch.manual_seed(2)
    network = SwipeNetwork(replace(TINY, n_decoder_layers=2)).to(dtype)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    take_encoder(network, tmp_path / "best.ckpt")
    behind = {"ctc", "token", "letter_position", "decoder", "decoder_norm", "out"}
    assert {name.split(".")[0] for name in before} == {*ENCODER, *behind}
    for name, tensor in network.state_dict().items():
        expected = before[name] if name.split(".")[0] in behind else trained.state_dict()[name].to(dtype)
        assert torch.equal(tensor, expected)


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        (replace(TINY, width=64, embedding="weighted"), "embedding is 'weighted' there, 'soft_distances' here; width is 64 there, 32 here"),
        (replace(TINY, features=replace(TINY.features, n_points=32)), "features.n_points is 32 there, 64 here"),
        (replace(TINY, n_encoder_layers=2, n_decoder_layers=2), "configuration: n_encoder_layers is 2 there, 1 here. Give"),
        (replace(TINY, alphabet=LATIN[:25]), "alphabet is 'abcdefghijklm"),
    ],
)
def test_an_encoder_of_another_configuration_is_refused(theirs: ModelConfig, message: str, tmp_path: Path) -> None:
    checkpoint(tmp_path / "best.ckpt", theirs)
    with pytest.raises(ValueError, match=re.escape(message)):
        take_encoder(SwipeNetwork(TINY), tmp_path / "best.ckpt")
