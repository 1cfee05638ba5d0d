"""The lexicon: key sequences with their priors and written forms, in one memory-mapped trie that processes share."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.files import write_whole
from engine.lexicon_file import DTYPES, HEADER_LIMIT, Header, pack, read_header

SILENT = frozenset("'’‘ʼ`´-‐‑.·\u00ad\u200d")
"""Characters of written forms that are not swiped: apostrophes, hyphens, full stops."""
RESPELT = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
"""Letters that Unicode does not decompose into a base letter and a diacritic."""


def key_sequence(written: str, alphabet: str) -> str | None:
    """The letters to swipe for a written form, or None where one of its characters has no key.

    Letters of the alphabet stay, in lower case ("й" where the alphabet has it); others lose their diacritics ("über" ->
    "uber"); apostrophes, hyphens and full stops are dropped ("don't" -> "dont"). Digits, spaces, letters of other scripts,
    and forms without any letter give None.
    """
    letters: list[str] = []
    for character in unicodedata.normalize("NFC", written.lower()):
        if character in alphabet:
            letters.append(character)
        elif character not in SILENT:
            bases = [c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)]
            spelt = "".join(RESPELT.get(c, c) for c in bases)
            if any(c not in alphabet for c in spelt):
                return None
            letters.append(spelt)
    return "".join(letters) or None


class Trie(NamedTuple):
    """The key sequences as flat arrays for kernels. Nodes are in breadth-first order, the root is node 0.

    The children of node i are the nodes first_child[i] .. first_child[i + 1] - 1, sorted by token.
    A stored prior v > 0 is the log prior -prior_unit * (v - 1): the smallest is the best. 0: no word.
    """

    first_child: npt.NDArray[np.uint32]
    """(n_nodes + 1,)"""
    token: npt.NDArray[np.uint8]
    """(n_nodes,) the token that leads to the node; 0 at the root, where it means nothing"""
    word_prior: npt.NDArray[np.uint8]
    """(n_nodes,) prior of the word that ends at the node"""
    best_prior: npt.NDArray[np.uint8]
    """(n_nodes,) best prior of the words at or below the node, never 0"""


class WrittenForms(NamedTuple):
    """The written forms of the nodes where they are not simply the key sequence."""

    node: npt.NDArray[np.uint32]
    """(n,) ascending"""
    start: npt.NDArray[np.uint32]
    """(n + 1,) offsets into text"""
    text: npt.NDArray[np.uint8]
    """UTF-8; the forms of a node are separated by line feeds, the commonest first"""


@dataclass(frozen=True)
class Lexicon:
    """The words that can be swiped: key sequences with log priors and written forms. Read only."""

    alphabet: str
    """token i is alphabet[i]"""
    n_words: int
    """number of key sequences"""
    prior_unit: float
    """nats per step of the stored priors"""
    source: str
    """where the words come from"""
    trie: Trie
    written: WrittenForms
    origin: Path | bytes
    """the file, or its content: what another process opens when it is sent this lexicon"""

    @classmethod
    def open(cls, path: Path | str) -> Lexicon:
        """The lexicon in a file. Maps it and reads nothing but its header.

        Raises: ValueError for a file that is no lexicon, is truncated, empty or damaged, or has a newer format;
        OSError for a file that cannot be read.
        """
        path = Path(path).resolve()
        with path.open("rb") as file:
            header = read_header(file.read(HEADER_LIMIT), path.stat().st_size, f"lexicon {path}")
        return cls._of(header, np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray), path)

    @classmethod
    def from_bytes(cls, content: bytes) -> Lexicon:
        """The lexicon that `build_lexicon` returned. Raises: ValueError as `open` does."""
        header = read_header(content[:HEADER_LIMIT], len(content), "lexicon")
        return cls._of(header, np.frombuffer(content, dtype=np.uint8), content)

    @classmethod
    def _of(cls, header: Header, raw: npt.NDArray[np.uint8], origin: Path | bytes) -> Lexicon:
        """Slices `raw`, the whole file, without copying."""
        arrays = [raw[span].view(DTYPES[name]) for name, span in header.spans.items()]
        trie, written = Trie(*arrays[:4]), WrittenForms(*arrays[4:])
        return cls(header.alphabet, header.n_words, header.prior_unit, header.source, trie, written, origin)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process it is opened there: only the path travels, and the mapped pages are shared."""
        opener = Lexicon.from_bytes if isinstance(self.origin, bytes) else Lexicon.open
        return opener, (self.origin,)

    def __len__(self) -> int:
        return self.n_words

    def __contains__(self, sequence: object) -> bool:
        return isinstance(sequence, str) and self.find(sequence) is not None

    def find(self, sequence: str) -> int | None:
        """The node where a key sequence ends, or None where it is no word of the lexicon."""
        node = 0
        for letter in sequence:
            token = self.alphabet.find(letter)
            first, last = self.trie.first_child[node : node + 2].tolist()
            child = first + int(np.searchsorted(self.trie.token[first:last], token)) if token >= 0 else last
            if child == last or self.trie.token[child] != token:
                return None
            node = child
        return node if self.trie.word_prior[node] else None

    def log_prior(self, word: str | int) -> float:
        """Natural log of the probability of a key sequence, given as such or as its node. Raises: ValueError for no word."""
        return -self.prior_unit * (int(self.trie.word_prior[self._node(word)]) - 1)

    def spell(self, node: int) -> str:
        """The letters on the way from the root to a node."""
        letters: list[str] = []
        while node > 0:
            letters.append(self.alphabet[self.trie.token[node]])
            node = int(np.searchsorted(self.trie.first_child, np.uint32(node), side="right")) - 1  # its parent
        return "".join(reversed(letters))

    def forms(self, word: str | int) -> tuple[str, ...]:
        """The written forms, commonest first, of a key sequence, given as such or as its node. Raises: ValueError for no word."""
        node = self._node(word)
        return self.forms_of(node, word if isinstance(word, str) else self.spell(node))

    def forms_of(self, node: int, sequence: str) -> tuple[str, ...]:
        """The written forms of the key sequence that ends at a node: `forms`, where both are known. Checks nothing."""
        index = int(self.written.node.searchsorted(np.uint32(node)))  # an int would have numpy convert the whole array
        if index == len(self.written.node) or self.written.node[index] != node:
            return (sequence,)
        start, stop = self.written.start[index : index + 2].tolist()
        return tuple(self.written.text[start:stop].tobytes().decode().split("\n"))

    def key_sequences(self) -> Iterator[tuple[str, float]]:
        """Every (key sequence, log prior), in the order of the alphabet."""
        first_child, token, word_prior = (array.tolist() for array in self.trie[:3])
        pending = [(0, "")]
        while pending:
            node, sequence = pending.pop()
            if word_prior[node]:
                yield sequence, -self.prior_unit * (word_prior[node] - 1)
            children = range(first_child[node], first_child[node + 1])
            pending.extend((child, sequence + self.alphabet[token[child]]) for child in reversed(children))

    def _node(self, word: str | int) -> int:
        node = self.find(word) if isinstance(word, str) else word
        if node is None or not 0 <= node < len(self.trie.token) or not self.trie.word_prior[node]:
            raise ValueError(f"the lexicon has no word {word!r}: check it with find() first")
        return node


