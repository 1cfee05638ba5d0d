"""Writes a model bundle, but only once it is proven to give what the network gives."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from engine.manifest import Manifest
from engine.model import DECODER_STEP, ENCODER, MANIFEST, ModelBundle
from engine.search_options import SearchOptions
from export.onnx_files import decoder_step_onnx, encoder_onnx
from export.proof import Proof
from export.quantize import Quantisation, quantize
from training.loop.checkpoint import TrainedModel, config_to_json

MAX_BYTES = 8_000_000
"""The largest that a shipped bundle may be."""


class ProofError(Exception):
    """The bundle gives other numbers than the network."""


@dataclass(frozen=True)
class Checks:
    """The checks that a bundle has to pass."""

    prove: Callable[[ModelBundle], Proof]
    """compares an fp32 bundle with the network"""
    compare: Callable[[ModelBundle, ModelBundle], Quantisation]
    """an fp32 bundle with its int8 twin"""


@dataclass(frozen=True)
class Exported:
    """What the checks found."""

    proof: Proof
    quantisation: Quantisation | None
    """None for an fp32 bundle"""

    def summary(self) -> dict[str, Any]:
        """For the manifest."""
        quantised = {} if self.quantisation is None else {"quantisation": self.quantisation.summary()}
        return {"export_proof": self.proof.summary(), **quantised}

    def report(self) -> str:
        """For people."""
        return "\n".join(part.report() for part in (self.proof, self.quantisation) if part is not None)


def write_bundle(
    model: TrainedModel, target: Path, search: SearchOptions, metrics: Mapping[str, Any], checks: Checks, precision: str = "fp32"
) -> Exported:
    """Exports the model to the folder `target`. It appears there complete, or not at all if a check fails.

    The fp32 graphs are proven; with precision "int8" the encoder's are quantised afterwards and compared with them.
    An earlier bundle at `target` is replaced; if a check fails, it stays.
    Raises: ProofError if they differ; ValueError if `target` exists and is not a bundle; OSError.
    """
    if target.exists() and not (target / MANIFEST).is_file():
        raise ValueError(f"'{target}' exists and is not a model bundle: choose another folder or remove this one")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        new = Path(folder) / "new"
        new.mkdir()
        (new / ENCODER).write_bytes(encoder_onnx(model.network).SerializeToString())
        (new / DECODER_STEP).write_bytes(decoder_step_onnx(model.network).SerializeToString())
        (new / MANIFEST).write_text(describe(model, new, search, metrics).to_json(), encoding="utf-8")
        exact, quantisation = ModelBundle.load(new), None
        proof = checks.prove(exact)
        if not proof.holds:
            raise ProofError(proof.report())
        if precision == "int8":
            (new / ENCODER).write_bytes(quantize(onnx.load(new / ENCODER)).SerializeToString())
            (new / MANIFEST).write_text(describe(model, new, search, metrics, precision).to_json(), encoding="utf-8")
            quantisation = checks.compare(exact, ModelBundle.load(new))
            if not quantisation.holds:
                raise ProofError(quantisation.report())
        exported = Exported(proof, quantisation)
        described = describe(model, new, search, {**metrics, **exported.summary()}, precision)
        (new / MANIFEST).write_text(described.to_json(), encoding="utf-8")
        replace_folder(target, new, Path(folder) / "old")
    return exported


def describe(model: TrainedModel, folder: Path, search: SearchOptions, metrics: Mapping[str, Any], precision: str = "fp32") -> Manifest:
    """The manifest of the graphs in a folder."""
    config = model.config
    return Manifest(
        alphabet=config.alphabet,
        feature_spec=config.features,
        config=config_to_json(config),
        grids=(model.info.grid,),
        search=search,
        max_letters=config.max_letters,
        training_data=f"{model.info.data}; {model.info.n_swipes:,} samples in {model.info.n_steps:,} steps, seed {model.info.seed}",
        training_command=model.info.command,
        metrics=metrics,
        commit=commit(),
        sha256={name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (ENCODER, DECODER_STEP)},
        precision=precision,
    )


def n_bytes(bundle: Path) -> int:
    return sum(file.stat().st_size for file in bundle.iterdir())


def replace_folder(target: Path, new: Path, old: Path) -> None:
    """Puts a new folder in the place of another, which is kept as `old` until it is there."""
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


def commit() -> str:
    """The commit of the code that exports, "-dirty" where files differ from it; empty outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
