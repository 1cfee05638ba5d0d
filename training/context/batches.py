"""Sentences of one length side by side, so that nothing is padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.context.vocabulary import START

LONGEST = 24
"""Words of a piece: longer sentences are cut, and what follows a cut begins without START."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EncodedText:
    """A text in the rows of a vocabulary. Sentence i is rows[offsets[i]:offsets[i + 1]]."""

    name: str
    rows: npt.NDArray[np.uint16]
    offsets: npt.NDArray[np.int64]
    is_held_out: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Batch:
    """N pieces of one length."""

    inputs: Rows
    """(N, T)"""
    targets: Rows
    """(N, T): the word after each input"""


def pieces(text: EncodedText, sentences: Rows) -> dict[int, Rows]:
    """The sentences, cut where they are long, by their number of words T + 1: (N, T + 1), inputs and last target."""
    padded = np.full(LONGEST + 1, START, np.int64)
    found: dict[int, list[Rows]] = {}
    starts, lengths = text.offsets[sentences], np.diff(text.offsets)[sentences]
    for length in np.unique(np.minimum(lengths, LONGEST)).tolist():
        of_length = starts[np.minimum(lengths, LONGEST) == length]
        rows = text.rows[of_length[:, None] + np.arange(length)].astype(np.int64)
        found.setdefault(length + 1, []).append(np.concatenate((np.full((len(rows), 1), START), rows), axis=1))
    del padded
    long = np.flatnonzero(lengths > LONGEST)
    for start, length in zip(starts[long].tolist(), lengths[long].tolist(), strict=True):
        for at in range(LONGEST - 1, length - 1, LONGEST):
            piece = text.rows[start + at : start + min(at + LONGEST + 1, length)].astype(np.int64)
            found.setdefault(len(piece), []).append(piece[None])
    return {length: np.concatenate(parts) for length, parts in found.items()}


def training_batches(texts: Sequence[EncodedText], weights: Sequence[float], n_words: int, rng: np.random.Generator) -> list[Batch]:
    """One pass: each sentence that is not held out as often as its text's weight says, on average, in batches of about n_words."""
    found: dict[int, list[Rows]] = {}
    for text, weight in zip(texts, weights, strict=True):
        kept = np.flatnonzero(~text.is_held_out)
        times = np.floor(weight + rng.random(len(kept))).astype(np.int64)
        for length, rows in pieces(text, np.repeat(kept, times)).items():
            found.setdefault(length, []).append(rows)
    batches = []
    for length, parts in found.items():
        rows = rng.permutation(np.concatenate(parts))
        size = max(1, n_words // (length - 1))
        batches += [rows[at : at + size].astype(np.uint16) for at in range(0, len(rows), size)]
    return [Batch(rows[:, :-1], rows[:, 1:]) for rows in (batches[i] for i in rng.permutation(len(batches)))]


def held_out_batches(text: EncodedText, n_words: int = 4096) -> Iterator[Batch]:
    """The held-out sentences of a text."""
    for length, rows in pieces(text, np.flatnonzero(text.is_held_out)).items():
        size = max(1, n_words // (length - 1))
        for at in range(0, len(rows), size):
            yield Batch(rows[at : at + size, :-1], rows[at : at + size, 1:])


def say_nothing(
    batch: Batch, share: float, frequencies: npt.NDArray[np.float64], flat: npt.NDArray[np.float64], rng: np.random.Generator
) -> Batch:
    """The batch with a share of its pieces replaced: inputs drawn at random from `flat`, targets from `frequencies`.

    So the network learns that words which do not hang together say nothing of the next: there it gives the frequencies.
    frequencies, flat: (n_rows,) cumulated.
    """
    n = rng.binomial(len(batch.inputs), share)
    if not n:
        return batch
    inputs, targets = batch.inputs.copy(), batch.targets.copy()
    first = inputs[:n, :1].copy()
    inputs[:n] = np.searchsorted(flat, rng.random(inputs[:n].shape))
    inputs[:n, :1] = first
    targets[:n, 1:] = np.searchsorted(frequencies, rng.random(targets[:n, 1:].shape))
    return Batch(inputs, targets)