class Entry(NamedTuple):
    """A word for `build_lexicon`."""

    key_sequence: str
    frequency: float
    """of all its written forms together, above 0 in any unit"""
    forms: tuple[str, ...]
    """commonest first; at least one, each swiped as the key sequence"""


def build_lexicon(entries: Iterable[Entry], alphabet: str, source: str) -> bytes:
    """The content of a lexicon file with these words. Their priors are normalised to sum to 1 (up to rounding).

    Raises: ValueError for no words, a bad alphabet, frequency or form, a letter outside the alphabet, a key sequence given
    twice.
    """
    words = list(entries)
    if not words:
        raise ValueError("a lexicon needs at least one word, got none: check the word list and its filters")
    if not 0 < len(alphabet) == len(set(alphabet)) <= 254:
        raise ValueError(f"alphabet {alphabet!r}: expected 1 to 254 different letters")
    for entry in words:
        _check_entry(entry, alphabet)
    tokens = {ord(letter): token + 1 for token, letter in enumerate(alphabet)}  # 0 pads, so prefixes sort first
    spelt = np.array([entry.key_sequence.translate(tokens).encode("latin-1") for entry in words])
    order = np.argsort(spelt, kind="stable")
    words = [words[i] for i in order.tolist()]
    for word, following in pairwise(words):
        if word.key_sequence == following.key_sequence:
            raise ValueError(f"key sequence {word.key_sequence!r} is given twice: add up the frequencies, join the forms")
    letters = spelt[order].view(np.uint8).reshape(len(words), -1)
    log_priors = np.log(np.array([entry.frequency for entry in words]))
    log_priors -= np.logaddexp.reduce(log_priors)
    prior_unit = float(-log_priors.min()) / 254 or 1.0
    stored = (1 + np.rint(-log_priors / prior_unit)).astype(np.uint8)
    trie, ends = _build_trie(letters, stored)
    arrays = (*trie, *_build_forms(words, ends))
    return pack(alphabet, len(words), prior_unit, source, dict(zip(DTYPES, arrays, strict=True)))


