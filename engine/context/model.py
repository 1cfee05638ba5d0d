"""A context model: what the words before say of the next one."""

from __future__ import annotations

import math
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.context import kernels
from engine.context.context_file import Header, unpack
from engine.context.word_classes import WordClasses, starts_with_capital
from engine.context.words import NUMBER, Sentence, unfinished_sentence
from engine.lexicon import key_sequence
from engine.words.pairs import Followers

Floats = npt.NDArray[np.float32]
START, NUMBER_ROW, FIRST_CLASS = 0, 1, 2
"""The first rows: the beginning of a sentence, any number, the classes of unknown words; then come the words."""
N_KEPT = 64
"""Contexts that a model keeps: a sentence being written asks for each of its beginnings again."""


class Cell(NamedTuple):
    """A GRU, int8 with a scale for each row. Its gates are reset, update and new, in torch's order."""

    input: npt.NDArray[np.int8]
    """(3 H, E)"""
    input_scale: Floats
    input_bias: Floats
    recurrent: npt.NDArray[np.int8]
    """(3 H, H)"""
    recurrent_scale: Floats
    recurrent_bias: Floats


class Rows(NamedTuple):
    """A row for each word that the model knows; it serves as input and as output."""

    packed: npt.NDArray[np.uint8]
    """(n_rows, E / 2): four bits a weight"""
    scale: Floats
    """(n_rows,), as the next"""
    bias: Floats
    log_frequency: Floats
    """log share of all words of the text"""
    class_mass: Floats
    """(n_classes,) log share that a class's words have of a language's words by its lexicon"""


@dataclass(frozen=True, eq=False)
class Context:
    """What is known after some words of a sentence."""

    state: Floats
    """(H,)"""
    query: Floats
    """(E,): what a row is multiplied with"""
    gains: tuple[float, ...]
    """for each word so far, by how many nats the words before it made it likelier than it is without context"""
    log_probs: tuple[float, ...]
    """for each word so far, how likely they made it"""


@dataclass(frozen=True)
class NextWord:
    """A word that may come next."""

    word: str
    """as it is written"""
    probability: float
    """among the words that the model knows"""


