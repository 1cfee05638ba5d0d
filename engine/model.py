"""The model bundle: the two ONNX graphs of a trained network, and their manifest."""

from __future__ import annotations

import hashlib
import importlib.resources
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from engine.features import N_COLUMNS, Features
from engine.manifest import Manifest, ModelBundleError

ENCODER, DECODER_STEP, MANIFEST = "encoder.onnx", "decoder_step.onnx", "manifest.json"

Floats = npt.NDArray[np.float32]
Cache = Floats
"""The decoder's self-attention keys and values of the letters so far, (L, 2, B, H, T, Dh)."""


@dataclass(frozen=True, eq=False)
class Memory:
    """What the decoder may look at of one swipe."""

    keys_values: Floats
    """(L, 2, H, S, Dh), of the cross-attention"""
    ctc_log_probs: Floats
    """(S, K + 1): the encoder's own opinion of each frame, blank last"""


@dataclass(frozen=True, eq=False)
class StepOutput:
    """What one decoder step says of B hypotheses."""

    log_probs: Floats
    """(B, V) natural logs over the whole alphabet, the end of the word last"""
    cache: Cache
    """(L, 2, B, H, T + 1, Dh)"""
    attention: Floats
    """(B, S) where the last layer looked; rows sum to 1"""


class ModelBundle:
    """A model, ready to run on one thread. Build it with `load`."""

    def __init__(self, manifest: Manifest, encoder: onnxruntime.InferenceSession, decoder_step: onnxruntime.InferenceSession) -> None:
        self.manifest = manifest
        self._encoder = encoder
        self._decoder_step = decoder_step
        layers, two, _, heads, _, head_width = _input_shape(decoder_step, "cache")
        self._empty_cache = np.zeros((layers, two, 1, heads, 0, head_width), dtype=np.float32)

    @classmethod
    def load(cls, path: Path | str | None = None) -> ModelBundle:
        """The bundle in a folder; without one, the English bundle that comes with Keyglide.

        Raises: ModelBundleError for a missing file, one whose hash is not the manifest's, a newer format_version, or
        graphs that do not fit the manifest.
        """
        if path is None:
            with importlib.resources.as_file(importlib.resources.files("engine") / "models" / "english") as folder:
                return cls.load(folder)
        path = Path(path)
        try:
            manifest = _manifest(path)
            bundle = cls(manifest, _session(path, ENCODER, manifest), _session(path, DECODER_STEP, manifest))
            bundle._check_shapes()
        except ModelBundleError as error:
            raise ModelBundleError(f"model bundle {path}: {error}") from error
        return bundle

    @property
    def alphabet(self) -> str:
        return self.manifest.alphabet

    @property
    def max_letters(self) -> int:
        """The longest word that the decoder can write."""
        return self.manifest.max_letters

    @property
    def empty_cache(self) -> Cache:
        """The cache of one hypothesis without letters, (L, 2, 1, H, 0, Dh)."""
        return self._empty_cache

    def encode(self, features: Features) -> Memory:
        """One swipe -> what the decoder looks at."""
        inputs = {"trajectory": features.trajectory[None], "key_distances": features.key_distances[None]}
        return Memory(*self._encoder.run(["memory", "ctc_log_probs"], inputs))

    def step(self, tokens: npt.NDArray[np.int64], parents: npt.NDArray[np.int64], cache: Cache, memory: Memory) -> StepOutput:
        """The next letter of B hypotheses: number b continues row parents[b] of the cache with tokens[b]. Both are (B,)."""
        inputs = {"tokens": tokens, "parents": parents, "cache": cache, "memory": memory.keys_values}
        return StepOutput(*self._decoder_step.run(["log_probs", "new_cache", "attention"], inputs))

    def _check_shapes(self) -> None:
        n_points, n_letters = self.manifest.feature_spec.n_points, len(self.alphabet)
        for name, expected in (("trajectory", [1, n_points, N_COLUMNS]), ("key_distances", [1, n_points, n_letters])):
            got = _input_shape(self._encoder, name)
            if got != expected:
                raise ModelBundleError(f"{ENCODER} takes {name} {got}, the manifest and this engine say {expected}; export it again")


def _manifest(folder: Path) -> Manifest:
    try:
        return Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise _unreadable(MANIFEST, error) from error


def _unreadable(name: str, error: OSError) -> ModelBundleError:
    return ModelBundleError(f"cannot read {name}: {error.strerror}; export the bundle again")


def _session(folder: Path, name: str, manifest: Manifest) -> onnxruntime.InferenceSession:
    """The graph, if its content is what the manifest says it is. Read by onnxruntime itself: 9 MB less memory than from bytes."""
    try:
        with (folder / name).open("rb") as file:
            digest, expected = hashlib.file_digest(file, "sha256").hexdigest(), manifest.sha256.get(name)
    except OSError as error:
        raise _unreadable(name, error) from error
    if digest != expected:
        raise ModelBundleError(f"{name} has sha256 {digest}, the manifest says {expected}: the file was altered; export it again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3  # errors: warnings about a graph are for its exporter, not for stderr
    try:
        return onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise ModelBundleError(f"{name} is no graph for onnxruntime {onnxruntime.__version__}: {reason}") from error


def _input_shape(session: onnxruntime.InferenceSession, name: str) -> list[int]:
    """The input's shape, with names in the place of dynamic axes. Raises: ModelBundleError where there is no such input."""
    shapes = {value.name: value.shape for value in session.get_inputs()}
    if name not in shapes:
        raise ModelBundleError(f"a graph lacks the input '{name}', it has {', '.join(sorted(shapes))}; export the bundle again")
    return list(shapes[name])
