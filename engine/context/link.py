"""Which row of a context model each word of a lexicon has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.context.word_classes import LONGEST_ENDING, WordClasses, starts_with_capital
from engine.lexicon import Lexicon, WrittenForms
from engine.trie import Trie

if TYPE_CHECKING:
    from engine.context.model import ContextModel


class LexiconLink(NamedTuple):
    """For kernels: the rows of the words that end at a node of the trie."""

    row: npt.NDArray[np.uint16]
    """(n_nodes,) the row; n_rows and more: place n_rows + i of several; 0 where no word ends"""
    start: npt.NDArray[np.int64]
    """(n + 1,) offsets into `several` of the key sequences that are written in several ways the model knows"""
    several: npt.NDArray[np.int64]
    """their rows"""
    patch_row: npt.NDArray[np.uint16]
    """(n_patch_nodes,) as `row`, of the nodes of the trie's patch"""


def link(model: ContextModel, lexicon: Lexicon) -> LexiconLink:
    """The link of a model and a lexicon of one alphabet; unknown words have the rows of their classes.

    Takes tens of milliseconds: whole levels of the trie at a time. Raises: ValueError where the alphabets differ.
    """
    if model.header.alphabet != lexicon.alphabet:
        raise ValueError(
            f"the context model's alphabet is '{model.header.alphabet}', the lexicon's is '{lexicon.alphabet}': take two of one language"
        )
    trie, first_class, n_rows = lexicon.trie, model.first_class, model.header.sizes.n_rows
    classes = _classes(trie, lexicon.written, model.classes, lexicon.alphabet)
    row = np.where(trie.word_prior > 0, first_class + classes, 0).astype(np.uint16)
    nodes, rows = model.word_nodes(lexicon)
    unique, first, counts = np.unique(nodes, return_index=True, return_counts=True)
    row[unique] = rows[first]
    shared = np.flatnonzero(counts > 1)
    if n_rows + len(shared) > 1 << 16:
        raise ValueError(
            f"{len(shared):,} key sequences have several words, expected fewer than {(1 << 16) - n_rows:,}: make the model smaller"
        )
    row[unique[shared]] = n_rows + np.arange(len(shared))
    start = np.cumsum([0, *counts[shared].tolist()])
    several = np.concatenate([rows[first[i] : first[i] + counts[i]] for i in shared]) if len(shared) else np.empty(0, np.int64)
    return LexiconLink(row, start, several.astype(np.int64), np.zeros(0, np.uint16))


def link_patch(linked: LexiconLink, model: ContextModel, lexicon: Lexicon) -> LexiconLink:
    """The link with the words that were laid over the lexicon since. Costs as much as these words are long."""
    trie, n_nodes, n_linked = lexicon.trie, len(lexicon.trie.token), len(linked.patch_row)
    if len(trie.patch_nodes) == n_linked:
        return linked
    patch_row = np.zeros(len(trie.patch_nodes), np.uint16)
    patch_row[:n_linked] = linked.patch_row
    pending = [(trie.root, "")]
    while pending:  # a new node is below new ones alone
        node, sequence = pending.pop()
        if trie.prior(node):
            patch_row[node - n_nodes] = _place(linked, model, lexicon, sequence)
        pending.extend((child, sequence + lexicon.alphabet[token]) for token, child, _ in trie.slots(node) if child >= n_nodes + n_linked)
    return linked._replace(patch_row=patch_row)


def _place(linked: LexiconLink, model: ContextModel, lexicon: Lexicon, sequence: str) -> int:
    in_file = lexicon.node_in_file(sequence)
    if in_file is not None and linked.row[in_file]:
        return int(linked.row[in_file])
    rows, written = model.rows_of_key(sequence), lexicon.forms(sequence)[0]
    return int(rows[0]) if len(rows) else model.first_class + model.classes.of(sequence, starts_with_capital(written))


def parents_of(trie: Trie) -> npt.NDArray[np.int64]:
    """(n_nodes,) the parent of each node; the root is its own."""
    firsts = trie.first_child.astype(np.int64)
    n_children = firsts[1:] - firsts[:-1]
    return np.concatenate((np.zeros(1, np.int64), np.repeat(np.arange(len(n_children)), n_children)))


def _classes(trie: Trie, written: WrittenForms, classes: WordClasses, alphabet: str) -> npt.NDArray[np.int64]:
    """(n_nodes,) the class of a word that would end at each node."""
    parents, codes = parents_of(trie), trie.token.astype(np.int64) + 1
    codes[0] = 0
    ancestors, tail = np.arange(len(parents)), np.zeros(len(parents), np.int64)
    number = np.zeros(len(parents), np.int64)
    for length in range(1, LONGEST_ENDING + 1):
        tail += codes[ancestors] << (8 * (length - 1))
        ancestors = parents[ancestors]
        for place, ending in enumerate(classes.endings, 1):
            if len(ending) == length:
                number[tail == _code(ending, alphabet)] = place
    node = written.node.astype(np.int64)
    number[node[_capitals(written)]] += classes.first_capital
    return number


def _code(ending: str, alphabet: str) -> int:
    code = 0
    for letter in ending:
        code = code << 8 | (alphabet.index(letter) + 1)
    return code


def _capitals(written: WrittenForms) -> npt.NDArray[np.bool_]:
    """(n,) whether the commonest form begins with a capital: a letter of one or two bytes of UTF-8."""
    starts = written.start[:-1].astype(np.int64)
    first, second = (written.text[np.minimum(starts + i, max(len(written.text) - 1, 0))].astype(np.int64) for i in (0, 1))
    letters = np.where(first < 128, first, (first & 31) << 6 | second & 63)
    known, places = np.unique(letters, return_inverse=True)
    is_capital = np.array([chr(letter) != chr(letter).lower() for letter in known.tolist()], dtype=np.bool_)
    found: npt.NDArray[np.bool_] = is_capital[places]
    return found
