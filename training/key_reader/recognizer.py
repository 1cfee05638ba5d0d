"""The exported key reader as the engine would run it: swipe -> words, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime

from engine import kernels
from engine.beam_search import FIRST_BEAM
from engine.grid import Grid
from engine.letter_keys import letter_keys
from engine.lexicon import Lexicon
from engine.model import HIDDEN
from engine.swipe import Swipe

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
NOTHING = "nothing.npz"
"""The file of what the decoder expects of a lexicon's words without a swipe: a byte per node, and the nats that a step stands for."""
TIME_SHARE = 0.5
"""Of engine.features' sampling "mixed"."""


@dataclass(frozen=True)
class KeySearch:
    """How to search: the weights of the score's parts, and which words the decoder reads. As training.key_reader.search."""

    ctc: float = 0.25
    nothing: float = 0.9
    prior: float = 0.8
    first_prior: float = 0.7
    n_words: int = 12
    least_words: int = 4
    left_behind: float = 8.0
    margin: float = 10.0
    max_letters: int = 32


@dataclass(frozen=True)
class Word:
    key_sequence: str
    score: float


class KeyReaderSession:
    """The three graphs on one thread, for one keyboard at a time."""

    def __init__(self, keys: onnx.ModelProto | Path, encoder: onnx.ModelProto | Path, step: onnx.ModelProto | Path) -> None:
        self._keys_graph, self._encoder, self._step = (_session(model) for model in (keys, encoder, step))
        shapes = {value.name: value.shape for value in self._step.get_inputs()}
        layers, heads, _, head_width = shapes["cache"]
        self._empty_cache = np.zeros((layers, heads, 0, head_width), np.float32)
        self.n_points: int = {value.name: value.shape for value in self._encoder.get_inputs()}["trajectory"][0]

    @classmethod
    def load(cls, folder: Path) -> KeyReaderSession:
        """The graphs of a folder that export.key_reader wrote."""
        return cls(folder / "keys.onnx", folder / "encoder.onnx", folder / "decoder_step.onnx")

    def set_keys(self, keys: Floats) -> None:
        """keys (K, 4): once for each grid."""
        self._keys = keys
        self._near, self._asked, self._read, self._pointed = self._keys_graph.run(None, {"keys": keys})

    def encode(self, trajectory: Floats) -> tuple[Floats, Floats]:
        """trajectory (N, F) -> memory (L, 2 H, S, Dh), ctc_log_probs (S, K + 1), blank last."""
        inputs = {"trajectory": trajectory, "keys": self._keys, "near": self._near, "asked": self._asked}
        memory, ctc = self._encoder.run(["memory", "ctc_log_probs"], inputs)
        return memory, ctc

    def read_tree(self, tokens: Integers, parents: Integers, memory: Floats) -> Floats:
        """log_probs (P, K + 1) of what follows each prefix of a tree: parents and last tokens, BOS = K for the empty one."""
        lengths, mask = kernels.see_ancestors(parents, 0, HIDDEN)
        inputs = {"tokens": tokens, "lengths": lengths, "mask": mask, "cache": self._empty_cache, "memory": memory}
        log_probs: Floats = self._step.run(["log_probs"], {**inputs, "read": self._read, "pointed": self._pointed})[0]
        return log_probs


class KeyReaderRecognizer:
    """A session, a lexicon and a grid: `recognize`."""

    def __init__(self, session: KeyReaderSession, lexicon: Lexicon, grid: Grid, nothing: Floats, search: KeySearch | None = None) -> None:
        """nothing (n_nodes,): log P_dec(word | no swipe) on this grid, of nothing.expectations. Raises: ValueError, as `letter_keys`."""
        keys, self._middle, self._size = letter_keys(grid, lexicon.alphabet)
        self._session, self._lexicon, self._nothing, self.search = session, lexicon, nothing, search or KeySearch()
        session.set_keys(keys)

    @classmethod
    def load(cls, folder: Path, lexicon: Lexicon, grid: Grid, search: KeySearch | None = None) -> KeyReaderRecognizer:
        """Of a folder that export.key_reader wrote for this lexicon and grid."""
        with np.load(folder / NOTHING) as arrays:
            nothing = -arrays["values"].astype(np.float32) * float(arrays["unit"])
        return cls(KeyReaderSession.load(folder), lexicon, grid, nothing, search)

    def features(self, swipe: Swipe) -> Floats:
        """(N, F), as training.key_reader.samples.features."""
        x, y = (swipe.x - self._middle[0]) / self._size[0], (swipe.y - self._middle[1]) / self._size[1]
        resampled = kernels.resample(x, y, swipe.t, self._session.n_points, TIME_SHARE, 0.0)
        trajectory: Floats = kernels.trajectory_features(resampled, np.zeros(2), np.ones(2))
        return trajectory

    def recognize(self, swipe: Swipe, n_best: int = 4) -> list[Word]:
        """The words, best first. None where the search reaches none."""
        search, trie, unit = self.search, self._lexicon.trie, self._lexicon.prior_unit
        memory, ctc_log_probs = self._session.encode(self.features(swipe))
        beam, first_prior = FIRST_BEAM * search.n_words, search.first_prior * unit
        parents, tokens, ends, nodes, ctc = kernels.first_pass(
            trie, first_prior, ctc_log_probs, beam, search.margin, search.n_words, search.max_letters
        )
        if not len(ends):
            return []
        priors = -unit * (trie.word_prior[nodes].astype(np.float64) - 1.0)
        first = ctc + search.first_prior * priors
        n = max(min(search.least_words, len(ends)), int((first >= first.max() - search.left_behind).sum()))
        parents, tokens, ends = kernels.keep_ancestors(parents, tokens, ends[:n])
        tokens[0] = len(self._lexicon.alphabet)
        log_probs = self._session.read_tree(tokens, parents, memory)
        no_words = kernels.score_words(trie, 0.0, parents, tokens, ends, nodes[:n], np.zeros(n), log_probs, 0.0)
        seen = no_words[0] - search.nothing * self._nothing[nodes[:n]]
        scores = search.ctc * ctc[:n] + (1.0 - search.ctc) * seen + search.prior * priors[:n]
        order = kernels.rank(scores, min(n_best, len(scores)))
        return [Word(_spelt(self._lexicon.alphabet, parents, tokens, int(ends[i])), float(scores[i])) for i in order]


def _spelt(alphabet: str, parents: Integers, tokens: Integers, row: int) -> str:
    """The letters on the way to a row of a tree."""
    letters = []
    while row > 0:
        letters.append(alphabet[tokens[row]])
        row = int(parents[row])
    return "".join(reversed(letters))


def _session(model: onnx.ModelProto | Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    content = model if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
