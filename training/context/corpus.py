"""Text files as arrays of words, and the vocabulary that they give."""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from engine.context.words import sentences

BLOCK = 40
"""Lines that are held out together: neighbours of a conversation resemble each other."""


@dataclass(frozen=True, eq=False)
class Text:
    """One file's sentences as numbers of written words. Sentence i is words[offsets[i]:offsets[i + 1]]."""

    name: str
    words: npt.NDArray[np.uint32]
    """numbers into Words.written"""
    offsets: npt.NDArray[np.int64]
    """(n + 1,)"""
    is_cased: npt.NDArray[np.bool_]
    """(n,), whether the sentence has letters of both cases, so that its capitals mean something"""
    is_held_out: npt.NDArray[np.bool_]
    """(n,)"""

    @property
    def is_first(self) -> npt.NDArray[np.bool_]:
        """For each word, whether it begins a sentence."""
        first = np.zeros(len(self.words), np.bool_)
        first[self.offsets[:-1]] = True
        return first

    @property
    def sentence_of(self) -> npt.NDArray[np.int64]:
        """For each word, its sentence."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True, eq=False)
class Corpus:
    """Several texts that share their written words."""

    written: list[str]
    texts: list[Text]


def read_corpus(paths: Sequence[Path], held_out_share: float) -> Corpus:
    """The texts in files of one sentence a line, plain or .gz. Blocks of lines are held out, the same ones in every run.

    Raises: ValueError for a file without words; OSError for one that cannot be read.
    """
    numbers: dict[str, int] = {}
    texts = [_read(path, numbers, held_out_share) for path in paths]
    return Corpus(list(numbers), texts)


def _read(path: Path, numbers: dict[str, int], held_out_share: float) -> Text:
    words: list[int] = []
    offsets, is_cased, blocks = [0], [], []
    parts: list[npt.NDArray[np.uint32]] = []
    for line_number, line in enumerate(tqdm(_lines(path), desc=f"reading {path.name}", unit=" lines", disable=not sys.stderr.isatty())):
        cased = line != line.lower() and line != line.upper()
        for sentence in sentences(line):
            words += [numbers.setdefault(word, len(numbers)) for word in sentence]
            offsets.append(offsets[-1] + len(sentence))
            is_cased.append(cased)
            blocks.append(line_number // BLOCK)
        if len(words) > 1 << 20:
            parts.append(np.array(words, np.uint32))
            words = []
    parts.append(np.array(words, np.uint32))
    if len(offsets) == 1:
        raise ValueError(f"text {path} holds no words: expected a sentence a line")
    is_held_out = _held_out_blocks(path.name, blocks[-1] + 1, held_out_share)[np.array(blocks)]
    return Text(path.name, np.concatenate(parts), np.array(offsets), np.array(is_cased), is_held_out)


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from lines


def _held_out_blocks(name: str, n_blocks: int, share: float) -> npt.NDArray[np.bool_]:
    """(n_blocks,) chosen by a hash; one of two or more is always held out."""
    hashes = np.array([int(hashlib.sha256(f"{name} {block}".encode()).hexdigest()[:8], 16) / 2**32 for block in range(n_blocks)])
    return hashes < (share if n_blocks == 1 else max(share, np.nextafter(hashes.min(), 1.0)))
