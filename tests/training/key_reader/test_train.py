"""Training the key reader: the loop, its checkpoints, and going on where it stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

from tests.conftest import ROOT
from tests.support.key_reader import SMALL, small_network
from tests.support.programs import wait_for
from training.key_reader import layouts
from training.key_reader.checkpoint import LAST, Checkpoint, load, save
from training.key_reader.config import PRESETS, KeyReaderPreset, Mixture, OptimizerConfig
from training.key_reader.layouts import TaughtLanguage, rows_to_places
from training.key_reader.optimizer import SharedWeights, orthogonal
from training.key_reader.processes import train
from training.key_reader.run import Length, Request, Run
from training.key_reader.samples import left_out
from training.key_reader.train import MODULE, parse_args
from training.loop.lightning_module import BAD_BATCH
from training.overrides import changed

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
TINY = PRESETS["tiny"]


@pytest.fixture(autouse=True)
def few_words(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(layouts, "N_WORDS", 200)


def request(folder: Path, steps: int | None, preset: KeyReaderPreset = TINY, **changes: object) -> Request:
    fields = {"data": EXAMPLES, "folder": folder, "preset": preset, "command": ("test",), "length": Length(steps), **changes}
    return Request(**fields)  # type: ignore[arg-type]


def trained(folder: Path, steps: int, n_processes: int = 1, **changes: object) -> Checkpoint:
    train(Run(request(folder, steps, **changes)), n_processes)  # type: ignore[arg-type]
    return load(folder / LAST)


def test_a_resumed_run_is_the_same_as_one_that_never_stopped(tmp_path: Path) -> None:
    """With one process. Eleven steps end inside a pool of batches."""
    whole = trained(tmp_path / "whole", 14)
    assert trained(tmp_path / "parts", 11).step == 11
    resumed = trained(tmp_path / "parts", 14)
    assert resumed.step == whole.step == 14 and resumed.n_samples == 14 * TINY.batch_size
    for name, tensor in whole.weights.items():
        assert torch.equal(resumed.weights[name], tensor), name
    one, other = trained(tmp_path / "one", 2), trained(tmp_path / "other", 2, seed=2)
    assert not torch.equal(other.weights["master"], one.weights["master"])


def test_several_processes_do_the_steps_together(tmp_path: Path) -> None:
    found = trained(tmp_path, 30, n_processes=3)
    assert found.step == 30 and found.n_samples == 30 * TINY.batch_size
    assert all(torch.isfinite(tensor).all() for tensor in found.weights.values())


def test_training_learns_and_says_so(tmp_path: Path) -> None:
    trained(tmp_path, 60)
    log = EventAccumulator(str(tmp_path), size_guidance={SCALARS: 0}).Reload()
    assert {"train/real_cross_entropy", "train/spliced_ctc", "val/cross_entropy", "val/greedy_accuracy"} <= set(log.Tags()[SCALARS])
    assert log.Scalars("val/cross_entropy")[-1].step == 60
    untrained = np.log(27)  # of 26 letters and the word's end
    assert log.Scalars("val/cross_entropy")[-1].value < 0.9 * untrained


def test_another_network_is_refused(tmp_path: Path) -> None:
    trained(tmp_path, 2)
    with pytest.raises(ValueError, match=r"another network: model\.key_width is 16 there, 8 here"):
        Run(request(tmp_path, 4, changed(TINY, ["model.key_width=8"])))


def test_words_that_are_left_out_are_not_trained_on(tmp_path: Path) -> None:
    run = Run(request(tmp_path, 2, without_words=0.5))
    seen = set(run.source._recorded.data.words.tolist())
    taught = {word for language in run.source._languages for word in language.words}
    assert seen and taught and not any(left_out(word, 0.5) for word in seen | taught)
    train(run, 1)
    assert load(tmp_path / LAST).without_words == 0.5
    assert Run(request(tmp_path, 4)).without_words == 0.5  # goes on as it was
    with pytest.raises(ValueError, match=r"--without-words 0\.5, not 0\.2"):
        Run(request(tmp_path, 4, without_words=0.2))


def test_a_new_run_can_start_from_another_ones_weights(tmp_path: Path) -> None:
    given = trained(tmp_path / "one", 4)
    run = Run(request(tmp_path / "two", 4, init=tmp_path / "one" / LAST))
    assert run.first_step == 0
    assert torch.equal(run.weights.master, given.weights["average"]) and torch.equal(run.weights.average, given.weights["average"])


def test_the_learning_rate_falls_and_the_run_ends(tmp_path: Path) -> None:
    trained(tmp_path, 2)
    train(Run(request(tmp_path, None, length=Length(decay_minutes=0.02))), 1)
    ended = load(tmp_path / LAST)
    assert ended.step > 2 and ended.decayed >= 1.0
    assert Run(request(tmp_path, None, length=Length(decay_minutes=0.02))).has_fallen
    assert not Run(request(tmp_path, None)).has_fallen


def test_training_stops_on_nan_and_saves_the_batch(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(request(tmp_path, 5))
    run.weights.master[0] = torch.nan
    with pytest.raises(RuntimeError, match="one of its processes did"):
        train(run, 2)
    assert "norm of the gradient is nan at step 0; its batch is in" in capfd.readouterr().err
    assert "trajectory" in torch.load(tmp_path / BAD_BATCH, weights_only=True)
    assert not (tmp_path / LAST).exists()


def test_a_process_that_is_killed_ends_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.key_reader.processes.PATIENCE", 5.0)
    monkeypatch.setattr("training.key_reader.processes.finite_gradient", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(RuntimeError, match="one of its processes did"):
        train(Run(request(tmp_path, None)), 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_training_with_a_checkpoint(number: signal.Signals, tmp_path: Path) -> None:
    run, before = Run(request(tmp_path, None)), signal.getsignal(number)

    def send_when_it_has_begun() -> None:
        wait_for(lambda: run.weights.step > 0, "the first step")
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send_when_it_has_begun)
    sender.start()
    train(run, 2)
    sender.join()
    assert load(tmp_path / LAST).step == run.weights.step
    assert signal.getsignal(number) == before


@pytest.mark.slow
def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", MODULE, str(EXAMPLES), str(run), "--preset", "tiny", "--processes", "2"]
    for steps, said in ((3, "from step 0"), (5, "mixture.spliced is now 0.5, was 0.25")):
        changes = ["--set", "mixture.spliced=0.5"] if steps == 5 else []
        done = subprocess.run([*command, "--steps", str(steps), *changes], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and said in done.stderr, done.stderr
        assert load(run / LAST).step == steps
        assert load(run / LAST).command[:3] == ("python", "-m", MODULE)
    refused = subprocess.run([*command, "--set", "model.width=16"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "another network: model.width is 32 there, 16 here" in refused.stderr


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", json.dumps({"config": {}}).encode()])
def test_a_damaged_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.pt' is not a checkpoint of this version"):
        load(tmp_path / "bad.pt")


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    network = small_network()
    weights = SharedWeights(network, OptimizerConfig(muon=False))
    weights.average.mul_(2.0)
    save(tmp_path / LAST, Checkpoint(SMALL, Mixture(spliced=0.5), weights.config, weights.state(), ("a", "b"), 0.25, 0.5))
    found = load(tmp_path / LAST)
    assert (found.config, found.mixture, found.optimizer) == (SMALL, Mixture(spliced=0.5), OptimizerConfig(muon=False))
    assert (found.command, found.without_words, found.decayed, found.step) == (("a", "b"), 0.25, 0.5, 0)
    for p, live, averaged in zip(network.parameters(), found.network(False).parameters(), found.network().parameters(), strict=True):
        assert torch.equal(live, p) and torch.equal(averaged, 2 * p)


def test_a_checkpoint_from_before_it_said_all_that_is_read(tmp_path: Path) -> None:
    """It has no share of left out words, no share of the decay, and a mixture without its newest fields."""
    weights = SharedWeights(small_network(), OptimizerConfig())
    save(tmp_path / LAST, Checkpoint(SMALL, Mixture(), weights.config, weights.state(), ("a",)))
    content = torch.load(tmp_path / LAST, weights_only=True)
    del content["without_words"], content["decayed"], content["mixture"]["no_rest"]
    torch.save(content, tmp_path / LAST)
    found = load(tmp_path / LAST)
    assert (found.without_words, found.decayed, found.mixture) == (0.0, 0.0, Mixture())


def test_weights_that_do_not_match_the_network_are_refused(tmp_path: Path) -> None:
    weights = SharedWeights(small_network(), OptimizerConfig())
    save(tmp_path / LAST, Checkpoint(changed(TINY, []).model, Mixture(), weights.config, weights.state(), ("a",)))
    with pytest.raises(ValueError, match=r"weights, its configuration"):
        load(tmp_path / LAST)


def test_muon_moves_matrices_by_their_directions_alone() -> None:
    torch.manual_seed(1)
    stack = torch.randn(3, 8, 20)
    singular = torch.linalg.svdvals(orthogonal(stack))
    assert (singular > 0.6).all() and (singular < 1.3).all()
    turned = orthogonal(stack.transpose(1, 2))
    torch.testing.assert_close(turned, orthogonal(stack).transpose(1, 2), rtol=1e-6, atol=1e-6)


def test_an_unknown_language_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="no grid for language 'dee'; did you mean 'de'"):
        TaughtLanguage.load("dee")


def test_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--without-words", "1"], ["--minutes", "0"], ["--processes", "none"]):
        with pytest.raises(SystemExit, match="2"):
            parse_args(["data", "run", *arguments])
    assert "must be a number above 0 and below 1, got '1'" in capsys.readouterr().err


def test_rows_become_places() -> None:
    places = rows_to_places((3, 2), np.zeros(2))
    assert places.tolist() == [[-1, -0.5, 1, 1], [0, -0.5, 1, 1], [1, -0.5, 1, 1], [-0.5, 0.5, 1, 1], [0.5, 0.5, 1, 1]]
