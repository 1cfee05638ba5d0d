"""Files of predictions: the candidates of each swipe of a data set, as compressed JSON lines."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.files import write_whole
from training.ensembles.predictor import digest

Ranking = tuple[tuple[str, float], ...]
"""The candidates of one swipe: different key sequences with their scores, best first."""


@dataclass(frozen=True)
class Prediction:
    """What was predicted for one swipe."""

    word: str | None
    """the key sequence that was meant; None if the model's alphabet cannot spell the word"""
    ranking: Ranking

    @property
    def rank(self) -> int | None:
        """The rank of the word, from 0; None if it is not among the candidates."""
        return next((rank for rank, (word, _) in enumerate(self.ranking) if word == self.word), None)


def write_predictions(path: Path, predictions: Sequence[Prediction]) -> None:
    """Line i is {"id": i, "word": word, "candidates": [[word, score], ...]}; i is the swipe's place in its data, from 0.

    The file is written in one step, and the same predictions give the same bytes. Raises: OSError.
    """
    values = ({"id": row, "word": one.word, "candidates": one.ranking} for row, one in enumerate(predictions))
    lines = (json.dumps(value, ensure_ascii=False) for value in values)
    content = "".join(f"{line}\n" for line in lines).encode()
    write_whole(path, gzip.compress(content, mtime=0))


def read_predictions(path: Path) -> list[Prediction]:
    """The predictions for the swipes, in their order. Raises: ValueError for a damaged file; OSError."""
    predictions: list[Prediction] = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                fields = json.loads(line)
                if fields["id"] != len(predictions):
                    raise ValueError(f"swipe {fields['id']} is in the place of {len(predictions)}")
                word = None if fields["word"] is None else str(fields["word"])
                predictions.append(Prediction(word, tuple((str(found), float(score)) for found, score in fields["candidates"])))
    except (ValueError, KeyError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"'{path}' is not a file of predictions: {error!r}; predict again with python -m training.predict") from error
    return predictions


def words_digest(predictions: Sequence[Prediction]) -> str:
    """sha256 of the predicted words, without the scores: their last digits differ between machines."""
    return digest([[word for word, _ in one.ranking] for one in predictions])
