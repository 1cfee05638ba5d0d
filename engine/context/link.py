"""Which row of a context model each word of a lexicon has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.context import kernels
from engine.context.word_classes import WordClasses, starts_with_capital
from engine.lexicon import SILENT, Lexicon, WrittenForms, key_sequence

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

    The order of an alphabet does not matter. Measured: 23 ms for English. Raises: ValueError where the alphabets differ.
    """
    if set(model.header.alphabet) != set(lexicon.alphabet):
        raise ValueError(
            f"the context model's alphabet is '{model.header.alphabet}', the lexicon's is '{lexicon.alphabet}': take two of one language"
        )
    trie, n_rows = lexicon.trie, model.header.sizes.n_rows
    row = kernels.class_rows(trie, *_endings(model.classes, lexicon.alphabet, model.first_class), model.first_class)
    row[lexicon.written.node[_capitals(lexicon.written)]] += np.uint16(model.classes.first_capital)
    nodes = kernels.walk(trie, letters_of(model, lexicon.alphabet))
    known = np.flatnonzero((nodes > 0) & (trie.word_prior[nodes] > 0))
    known = known[np.argsort(nodes[known], kind="stable")]  # of a node the commonest first
    nodes, rows = nodes[known], model.first_word + known
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


def letters_of(model: ContextModel, alphabet: str) -> npt.NDArray[np.uint8]:
    """(n_words, longest) the key sequences of the model's words: tokens + 1, then zeros; nothing but zeros for what is not swiped.

    Most characters stand for one letter or for none, whatever is beside them, so that whole texts are looked up at once.
    """
    text = model.arrays["text"]
    codes = np.frombuffer(text.tobytes().decode(errors="replace").encode("utf-32-le"), np.uint32)
    known, places = np.unique(codes, return_inverse=True)
    n_before = np.concatenate((np.zeros(1, np.int64), np.cumsum(text & 0xC0 != 0x80)))  # characters before each byte of UTF-8
    bounds = n_before[model.arrays["text_start"]]
    token = np.array([_token(chr(code), alphabet) for code in known.tolist()], np.uint8)[places]
    word = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    is_plain = np.ones(len(bounds) - 1, np.bool_)
    is_plain[word[token == NOT_PLAIN]] = False
    others = {int(row): key_sequence(model.word(model.first_word + int(row)), alphabet) or "" for row in np.flatnonzero(~is_plain)}
    swiped = is_plain[word] & (token > 0)
    word, token = word[swiped], token[swiped]
    counts = np.bincount(word, minlength=len(is_plain))
    letters = np.zeros((len(is_plain), max(1, counts.max(), *map(len, others.values()))), np.uint8)
    letters[word, np.arange(len(word)) - np.repeat(np.cumsum(counts) - counts, counts)] = token
    for row, sequence in others.items():
        letters[row, : len(sequence)] = [alphabet.index(letter) + 1 for letter in sequence]
    return letters


NOT_PLAIN = 255
"""Instead of a token + 1: what the character stands for depends on the whole word."""


def _token(character: str, alphabet: str) -> int:
    """The token + 1 of the letter that a character stands for; 0 for none; or NOT_PLAIN."""
    sequence = key_sequence(character, alphabet)
    if sequence is None:
        return 0 if character in SILENT else NOT_PLAIN
    return alphabet.index(sequence) + 1 if len(sequence) == 1 else NOT_PLAIN


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


def _endings(
    classes: WordClasses, alphabet: str, first_row: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Codes, masks and rows of the known endings, the longest first, as kernels.class_rows wants them."""
    longest_first = sorted(range(len(classes.endings)), key=lambda place: -len(classes.endings[place]))
    codes = [int.from_bytes(bytes(alphabet.index(letter) + 1 for letter in classes.endings[place]), "big") for place in longest_first]
    masks = [256 ** len(classes.endings[place]) - 1 for place in longest_first]
    rows = [first_row + 1 + place for place in longest_first]
    return np.array(codes, np.int64), np.array(masks, np.int64), np.array(rows, np.int64)


def _capitals(written: WrittenForms) -> npt.NDArray[np.bool_]:
    """(n,) whether the commonest form begins with a capital: a letter of one or two bytes of UTF-8."""
    starts = written.start[:-1].astype(np.int64)
    first, second = (written.text[np.minimum(starts + i, max(len(written.text) - 1, 0))].astype(np.int64) for i in (0, 1))
    letters = np.where(first < 128, first, (first & 31) << 6 | second & 63)
    known, places = np.unique(letters, return_inverse=True)
    is_capital = np.array([chr(letter) != chr(letter).lower() for letter in known.tolist()], dtype=np.bool_)
    found: npt.NDArray[np.bool_] = is_capital[places]
    return found
