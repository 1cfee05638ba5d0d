"""Makes the runs of experiments: trained, exported and scored by the commands that anyone would give."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.experiments.plan import PRESET, PRETRAINED, Experiment

FINISHED = "finished"
"""A file in a run's folder: all of its steps are trained."""
N_PROVEN = 64
"""swipes on which an export is compared with its network"""
BEAM, PRIOR_WEIGHT = 10, 0.55
"""of every bundle's search, whatever the shipped one's becomes"""
PRECISION = "int8"
"""of every bundle's encoder, as of the shipped one's"""
N_BEST = 10
"""Candidates of each swipe that are kept; ensembles choose among them."""


@dataclass(frozen=True)
class Bench:
    """Where everything is."""

    train: Path
    dev: Path
    runs: Path
    """a folder for each experiment, and the predictions of all"""

    @property
    def predictions(self) -> Path:
        return self.runs / "predictions"

    def folder(self, name: str) -> Path:
        return self.runs / name.replace(" ", "-").replace(",", "").replace("%", "percent")

    def bundle(self, experiment: Experiment) -> Path:
        """Its folder bears the experiment's name, for the tables of predictions."""
        return self.folder(experiment.name) / "bundles" / self.folder(experiment.name).name


def training_command(bench: Bench, experiment: Experiment) -> list[str]:
    """The arguments of training.train: one process of one thread, so that several experiments can share a machine."""
    command = ["training.train", str(bench.train), str(bench.folder(experiment.name)), "--preset", PRESET]
    command += ["--processes", "1", "--threads", "1", "--seed", str(experiment.seed)]
    for setting in experiment.settings:
        command += ["--set", setting]
    if experiment.labels < 1:
        command += ["--labels", str(experiment.labels)]
    if experiment.pretrained:
        command += ["--init", str(bench.folder(PRETRAINED) / "best.ckpt")]
    return command


def train_all(bench: Bench, experiments: Sequence[Experiment], n_at_once: int) -> None:
    """Trains those that are not trained yet, so many at a time; what was interrupted goes on where it was.

    Raises: RuntimeError that names the commands which failed; the others are done then.
    """
    missing = [experiment for experiment in experiments if not (bench.folder(experiment.name) / FINISHED).exists()]
    if any(experiment.pretrained for experiment in missing) and not (bench.folder(PRETRAINED) / FINISHED).exists():
        folder = bench.folder(PRETRAINED)
        _call(["training.pretrain", str(bench.train), str(folder), "--preset", PRESET, "--threads", "1"], folder)
        (folder / FINISHED).touch()
    with ThreadPoolExecutor(n_at_once) as pool, tqdm(total=len(missing), desc="trained", disable=not sys.stderr.isatty()) as progress:
        failures = []
        for failure in pool.map(lambda experiment: _train(bench, experiment), missing):
            failures += [failure] if failure else []
            progress.update()
    if failures:
        raise RuntimeError("\n".join(failures))


def score(bench: Bench, experiment: Experiment) -> None:
    """Exports the run and predicts dev, where that was not done before. Raises: RuntimeError where one of the commands fails."""
    folder, bundle = bench.folder(experiment.name), bench.bundle(experiment)
    if not bundle.exists():
        export = ["export", str(folder / "last.ckpt"), str(bundle), "--swipes", str(bench.dev), "--n-swipes", str(N_PROVEN)]
        search = ["--search", f"beam_width={BEAM}", "--search", f"prior_weight={PRIOR_WEIGHT}"]
        _call([*export, *search, "--precision", PRECISION], folder)
    predict = ["training.predict", str(bench.dev), str(bench.predictions), "--bundle", str(bundle), "--search", f"n_best={N_BEST}"]
    _call(predict, folder)


def _train(bench: Bench, experiment: Experiment) -> str:
    """What went wrong, or nothing."""
    folder = bench.folder(experiment.name)
    try:
        _call(training_command(bench, experiment), folder)
        (folder / FINISHED).touch()
    except RuntimeError as error:
        return f"{experiment.name}: {error}"
    return ""


def _call(command: Sequence[str], folder: Path) -> None:
    """Runs a module of ours; what it says is added to the folder's log. Raises: RuntimeError where it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    with log.open("a", encoding="utf-8") as written:
        done = subprocess.run([sys.executable, "-m", *command], stdout=written, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        last = log.read_text(encoding="utf-8").strip().splitlines()[-1:]
        raise RuntimeError(f"python -m {' '.join(command)} failed: {' '.join(last)} ('{log}' has all of it)")
