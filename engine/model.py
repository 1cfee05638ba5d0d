"""The model bundle: the ONNX graphs of a trained network and their manifest; and the network on one grid."""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from engine import kernels
from engine.features import Extractor, FeatureExtractor, Features, KeyFeatureExtractor
from engine.fused import weight_file
from engine.fused.sessions import FusedEncoder, FusedStep, Session, is_fast
from engine.grid import Grid
from engine.key_places import KeyPlaces
from engine.language import default_language
from engine.manifest import Manifest, ModelBundleError
from engine.onnx_file import check_whole

ENCODER, DECODER_STEP, KEYS, MANIFEST = "encoder.onnx", "decoder_step.onnx", "keys.onnx", "manifest.json"
STEP_OUTPUTS = ["log_probs", "new_rows", "attention"]

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
N_SWIPES = "B"
"""The name of the axis along which the graphs of a network that reads keys take several swipes at once."""
NO_PARENT = -1
"""Stands for the parent of a prefix without letters."""
SLOW = "SkipLayerNormFusion"
"""What onnxruntime leaves undone. Measured: the sum and its norm take 5 us, its operator for both takes 15."""
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
    """(L, 2 H, P, Dh), or (L 2 H, P, Dh) of a network that reads keys, of the self-attention; the heads' keys, then their values"""
    parents: Integers
    """(P,): the row of the prefix without its last letter; NO_PARENT for the empty prefix"""

    def __len__(self) -> int:
        """P"""
        return len(self.parents)


@dataclass(frozen=True, eq=False)
class Memory:
    """What the decoder can see of one swipe."""

    seen: Floats
    """(L, 2 H, S, Dh), the keys and values of the cross-attention, the heads' keys, then their values; (S, D) of a network that reads keys,
    the encoder's frames, of which the decoder makes them when it is asked, as often it is not"""
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


class Tree(NamedTuple):
    """Prefixes that share their beginnings, parents before children, the empty one first. The whole of it can be read in one step."""

    parents: Integers
    """(P,): the row of the prefix without its last letter; NO_PARENT for the empty prefix"""
    tokens: Integers
    """(P,): the last letter; BOS for the empty prefix"""


class Decoder(Protocol):
    """What the search needs from a model. `Model` has it."""

    @property
    def alphabet(self) -> str: ...

    @property
    def max_letters(self) -> int: ...

    @property
    def nothing(self) -> Memory | None:
        """What the decoder sees of no swipe at all; None if it has not been trained to see nothing."""
        ...

    @property
    def empty_cache(self) -> Cache: ...

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput: ...

    def read_trees(self, trees: Sequence[Tree], memories: Sequence[Memory]) -> list[Floats]:
        """(P, V) of what follows each prefix of a tree, for the trees of several swipes: what a `step` with an empty cache says of each.

        The fastest way, if several trees are about as large.
        """
        ...


class _Steps(Protocol):
    @property
    def empty_cache(self) -> Cache: ...

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput: ...


class ReadsBySteps:
    """A decoder that has no faster way to read trees than a step for each."""

    def read_trees(self: _Steps, trees: Sequence[Tree], memories: Sequence[Memory]) -> list[Floats]:
        """As `Decoder`'s."""
        return [self.step(tree.tokens, tree.parents, self.empty_cache, one).log_probs for tree, one in zip(trees, memories, strict=True)]