class ContextModel:
    """A context model, mapped. Not for several threads at once."""

    def __init__(self, header: Header, arrays: dict[str, npt.NDArray[Any]]) -> None:
        self.header = header
        self.arrays = arrays
        """as they lie in the file"""
        self.classes = WordClasses(header.endings)
        self.first_class = FIRST_CLASS
        self.first_word = FIRST_CLASS + len(self.classes)
        scale, bias, log_frequency = (arrays[name].astype(np.float32) for name in ("row_scale", "bias", "log_frequency"))
        self.rows = Rows(arrays["rows"], scale, bias, log_frequency, arrays["class_mass"])
        self._cell = Cell(
            *(arrays[name] for name in ("input", "input_scale", "input_bias", "recurrent", "recurrent_scale", "recurrent_bias"))
        )
        self._project = arrays["project"], arrays["project_scale"], arrays["project_bias"]
        self._key_hash, self._key_row = arrays["key_hash"], arrays["key_row"]
        self._text_start, self._text = arrays["text_start"], arrays["text"]
        self._kept: OrderedDict[tuple[str, ...], Context] = OrderedDict()

    @classmethod
    def open(cls, path: Path | str) -> ContextModel:
        """The model in a file, mapped. Raises: ValueError for a file that is no context model, or is damaged; OSError."""
        path = Path(path).resolve()
        if not path.stat().st_size:
            raise ValueError(f"context model {path} is an empty file")
        raw = np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)
        return cls(*unpack(raw, f"context model {path}"))

    @classmethod
    def from_bytes(cls, content: bytes) -> ContextModel:
        """Raises: ValueError as `open` does."""
        return cls(*unpack(np.frombuffer(content, dtype=np.uint8), "context model"))

    # --- words ---

    def word(self, row: int) -> str:
        """How the word of a row is written."""
        start, stop = self._text_start[row - self.first_word : row - self.first_word + 2].tolist()
        return self._text[start:stop].tobytes().decode(errors="replace")

    def rows_of_key(self, sequence: str) -> npt.NDArray[np.uint16]:
        """The rows of the words that are swiped as a key sequence, the commonest first; none where all are unknown."""
        digest = np.uint32(zlib.crc32(sequence.encode()))
        first = int(self._key_hash.searchsorted(digest))
        stop = first
        while stop < len(self._key_hash) and self._key_hash[stop] == digest:
            stop += 1
        return self._key_row[first:stop]

    def known_row(self, written: str) -> int | None:
        """The row of exactly this written form, or None."""
        sequence = key_sequence(written, self.header.alphabet)
        rows = self.rows_of_key(sequence).tolist() if sequence else []
        return next((row for row in rows if self.word(row) == written), None)

    def row_of(self, written: str, is_first: bool = False) -> int:
        """The row of a word as it is written, or else with other capitals, or else the class of its kind, where it is unknown.

        is_first: whether it begins a sentence, where capitals mean nothing: then it is the commonest with the same letters.
        """
        if written == NUMBER:
            return NUMBER_ROW
        sequence = key_sequence(written, self.header.alphabet)
        rows = self.rows_of_key(sequence).tolist() if sequence else []
        words, lower = [self.word(row) for row in rows], written.lower()
        for spelt in () if is_first else (written, lower):
            if spelt in words:
                return int(rows[words.index(spelt)])
        for row, word in zip(rows, words, strict=True):
            if word.lower() == lower:
                return int(row)
        return FIRST_CLASS + self.classes.of(sequence or "", starts_with_capital(written) and not is_first)

    # --- contexts ---

    @cached_property
    def nothing(self) -> Context:
        """The context at the beginning of a sentence."""
        return self._context(self._step(START, np.zeros(self.header.sizes.hidden, np.float32)))

    def context(self, before: str) -> Context:
        """What the text before says. Only its last sentence counts, and what it has not ended."""
        return self.after(unfinished_sentence(before))

    def after(self, sentence: Sentence) -> Context:
        """What the beginning of a sentence says."""
        words = sentence.words if sentence.is_whole else ("", *sentence.words)
        return self._after(words)

    def _after(self, words: tuple[str, ...]) -> Context:
        """The beginning of a sentence stands for its missing words where the first is ""."""
        if not words:
            return self.nothing
        known = self._kept.get(words)
        if known is not None:
            self._kept.move_to_end(words)
            return known
        if words[-1] == "":
            return self._context(np.zeros(self.header.sizes.hidden, np.float32))
        context = self._follow(self._after(words[:-1]), words[-1], len(words) == 1)
        self._kept[words] = context
        if len(self._kept) > N_KEPT:
            self._kept.popitem(last=False)
        return context

    def forget(self, before: str) -> None:
        """Drops what is kept of a text: the next `context` of it takes its last step again. For benchmarks."""
        self._kept.pop(unfinished_sentence(before).words, None)

    def _follow(self, before: Context, word: str, is_first: bool) -> Context:
        row = self.row_of(word, is_first)
        log_prob = float(self.logits(before, np.array([row]))[0])
        gain = log_prob - float(self.rows.log_frequency[row])
        return self._context(self._step(row, before.state), (*before.gains, gain), (*before.log_probs, log_prob))

    def _step(self, row: int, state: Floats) -> Floats:
        word = kernels.unpack_row(self.rows.packed[row], self.rows.scale[row])
        after: Floats = kernels.step(self._cell, word, state)
        return after

    def _context(self, state: Floats, gains: tuple[float, ...] = (), log_probs: tuple[float, ...] = ()) -> Context:
        query = np.empty(self.header.sizes.width, np.float32)
        matrix, scale, bias = self._project
        kernels.multiply(matrix, scale, state, query)
        query += bias
        return Context(state, query, gains, log_probs)

    # --- what follows ---

    def logits(self, context: Context, rows: npt.NDArray[np.int64]) -> Floats:
        """(n,) of these rows: log probabilities but for a normaliser that training keeps near 0."""
        logits: Floats = kernels.row_logits(self.rows, context.query, rows)
        return logits

    def next_words(  # noqa: PLR0913
        self,
        before: str,
        n: int = 3,
        temperature: float = 0.0,
        top_k: int = 40,
        blocked: Iterable[str] = (),
        followers: Followers | None = None,
        rng: np.random.Generator | None = None,
    ) -> list[NextWord]:
        """The n words that the text before makes most probable, the best first; fewer where the model knows no more.

        temperature: 0 takes the best; above 0 they are drawn without putting back among the top_k best, by their
        probability to the power of 1 / temperature, with `rng`. blocked: words that are never offered, in any case. followers: what the
        person writes after the last word; these count beside the model's.
        Raises: ValueError for n or top_k below 1, or a temperature below 0.
        """
        if n < 1 or top_k < 1 or not temperature >= 0:
            raise ValueError(f"n and top_k must be at least 1, temperature at least 0, got {n}, {top_k} and {temperature}")
        context, never = self.context(before), {word.lower() for word in blocked}
        logits = self.logits(context, np.arange(self.first_word, self.header.sizes.n_rows)).astype(np.float64)
        logits -= np.logaddexp.reduce(logits)
        words = self._likeliest(logits, max(n, top_k) if temperature or followers is not None else n, never)
        if followers is not None:
            words = _joined(words, followers, never)[: top_k if temperature else n]
        if temperature:
            noise = (rng or np.random.default_rng()).gumbel(size=len(words))
            drawn = np.argsort(-(np.array([logit for _, logit in words]) / temperature + noise), kind="stable")
            words = [words[i] for i in drawn[:n].tolist()]
        return [NextWord(word, float(np.exp(logit))) for word, logit in words]

    def _likeliest(self, logits: npt.NDArray[np.float64], n: int, never: set[str]) -> list[tuple[str, float]]:
        """The n likeliest words that are not among those never to be offered, in lower case, and their logits. logits: (n_words,)"""
        n_looked_at, words = 0, list[tuple[str, float]]()
        while len(words) < n and n_looked_at < len(logits):
            n_looked_at = min(len(logits), max(n, 2 * n_looked_at))
            best = np.argpartition(-logits, n_looked_at - 1)[:n_looked_at]
            best = best[np.lexsort((best, -logits[best]))]
            found = [(self.word(self.first_word + row), float(logits[row])) for row in best.tolist()]
            words = [(word, logit) for word, logit in found if word.lower() not in never][:n]
        return words


def _joined(words: list[tuple[str, float]], followers: Followers, never: set[str]) -> list[tuple[str, float]]:
    """Words with their log probabilities, the person's followers among them, the best first."""
    rest = 1.0 - followers.share
    found = {word: rest * math.exp(logit) for word, logit in words}
    for word, share in followers.shares.items():
        if word.lower() not in never:
            found[word] = found.get(word, 0.0) + share
    return sorted(((word, math.log(probability)) for word, probability in found.items()), key=lambda one: -one[1])
