"""The decoder's internal language model: what it expects of each word before it has seen a swipe.

A decoder that has been trained on words knows some better than others. What it says of a word without a swipe is taken off what it says
of it with one, so that the lexicon alone says how common a word is, and a decoder that learnt English reads Russian. Source: Meng et al.
2021 (Internal language model estimation); McDermott et al. 2019 (A density ratio approach), both from speech.

It depends on the network, the places of the keys and the words, never on the swipe. So it is a table, which `InternalLm.find` looks for
beside the lexicon. What the table lacks is found out once, when the word first comes up.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs

from engine import kernels
from engine.files import whole_file
from engine.lexicon import Lexicon
from engine.model import Decoder, KeyModel, Tree
from engine.trie import Trie, spelt

Integers = npt.NDArray[np.int64]
STEPS_PER_NAT = 256
UNKNOWN = 0
"""What stands in the table for a word that has not been asked for, and where no word ends."""
LARGEST_HEADER = 1000
"""Bytes before the table in its file."""
SUFFIX = ".internal_lm.npz"
WORDS_AT_ONCE = 64
"""that `build` reads in one step. Measured: see docs/benchmarks.md"""


class InternalLm:
    """log P(word | no swipe), of the words of one lexicon."""

    def __init__(self, decoder: Decoder, trie: Trie, table: npt.NDArray[np.uint16] | None = None) -> None:
        """table: (n_nodes,) of `build`; without one everything is found out when it comes up."""
        self._decoder, self._trie = decoder, trie
        self.table = np.zeros(len(trie.token), np.uint16) if table is None else table
        """in -1 / STEPS_PER_NAT nats, by the nodes of the lexicon's file; UNKNOWN"""
        self._laid_over: dict[tuple[int, ...], int] = {}

    @classmethod
    def find(cls, model: KeyModel, lexicon: Lexicon) -> InternalLm:
        """With the table that was made for the model's network, its keys and the lexicon, if there is one."""
        for path in table_paths(model, lexicon):
            try:
                with np.load(path) as arrays:
                    if arrays.zip.getinfo("table.npy").file_size > LARGEST_HEADER + 2 * len(lexicon.trie.token):
                        continue  # before it is unpacked into the memory
                    table = arrays["table"]
            except (OSError, ValueError, KeyError, EOFError, zlib.error):  # a table that cannot be read is one that there is not
                continue
            if table.dtype == np.uint16 and table.shape == lexicon.trie.token.shape:
                return cls(model, lexicon.trie, table)
        return cls(model, lexicon.trie)

    def of(self, parents: Integers, tokens: Integers, ends: Integers, nodes: Integers) -> npt.NDArray[np.float64]:
        """(M,) nats, of the words of a tree. parents, tokens (P,), ends and nodes (M,): as `kernels.first_pass`, with BOS at the root."""
        if nodes.max(initial=0) < len(self.table):  # nearly always, and all of it is there: the rest takes 6 us
            stored = self.table[nodes]
            if stored.all():
                return _nats(stored)
        in_file = nodes < len(self.table)
        stored = np.where(in_file, self.table[np.where(in_file, nodes, 0)], UNKNOWN)
        for word in np.flatnonzero(~in_file).tolist():
            stored[word] = self._laid_over.get(spelt(parents, tokens, ends[word]), UNKNOWN)
        missing = np.flatnonzero(stored == UNKNOWN)
        if len(missing):
            stored[missing] = self._ask(parents, tokens, ends[missing])
            for word in missing.tolist():
                if in_file[word]:
                    self.table[nodes[word]] = stored[word]
                else:
                    self._laid_over[spelt(parents, tokens, ends[word])] = int(stored[word])
        return _nats(stored)

    def _ask(self, parents: Integers, tokens: Integers, ends: Integers) -> npt.NDArray[np.uint16]:
        """(M,) as they are stored: what the decoder says of the words of a tree if it sees nothing."""
        decoder = self._decoder
        if decoder.nothing is None:
            raise ValueError("this model has not been trained to see nothing: it has no internal language model to take off")
        parents, tokens, ends = kernels.keep_ancestors(parents, tokens, ends)
        (log_probs,) = decoder.read_trees([Tree(parents, tokens)], [decoder.nothing])
        reached = np.zeros(len(parents))
        for row in range(1, len(parents)):
            reached[row] = reached[parents[row]] + log_probs[parents[row], tokens[row]]
        nats = reached[ends] + log_probs[ends, -1]
        steps: npt.NDArray[np.uint16] = np.clip(np.rint(-nats * STEPS_PER_NAT), 1, 2**16 - 1).astype(np.uint16)
        return steps

    def build(self) -> None:
        """Fills the table: every word of the lexicon's file, with a progress bar. A minute for 300,000 words."""
        from tqdm import tqdm  # late: it costs a megabyte

        trie = self._trie
        n_children = trie.first_child[1:].astype(np.int64) - trie.first_child[:-1]
        parent = np.concatenate([[0], np.repeat(np.arange(len(trie.token)), n_children)])
        words = _depth_first(trie)
        bar = tqdm(total=len(words), desc="internal language model", unit=" words", disable=not sys.stderr.isatty())
        for start in range(0, len(words), WORDS_AT_ONCE):
            some = words[start : start + WORDS_AT_ONCE]
            rows = _with_ancestors(some, parent)  # parents have lower numbers
            parents = np.searchsorted(rows, parent[rows])
            parents[0] = -1
            tokens = trie.token[rows].astype(np.int64)
            tokens[0] = len(self._decoder.alphabet) + 1
            self.table[some] = self._ask(parents, tokens, np.searchsorted(rows, some))
            bar.update(len(some))
        bar.close()

    def save(self, path: Path) -> None:
        """Raises: OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as unfinished, unfinished.open("wb") as file:
            np.savez_compressed(file, table=self.table)


def _nats(stored: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
    return stored.astype(np.float64) * (-1.0 / STEPS_PER_NAT)


def table_paths(model: KeyModel, lexicon: Lexicon) -> list[Path]:
    """Where the table of a network, its keys and a lexicon may be: beside the lexicon's file, and in the user's cache folder."""
    places = hashlib.sha256(np.round(model.places.keys[model.places.key_of], 3).tobytes())
    words = zlib.crc32(lexicon.trie.token.tobytes())
    digest = hashlib.sha256(f"{model.bundle.digest} {places.hexdigest()} {len(lexicon.trie.token)} {words}".encode()).hexdigest()[:12]
    cached = Path(platformdirs.user_cache_dir("keyglide")) / "internal_lm"
    if not isinstance(lexicon.origin, Path):
        return [cached / f"{digest}{SUFFIX}"]
    return [folder / f"{lexicon.origin.stem}.{digest}{SUFFIX}" for folder in (lexicon.origin.parent, cached)]


def _depth_first(trie: Trie) -> Integers:
    """The nodes where words end, those that begin alike together."""
    first_child, ends, order, pending = trie.first_child.tolist(), trie.word_prior.tolist(), [], [0]
    while pending:
        node = pending.pop()
        if ends[node]:
            order.append(node)
        pending.extend(range(first_child[node + 1] - 1, first_child[node] - 1, -1))
    return np.array(order)


def _with_ancestors(nodes: Integers, parent: Integers) -> Integers:
    """The nodes and all on their ways from the root, ascending."""
    found = [nodes]
    while (found[-1] > 0).any():
        found.append(parent[found[-1]])
    return np.unique(np.concatenate(found))
