"""The arithmetic that a swipe's time is compared with, and the report."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.common.timed_model import TimedModel
from benchmarks.floor import __main__ as floor
from benchmarks.floor.__main__ import encoder_macs, encoder_macs_in_8_bits, step_macs, step_macs_in_8_bits
from engine.model import HIDDEN
from engine.recognizer import SwipeRecognizer
from tests.conftest import ROOT
from tests.support import random_network, toy
from training.config import Encoder
from training.key_reader.config import KeyReaderConfig
from training.model.embedding import n_inputs

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
N_POINTS, N_FRAMES, WIDTH, HIDDEN_WIDTH = 64, 32, 12, 20
ATTENTION = N_FRAMES * 4 * WIDTH**2 + 2 * N_FRAMES**2 * WIDTH
FEED_FORWARD = N_FRAMES * 2 * WIDTH * HIDDEN_WIDTH
CONVOLUTION = N_FRAMES * (2 * WIDTH**2 + 7 * WIDTH + WIDTH**2)
N_GATES = {"gru": 3, "lstm": 4}
LAYERS = {
    "transformer": ATTENTION + FEED_FORWARD,
    "conformer": ATTENTION + 2 * FEED_FORWARD + CONVOLUTION,
    **{encoder: 2 * N_FRAMES * n * (WIDTH * WIDTH // 2 + (WIDTH // 2) ** 2) for encoder, n in N_GATES.items()},
}
"""multiply-adds of an encoder's layer"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_network.write_bundle(tmp_path_factory.mktemp("floor") / "bundle")


@pytest.mark.parametrize("encoder", get_args(Encoder))
@pytest.mark.parametrize("ctc", [True, False])
def test_the_encoders_multiply_adds(encoder: Encoder, ctc: bool) -> None:
    config = replace(random_network.CONFIG, encoder=encoder, ctc=ctc)
    assert (config.features.n_points, config.width, config.feed_forward_width) == (N_POINTS, WIDTH, HIDDEN_WIDTH)
    embedding = N_POINTS * n_inputs(config) * WIDTH + N_FRAMES * 3 * WIDTH**2
    heads = N_FRAMES * WIDTH * (2 * WIDTH * config.n_decoder_layers + ctc * (config.n_letters + 1))
    assert encoder_macs(config) == embedding + config.n_encoder_layers * LAYERS[encoder] + heads


@pytest.mark.parametrize(("n_before", "n_now"), [(0, 1), (0, 9), (5, 3)])
def test_a_steps_multiply_adds_are_those_that_torch_counts(n_before: int, n_now: int) -> None:
    config, counter = random_network.CONFIG, FlopCounterMode(display=False)
    heads = config.n_decoder_layers, 2 * config.n_heads
    cache, memory = torch.zeros(*heads, n_before, config.head_width), torch.zeros(*heads, config.n_frames, config.head_width)
    tokens = torch.zeros(n_now, dtype=torch.int64)
    with counter:
        random_network.network().step(tokens, tokens, torch.full((n_now, n_before + n_now), HIDDEN), cache, memory)
    assert step_macs(config, n_before, n_now) == counter.get_total_flops() // 2


def test_graphs_are_timed_and_left_as_they_were(toy_recognizer: SwipeRecognizer) -> None:
    bundle = toy_recognizer.bundle
    sessions, timed = (bundle.encoder, bundle.decoder_step), TimedModel(toy_recognizer.model)
    swipe = toy.swipe_of("cat", toy_recognizer.grid)
    expected = toy_recognizer.recognize(swipe)
    with pytest.raises(KeyboardInterrupt), timed.timing():
        raise KeyboardInterrupt
    with timed.timing():
        decoded = toy_recognizer.decode(swipe)
    assert decoded.candidates == expected
    assert 0 < timed.graph_ms < decoded.milliseconds.total
    assert (bundle.encoder, bundle.decoder_step) == sessions


def test_the_report(bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--bundle", str(bundle), "--lexicon", str(toy_lexicon), "--data", str(EXAMPLES), "--n-swipes", "4"]
    monkeypatch.setattr(sys, "argv", ["floor", *arguments, "--json"])
    floor.main()
    report = json.loads(capsys.readouterr().out)
    two_pass, steps = report["floors"]
    assert (two_pass["method"], steps["method"]) == ("two_pass", "steps")
    assert two_pass["n_steps"] == 1 < steps["n_steps"] <= steps["n_prefixes"]
    assert two_pass["step_macs"] == pytest.approx(step_macs(random_network.CONFIG, 0, int(two_pass["n_prefixes"])), rel=0.2)
    for one in (two_pass, steps):
        assert one["encoder_macs"] == encoder_macs(random_network.CONFIG)
        assert one["ratio"] == pytest.approx(one["own_ratio"]) and one["ratio"] > 0
        assert 0 < one["outside"] < 1 and 0 < one["features"] < 1  # of two decodes each
    assert min(report["macs_a_second"].values()) > 1e8 and report["environment"]["n_swipes"] == 4
    monkeypatch.setattr(sys, "argv", ["floor", *arguments])
    floor.main()
    table = capsys.readouterr().out
    assert "two_pass" in table and "15.0%" in table and "G multiply-adds a second" in table


def test_the_arithmetic_of_a_network_that_reads_keys() -> None:
    """What torch counts of its products, by the lengths of the shipped network."""
    config, s, n, k, d, p = KeyReaderConfig(), 32, 64, floor.N_KEYS, 160, 96
    points = n * (4 * k + 2 * 2 * k + 13 * p + k * p) + s * 2 * p * d
    layers = 3 * (s * (4 * d**2 + 3 * d**2 + 7 * d + 2 * d * 480) + 2 * s**2 * d)
    heads = s * (d * 98 + 2 * 16 + 96 * k)
    assert encoder_macs(config) == points + layers + heads
    assert encoder_macs_in_8_bits(config) == s * (2 * p * d + 3 * (7 * d**2 + 2 * d * 480) + d * 98)
    in_8_bits = step_macs_in_8_bits(config, 5)
    assert in_8_bits == s * 2 * 2 * d**2 + 5 * 2 * (6 * d**2 + 2 * d * 480)
    assert step_macs(config, 0, 5) - in_8_bits == 5 * (2 * 2 * d * (5 + s) + d * (k + 1))


def test_a_missing_bundle_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["floor", "--bundle", str(tmp_path), "--data", str(EXAMPLES)])
    with pytest.raises(SystemExit, match=r"benchmarks.floor: model bundle .*: cannot read manifest.json"):
        floor.main()
