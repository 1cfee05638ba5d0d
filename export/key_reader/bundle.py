"""The model bundle of a key reader, written only once it is proven to give the network's numbers."""

from __future__ import annotations

import hashlib
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnx
import torch
from tqdm import tqdm

from engine.features import Features, FeatureSpec
from engine.fused.sessions import FusedSession, is_fast
from engine.fused.weight_file import ENCODER_FILE, STEP_FILE
from engine.key_places import KeyPlaces
from engine.manifest import Manifest
from engine.model import DECODER_STEP, ENCODER, KEYS, MANIFEST, N_SWIPES, NO_PARENT, KeyModel, Memory, ModelBundle, Tree
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from engine.shipped import DEFAULT_GRID
from engine.swipe import Swipe
from export.bundle import ProofError, commit, replace_folder
from export.fixed_ranges import WatchedSession, quantize_within
from export.key_reader.fused_weights import encoder_arrays, step_arrays
from export.key_reader.graphs import EncoderGraph, KeysGraph, StepGraph
from export.onnx_files import Signature, to_onnx
from export.quantize import Quantisation, asking, compare
from training.key_reader.checkpoint import Checkpoint
from training.key_reader.network import KeyReader

KEYS_SIGNATURE = Signature(
    ("keys",), ("around", "near", "asked", "read", "pointed"),
    {"keys": {0: "K"}, "around": {0: "K"}, "near": {0: "K"}, "asked": {0: "K"}, "read": {0: "K_tokens"}, "pointed": {0: "K_tokens"}},
)  # fmt: skip
ENCODER_SIGNATURE = Signature(
    ("trajectory", "around", "near", "asked"), ("memory", "ctc_log_probs"),
    {
        "trajectory": {0: N_SWIPES}, "around": {0: "K"}, "near": {0: "K"}, "asked": {0: "K"}, "memory": {0: N_SWIPES},
        "ctc_log_probs": {0: N_SWIPES, 2: "K_blank"},
    },
)  # fmt: skip
STEP_SIGNATURE = Signature(
    ("tokens", "lengths", "mask", "cache", "memory", "read", "pointed"), ("log_probs", "new_rows", "attention"),
    {
        "tokens": {0: N_SWIPES, 1: "P"}, "lengths": {0: N_SWIPES, 1: "P"}, "mask": {0: N_SWIPES, 1: "P", 2: "P_after"},
        "cache": {0: N_SWIPES, 2: "P_before"}, "memory": {0: N_SWIPES}, "read": {0: "K_tokens"}, "pointed": {0: "K_outputs"},
        "log_probs": {0: N_SWIPES, 1: "P", 2: "K_outputs"}, "new_rows": {0: N_SWIPES, 2: "P"}, "attention": {0: N_SWIPES, 2: "P"},
    },
)  # fmt: skip
TRAINING_DATA = "How We Swipe (Leiva, Kim, Cui, Bi, Oulasvirta, MobileHCI 2021), training part, on many keyboards"
TOLERANCE = 2e-4
"""Nats that PyTorch and onnxruntime may differ by, because they add in different orders."""

FUSED_TOLERANCE = 1e-3
"""Nats that the kernel and onnxruntime may differ by in a quarter of the swipes: in others, a number lies between two steps of 8 bits, and
one of them rounds it up and the other down. Measured on dev: 1.5e-5 in half, at most 0.4."""


SEARCH = SearchOptions(
    beam_width=20,
    prior_weight=0.7,
    margin=10.0,
    ctc_weight=0.4,
    method="two_pass",
    internal_lm_weight=0.65,
    letter_bonus=0.95,
    first_prior=1.0,
    look_again_below=-17.0,
    left_behind=8.0,
    sure_margin=4.0,
)
"""What a bundle searches with unless told otherwise. Measured on dev, without the words before and with them: 89.50 and 95.38, 90.72 and
95.64; without a bonus, with 0.25 of the CTC head and 0.8 taken off, 89.34 and 95.13, 90.62 and 95.41."""


@dataclass(frozen=True)
class Graphs:
    """The three graphs of a key reader."""

    keys: onnx.ModelProto
    encoder: onnx.ModelProto
    step: onnx.ModelProto


def graphs(network: KeyReader) -> Graphs:
    """The three graphs, in float32."""
    config, n_keys = network.config, 11
    torch.manual_seed(0)
    keys = torch.randn(n_keys, 4)
    around, near, asked, read, pointed = KeysGraph(network)(keys)
    n_swipes, rows, rows_before = 2, 3, 7  # any that differ: torch reads 0, 1 and equal lengths as fixed
    trajectories = torch.zeros(n_swipes, config.n_points, config.n_columns)
    heads, (tokens, lengths) = config.n_decoder_layers * 2 * config.n_heads, torch.arange(rows).repeat(2, n_swipes, 1)
    step = (
        tokens, lengths, torch.zeros(n_swipes, rows, rows_before + rows), torch.zeros(n_swipes, heads, rows_before, config.head_width),
        torch.zeros(n_swipes, config.n_frames, config.width), read, pointed,
    )  # fmt: skip
    return Graphs(
        to_onnx(KeysGraph(network), (keys,), KEYS_SIGNATURE),
        to_onnx(EncoderGraph(network), (trajectories, around, near, asked), ENCODER_SIGNATURE),
        to_onnx(StepGraph(network), step, STEP_SIGNATURE),
    )


