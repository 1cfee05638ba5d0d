"""The engine's two passes over many swipes at once, in torch: what each part of the score says of each word of the first pass.

The first pass is that of engine.kernels. The parts stay apart, so that their weights can be tuned without decoding again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from engine import kernels
from engine.beam_search import FIRST_BEAM
from engine.lexicon import Lexicon
from training.key_reader.network import KeyReader
from training.key_reader.samples import IGNORED, empty_batch, plain_batches
from training.key_reader.trials import Trial

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
FIRST_PRIOR = 0.7
"""Weight of the prior in the first pass."""
N_WORDS, MARGIN, MAX_LETTERS = 16, 12.0, 32
LEFT_BEHIND, LEAST_WORDS = 8.0, 4
"""Words so many nats behind the best after the first pass are not left to the decoder, but so many words always are. Measured (349,000
samples, a quarter of dev mirrored): 10 words 88.09 / 94.98; at most 16 within 8 nats, the median being 4, 88.19 / 95.36: better with less
work."""
BATCH = 64
"""swipes at once, and a tenth of the words at once"""
PARTS = ("ctc", "decoder", "nothing", "prior", "letters")


@dataclass(frozen=True)
class Weights:
    """Score = ctc log P_ctc + (1 - ctc) (log P_dec(word | swipe) - nothing log P_dec(word | nothing)) + prior log P(word) + letters n."""

    ctc: float = 0.4
    nothing: float = 0.65
    prior: float = 0.7
    letters: float = 0.95
    """nats for each of a word's n letters"""


@dataclass(frozen=True)
class FirstPass:
    """Which words the decoder gets to read."""

    n_words: int = N_WORDS
    """at most"""
    prior: float = FIRST_PRIOR
    """weight of the log prior"""


@dataclass(frozen=True, eq=False)
class Scores:
    """Of n swipes and the M best words of each after the first pass; -inf where there are fewer."""

    ctc: Floats
    """(n, M)"""
    decoder: Floats
    """(n, M)"""
    nothing: Floats
    """(n, M)"""
    prior: Floats
    """(n, M)"""
    letters: Floats
    """(n, M): how many a word has"""
    place: npt.NDArray[np.int64]
    """(n,): where the word that was meant is among the M; -1: nowhere"""

    def ranks(self, weights: Weights) -> npt.NDArray[np.int64]:
        """(n,): the rank of the word that was meant, from 1; 0 where it is not among the M."""
        with np.errstate(invalid="ignore"):
            seen = self.decoder - weights.nothing * self.nothing if weights.nothing else self.decoder
            score = weights.ctc * self.ctc + (1 - weights.ctc) * seen + weights.prior * self.prior + weights.letters * self.letters
        score = np.where(np.isfinite(self.ctc), score, -np.inf)
        true = np.take_along_axis(score, np.maximum(self.place, 0)[:, None], axis=1)
        better = (score > true).sum(axis=1) + 1
        return np.where(self.place >= 0, better, 0)


class Found(NamedTuple):
    """The words that the first pass leaves to the decoder, best first."""

    words: list[tuple[int, ...]]
    """the tokens of their letters"""
    ctc: Doubles
    """(M,) log probabilities by the CTC head"""
    prior: Doubles
    """(M,) log priors"""


@torch.inference_mode()
def score(network: KeyReader, trial: Trial, first: FirstPass = FirstPass()) -> Scores:
    """What the network and the lexicon say of each swipe's words."""
    n = len(trial)
    parts = {name: np.full((n, first.n_words), -np.inf, np.float32) for name in PARTS}
    found: list[list[tuple[int, ...]]] = [[] for _ in range(n)]
    bar = tqdm(total=n, desc=trial.name, unit=" swipes", disable=not sys.stderr.isatty())
    for rows, batch in plain_batches(trial.recorded, network.config, BATCH):
        frames, logits = network.frames(batch.trajectory, batch.keys, batch.present, network.keys(batch.keys))
        log_probs = logits.float().log_softmax(dim=-1).numpy()
        by_letter = log_probs.take([*trial.key_of, log_probs.shape[2] - 1], axis=2)
        of_batch = [first_pass(trial.lexicon, one, first) for one in by_letter]
        for row, of in zip(rows.tolist(), of_batch, strict=True):
            found[row] = of.words
            parts["ctc"][row, : len(of.words)], parts["prior"][row, : len(of.words)] = of.ctc, of.prior
            parts["letters"][row, : len(of.words)] = [len(word) for word in of.words]
        words = [of.words for of in of_batch]
        for row, values in zip(rows.tolist(), _read_all(network, frames, trial, words), strict=True):
            parts["decoder"][row, : len(values)] = values
        bar.update(len(rows))
    bar.close()
    known = without_swipe(network, trial, {word for words in found for word in words})
    for row, of_row in enumerate(found):
        parts["nothing"][row, : len(of_row)] = [known[word] for word in of_row]
    meant = [tuple(map(trial.lexicon.alphabet.index, word)) for word in trial.recorded.data.words.tolist()]
    place = [words.index(word) if word in words else -1 for words, word in zip(found, meant, strict=True)]
    return Scores(**parts, place=np.array(place))


