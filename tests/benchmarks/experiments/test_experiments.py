"""The plan names what there is; a small one is trained, exported, predicted and written down; the report says what is chance."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from benchmarks.common.paired import Ratio
from benchmarks.common.tables import Change
from benchmarks.experiments import __main__ as command
from benchmarks.experiments import plan, results, runs
from benchmarks.experiments.plan import EXPERIMENTS, Experiment, chosen
from benchmarks.experiments.report import markdown
from benchmarks.experiments.results import Ranks, Result, Results
from benchmarks.experiments.runs import FINISHED, Bench, training_command
from engine.accuracy import Accuracy
from engine.model import ModelBundle
from tests.conftest import ROOT
from training.config import PRESETS
from training.evaluation.metrics import Interval
from training.overrides import apply_settings
from training.train import parse_args

EXAMPLES = ROOT / "examples" / "swipes.jsonl"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(EXAMPLES, EXAMPLES, tmp_path / "runs")


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
def test_every_experiment_can_be_trained(experiment: Experiment, bench: Bench) -> None:
    preset = PRESETS[plan.PRESET]
    assert (apply_settings(preset, experiment.settings) != preset) == bool(experiment.settings)
    options = parse_args(training_command(bench, experiment)[1:])
    assert (options.seed, options.labels, bool(options.init)) == (experiment.seed, experiment.labels, experiment.pretrained)


def test_no_two_experiments_are_one_and_each_has_one_to_be_compared_with() -> None:
    assert len({dataclasses.replace(one, name="", group="seeds", against="") for one in EXPERIMENTS}) == len(EXPERIMENTS)
    assert {one.against for one in EXPERIMENTS} <= {one.name for one in EXPERIMENTS}


def test_an_unknown_experiment_is_named() -> None:
    assert [one.name for one in chosen(["gru", "study"])] == ["study", "gru"]
    with pytest.raises(ValueError, match=r"experiment 'studdy' is not known: did you mean 'study'\?"):
        chosen(["study", "studdy"])


@pytest.mark.slow
def test_a_small_plan_from_training_to_report(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Experiment("study", "seeds", ("n_steps=4", "validate_every=2"))
    small = (study, Experiment("near, est", "embeddings", (*study.settings, "model.embedding=nearest")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (plan, command, results):
        monkeypatch.setattr(module, "EXPERIMENTS", small)
    monkeypatch.setattr(runs, "PRESET", "tiny")
    monkeypatch.setattr(runs, "N_PROVEN", 4)
    monkeypatch.setattr(runs, "PRECISION", "fp32")  # what 4 steps have trained is as good as random: in 8 bits its words would be others
    arguments = [str(EXAMPLES), str(EXAMPLES), str(bench.runs), "--at-once", "1", "--out", str(tmp_path / "E.md")]
    command.run(command.parse_args(arguments))
    written = (tmp_path / "E.md").read_text(encoding="utf-8")
    n_parameters = sum(weights.numel() for weights in torch.load(bench.folder("near, est") / "last.ckpt")["keyglide"]["weights"].values())
    assert (bench.folder("near, est") / FINISHED).exists()
    search = ModelBundle.load(bench.bundle(small[1])).manifest.search
    assert (search.beam_width, search.prior_weight) == (runs.BEAM, runs.PRIOR_WEIGHT)  # whatever export's defaults become
    assert f"a prior weight of {runs.PRIOR_WEIGHT} and a beam of {runs.BEAM}" in written
    assert "## Swipe point embeddings" in written and f"{n_parameters:,}" in written
    assert (tmp_path / "experiments.png").stat().st_size > 10_000
    trained = (bench.folder("study") / "last.ckpt").stat().st_mtime_ns
    runs.train_all(bench, small, 1)
    assert (bench.folder("study") / "last.ckpt").stat().st_mtime_ns == trained  # nothing is done twice


@pytest.mark.slow
def test_a_failing_command_is_named_with_its_last_words(bench: Bench) -> None:
    broken = Experiment("broken", "networks", ("model.width=31",))
    with pytest.raises(RuntimeError, match=r"broken: python -m training\.train .* failed: .*width 31"):
        runs.train_all(bench, [broken], 1)
    assert not (bench.folder("broken") / FINISHED).exists()


def result(name: str, gain: Change | None) -> Result:
    accuracy = Accuracy(100, 0.8, 0.9, 0.9, 0.82)
    return Result(Experiment(name, "networks"), accuracy, Interval(0.81, 0.83), gain, 1000, 2000, 1.5, Ratio(1.0, 0.9, 1.1))


@pytest.mark.parametrize(
    ("gain", "real"),
    [
        (Change(0.02, 0.01, 0.03), "yes"),
        (Change(-0.02, -0.03, -0.01), "yes"),
        (Change(0.02, -0.01, 0.03), "no"),
        (Change(0.004, 0.001, 0.01), "no"),
    ],
)
def test_a_difference_is_real_beyond_people_and_seeds(gain: Change, real: str) -> None:
    row = next(line for line in markdown(Results([result("gru", gain)], 0.005, 7), "budget", "p.png").splitlines() if "gru" in line)
    assert row.split(" | ")[-3].strip() == real


def test_gains_are_of_the_same_swipes() -> None:
    people = torch.arange(4).numpy().astype(str)
    better, worse = Ranks([0, 0, None, 1], people), Ranks([0, 1, None, 0], people)
    assert better.gain(worse).mean == 0
    assert Ranks([0, 0, 0, 0], people).gain(worse).mean == 0.5


def test_an_order_tells_each_ones_lead_over_the_next() -> None:
    people = torch.arange(4).numpy().astype(str)
    ranks = {"nearest": Ranks([0, 1, None, 1], people), "weighted": Ranks([0, 0, 0, 0], people)}
    best, last = results.climb(ranks)
    assert (best.name, best.top_1, getattr(best.lead, "mean", None)) == ("weighted", 1.0, 0.75)
    assert (last.name, last.top_1, last.lead) == ("nearest", 0.25, None)
    written = markdown(Results([], 0.0, 4, [best, last]), "budget", "p.png")
    assert "The same order here" in written and "weighted 100.00 (+75.00, " in written
    assert "Another order here" in markdown(Results([], 0.0, 4, [last, best]), "budget", "p.png")
    assert "Not trained yet: study; " in written
