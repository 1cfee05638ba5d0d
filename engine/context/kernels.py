"""The compiled functions of a context model. They call only each other: numba's cache cannot see an edit in another file.

Matrices are whole numbers with a scale for each row, read as they lie in the file: int8, and four bits for the rows of words. Where
nothing is compiled the products are numpy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import kernel
from engine.kernels import TRIE

REORDER = {"reassoc", "contract", "nsz"}
"""What a sum may do to be computed in vectors."""
CELL = {
    "input": "int8[:, :]",
    "input_scale": "float32[:]",
    "input_bias": "float32[:]",
    "recurrent": "int8[:, :]",
    "recurrent_scale": "float32[:]",
    "recurrent_bias": "float32[:]",
}
"""model.Cell"""
ROWS = {
    "packed": "uint8[:, :]",
    "scale": "float32[:]",
    "bias": "float32[:]",
    "log_frequency": "float32[:]",
    "class_mass": "float32[:]",
}
"""model.Rows"""
LINK = {"row": "uint16[:]", "start": "int64[:]", "several": "int64[:]", "patch_row": "uint16[:]"}
"""link.LexiconLink"""


def _multiply_by_products(matrix: Any, scale: Any, vector: Any, out: Any) -> None:
    """As `multiply`, where nothing is compiled."""
    out[:] = scale * (matrix.astype(np.float32) @ vector)


@kernel("int8[:, :]", "float32[:]", "float32[:]", "written float32[:]", fastmath=REORDER, plain=_multiply_by_products)
def multiply(matrix: Any, scale: Any, vector: Any, out: Any) -> None:
    """out = scale * (matrix @ vector). matrix int8 (n, m); scale float32 (n,); vector float32 (m,); out float32 (n,)."""
    for i in range(matrix.shape[0]):
        total = np.float32(0.0)
        for j in range(matrix.shape[1]):
            total += np.float32(matrix[i, j]) * vector[j]
        out[i] = scale[i] * total


@kernel(CELL, "float32[:]", "float32[:]")
def step(cell: Any, word: Any, state: Any) -> Any:
    """The state of the GRU after one more word, float32 (H,).

    cell: model.Cell; word: float32 (E,), the word's row; state: float32 (H,). Source: Cho et al. 2014, as torch has it.
    """
    n = len(state)
    given, kept, after = np.empty(3 * n, np.float32), np.empty(3 * n, np.float32), np.empty(n, np.float32)
    multiply(cell.input, cell.input_scale, word, given)
    multiply(cell.recurrent, cell.recurrent_scale, state, kept)
    given += cell.input_bias
    kept += cell.recurrent_bias
    one = np.float32(1.0)
    reset = one / (one + np.exp(-(given[:n] + kept[:n])))
    update = one / (one + np.exp(-(given[n : 2 * n] + kept[n : 2 * n])))
    new = np.tanh(given[2 * n :] + reset * kept[2 * n :])
    after[:] = (one - update) * new + update * state
    return after


@kernel("uint8[:]", "float32")
def unpack_row(packed: Any, scale: Any) -> Any:
    """The weights of a row, float32 (E,). packed: uint8 (E / 2,), the first half in the low four bits, less 8; scale: of the row."""
    half = len(packed)
    out = np.empty(2 * half, np.float32)
    for j in range(half):
        out[j] = scale * (np.float32(packed[j] & 15) - np.float32(8.0))
        out[half + j] = scale * (np.float32(packed[j] >> 4) - np.float32(8.0))
    return out


def _row_logits_by_products(rows: Any, query: Any, chosen: Any) -> Any:
    """As `row_logits`, where nothing is compiled."""
    packed, half = rows.packed[chosen], rows.packed.shape[1]
    totals = (
        (packed & 15).astype(np.float32) @ query[:half] + (packed >> 4).astype(np.float32) @ query[half:] - np.float32(8.0) * query.sum()
    )
    return rows.scale[chosen].astype(np.float32) * totals + rows.bias[chosen].astype(np.float32)


@kernel(ROWS, "float32[:]", "int64[:]", fastmath=REORDER, plain=_row_logits_by_products)
def row_logits(rows: Any, query: Any, chosen: Any) -> Any:
    """The logits of the chosen rows, float32 (n,). rows: model.Rows; query float32 (E,); chosen int64 (n,)."""
    half, out = rows.packed.shape[1], np.empty(len(chosen), np.float32)
    eights = np.float32(0.0)
    for j in range(2 * half):
        eights += np.float32(8.0) * query[j]
    for i in range(len(chosen)):
        row = chosen[i]
        total = np.float32(0.0)
        for j in range(half):
            both = rows.packed[row, j]
            total += np.float32(both & 15) * query[j] + np.float32(both >> 4) * query[half + j]
        out[i] = np.float32(rows.scale[row]) * (total - eights) + np.float32(rows.bias[row])
    return out


def _class_rows_by_arrays(trie: Any, codes: Any, masks: Any, rows: Any, row_without: int) -> Any:
    """As `class_rows`, where nothing is compiled."""
    parents = np.concatenate((np.zeros(1, np.int64), np.repeat(np.arange(len(trie.token)), np.diff(trie.first_child.astype(np.int64)))))
    letters = trie.token.astype(np.int64) + 1
    letters[0] = 0
    words = np.flatnonzero(trie.word_prior)
    tails, ancestors = np.zeros(len(words), np.int64), words
    for length in range(4):
        tails += letters[ancestors] << (8 * length)
        ancestors = parents[ancestors]
    of_words = np.full(len(words), row_without)
    for code, mask, row in zip(codes[::-1], masks[::-1], rows[::-1], strict=True):
        of_words[tails & mask == code] = row
    out = np.zeros(len(trie.token), np.uint16)
    out[words] = of_words
    return out


@kernel(TRIE, "int64[:]", "int64[:]", "int64[:]", "int64", plain=_class_rows_by_arrays)
def class_rows(trie: Any, codes: Any, masks: Any, rows: Any, row_without: int) -> Any:
    """The rows of the classes of the words that end at each node, uint16 (n_nodes,); 0 where none ends. A patch's nodes do not count.

    trie: Trie; codes, masks int64 (n,): the known endings, the longest first, a byte for each letter's token + 1, and the bytes
    that count; rows int64 (n,): of words with that ending; row_without: of words with none of them.
    """
    n_nodes = len(trie.token)
    tails, out = np.zeros(n_nodes, np.uint32), np.zeros(n_nodes, np.uint16)
    for node in range(n_nodes):
        tail = np.int64(tails[node])
        for child in range(trie.first_child[node], trie.first_child[node + 1]):
            tails[child] = (tail << 8 | (np.int64(trie.token[child]) + 1)) & 0xFFFFFFFF
        if trie.word_prior[node]:
            row = row_without
            for i in range(len(codes)):
                if tail & masks[i] == codes[i]:
                    row = rows[i]
                    break
            out[node] = row
    return out


@kernel(TRIE, "uint8[:, :]")
def walk(trie: Any, words: Any) -> Any:
    """The nodes of the file that words lead to, int64 (n,); 0 where one leads nowhere. words: uint8 (n, longest), tokens + 1, then 0."""
    out = np.zeros(len(words), np.int64)
    for i in range(len(words)):
        node = np.int64(0)
        for depth in range(words.shape[1]):
            if words[i, depth] == 0:
                break
            token = np.int64(words[i, depth]) - 1
            low, stop = np.int64(trie.first_child[node]), np.int64(trie.first_child[node + 1])
            high = stop
            while low < high:
                middle = (low + high) // 2
                if trie.token[middle] < token:
                    low = middle + 1
                else:
                    high = middle
            node = low if low < stop and trie.token[low] == token else np.int64(0)
            if node == 0:
                break
        out[i] = node
    return out


@kernel(LINK, ROWS, "float32[:]", "int64", "int64[:]", "float64[:]", "float64", "float64")
def word_gains(  # noqa: PLR0913
    link: Any, rows: Any, query: Any, first_class: int, nodes: Any, log_priors: Any, lexicon_share: float, unknown: float
) -> Any:
    """By how many nats a context makes words likelier than they are without, float64 (n,).

    link: link.LexiconLink; rows: model.Rows; query: of the context; nodes int64 (n,): where the words end in the trie;
    log_priors float64 (n,): by the lexicon. Without context a word is as likely as the lexicon says, to the power of
    lexicon_share, times what the model's text says, to the rest. An unknown word has its share of its class, and loses
    `unknown` nats.
    """
    out = np.empty(len(nodes))
    n_rows, first_word = len(rows.bias), first_class + len(rows.class_mass)
    for i in range(len(nodes)):
        n_nodes = len(link.row)
        place = np.int64(link.row[nodes[i]]) if nodes[i] < n_nodes else np.int64(link.patch_row[nodes[i] - n_nodes])
        several = place >= n_rows
        chosen = link.several[link.start[place - n_rows] : link.start[place - n_rows + 1]] if several else np.full(1, place)
        logits = row_logits(rows, query, chosen)
        after, before = 0.0, 0.0
        for j in range(len(chosen)):
            after += np.exp(np.float64(logits[j]))
            before += np.exp(np.float64(rows.log_frequency[chosen[j]]))
        log_after, log_before = np.log(after), np.log(before)
        if place < first_word:
            share = log_priors[i] - rows.class_mass[place - first_class]
            log_after += share - unknown
            log_before += share
        out[i] = log_after - lexicon_share * log_priors[i] - (1.0 - lexicon_share) * log_before
    return out
