"""A person's own word list: a word a line, with how often it was counted, or without."""

from __future__ import annotations

import gzip
import heapq
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from engine.lexicon import lower_case

MOST = 1_000_000
"""Different words that are kept in memory: when there are twice as many, the rarer half goes."""


def read_counts(path: Path, alphabet: str = "", most: int = MOST) -> dict[str, float]:
    """Word in lower case and NFC -> its share of all counts, of a text file, plain or .gz.

    A line is a word, then its count after a tab, a comma or spaces; without a count it is 1. Counts of equal words add up.
    Memory is bounded by `most`, however long the file: of more words, the rarest of those read so far are dropped.
    Raises: ValueError for a file without words, or a line that is something else, with its number; OSError.
    """
    counts: dict[str, float] = {}
    total = 0.0
    for number, line in enumerate(_lines(path), 1):
        word, count = _word(line, f"{path}, line {number}", alphabet)
        if word:
            counts[word] = counts.get(word, 0) + count
            total += count
            if len(counts) > 2 * most:
                counts = dict(heapq.nlargest(most, counts.items(), key=lambda item: item[1]))
    if not counts:
        raise ValueError(f"{path} has no words: expected a word a line, perhaps with its count")
    return {word: count / total for word, count in counts.items()}


def _word(line: str, where: str, alphabet: str) -> tuple[str, float]:
    """The word of a line, or "" for an empty one or a comment, and its count."""
    fields = line.replace("\t", " ").replace(",", " ").split()
    if not fields or fields[0].startswith("#"):
        return "", 0
    word, *rest = fields
    try:
        count = float(rest[0]) if rest else 1.0
    except ValueError:
        count = 0.0
    if len(rest) > 1 or not 0 < count < float("inf"):
        raise ValueError(f"{where}: expected a word and its count above 0, as in 'hello 12', got {line.strip()[:60]!r}")
    return lower_case(unicodedata.normalize("NFC", word), alphabet), count


def _lines(path: Path) -> Iterator[str]:
    """The lines of the file, with a progress bar in bytes. Raises: ValueError for what is not UTF-8."""
    with path.open("rb") as raw, tqdm(total=path.stat().st_size, desc=path.name, unit="B", unit_scale=True, disable=None) as bar:
        content = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        at = 0
        for number, line in enumerate(content, 1):
            if number % 10_000 == 0:
                bar.update(raw.tell() - at)
                at = raw.tell()
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise ValueError(f"{path}, line {number}: not UTF-8: save the list as UTF-8") from None
