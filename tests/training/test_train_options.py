"""What a training can be asked for on its command line, in runs of a few steps of a network of a few numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engine.lexicon import Entry, build_lexicon, write_lexicon
from tests.conftest import LATIN
from tests.training.test_train import EXAMPLES, spell
from training import train
from training.config import HELD_OUT, PRESETS
from training.data.swipe_data import load_swipes
from training.loop.checkpoint import load_checkpoint
from training.loop.checkpoint_files import ENCODER
from training.loop.lightning_module import BAD_BATCH
from training.loop.optimizer import gradient_norms
from training.model.network import SwipeNetwork
from training.overrides import apply_settings

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of Lightning, about what is meant so
SMALL = ["model.width=8", "model.feed_forward_width=8", "batch_size=4", "n_steps=2", "validate_every=2", "loss.bfloat16=false"]
Train = Callable[..., None]
"""(run's folder, options): trains as the command does"""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lexicon") / "words.lexicon"
    write_lexicon(build_lexicon([Entry(word, 1.0, (word,)) for word in ("held", "world", "thought")], LATIN, "test"), path)
    return path


def arguments(run: Path, lexicon: Path, *options: str, settings: tuple[str, ...] = (), data: Path = EXAMPLES) -> list[str]:
    changed = {setting.partition("=")[0]: setting for setting in (*SMALL, *settings)}
    chosen = [part for setting in changed.values() for part in ("--set", setting)]
    return [str(data), str(run), "--preset", "tiny", "--lexicon", str(lexicon), "--processes", "1", "--threads", "1", *chosen, *options]


@pytest.fixture
def command(lexicon: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    def command(run: Path, *options: str, settings: tuple[str, ...] = (), data: Path = EXAMPLES) -> None:
        monkeypatch.setenv("MALLOC_TOP_PAD_", "0")  # or it would start itself anew
        monkeypatch.setattr(sys, "argv", ["training.train", *arguments(run, lexicon, *options, settings=settings, data=data)])
        train.main()

    return command


def test_a_run_starts_from_the_encoder_of_another(command: Train, tmp_path: Path) -> None:
    command(tmp_path / "one")
    still = ("loss.learning_rate=1e-9",)
    command(tmp_path / "other", "--seed", "2", "--init", str(tmp_path / "one" / "best.ckpt"), settings=still)
    one, other = (load_checkpoint(tmp_path / run / "best.ckpt").network.state_dict() for run in ("one", "other"))
    for name, tensor in one.items():
        same = torch.allclose(tensor, other[name], atol=1e-6)
        assert same == (name.split(".")[0] in ENCODER or tensor.eq(tensor.flatten()[0]).all()), name
    with pytest.raises(SystemExit, match=r"best.ckpt' has another configuration: width is 8 there, 16 here"):
        command(tmp_path / "third", "--init", str(tmp_path / "one" / "best.ckpt"), settings=("model.width=16",))
    with pytest.raises(SystemExit, match=r"last.ckpt' has another configuration: embedding is 'soft_distances' there, 'weighted' here"):
        command(tmp_path / "one", settings=("model.embedding=weighted",))


def test_a_run_that_goes_on_with_other_settings_says_so(command: Train, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    command(run)
    settings = (run / "settings.txt").read_text(encoding="utf-8").splitlines()
    assert "model.width=8" in settings and apply_settings(PRESETS["tiny"], settings).model.width == 8
    assert "is resumed" not in capfd.readouterr().err
    command(run, settings=("n_steps=4", "mixture.synthetic_end=0.25"))
    said = [line for line in capfd.readouterr().err.splitlines() if "is resumed" in line]
    assert said == [
        f"'{run}' is resumed with another setting: mixture.synthetic_end is now 0.25, was 0.4",
        f"'{run}' is resumed with another setting: n_steps is now 4, was 2",
    ]


def test_a_batch_that_the_processes_cannot_share(command: Train, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^training.train: 5 processes cannot share a batch of 4: try --processes 4"):
        command(tmp_path / "run", "--processes", "5")
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_and_leaves_its_batch(command: Train, tmp_path: Path) -> None:
    path = tmp_path / "run" / BAD_BATCH
    with pytest.raises(SystemExit, match=rf"^training.train: the loss is (nan|inf) at step \d+; its batch is in '{re.escape(str(path))}'"):
        command(tmp_path / "run", settings=("loss.learning_rate=1e30", "n_steps=9", "validate_every=9"))
    kept = torch.load(path, weights_only=True)
    assert kept["trajectory"].shape == (4, 64, 7) and kept["key_distances"].shape == (4, 64, 26)
    assert kept["tokens"].shape == kept["targets"].shape and len(spell(kept["targets"])) == 4
    assert kept["step"] > 0 and kept["message"].startswith("the loss is ")


def test_a_full_disk_stops_and_leaves_the_last_checkpoint(command: Train, tmp_path: Path) -> None:
    run = tmp_path / "disk"
    run.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", run], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a file system that can be filled needs root: {mounted.stderr.strip()}")
    try:
        command(run)
        (run / "other").write_bytes(bytes(4 * 2**20 - sum(one.stat().st_size for one in run.iterdir()) - 2**16))
        with pytest.raises(SystemExit, match=r"cannot write '.*ckpt': No space left on device; the one written before is still there"):
            command(run, settings=("n_steps=4",))
        assert load_checkpoint(run / "last.ckpt").info.n_steps == load_checkpoint(run / "best.ckpt").info.n_steps == 2
        assert not list(run.glob(".*ckpt*"))
        (run / "other").unlink()
        command(run, settings=("n_steps=4",))
        assert load_checkpoint(run / "last.ckpt").info.n_steps == 4
    finally:
        subprocess.run(["umount", run], check=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--preset", "tinny"), "preset 'tinny' is not known: did you mean 'tiny'"),
        (("--set", "model.heads=3"), "unknown setting 'model.heads': did you mean 'model.n_heads'"),
    ],
)
def test_what_is_not_known_is_named(options: tuple[str, ...], message: str, command: Train, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=f"^training.train: {re.escape(message)}"):
        command(tmp_path / "run", *options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("share", ["0", "1.5", "-1", "nan", "some"])
def test_a_share_of_the_labels_is_above_0(share: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        train.parse_args(["data", "run", f"--labels={share}"])
    assert f"must be above 0 and at most 1, got '{share}'" in capsys.readouterr().err


def test_a_smaller_share_of_the_labels_is_part_of_a_larger() -> None:
    data = load_swipes(EXAMPLES)
    some, fewer, others = (train.share_of(data, share, seed) for share, seed in ((0.5, 1), (0.25, 1), (0.5, 2)))
    assert len(some) == len(others) == round(len(data) / 2) and len(fewer) == round(len(data) / 4)
    assert set(fewer.words) <= set(some.words) <= set(data.words) and set(some.words) != set(others.words)
    assert len(train.share_of(data, 1e-9, 1)) == 1
    np.testing.assert_array_equal(train.share_of(data, 1.0, 1).points, data.points)


def test_all_batches_are_made_of_the_share_that_is_labelled(lexicon: Path, tmp_path: Path) -> None:
    options = train.parse_args(arguments(tmp_path, lexicon, "--labels", "0.2"))
    preset = apply_settings(PRESETS["tiny"], ["mixture.synthetic_start=0", "mixture.synthetic_end=0", "n_steps=5"])
    training, validation = train.loaders(options, preset, 0)
    data = load_swipes(EXAMPLES).split_by_user(HELD_OUT)[0]
    words = {word for batch in training for word in spell(batch.targets)}
    assert words == set(train.share_of(data, 0.2, 1).words) < set(data.words)
    full = train.loaders(train.parse_args(arguments(tmp_path, lexicon)), preset, 0)[1]
    assert [spell(batch.targets) for batch in validation] == [spell(batch.targets) for batch in full]


@pytest.mark.parametrize("masked", [False, True])
def test_training_alone_is_masked(masked: bool, lexicon: Path, tmp_path: Path) -> None:
    preset = apply_settings(PRESETS["tiny"], [*SMALL, f"loss.impossible_letters={'masked' if masked else 'allowed'}"])
    training, validation = train.loaders(train.parse_args(arguments(tmp_path, lexicon)), preset, 0)
    assert all(batch.impossible is None for batch in validation)
    assert {isinstance(batch.impossible, torch.Tensor) for batch in training} == {masked}


def test_the_norm_of_every_layer_is_in_the_log(command: Train, tmp_path: Path) -> None:
    command(tmp_path / "run", settings=("n_steps=50", "validate_every=50", "loss.impossible_letters=masked", "mixture.transforms=wide"))
    log = EventAccumulator(str(tmp_path / "run"))
    log.Reload()
    norms = {tag: [event.value for event in log.Scalars(tag)] for tag in log.Tags()["scalars"] if tag.startswith("grad_norm/")}
    behind = {"ctc", "token", "letter_position", "decoder.0", "decoder_norm", "out"}
    parts = {"embedding", "halve", "frame_position", "encoder.0", "encoder_norm", *behind}
    assert set(norms) == {f"grad_norm/{part}" for part in parts}
    assert all(len(values) == 1 and 0 < values[0] < 1e3 for values in norms.values())


def test_the_norm_of_a_layer_is_that_of_all_its_gradients() -> None:
    torch.manual_seed(0)
    network = SwipeNetwork(PRESETS["tiny"].model).to(torch.bfloat16)
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    network.out.bias.grad = None
    norms = gradient_norms(network)
    for layer, part in (("encoder.0", network.encoder[0]), ("out", network.out), ("halve", network.halve)):
        gradients = [parameter.grad.double().flatten() for parameter in part.parameters() if parameter.grad is not None]
        torch.testing.assert_close(norms[layer].double(), torch.cat(gradients).norm(), rtol=1e-5, atol=0)


def test_more_processes_than_validation_batches_are_refused(lexicon: Path, tmp_path: Path) -> None:
    options = train.parse_args([*arguments(tmp_path, lexicon), "--processes", "2"])
    with pytest.raises(ValueError, match="swipes that validate are too few for 2 processes: try --processes 1"):
        train.loaders(options, PRESETS["tiny"], 0)


@pytest.mark.parametrize(("error", "message"), [("Connection closed by peer [::1]", "another of its processes did"), ("other", "")])
def test_a_process_whose_peer_is_gone_says_so(
    error: str, message: str, command: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_options: object) -> None:
        raise RuntimeError(error)

    monkeypatch.setattr(train, "run", run)
    with pytest.raises(SystemExit if message else RuntimeError, match=message or error):
        command(tmp_path)


def test_words_are_trained_as_their_key_sequences(command: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = EXAMPLES.read_text(encoding="utf-8").splitlines()
    words = ["Don't", "Ёж", "a" * 33]
    changed = [json.dumps({**json.loads(line), "word": word}) for line, word in zip(lines, words, strict=False)]
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join([*changed, *lines[len(words) :]]), encoding="utf-8")
    command(tmp_path / "run", data=path)
    assert f"2 of {len(lines)} swipes are left out" in capsys.readouterr().err
    assert load_checkpoint(tmp_path / "run" / "last.ckpt").info.n_steps == 2


def test_a_lexicon_of_another_alphabet_is_refused(command: Train, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"the lexicon's alphabet is 'abc.*', the model's 'helowrd': choose"):
        command(tmp_path, settings=("model.alphabet=helowrd",))


@pytest.mark.parametrize("name", ["--processes", "--threads"])
def test_there_is_one_process_and_thread_at_least(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        train.parse_args(["data", "run", f"{name}=0"])
    assert f"{name}: must be a whole number above 0, got '0'" in capsys.readouterr().err
