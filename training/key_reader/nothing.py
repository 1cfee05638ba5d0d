"""What the decoder expects of each word of a lexicon without having seen a swipe: one number per word, on the keys of one grid.

It is subtracted from what the decoder says of a swipe (search.Weights.nothing). It does not depend on the swipe, so a bundle keeps it
beside the lexicon, a byte a node, for each grid; the first pass, which has no decoder, goes on with the lexicon's own priors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from engine.lexicon import Lexicon
from training.key_reader.layouts import Places
from training.key_reader.network import KeyReader
from training.key_reader.samples import empty_batch
from training.key_reader.search import picked

BATCH = 512


@torch.inference_mode()
def expectations(network: KeyReader, keys: Places, lexicon: Lexicon) -> npt.NDArray[np.float32]:
    """(n_nodes,): log P_dec(word | no swipe) at the nodes where words end, 0 elsewhere. keys (K, 4): of the lexicon's letters."""
    result = np.zeros(len(lexicon.trie.token), np.float32)
    bar = tqdm(total=len(lexicon), desc="words without a swipe", unit=" words", disable=not sys.stderr.isatty())
    for rows in _groups(lexicon):
        words = [[lexicon.alphabet.index(letter) for letter in word] for _, word in rows]
        batch = empty_batch(words, [keys], network.config)
        embedded = network.keys(batch.keys)
        frames = torch.zeros(1, network.config.n_frames, network.config.width)
        logits = network.decode(frames, batch.present, embedded, batch.tokens)
        result[[node for node, _ in rows]] = picked(logits, batch.targets).numpy()
        bar.update(len(rows))
    return result


def packed(values: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], float]:
    """The values, 0 or below, as bytes, and the nats that a step of them stands for."""
    unit = float(-values.min()) / 255 or 1.0
    return np.rint(-values / unit).astype(np.uint8), unit


def _groups(lexicon: Lexicon) -> Iterator[list[tuple[int, str]]]:
    """(node, word) of all words, those of like length together."""
    ends = np.flatnonzero(lexicon.trie.word_prior)
    words = sorted(((int(node), word) for node, word in zip(ends, _spelt(lexicon), strict=True)), key=lambda pair: len(pair[1]))
    rows = iter(words)
    while group := list(islice(rows, BATCH)):
        yield group


def _spelt(lexicon: Lexicon) -> Iterator[str]:
    """The words in the order of their nodes."""
    trie = lexicon.trie
    prefixes = [""] * len(trie.token)
    for node in range(len(trie.token)):
        for child in range(int(trie.first_child[node]), int(trie.first_child[node + 1])):
            prefixes[child] = prefixes[node] + lexicon.alphabet[trie.token[child]]
        if trie.word_prior[node]:
            yield prefixes[node]
