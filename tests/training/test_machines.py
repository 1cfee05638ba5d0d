"""Training over several machines with torchrun, shown with two on the loopback device."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.conftest import ROOT
from training.loop.checkpoint import load_checkpoint
from training.loop.processes import SameCheckpoint, global_rank, n_together

TORCHRUN = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "none"}
"""What it sets in the second process of the second of two machines."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.slow
def test_two_machines_train_what_two_processes_train(tmp_path: Path) -> None:
    """Word for word as in docs/training.md, but for the addresses; then both go on from the shared folder."""
    many = tmp_path / "many.jsonl"
    many.write_text((ROOT / "examples" / "swipes.jsonl").read_text(encoding="utf-8") * 150, encoding="utf-8")
    settings = ["--preset", "tiny", "--set", "validate_every=2"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    for steps in (2, 4):
        length = ["--steps", str(steps)]
        train = [sys.executable, "-m", "training.train", str(many), str(tmp_path / "one"), *settings, *length, "--processes", "2"]
        done = subprocess.run(train, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1"]
        address = ["--master-addr", "127.0.0.1", "--master-port", str(free_port())]
        train = ["-m", "training.train", str(many), str(tmp_path / "two"), *settings, *length]
        commands = [[*torchrun, *address, "--node-rank", machine, *train] for machine in ("0", "1")]
        started = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) for command in commands]
        said = [process.communicate()[1] for process in started]
        assert [process.returncode for process in started] == [0, 0], said
        one, two = (load_checkpoint(tmp_path / run / "last.ckpt") for run in ("one", "two"))
        assert one.info.n_steps == two.info.n_steps == steps
        for (name, expected), found in zip(one.network.state_dict().items(), two.network.state_dict().values(), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4, msg=name)


def test_what_torchrun_says_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TORCHRUN:
        monkeypatch.delenv(name, raising=False)
    assert (global_rank(), n_together(2)) == (0, 2)
    monkeypatch.setenv("LOCAL_RANK", "1")  # as Lightning does for the processes that it starts
    assert (global_rank(), n_together(2)) == (1, 2)
    for name, value in TORCHRUN.items():
        monkeypatch.setenv(name, value)
    assert (global_rank(), n_together(2)) == (3, 4)


def test_machines_that_see_another_checkpoint_are_refused(tmp_path: Path) -> None:
    trainer: Any = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda _step: 40))
    module: Any = None
    SameCheckpoint(tmp_path / "last.ckpt", 40).setup(trainer, module, "fit")
    with pytest.raises(
        ValueError, match=r"is at step 0 here, and at step 40 on the first machine: put the run's folder on a disk that all"
    ):
        SameCheckpoint(tmp_path / "last.ckpt", 0).setup(trainer, module, "fit")