class ModelBundle:
    """The graphs of a trained network, on one thread, and their manifest. Make it with `load`; `on` makes it ready for a grid."""

    def __init__(
        self,
        manifest: Manifest,
        encoder: Session,
        decoder_step: Session,
        keys: onnxruntime.InferenceSession | None = None,
    ) -> None:
        """keys: the graph that embeds the keys of a grid, of a network that reads keys."""
        self.manifest = manifest
        self.encoder, self.decoder_step, self.keys = encoder, decoder_step, keys
        self.has_ctc = "ctc_log_probs" in [output.name for output in encoder.get_outputs()]
        """Whether the encoder has a CTC head. Without one, only the search by steps works, with ctc_weight 0."""

    @classmethod
    def load(cls, path: Path | str | None = None) -> ModelBundle:
        """The bundle in a folder; without one, that of Keyglide's default language.

        Raises: ModelBundleError for a missing file, one whose hash is not the manifest's, a newer format_version, or
        graphs that do not fit the manifest or its search.
        """
        path = Path(path) if path is not None else default_language().require_bundle()
        try:
            manifest = _manifest(path)
            keys = _session(path, KEYS, manifest) if manifest.reads == "keys" else None
            encoder, step = (_fused_session(path, name, manifest) for name in (ENCODER, DECODER_STEP))
            bundle = cls(manifest, encoder, step, keys)
            bundle._check_shapes()
            bundle._check_search()
        except ModelBundleError as error:
            raise ModelBundleError(f"model bundle {path}: {error}") from error
        return bundle

    @property
    def digest(self) -> str:
        """Stands for the network: the first digits of a hash of its graphs' hashes."""
        hashes = sorted(digest for name, digest in self.manifest.sha256.items() if name.endswith(".onnx"))
        return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:16]

    def on(self, grid: Grid, alphabet: str) -> Model:
        """The network on a grid, for the letters of a lexicon's alphabet.

        Raises: ValueError where the grid has no key for a letter, or a network that knows letters knows others.
        """
        if self.keys is None and alphabet != self.manifest.alphabet:
            raise ValueError(
                f"the lexicon's alphabet is '{alphabet}', the model's is '{self.manifest.alphabet}': "
                "build the lexicon for the model's alphabet"
            )
        _check_letters(grid, alphabet)
        return LetterModel(self, grid) if self.keys is None else KeyModel(self, self.keys, KeyPlaces.on(grid, alphabet), alphabet)

    def run_step(self, inputs: Mapping[str, Any]) -> tuple[Floats, Floats, Floats]:
        """log_probs, new_rows and attention, as the graph gives them."""
        log_probs, new_rows, attention = self.decoder_step.run(STEP_OUTPUTS, inputs)
        return log_probs, new_rows, attention

    def _check_shapes(self) -> None:
        _input_shape(self.decoder_step, "cache")
        spec, letters = self.manifest.feature_spec, len(self.manifest.alphabet)
        expected: dict[str, list[int | str]] = {
            "trajectory": [1, spec.n_points, spec.n_columns],
            "key_distances": [1, spec.n_points, letters],
        }
        if self.keys is not None:
            expected = {"trajectory": [N_SWIPES, spec.n_points, spec.n_columns]}
        for name, shape in expected.items():
            got = _input_shape(self.encoder, name)
            if got != shape:
                raise ModelBundleError(f"{ENCODER} takes {name} {got}, the manifest and this engine say {shape}; export it again")

    def _check_search(self) -> None:
        search = self.manifest.search
        if search.reads_ctc and not self.has_ctc:
            raise ModelBundleError(
                f"{ENCODER} has no CTC head, which the manifest's search needs (method '{search.method}', ctc_weight {search.ctc_weight}): "
                "export it again with --search method=steps --search ctc_weight=0"
            )


class Model(ReadsBySteps, ABC):
    """A bundle's network on one grid. Tokens are the letters of its alphabet; EOS is len(alphabet), BOS len(alphabet) + 1."""

    extractor: Extractor

    def __init__(self, bundle: ModelBundle, alphabet: str) -> None:
        self.bundle, self.alphabet = bundle, alphabet
        self.nothing: Memory | None = None
        """As `Decoder.nothing`."""
        shape = _input_shape(bundle.decoder_step, "cache")
        *outer, _, head_width = shape if bundle.keys is None else shape[1:]
        self._empty_cache = Cache(np.zeros((*outer, 0, head_width), np.float32), np.empty(0, np.int64))

    @property
    def max_letters(self) -> int:
        """The longest word that the decoder can write."""
        return self.bundle.manifest.max_letters

    @property
    def empty_cache(self) -> Cache:
        """The cache before the first step, when no prefix has been read."""
        return self._empty_cache

    def encode(self, features: Features) -> Memory:
        """One swipe, encoded: what the decoder looks at."""
        return self.lettered(self.encode_keys(features))

    def encode_many(self, features: Sequence[Features]) -> list[Memory]:
        """What `encode_keys` says of each of several swipes; faster than one after the other, where the network can."""
        return [self.encode_keys(one) for one in features]

    @abstractmethod
    def encode_keys(self, features: Features) -> Memory:
        """The same, but what the CTC head says is said of keys. Models on the same keys share it, whatever their alphabets."""

    def lettered(self, memory: Memory) -> Memory:
        """What `encode_keys` returned, with what the CTC head says of each letter."""
        return memory

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        """What follows each of B prefixes: the prefix in row parents[b], with tokens[b] behind it. Both are (B,).

        Rows count from the cache's first prefix on through those of this call, whose own prefixes have the rows
        len(cache), len(cache) + 1, ...; a parent comes before its child. The empty prefix has the parent NO_PARENT and the
        token BOS, len(alphabet) + 1. So a step may read one more letter of some hypotheses, or a whole tree of words.
        """
        tree = np.concatenate((cache.parents, parents))
        lengths, mask = kernels.see_ancestors(tree, len(cache), HIDDEN)
        inputs = {"tokens": tokens, "lengths": lengths, "mask": mask, "cache": cache.keys_values, "memory": memory.seen}
        log_probs, new_rows, attention = self._run_step(inputs)
        keys_values = np.concatenate((cache.keys_values, new_rows), axis=-2) if len(cache) else new_rows
        return StepOutput(log_probs, Cache(keys_values, tree), attention)

    @abstractmethod
    def _run_step(self, inputs: dict[str, Any]) -> tuple[Floats, Floats, Floats]:
        """As `ModelBundle.run_step`, but the log probabilities are over the alphabet and the end."""


