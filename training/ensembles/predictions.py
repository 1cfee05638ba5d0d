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
    """What was predicted of one swipe."""

    word: str | None
    """the key sequence that was meant; None where the model's alphabet has none for the word"""
    ranking: Ranking

    @property
    def rank(self) -> int | None:
        """Where the word stands, from 0; None: not among the candidates."""
        return next((rank for rank, (word, _) in enumerate(self.ranking) if word == self.word), None)


def write_predictions(path: Path, predictions: Sequence[Prediction]) -> None:
    """Line i is {"id": i, "word": word, "candidates": [[word, score], ...]}; i is the swipe's place in its data, from 0.

    The file is there whole or not at all, and its bytes are the same for the same predictions. Raises: OSError.
    """
    values = ({"id": row, "word": one.word, "candidates": one.ranking} for row, one in enumerate(predictions))
    lines = (json.dumps(value, ensure_ascii=False) for value in values)
    content = "".join(f"{line}\n" for line in lines).encode()
    write_whole(path, gzip.compress(content, mtime=0))


def read_predictions(path: Path) -> list[Prediction]:
    """Those of the swipes, in their order. Raises: ValueError for a file that is damaged; OSError."""
    predictions: list[Prediction] = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                fields = json.loads(line)
                if fields["id"] != len(predictions):
                    raise ValueError(f"swipe {fields['id']} stands where {len(predictions)} should")
                word = None if fields["word"] is None else str(fields["word"])
                predictions.append(Prediction(word, tuple((str(found), float(score)) for found, score in fields["candidates"])))
    except (ValueError, KeyError, TypeError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"'{path}' is no file of predictions: {error!r}; predict again with python -m training.predict") from error
    return predictions


def words_digest(predictions: Sequence[Prediction]) -> str:
    """sha256 of the predicted words alone: machines differ in the last digits of scores."""
    return digest([[word for word, _ in one.ranking] for one in predictions])
