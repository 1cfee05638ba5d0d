"""Whether the arrays of a lexicon file are what they should be, whoever wrote them: kernels check no bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.lexicon_file import REBUILD
from engine.trie import Trie

if TYPE_CHECKING:
    from engine.lexicon import WrittenForms


def check_arrays(name: str, n_letters: int, trie: Trie, written: WrittenForms) -> None:
    """name: what the lexicon is called in errors. Raises: ValueError."""
    for fault in (_fault_of_nodes(trie, n_letters), _fault_of_forms(written, len(trie.token))):
        if fault:
            raise ValueError(f"{name} is damaged: {fault}: {REBUILD}")


def _fault_of_nodes(trie: Trie, n_letters: int) -> str:
    """What is wrong with the mapped arrays of the trie; "" for nothing."""
    n_nodes, first = len(trie.token), trie.first_child
    if not n_nodes or first[0] != 1 or first[-1] != n_nodes or (first[1:] < first[:-1]).any():
        return f"children of its {n_nodes:,} nodes are not in order"
    if (first[:-1] <= np.arange(n_nodes, dtype=np.uint32))[first[1:] > first[:-1]].any():
        return "a node is among its own children"
    if (trie.token >= n_letters).any():
        return f"it has the token {int(trie.token.max())}, and its alphabet has {n_letters} letters"
    starts = np.zeros(n_nodes + 1, np.bool_)
    starts[first] = True
    if ((trie.token[1:] <= trie.token[:-1]) & ~starts[1:n_nodes]).any():
        return "the children of a node are not sorted"
    return "" if trie.best_prior.all() else "a node has no best prior"


def _fault_of_forms(written: WrittenForms, n_nodes: int) -> str:
    """What is wrong with the written forms; "" for nothing."""
    node, start, text = written
    if len(node) and (node[-1] >= n_nodes or (node[1:] <= node[:-1]).any()):
        return "its written forms are not in the order of the nodes"
    if start[0] != 0 or start[-1] != len(text) or (start[1:] < start[:-1]).any():
        return "its written forms are not in the order of their text"
    return _fault_of_text(text, start)


def _fault_of_text(text: npt.NDArray[np.uint8], start: npt.NDArray[np.uint32]) -> str:
    try:
        text.tobytes().decode()
    except UnicodeDecodeError as error:
        return f"its written forms are not text ({error})"
    begins = text[start[start < len(text)].astype(np.int64)]
    return "a written form begins inside a character" if ((begins & 0xC0) == 0x80).any() else ""