def first_pass(lexicon: Lexicon, ctc_log_probs: Floats, options: FirstPass) -> Found:
    """The words that the decoder should read, see LEFT_BEHIND. ctc_log_probs (S, letters + 1), blank last."""
    unit, trie = lexicon.prior_unit, lexicon.trie
    beam, n_words = FIRST_BEAM * options.n_words, options.n_words
    parents, tokens, ends, nodes, ctc = kernels.first_pass(trie, options.prior * unit, ctc_log_probs, beam, MARGIN, n_words, MAX_LETTERS)
    priors = -unit * (np.array([trie.prior(node) for node in nodes.tolist()]) - 1.0)
    by_both = ctc + options.prior * priors
    n = max(min(LEAST_WORDS, len(ends)), int((by_both >= by_both.max(initial=-np.inf) - LEFT_BEHIND).sum()))
    return Found([_spelt(parents, tokens, end) for end in ends[:n].tolist()], ctc[:n], priors[:n])


def _spelt(parents: Integers, tokens: Integers, row: int) -> tuple[int, ...]:
    """The tokens on the way to a row of the tree."""
    word = []
    while row > 0:
        word.append(int(tokens[row]))
        row = int(parents[row])
    return tuple(reversed(word))


def _read_all(network: KeyReader, frames: Tensor, trial: Trial, words: Sequence[Sequence[tuple[int, ...]]]) -> Iterator[Floats]:
    """What the decoder says of each swipe's words, (M,) for each. frames (B, S, D)."""
    flat = [word for of_swipe in words for word in of_swipe]
    owners = torch.tensor([owner for owner, of_swipe in enumerate(words) for _ in of_swipe])
    groups = [slice(start, start + 10 * BATCH) for start in range(0, len(flat), 10 * BATCH)]
    values = [spell(network, frames[owners[group]], trial, flat[group]).numpy() for group in groups]
    joined = np.concatenate([np.zeros(0, np.float32), *values])
    yield from np.split(joined, np.cumsum([len(of_swipe) for of_swipe in words])[:-1])


@torch.inference_mode()
def without_swipe(network: KeyReader, trial: Trial, words: set[tuple[int, ...]]) -> dict[tuple[int, ...], float]:
    """log P_dec(word | nothing) on the trial's keys: what the decoder has learnt of languages and keyboards."""
    ordered = sorted(words, key=lambda word: (len(word), word))
    known: dict[tuple[int, ...], float] = {}
    for start in range(0, len(ordered), 10 * BATCH):
        some = ordered[start : start + 10 * BATCH]
        frames = torch.zeros(1, network.config.n_frames, network.config.width)
        known |= dict(zip(some, spell(network, frames, trial, some).tolist(), strict=True))
    return known


def spell(network: KeyReader, frames: Tensor, trial: Trial, words: Sequence[Sequence[int]]) -> Tensor:
    """(m,): the decoder's log probability of each word, given by its tokens. frames (m, S, D), or (1, S, D) for all of them."""
    batch = empty_batch([trial.key_of[list(word)].tolist() for word in words], [trial.recorded.keys], network.config)
    return picked(network.decode(frames, batch.present, network.keys(batch.keys), batch.tokens), batch.targets)


def picked(logits: Tensor, targets: Tensor) -> Tensor:
    """(m,): the log probabilities of the targets (m, T), summed. logits (m, T, K + 1)."""
    each = logits.float().log_softmax(dim=-1).gather(-1, targets.clamp_min(0)[..., None])[..., 0]
    return each.masked_fill(targets == IGNORED, 0.0).sum(dim=1)


def accuracy(ranks: npt.NDArray[np.int64]) -> tuple[float, float, float]:
    """Top-1, top-4, and the share that is among all words that were looked at, in percent."""
    top_1, top_4, among = (100.0 * float(np.mean((ranks >= 1) & (ranks <= k))) for k in (1, 4, np.inf))
    return top_1, top_4, among
