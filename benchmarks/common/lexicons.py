"""The shipped lexicon, made smaller or larger.

A smaller one has its most frequent words. A larger one has made-up words as well. Their letters are drawn one by one, by how often
each follows the three before it in the lexicon's words, and so are their ends. They are as long as real words, and begin, end and
share prefixes like them, so the trie grows as it would with rare words; and they are as rare as the rarest. This repository has no
list of 500,000 English words, and may not fetch one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.lexicon import Entry, Lexicon, build_lexicon, write_lexicon

SEED = 0
N_BEFORE = 3
"""the number of letters that decide about the next"""
LONGEST = 32
"""letters of a word that is made up"""
N_DRAWN = 1_000
"""at a time, on top of twice as many as are wanted; if none of them is new, no more can be made up"""
Letters = npt.NDArray[np.int64]


def write_lexicon_of_size(lexicon: Lexicon, n_words: int, folder: Path) -> Path:
    """The file in the folder with a lexicon of n_words words; it is built if it does not exist.

    Raises: ValueError for no words, or more than can be made up.
    """
    made_of = hashlib.sha256(Path(__file__).read_bytes())
    for array in (*lexicon.trie, *lexicon.written):
        made_of.update(array.data)
    path = folder / f"{n_words}-{made_of.hexdigest()[:16]}.lexicon"
    if not path.exists():
        write_lexicon(resize_lexicon(lexicon, n_words), path)
    return path


def resize_lexicon(lexicon: Lexicon, n_words: int) -> bytes:
    """The content of a lexicon file with n_words key sequences.

    Raises: ValueError for no words, or more than can be made up.
    """
    log_priors = dict(lexicon.key_sequences())
    written = {lexicon.spell(node): lexicon.forms(node) for node in lexicon.written.node.tolist()}
    commonest = sorted(log_priors, key=lambda sequence: -log_priors[sequence])[:n_words]
    entries = [Entry(one, float(np.exp(log_priors[one])), written.get(one, (one,))) for one in commonest]
    rarest = min(entry.frequency for entry in entries) if entries else 0.0
    more = make_up_words(sorted(log_priors), lexicon.alphabet, n_words - len(entries))
    entries += [Entry(word, rarest, (word,)) for word in more]
    added = f", and {len(more):,} made-up words" if more else ""
    return build_lexicon(entries, lexicon.alphabet, f"{len(commonest):,} words of: {lexicon.source}{added}")


def make_up_words(words: list[str], alphabet: str, n_words: int) -> list[str]:
    """n_words words that are not among `words`, in the order in which they were drawn.

    Raises: ValueError if so many cannot be made up.
    """
    known, rng = set(words), np.random.default_rng(SEED)
    follows = _count_what_follows(words, alphabet) if n_words > 0 else np.empty((0, 0))
    made_up: dict[str, None] = {}  # keeps the order
    while len(made_up) < n_words:
        before = len(made_up)
        for drawn in _draw_words(follows, 2 * n_words + N_DRAWN, rng):
            word = "".join(alphabet[letter] for letter in drawn if letter < len(alphabet))
            if word and word not in known:
                made_up[word] = None
        if len(made_up) == before:
            raise ValueError(f"{len(words)} words are too few to make up {n_words} others of them, which were asked for: ask for fewer")
    return list(made_up)[:n_words]


def _count_what_follows(words: list[str], alphabet: str) -> npt.NDArray[np.float64]:
    """(contexts, K + 1): the cumulative share of each letter, and of the end of the word last, after N_BEFORE letters.

    A context's number has the letters as digits, K for none; contexts that never occur have NaN.
    """
    n_symbols = len(alphabet) + 1
    counts = np.zeros((n_symbols**N_BEFORE, n_symbols))
    padded = np.full((len(words), N_BEFORE + max(map(len, words)) + 1), n_symbols - 1)
    numbers = {ord(letter): number for number, letter in enumerate(alphabet)}
    for row, word in zip(padded, words, strict=True):
        row[N_BEFORE : N_BEFORE + len(word)] = [numbers[ord(letter)] for letter in word]
    lengths = np.array([len(word) for word in words])
    for place in range(padded.shape[1] - N_BEFORE):
        rows = padded[lengths >= place]  # at `length` stands the end
        np.add.at(counts, (_context(rows[:, place : place + N_BEFORE], n_symbols), rows[:, place + N_BEFORE]), 1)
    with np.errstate(invalid="ignore"):
        shares: npt.NDArray[np.float64] = np.cumsum(counts, axis=1) / counts.sum(axis=1, keepdims=True)
    return shares


def _draw_words(follows: npt.NDArray[np.float64], n_words: int, rng: np.random.Generator) -> Letters:
    """(n_words, LONGEST) letters, K after the end. Words that do not end in time are left out."""
    n_symbols = follows.shape[1]
    letters = np.full((n_words, N_BEFORE + LONGEST + 1), n_symbols - 1)
    live = np.arange(n_words)
    for place in range(N_BEFORE, letters.shape[1]):
        shares = follows[_context(letters[live, place - N_BEFORE : place], n_symbols)]
        letters[live, place] = (shares <= rng.random(len(live))[:, None]).sum(axis=1)
        live = live[letters[live, place] < n_symbols - 1]
    return np.delete(letters, live, axis=0)[:, N_BEFORE:-1]


def _context(letters: Letters, n_symbols: int) -> Letters:
    """The numbers of the contexts (n, N_BEFORE), (n,)."""
    numbers: Letters = letters @ (n_symbols ** np.arange(N_BEFORE))
    return numbers