class LetterModel(Model):
    """A network that knows the letters of one alphabet."""

    def __init__(self, bundle: ModelBundle, grid: Grid) -> None:
        """Raises: ValueError where the grid has no key for a letter."""
        super().__init__(bundle, bundle.manifest.alphabet)
        self.extractor = FeatureExtractor(bundle.manifest.feature_spec, grid, self.alphabet)
        self._no_ctc = np.empty((0, len(self.alphabet) + 1), np.float32)

    def encode_keys(self, features: Features) -> Memory:
        inputs = {"trajectory": features.trajectory[None], "key_distances": features.key_distances[None]}
        if not self.bundle.has_ctc:
            return Memory(self.bundle.encoder.run(["memory"], inputs)[0], self._no_ctc)
        return Memory(*self.bundle.encoder.run(["memory", "ctc_log_probs"], inputs))

    def _run_step(self, inputs: dict[str, Any]) -> tuple[Floats, Floats, Floats]:
        return self.bundle.run_step(inputs)


class KeyModel(Model):
    """A network that is told where the keys lie. What it needs of them is computed once, here.

    It tells keys apart, not letters. Letters that share a key have the same log probabilities.
    """

    def __init__(self, bundle: ModelBundle, keys: onnxruntime.InferenceSession, places: KeyPlaces, alphabet: str) -> None:
        super().__init__(bundle, alphabet)
        self.places, self.graph = places, keys
        self.extractor = KeyFeatureExtractor(bundle.manifest.feature_spec, places)
        around, near, asked, read, pointed = keys.run(["around", "near", "asked", "read", "pointed"], {"keys": places.keys})
        self._of_encoder = {"around": around, "near": near, "asked": asked}
        self._of_step = {"read": read, "pointed": pointed}
        _, n_frames, width = _input_shape(bundle.decoder_step, "memory")
        self.nothing = Memory(np.zeros((n_frames, width), np.float32), np.empty((0, len(alphabet) + 1), np.float32))
        n_keys = len(places)
        self._columns = None if np.array_equal(places.key_of, np.arange(n_keys)) else np.array([*places.key_of, n_keys])
        self._key_tokens = np.array([*places.key_of, n_keys, n_keys])  # EOS is never read, and BOS is the token behind the keys

    def encode_keys(self, features: Features) -> Memory:
        return self._encode(features.trajectory[None])[0]

    def encode_many(self, features: Sequence[Features]) -> list[Memory]:
        return self._encode(np.stack([one.trajectory for one in features]))

    def _encode(self, trajectories: Floats) -> list[Memory]:
        """trajectories (B, N, F)"""
        memories, ctc_log_probs = self.bundle.encoder.run(["memory", "ctc_log_probs"], {"trajectory": trajectories, **self._of_encoder})
        return [Memory(memory, log_probs) for memory, log_probs in zip(memories, ctc_log_probs, strict=True)]

    def lettered(self, memory: Memory) -> Memory:
        return Memory(memory.seen, self._by_letter(memory.ctc_log_probs))

    def read_trees(self, trees: Sequence[Tree], memories: Sequence[Memory]) -> list[Floats]:
        """Trees are filled up to the size of the largest with prefixes that nothing comes of."""
        shape = len(trees), max(len(tree.parents) for tree in trees)
        tokens, lengths, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros((*shape, shape[1]), np.float32)
        for row, tree in enumerate(trees):
            n = len(tree.parents)
            tokens[row, :n] = self._key_tokens[tree.tokens]
            lengths[row, :n], mask[row, :n, :n] = kernels.see_ancestors(tree.parents, 0, HIDDEN)
            mask[row, :n, n:] = HIDDEN
        heads, _, head_width = self.empty_cache.keys_values.shape
        cache, memory = np.zeros((len(trees), heads, 0, head_width), np.float32), np.stack([one.seen for one in memories])
        inputs = {"tokens": tokens, "lengths": lengths, "mask": mask, "cache": cache, "memory": memory, **self._of_step}
        (log_probs,) = self.bundle.decoder_step.run(STEP_OUTPUTS[:1], inputs)
        return [self._by_letter(one[: len(tree.parents)]) for tree, one in zip(trees, log_probs, strict=True)]

    def _run_step(self, inputs: dict[str, Any]) -> tuple[Floats, Floats, Floats]:
        inputs["tokens"] = self._key_tokens[inputs["tokens"]]
        outputs = self.bundle.run_step({name: one[None] for name, one in inputs.items()} | self._of_step)
        log_probs, new_rows, attention = (one[0] for one in outputs)
        return self._by_letter(log_probs), new_rows, attention

    def _by_letter(self, log_probs: Floats) -> Floats:
        """(n, K + 1), the columns keys, -> (n, letters + 1); the last column stays the last."""
        return log_probs if self._columns is None else log_probs.take(self._columns, axis=1)


