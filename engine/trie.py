"""The trie of key sequences: flat arrays for kernels, and patches that add, change and block words beside mapped arrays.

A patch copies the path of each of its words, and nothing else: the copies lead into the mapped arrays wherever no word of the
patch goes. So a search walks both at once, meets every node in the order in which a trie built with the words would have it,
with the same priors, and finds the same. Source: path copying, Driscoll et al. 1989 (Making data structures persistent).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BLOCKED = 0
"""The stored prior of a node where no word ends."""
WORST_PRIOR = 255
"""The stored prior of the rarest words."""
NODE_COLUMNS, SLOT_COLUMNS = 4, 3
_NO_NODES, _NO_SLOTS = np.zeros((0, NODE_COLUMNS), np.uint32), np.zeros((0, SLOT_COLUMNS), np.uint32)


class Trie(NamedTuple):
    """The key sequences as flat arrays for kernels. Nodes are in breadth-first order, the root is node 0.

    The children of node i are the nodes first_child[i] .. first_child[i + 1] - 1, sorted by token.
    A stored prior v > 0 is the log prior -prior_unit * (v - 1): the smallest is the best. 0: no word.

    A patch's nodes are numbered behind these, n_nodes + 0, + 1, ...; the last one, if there is any, is the root.
    """

    first_child: npt.NDArray[np.uint32]
    """(n_nodes + 1,)"""
    token: npt.NDArray[np.uint8]
    """(n_nodes,) the token that leads to the node; 0 at the root, where it means nothing"""
    word_prior: npt.NDArray[np.uint8]
    """(n_nodes,) prior of the word that ends at the node"""
    best_prior: npt.NDArray[np.uint8]
    """(n_nodes,) best prior of the words at or below the node, never 0"""
    patch_nodes: npt.NDArray[np.uint32] = _NO_NODES
    """(n_patch_nodes, 4) first slot and last slot + 1 of its children, prior of the word that ends at it, token that leads to it"""
    patch_slots: npt.NDArray[np.uint32] = _NO_SLOTS
    """(n_slots, 3) of each child of a patch's node: the node, its token, and the best prior at or below it; sorted by token"""

    @property
    def root(self) -> int:
        n_patch_nodes = len(self.patch_nodes)
        return len(self.token) + n_patch_nodes - 1 if n_patch_nodes else 0

    def prior(self, node: int) -> int:
        """The stored prior of the word that ends at a node; 0 for none."""
        n_nodes = len(self.token)
        return int(self.word_prior[node] if node < n_nodes else self.patch_nodes[node - n_nodes, 2])

    def children(self, node: int) -> dict[int, int]:
        """Token -> child, ascending."""
        return {token: child for token, child, _ in self.slots(node)}

    def child(self, node: int, token: int) -> int | None:
        """The child that a token leads to, or None."""
        n_nodes = len(self.token)
        if node >= n_nodes:
            return self.children(node).get(token)
        first, last = self.first_child[node : node + 2].tolist()
        child = first + int(np.searchsorted(self.token[first:last], token))
        return child if child < last and self.token[child] == token else None

    def patched(self, priors: Mapping[tuple[int, ...], int]) -> Trie:
        """This trie with words that have other stored priors, or none yet: tokens of the word -> prior, BLOCKED to take it out.

        Costs as much as the words' paths, however large the trie. Nodes that lead to no word any more are left out.
        """
        if not priors:
            return self
        changes = _Changes()
        for tokens, prior in priors.items():
            changes.add(tokens, prior)
        patch = _Patch(self)
        patch.copy(self.root, 0, 0, changes)
        nodes = np.array(patch.nodes, np.uint32)
        slots = np.array(patch.slots, np.uint32).reshape(-1, SLOT_COLUMNS)
        return self._replace(patch_nodes=np.concatenate((self.patch_nodes, nodes)), patch_slots=np.concatenate((self.patch_slots, slots)))

    def below(self, node: int) -> Trie:
        """The trie of what comes after a node: what its words begin with is left out. Other nodes keep their numbers."""
        slots = np.array([(child, token, best) for token, child, best in self.slots(node)], np.uint32).reshape(-1, SLOT_COLUMNS)
        first = len(self.patch_slots)
        root = np.array([[first, first + len(slots), BLOCKED, 0]], np.uint32)
        return self._replace(patch_nodes=np.concatenate((self.patch_nodes, root)), patch_slots=np.concatenate((self.patch_slots, slots)))

    def compacted(self) -> Trie:
        """The same trie without the patch's nodes that later patches have replaced: other nodes' numbers may be different in it."""
        if not len(self.patch_nodes):
            return self
        n_nodes = len(self.token)
        level, kept = np.array([len(self.patch_nodes) - 1]), []
        while len(level):
            kept.append(level)
            children = self.patch_slots[_ranges(self.patch_nodes[level, 0], self.patch_nodes[level, 1]), 0].astype(np.int64)
            level = children[children >= n_nodes] - n_nodes
        rows = np.unique(np.concatenate(kept))  # in their old order: the root stays the last
        nodes = self.patch_nodes[rows]
        slots = self.patch_slots[_ranges(nodes[:, 0], nodes[:, 1])]
        ends = np.cumsum(nodes[:, 1] - nodes[:, 0])
        nodes[:, 0], nodes[:, 1] = ends - (nodes[:, 1] - nodes[:, 0]), ends
        patched = slots[:, 0] >= n_nodes
        slots[patched, 0] = n_nodes + np.searchsorted(rows, slots[patched, 0] - n_nodes)
        return self._replace(patch_nodes=nodes, patch_slots=slots)

    def slots(self, node: int) -> Iterator[tuple[int, int, int]]:
        """(token, child, best prior) of each child, by token."""
        n_nodes = len(self.token)
        if node >= n_nodes:
            first, last = self.patch_nodes[node - n_nodes, :2].tolist()
            for child, token, best in self.patch_slots[first:last].tolist():
                yield token, child, best
        else:
            first, last = self.first_child[node : node + 2].tolist()
            yield from zip(self.token[first:last].tolist(), range(first, last), self.best_prior[first:last].tolist(), strict=True)