@dataclass(frozen=True)
class Exported:
    """What the checks found."""

    largest_difference: float
    """nats, between PyTorch and onnxruntime"""
    quantisation: Quantisation | None
    """None for a bundle in fp32"""

    def summary(self) -> dict[str, Any]:
        """For the manifest."""
        quantised = {} if self.quantisation is None else {"quantisation": self.quantisation.summary()}
        return {"export_proof": {"largest_difference_nats": float(f"{self.largest_difference:.2g}")}, **quantised}

    def report(self) -> str:
        """For people."""
        proof = f"largest difference between PyTorch and onnxruntime: {self.largest_difference:.1e} nats (allowed: {TOLERANCE:.0e})"
        return proof if self.quantisation is None else f"{proof}\n{self.quantisation.report()}"


def write_bundle(
    checkpoint: Checkpoint, target: Path, search: SearchOptions, metrics: Mapping[str, Any], swipes: Sequence[Swipe], precision: str
) -> Exported:
    """Exports the checkpoint's averaged weights to the folder `target`. It appears there complete, or not at all if a check fails.

    The fp32 graphs are proven. With precision "int8", encoder and step are quantised afterwards, by the ranges that they have while they
    read the swipes, and the candidates of the swipes compared: they are swipes on the default grid.
    Raises: ProofError if they differ; ValueError if `target` exists and is not a bundle; OSError.
    """
    if target.exists() and not (target / MANIFEST).is_file():
        raise ValueError(f"'{target}' exists and is not a model bundle: choose another folder or remove this one")
    target.parent.mkdir(parents=True, exist_ok=True)
    network = checkpoint.network()
    exact = graphs(network)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        new = Path(folder) / "new"
        new.mkdir()
        for name, model in ((KEYS, exact.keys), (ENCODER, exact.encoder), (DECODER_STEP, exact.step)):
            onnx.save(model, new / name)
        _describe(checkpoint, new, search, metrics, "fp32")
        bundle, quantisation = ModelBundle.load(new), None
        difference = largest_difference(network, bundle)
        if not difference < TOLERANCE:
            raise ProofError(Exported(difference, None).report())
        if precision == "int8":
            for name, model, watched in zip(
                (ENCODER, DECODER_STEP), (exact.encoder, exact.step), watch(bundle, exact, swipes), strict=True
            ):
                onnx.save(quantize_within(model, watched.ranges), new / name)
            _write_fused(network, new)
            _describe(checkpoint, new, search, metrics, precision)
            one, other = (SwipeRecognizer.load(each, grid=DEFAULT_GRID) for each in (bundle, ModelBundle.load(new)))
            check_fused(other, swipes)
            quantisation = compare(one, other, swipes)
            if not quantisation.holds:
                raise ProofError(quantisation.report())
        exported = Exported(difference, quantisation)
        _describe(checkpoint, new, search, {**metrics, **exported.summary()}, precision)
        replace_folder(target, new, Path(folder) / "old")
    return exported


def _write_fused(network: KeyReader, folder: Path) -> None:
    """The weights of encoder and step once more, for a network whose sizes the engine's kernels cover."""
    for graph, file, arrays_of in ((ENCODER, ENCODER_FILE, encoder_arrays), (DECODER_STEP, STEP_FILE, step_arrays)):
        arrays = arrays_of(network, onnx.load(folder / graph))
        if arrays is not None:
            with (folder / file).open("wb") as opened:
                np.savez(opened, **cast("dict[str, Any]", arrays))


def check_fused(recognizer: SwipeRecognizer, swipes: Sequence[Swipe]) -> None:
    """Raises: ProofError where the engine's kernels, if they run here, say something else of the swipes than onnxruntime."""
    bundle, model = recognizer.bundle, recognizer.model
    sessions = bundle.encoder, bundle.decoder_step
    if not is_fast() or not swipes or not all(isinstance(session, FusedSession) for session in sessions):
        return
    parents = np.array([NO_PARENT, 0, 1, 1, 0])
    tree = Tree(parents, np.array([len(model.alphabet) + 1, *(np.arange(4) % len(model.alphabet))]))
    features, apart = [model.extractor(swipe) for swipe in swipes], []
    memories = model.encode_many(features)
    read = model.read_trees([tree] * len(swipes), memories)
    bundle.encoder, bundle.decoder_step = (cast(FusedSession, session).session() for session in sessions)
    try:
        for mine, theirs in zip(memories, model.encode_many(features), strict=True):
            apart.append([float(np.abs(mine.ctc_log_probs - theirs.ctc_log_probs).max())])
        for differences, one, other in zip(apart, read, model.read_trees([tree] * len(swipes), memories), strict=True):
            differences.append(float(np.abs(one - other).max()))
    finally:
        bundle.encoder, bundle.decoder_step = sessions
    for name, difference in zip((ENCODER, DECODER_STEP), quarter(np.array(apart)), strict=True):
        if not difference < FUSED_TOLERANCE:
            raise ProofError(f"the kernel of {name} differs from onnxruntime by {difference:.1e} nats (allowed: {FUSED_TOLERANCE:.0e})")