def _manifest(folder: Path) -> Manifest:
    try:
        return Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise _unreadable(MANIFEST, error) from error


def _unreadable(name: str, error: OSError) -> ModelBundleError:
    return ModelBundleError(f"cannot read {name}: {error.strerror}; export the bundle again")


FUSED: dict[str, tuple[str, type[FusedEncoder] | type[FusedStep]]] = {
    ENCODER: (weight_file.ENCODER_FILE, FusedEncoder),
    DECODER_STEP: (weight_file.STEP_FILE, FusedStep),
}
"""The graphs that the engine has kernels for: the files of their weights, and what runs them."""


def _fused_session(folder: Path, name: str, manifest: Manifest) -> Session:
    """A graph with its kernel, where the bundle has weights for that; else onnxruntime's alone."""
    session: Callable[[], Session] = functools.partial(_session, folder, name, manifest)
    file, fused = FUSED[name]
    if file not in manifest.sha256:
        return session()
    _check_hash(folder, file, manifest)
    whole = fused.read(folder / file, manifest.config, session)
    if not is_fast():
        whole.session()  # a graph that cannot be loaded is to be known now
    return whole


def _check_hash(folder: Path, name: str, manifest: Manifest) -> None:
    """Raises: ModelBundleError where it is not the one in the manifest."""
    try:
        with (folder / name).open("rb") as file:
            digest, expected = hashlib.file_digest(file, "sha256").hexdigest(), manifest.sha256.get(name)
    except OSError as error:
        raise _unreadable(name, error) from error
    if digest != expected:
        raise ModelBundleError(f"{name} has sha256 {digest}, the manifest says {expected}: the file was altered; export it again")


def _session(folder: Path, name: str, manifest: Manifest) -> onnxruntime.InferenceSession:
    """The graph, if its hash is the one in the manifest. onnxruntime reads the file itself, which takes 9 MB less than passing bytes."""
    _check_hash(folder, name, manifest)
    check_whole(folder, name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3  # errors: warnings about a graph are for its exporter, not for stderr
    try:
        return onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"], disabled_optimizers=[SLOW])
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise ModelBundleError(f"onnxruntime {onnxruntime.__version__} cannot load {name}: {reason}") from error


def _input_shape(session: Session, name: str) -> list[int]:
    """The shape of an input, with names for dynamic axes. Raises: ModelBundleError if the graph has no such input."""
    shapes = {value.name: value.shape for value in session.get_inputs()}
    if name not in shapes:
        raise ModelBundleError(f"a graph lacks the input '{name}', it has {', '.join(sorted(shapes))}; export the bundle again")
    return list(shapes[name])


def _check_letters(grid: Grid, alphabet: str) -> None:
    """Raises: ValueError if a letter of the alphabet has no key. Other letters of the grid never appear in candidates."""
    labels = [key.label for key in grid.letter_keys if key.label is not None]
    missing = [letter for letter in alphabet if not grid.has_letter(letter)]
    if missing:
        unknown = [label for label in labels if label not in alphabet]
        also = f" and the lexicon does not know its letters {_some(unknown)}" if unknown else ""
        raise ValueError(
            f"grid '{grid.name}' has no key for {_some(missing)} of the lexicon's alphabet{also}: "
            "use a lexicon and a grid of the same language"
        )


def _some(letters: list[str]) -> str:
    shown = ", ".join(f"'{letter}'" for letter in letters[:3])
    return f"{shown} and {len(letters) - 3} more" if len(letters) > 3 else shown