@dataclass
class _Changes:
    """What is to become of a node and of those below it."""

    prior: int | None = None
    """None: as it is"""
    below: dict[int, _Changes] = field(default_factory=dict)
    """by token"""

    def add(self, tokens: tuple[int, ...], prior: int) -> None:
        changes = self
        for token in tokens:
            changes = changes.below.setdefault(token, _Changes())
        changes.prior = prior


class _Patch:
    """The rows that are added to a trie's patch."""

    def __init__(self, trie: Trie) -> None:
        self._trie = trie
        self._first_node = len(trie.token) + len(trie.patch_nodes)
        self._first_slot = len(trie.patch_slots)
        self.nodes: list[tuple[int, int, int, int]] = []
        self.slots: list[tuple[int, int, int]] = []

    def copy(self, node: int | None, mapped: int | None, token: int, changes: _Changes) -> tuple[int, int] | None:
        """The changed copy of a node, or a new one for None, and its best prior; None where no word is left. Children come first.

        mapped: the mapped arrays' node of the same letters, if they have one. Where the copy would be the same, it takes its place:
        a word that was laid over and is taken off again leaves nothing in the patch.
        """
        prior = changes.prior
        if prior is None:
            prior = BLOCKED if node is None else self._trie.prior(node)
        slots = {} if node is None else {step: (child, best) for step, child, best in self._trie.slots(node)}
        for step, below in changes.below.items():
            mapped_child = None if mapped is None else self._trie.child(mapped, step)
            copied = self.copy(slots[step][0] if step in slots else None, mapped_child, step, below)
            if copied is None:
                slots.pop(step, None)
            else:
                slots[step] = copied
        is_root = node == self._trie.root
        if not slots and prior == BLOCKED and not is_root:
            return None
        row = [(step, child, best) for step, (child, best) in sorted(slots.items())]
        if mapped is not None and not is_root and prior == self._trie.prior(mapped) and row == list(self._trie.slots(mapped)):
            return mapped, int(self._trie.best_prior[mapped])
        first = self._first_slot + len(self.slots)
        self.slots += [(child, step, best) for step, child, best in row]
        self.nodes.append((first, first + len(slots), prior, token))
        best = min([prior or WORST_PRIOR, *(best for _, best in slots.values())])
        return self._first_node + len(self.nodes) - 1, best


def _ranges(starts: npt.NDArray[np.uint32], stops: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """The numbers of all ranges start .. stop - 1, one range after the other."""
    lengths = stops.astype(np.int64) - starts
    before = np.cumsum(lengths) - lengths
    numbers: npt.NDArray[np.int64] = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
    return numbers


def build_trie(letters: npt.NDArray[np.uint8], priors: npt.NDArray[np.uint8]) -> tuple[Trie, npt.NDArray[np.int64]]:
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


def spelt(parents: Sequence[int] | npt.NDArray[np.int64], tokens: Sequence[int] | npt.NDArray[np.int64], row: int) -> tuple[int, ...]:
    """The tokens on the path from the root of a tree of prefixes to a row of it. parents, tokens (P,): of each row, the root the first."""
    word: list[int] = []
    while row > 0:
        word.append(int(tokens[row]))
        row = int(parents[row])
    return tuple(word[::-1])
