"""The letters that a lexicon forbids after the beginning of a word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.lexicon import Lexicon


class ImpossibleLetters:
    """Words -> what cannot follow each of their prefixes. Holds a row of V bytes for each node of the trie."""

    def __init__(self, lexicon: Lexicon, alphabet: str) -> None:
        """Raises: ValueError where the lexicon has another alphabet than the model."""
        if lexicon.alphabet != alphabet:
            raise ValueError(f"the lexicon's alphabet is '{lexicon.alphabet}', the model's '{alphabet}': choose a lexicon with the model's")
        trie, self._lexicon = lexicon.trie, lexicon
        self._parent = np.repeat(np.arange(len(trie.token)), np.diff(trie.first_child))  # of node 1, 2, ...
        self._after = np.ones((len(trie.token), len(alphabet) + 1), dtype=np.bool_)
        self._after[self._parent, trie.token[1:]] = False
        self._after[:, -1] = trie.word_prior == 0

    def __call__(self, word: str) -> npt.NDArray[np.bool_]:
        """(letters + 1, V): whether a letter, or at the end EOS, is impossible after no letter, the first, the first two, ...

        For a word that is not in the lexicon, everything is possible.
        """
        node = self._lexicon.find(word)
        if node is None:
            return np.zeros((len(word) + 1, self._after.shape[1]), dtype=np.bool_)
        path = [node]
        while path[-1]:
            path.append(int(self._parent[path[-1] - 1]))
        return self._after[path[::-1]]
