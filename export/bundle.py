"""Writes a model bundle, and only one that was proven."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.manifest import Manifest, SearchDefaults
from engine.model import DECODER_STEP, ENCODER, MANIFEST, ModelBundle
from export.onnx_files import decoder_step_onnx, encoder_onnx
from export.proof import Proof
from training.checkpoint import TrainedModel

MAX_BYTES = 8_000_000
"""A shipped bundle's size."""


class ProofError(Exception):
    """The bundle does not give what the network gives."""


def write_bundle(
    model: TrainedModel,
    target: Path,
    search: SearchDefaults,
    metrics: Mapping[str, Any],
    proof_of: Callable[[ModelBundle], Proof],
) -> Proof:
    """Exports the model to the folder `target`. It appears there whole, or, where the proof fails, not at all.

    An earlier bundle at `target` is replaced, or stays as it was. proof_of compares the new bundle with the network.
    Raises: ProofError where they differ; ValueError where `target` is something else than a bundle; OSError.
    """
    if target.exists() and not (target / MANIFEST).is_file():
        raise ValueError(f"'{target}' exists and is no model bundle: name a new folder or remove it")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        new = Path(folder) / "new"
        new.mkdir()
        (new / ENCODER).write_bytes(encoder_onnx(model.network).SerializeToString())
        (new / DECODER_STEP).write_bytes(decoder_step_onnx(model.network).SerializeToString())
        manifest = describe(model, new, search, metrics)
        (new / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        proof = proof_of(ModelBundle.load(new))
        if not proof.holds:
            raise ProofError(proof.report())
        (new / MANIFEST).write_text(describe(model, new, search, {**metrics, "export_proof": proof.summary()}).to_json(), encoding="utf-8")
        _replace(target, new, Path(folder) / "old")
    return proof


def describe(model: TrainedModel, folder: Path, search: SearchDefaults, metrics: Mapping[str, Any]) -> Manifest:
    """The manifest of the graphs in a folder."""
    config = model.config
    return Manifest(
        alphabet=config.alphabet,
        feature_spec=config.features,
        config=asdict(config),
        grids=(model.info.grid,),
        search=search,
        max_letters=config.max_letters,
        training_data=f"{model.info.data}; {model.info.n_swipes:,} samples in {model.info.n_steps:,} steps, seed {model.info.seed}",
        training_command=model.info.command,
        metrics=metrics,
        commit=_commit(),
        sha256={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (ENCODER, DECODER_STEP)},
    )


def n_bytes(bundle: Path) -> int:
    return sum(file.stat().st_size for file in bundle.iterdir())


def _replace(target: Path, new: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    if old.exists():
        shutil.rmtree(old)


def _commit() -> str:
    """The commit of the code that exports, "-dirty" where files differ from it; empty outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