def write_lexicon(content: bytes, path: Path | str) -> None:
    """Put a built lexicon in a file at once: processes that have the old file mapped keep it whole."""
    write_whole(Path(path), content)


def _check_entry(entry: Entry, alphabet: str) -> None:
    """Raises: ValueError as `build_lexicon` does."""
    sequence, frequency, forms = entry
    if not sequence or not set(sequence) <= set(alphabet):
        raise ValueError(f"key sequence {sequence!r}: expected letters of {alphabet!r}: make it with key_sequence()")
    if not 0 < frequency < math.inf:
        raise ValueError(f"key sequence {sequence!r} has frequency {frequency}, expected a number above 0")
    if not forms or len(set(forms)) < len(forms):
        raise ValueError(f"key sequence {sequence!r} has the written forms {forms}, expected one or more different ones")
    for form in forms:
        if form != sequence and ("\n" in form or key_sequence(form, alphabet) != sequence):
            raise ValueError(f"written form {form!r} is not swiped as {sequence!r} but {key_sequence(form, alphabet)!r}")


def _build_trie(letters: npt.NDArray[np.uint8], priors: npt.NDArray[np.uint8]) -> tuple[Trie, npt.NDArray[np.int64]]:
    """The trie of sorted words, and the node where each ends.

    letters: (n_words, longest), token + 1, padded with 0. priors: (n_words,) stored priors.
    """
    n_words, longest = letters.shape
    lengths = np.count_nonzero(letters, axis=1)
    shared = np.zeros(n_words, np.int64)  # letters shared with the word before
    shared[1:] = np.cumprod(letters[1:] == letters[:-1], axis=1, dtype=np.uint8).sum(axis=1, dtype=np.int64)
    node = np.zeros(n_words, np.int64)  # of each word's first `depth` letters
    ends = np.zeros(n_words, np.int64)
    tokens, parents, n_nodes = [np.zeros(1, np.uint8)], [np.zeros(1, np.int64)], 1
    for depth in range(longest):
        new = (lengths > depth) & (shared <= depth)
        tokens.append(letters[new, depth] - 1)
        parents.append(node[new])
        node = n_nodes - 1 + np.cumsum(new)
        n_nodes += len(tokens[-1])
        ends = np.where(lengths == depth + 1, node, ends)
    parent = np.concatenate(parents)
    first_child = 1 + np.searchsorted(parent[1:], np.arange(n_nodes + 1))
    word_prior = np.zeros(n_nodes, np.uint8)
    word_prior[ends] = priors
    best = word_prior - np.uint8(1)  # no word becomes the worst prior
    for level in reversed(np.split(np.arange(n_nodes), np.cumsum([len(array) for array in tokens])[:-1])[1:]):
        np.minimum.at(best, parent[level], best[level])
    trie = Trie(first_child.astype(np.uint32), np.concatenate(tokens), word_prior, best + np.uint8(1))
    return trie, ends


def _build_forms(words: list[Entry], ends: npt.NDArray[np.int64]) -> WrittenForms:
    """The written forms of the words that are not simply written as they are swiped. ends: (n_words,) their nodes."""
    order = [i for i in np.argsort(ends).tolist() if words[i].forms != (words[i].key_sequence,)]
    texts = ["\n".join(words[i].forms).encode() for i in order]
    start = np.cumsum([0, *(len(text) for text in texts)])
    return WrittenForms(ends[order].astype(np.uint32), start.astype(np.uint32), np.frombuffer(b"".join(texts), np.uint8))
