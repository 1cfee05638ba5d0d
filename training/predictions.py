"""Files of predictions: the candidates of each swipe of a data set, as compressed JSON lines."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

from training.predictor import digest

Ranking = tuple[tuple[str, float], ...]
"""The candidates of one swipe: different key sequences with their scores, best first."""


def write_predictions(path: Path, rankings: Sequence[Ranking]) -> None:
    """Line i is {"id": i, "candidates": [[word, score], ...]}; i is the swipe's place in its data, from 0.

    The file is there whole or not at all, and its bytes are the same for the same rankings. Raises: OSError.
    """
    lines = (json.dumps({"id": row, "candidates": ranking}, ensure_ascii=False) for row, ranking in enumerate(rankings))
    content = "".join(f"{line}\n" for line in lines).encode()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(gzip.compress(content, mtime=0))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_predictions(path: Path) -> list[Ranking]:
    """The rankings of the swipes, in their order. Raises: ValueError for a file that is damaged; OSError."""
    rankings: list[Ranking] = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                fields = json.loads(line)
                if fields["id"] != len(rankings):
                    raise ValueError(f"swipe {fields['id']} stands where {len(rankings)} should")
                rankings.append(tuple((str(word), float(score)) for word, score in fields["candidates"]))
    except (ValueError, KeyError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"'{path}' is no file of predictions: {error!r}; predict again with python -m training.predict") from error
    return rankings


def words_digest(rankings: Sequence[Ranking]) -> str:
    """sha256 of the words alone: machines differ in the last digits of scores."""
    return digest([[word for word, _ in ranking] for ranking in rankings])
