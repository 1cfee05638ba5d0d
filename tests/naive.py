"""Slow twins: plain Python that says what the fast code must return."""

from __future__ import annotations

from collections.abc import Mapping


# --- lexicon ---


def build_trie(priors: Mapping[str, int], alphabet: str) -> tuple[list[int], list[int], list[int], list[int]]:
    """first_child, token, word_prior, best_prior of the trie of key sequences with stored priors, breadth first."""
    prefixes = {sequence[:length] for sequence in priors for length in range(len(sequence) + 1)}
    nodes = sorted(prefixes, key=lambda prefix: (len(prefix), [alphabet.index(letter) for letter in prefix]))
    children = [[other for other in nodes if len(other) == len(node) + 1 and other.startswith(node)] for node in nodes]
    first_child = [1 + sum(len(group) for group in children[:i]) for i in range(len(nodes) + 1)]
    token = [0, *(alphabet.index(node[-1]) for node in nodes[1:])]
    word_prior = [priors.get(node, 0) for node in nodes]
    best_prior = [min(prior for word, prior in priors.items() if word.startswith(node)) for node in nodes]
    return first_child, token, word_prior, best_prior