def quarter(differences: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """What a quarter of the differences, along the first axis, does not exceed: on each processor, and with each version of onnxruntime,
    a few or many of the swipes have a number that is rounded otherwise."""
    least: npt.NDArray[np.float64] = np.quantile(np.asarray(differences), 0.25, axis=0, method="lower")
    return least


def watch(bundle: ModelBundle, exact: Graphs, swipes: Sequence[Swipe]) -> tuple[WatchedSession, WatchedSession]:
    """Encoder and step, with the ranges that they had while the bundle read the swipes."""
    watched, sessions = (WatchedSession(exact.encoder), WatchedSession(exact.step)), (bundle.encoder, bundle.decoder_step)
    recognizer = SwipeRecognizer.load(bundle, grid=DEFAULT_GRID)
    options = asking(recognizer)
    bundle.encoder, bundle.decoder_step = cast("tuple[Any, Any]", watched)
    try:
        for swipe in tqdm(swipes, desc="measuring ranges", disable=not sys.stderr.isatty()):
            recognizer.recognize(swipe, options)
    finally:
        bundle.encoder, bundle.decoder_step = sessions
    return watched


def largest_difference(network: KeyReader, bundle: ModelBundle, n: int = 20) -> float:
    """Nats, of both heads and of the decoder without a swipe, over n random trajectories and words on random keyboards of 9 to 40 keys."""
    random, largest = np.random.default_rng(3), 0.0
    for _ in range(n):
        n_keys, length = int(random.integers(9, 41)), int(random.integers(1, 9))
        keys = np.concatenate([random.normal(0, 2, (n_keys, 2)), np.ones((n_keys, 2))], axis=1).astype(np.float32)
        trajectory = random.normal(0, 0.7, (network.config.n_points, network.config.n_columns)).astype(np.float32)
        word, model = random.integers(n_keys, size=length), _on(bundle, keys)
        memory = model.encode(Features(trajectory, np.empty((len(trajectory), 0), np.float32), np.empty((3, 0))))
        seen, unseen = (_read(model, word, each) for each in (memory, model.nothing))
        with torch.inference_mode():
            present = torch.ones(1, n_keys, dtype=torch.bool)
            tokens = torch.from_numpy(np.concatenate([[n_keys], word]))[None]
            inputs = torch.from_numpy(trajectory)[None], torch.from_numpy(keys)[None], present, tokens
            (logits, ctc_logits), (blind, _) = (network(*inputs, torch.full((1,), share)) for share in (1.0, 0.0))
        for got, expected in ((seen, logits), (unseen, blind), (memory.ctc_log_probs, ctc_logits)):
            largest = max(largest, float(np.abs(got - expected[0].log_softmax(dim=-1).numpy()).max()))
    return largest


def _on(bundle: ModelBundle, keys: np.ndarray[Any, np.dtype[np.float32]]) -> KeyModel:
    """The bundle on any keys (K, 4), each of which has a letter of its own."""
    if bundle.keys is None:
        raise ValueError("the bundle's network does not read keys")
    places = KeyPlaces(keys, np.arange(len(keys)), np.zeros(2), np.ones(2))
    return KeyModel(bundle, bundle.keys, places, "".join(chr(ord("a") + key) for key in range(len(keys))))


def _read(model: KeyModel, word: np.ndarray[Any, np.dtype[np.int64]], memory: Memory | None) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(T + 1, K + 1): what follows each prefix of a word."""
    assert memory is not None
    tokens = np.concatenate([[len(model.alphabet) + 1], word])
    return model.step(tokens, np.arange(len(tokens)) - 1, model.empty_cache, memory).log_probs


def _describe(checkpoint: Checkpoint, folder: Path, search: SearchOptions, metrics: Mapping[str, Any], precision: str) -> None:
    """Writes the manifest of the graphs in a folder."""
    config = checkpoint.config
    manifest = Manifest(
        alphabet="",
        feature_spec=FeatureSpec(config.n_points),
        config=asdict(config),
        grids=(DEFAULT_GRID,),
        search=search,
        max_letters=config.max_letters,
        training_data=f"{TRAINING_DATA}; {checkpoint.n_samples:,} samples in {checkpoint.step:,} steps, real and spliced",
        training_command=_as_typed(checkpoint.command),
        metrics=metrics,
        commit=commit(),
        sha256={
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in (KEYS, ENCODER, DECODER_STEP, ENCODER_FILE, STEP_FILE)
            if (folder / name).is_file()
        },
        precision=precision,
        reads="keys",
    )
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")


def _as_typed(command: Sequence[str]) -> str:
    """A training's command without the folders of the machine that it ran on."""
    arguments = [argument if not Path(argument).is_absolute() else Path(argument).name for argument in command[1:]]
    return shlex.join(["python", "-m", "training.key_reader.train", *arguments])
