"""The model bundle: the two ONNX graphs of a trained network, and their manifest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from engine import kernels
from engine.features import Features
from engine.language import default_language
from engine.manifest import Manifest, ModelBundleError

ENCODER, DECODER_STEP, MANIFEST = "encoder.onnx", "decoder_step.onnx", "manifest.json"

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
NO_PARENT = -1
"""Stands for the parent of a prefix without letters."""
HIDDEN = -60.0
"""Added to the attention score of a letter that is not the prefix's own. exp(-60) vanishes beside the others, and unlike
exp(-1e9) it is a normal number: with denormal ones the softmax took six times as long."""


@dataclass(frozen=True, eq=False)
class Cache:
    """What the decoder keeps of the P prefixes that it has read for one swipe. They form a tree, parents first.

    One row is one letter: the keys and values of a whole prefix are those of its row, its parent's, and so on. So
    prefixes share what they have in common, none is ever copied, and any number may be read in one call.
    Source: tree attention, Miao et al. 2023 (SpecInfer).
    """

    keys_values: Floats
    """(L, 2 H, P, Dh), of the self-attention; the heads' keys, then their values"""
    parents: Integers
    """(P,): the row of the prefix without its last letter; NO_PARENT for the empty prefix"""

    def __len__(self) -> int:
        """P"""
        return len(self.parents)


@dataclass(frozen=True, eq=False)
class Memory:
    """What the decoder can see of one swipe."""

    keys_values: Floats
    """(L, 2 H, S, Dh), of the cross-attention; the heads' keys, then their values"""
    ctc_log_probs: Floats
    """(S, K + 1): the encoder's own opinion of each frame, blank last; (0, K + 1) of a model without a CTC head"""


@dataclass(frozen=True, eq=False)
class StepOutput:
    """What one decoder step says about B prefixes."""

    log_probs: Floats
    """(B, V): natural log probabilities of what follows each prefix, over the whole alphabet; the end of the word comes last"""
    cache: Cache
    """with the B prefixes as its last rows"""
    head_attention: Floats
    """(H, B, S): where each head of the last layer looked"""

    @property
    def attention(self) -> Floats:
        """(B, S), the mean of the heads; rows sum to 1."""
        mean: Floats = self.head_attention.mean(axis=0)
        return mean


class ModelBundle:
    """A model that is ready to run, on one thread. Make it with `load`."""

    def __init__(self, manifest: Manifest, encoder: onnxruntime.InferenceSession, decoder_step: onnxruntime.InferenceSession) -> None:
        self.manifest = manifest
        self._encoder = encoder
        self._decoder_step = decoder_step
        layers, heads, _, head_width = _input_shape(decoder_step, "cache")
        self.has_ctc = "ctc_log_probs" in [output.name for output in encoder.get_outputs()]
        """Whether the encoder has a CTC head. Without one, only the search by steps works, with ctc_weight 0."""
        self._no_ctc = np.empty((0, len(manifest.alphabet) + 1), np.float32)
        self._empty_cache = Cache(np.zeros((layers, heads, 0, head_width), np.float32), np.empty(0, np.int64))

    @classmethod
    def load(cls, path: Path | str | None = None) -> ModelBundle:
        """The bundle in a folder; without one, that of Keyglide's default language.

        Raises: ModelBundleError for a missing file, one whose hash is not the manifest's, a newer format_version, or
        graphs that do not fit the manifest or its search.
        """
        path = Path(path) if path is not None else default_language().require_bundle()
        try:
            manifest = _manifest(path)
            bundle = cls(manifest, _session(path, ENCODER, manifest), _session(path, DECODER_STEP, manifest))
            bundle._check_shapes()
            bundle._check_search()
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
        """The cache before the first step, when no prefix has been read."""
        return self._empty_cache

    def encode(self, features: Features) -> Memory:
        """One swipe, encoded: what the decoder looks at."""
        inputs = {"trajectory": features.trajectory[None], "key_distances": features.key_distances[None]}
        if not self.has_ctc:
            return Memory(self._encoder.run(["memory"], inputs)[0], self._no_ctc)
        return Memory(*self._encoder.run(["memory", "ctc_log_probs"], inputs))

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        """What follows each of B prefixes: the prefix in row parents[b], with tokens[b] behind it. Both are (B,).

        Rows count from the cache's first prefix on through those of this call, whose own prefixes have the rows
        len(cache), len(cache) + 1, ...; a parent comes before its child. The empty prefix has the parent NO_PARENT and the
        token BOS, len(alphabet) + 1. So a step may read one more letter of some hypotheses, or a whole tree of words.
        """
        tree = np.concatenate((cache.parents, parents))
        lengths, mask = kernels.see_ancestors(tree, len(cache), HIDDEN)
        inputs = {"tokens": tokens, "lengths": lengths, "mask": mask, "cache": cache.keys_values, "memory": memory.keys_values}
        log_probs, new_rows, attention = self._decoder_step.run(["log_probs", "new_rows", "attention"], inputs)
        keys_values = np.concatenate((cache.keys_values, new_rows), axis=2) if len(cache) else new_rows
        return StepOutput(log_probs, Cache(keys_values, tree), attention)

    def _check_shapes(self) -> None:
        spec, n_letters = self.manifest.feature_spec, len(self.alphabet)
        for name, expected in (("trajectory", [1, spec.n_points, spec.n_columns]), ("key_distances", [1, spec.n_points, n_letters])):
            got = _input_shape(self._encoder, name)
            if got != expected:
                raise ModelBundleError(f"{ENCODER} takes {name} {got}, the manifest and this engine say {expected}; export it again")

    def _check_search(self) -> None:
        search = self.manifest.search
        if search.reads_ctc and not self.has_ctc:
            raise ModelBundleError(
                f"{ENCODER} has no CTC head, which the manifest's search needs (method '{search.method}', ctc_weight {search.ctc_weight}): "
                "export it again with --search method=steps --search ctc_weight=0"
            )


def _manifest(folder: Path) -> Manifest:
    try:
        return Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise _unreadable(MANIFEST, error) from error


def _unreadable(name: str, error: OSError) -> ModelBundleError:
    return ModelBundleError(f"cannot read {name}: {error.strerror}; export the bundle again")


def _session(folder: Path, name: str, manifest: Manifest) -> onnxruntime.InferenceSession:
    """The graph, if its hash is the one in the manifest. onnxruntime reads the file itself, which takes 9 MB less than passing bytes."""
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
        raise ModelBundleError(f"onnxruntime {onnxruntime.__version__} cannot load {name}: {reason}") from error


def _input_shape(session: onnxruntime.InferenceSession, name: str) -> list[int]:
    """The shape of an input, with names for dynamic axes. Raises: ModelBundleError if the graph has no such input."""
    shapes = {value.name: value.shape for value in session.get_inputs()}
    if name not in shapes:
        raise ModelBundleError(f"a graph lacks the input '{name}', it has {', '.join(sorted(shapes))}; export the bundle again")
    return list(shapes[name])
