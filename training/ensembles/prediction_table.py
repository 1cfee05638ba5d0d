"""The table of predictions: an SQLite file with one row for each predictor and data set."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine.accuracy import Accuracy
from engine.files import whole_file
from engine.search_options import SearchOptions
from training.ensembles.predictor import ID_DIGITS, Fingerprint, Predictor, digest

TABLE = "predictions.db"
"""The table's name in a folder of predictions."""
WAIT_S = 60.0
"""How long to wait for another process that writes."""
FINGERPRINTS = ("bundle", "lexicon", "grid", "data")
SEARCH = tuple(field.name for field in fields(SearchOptions))
ACCURACY = tuple(field.name for field in fields(Accuracy))
COLUMNS = (
    "id",
    "predictor",
    *(column for name in FINGERPRINTS for column in (name, f"{name}_sha256")),
    *SEARCH,
    "path",
    "words_sha256",
    *ACCURACY,
)


@dataclass(frozen=True)
class PredictionRow:
    """What a predictor says about a data set, and how accurate that is."""

    predictor: Predictor
    data: Fingerprint
    path: Path
    """of the predictions"""
    words_sha256: str
    """of all predicted words in their order"""
    accuracy: Accuracy

    @property
    def id(self) -> str:
        """Rows have the same one only if their predictors are equal and their data the same."""
        return digest([self.predictor.id, self.data.sha256])[:ID_DIGITS]

    def contradicts(self, other: PredictionRow) -> bool:
        """Whether the two rows have different predictions by one predictor."""
        return self.id == other.id and (self.words_sha256, self.accuracy) != (other.words_sha256, other.accuracy)

    def __str__(self) -> str:
        names = f"{self.predictor.bundle.name}, {self.predictor.lexicon.name}, {self.predictor.grid.name}, {self.data.name}"
        return f"{self.predictor.id} ({names}; {self.accuracy})"


class PredictionTable:
    """The rows of one SQLite file. Several processes may add to it at the same time."""

    def __init__(self, path: Path) -> None:
        """path: the file; it is made with the first row."""
        self.path = path

    def rows(self) -> list[PredictionRow]:
        """All of them, in the order of their ids; none if there is no file. Raises: ValueError for a file that is not such a table."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM predictions ORDER BY id").fetchall()
        return [self._row(dict(zip(COLUMNS, values, strict=True))) for values in found]

    def find(self, predictor: Predictor, data: Fingerprint) -> PredictionRow | None:
        """The row of an equal predictor on the same data. Raises: as `rows`."""
        return next((row for row in self.rows() if row.predictor == predictor and row.data == data), None)

    def add(self, rows: Sequence[PredictionRow]) -> None:
        """Adds all the rows or none of them. A row that was there takes the new path of its predictions.

        Raises: ValueError if rows contradict each other or those in the table.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS predictions ({', '.join(COLUMNS)}, PRIMARY KEY (id))")
            connection.execute("BEGIN IMMEDIATE")
            without_contradictions([*self.rows(), *rows])
            marks = ", ".join("?" * len(COLUMNS))
            connection.executemany(f"INSERT OR REPLACE INTO predictions VALUES ({marks})", [self._values(row) for row in rows])
            connection.commit()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Raises: ValueError if the file is not such a table, is locked or cannot be read."""
        try:
            with closing(sqlite3.connect(self.path, timeout=WAIT_S)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise ValueError(
                f"'{self.path}' is not a table of predictions of this version, or it is in use: {error}; "
                "name a file that python -m training.predict wrote, or predict again into another folder"
            ) from error

    def _values(self, row: PredictionRow) -> tuple[Any, ...]:
        """In the order of COLUMNS. Paths are relative to the table's folder, so that it can be moved with its files."""
        predictor = row.predictor
        fingerprints = predictor.bundle, predictor.lexicon, predictor.grid, row.data
        path = os.path.relpath(row.path.resolve(), self.path.parent.resolve())
        names = [value for one in fingerprints for value in (one.name, one.sha256)]
        return row.id, predictor.id, *names, *astuple(predictor.search), path, row.words_sha256, *astuple(row.accuracy)

    def _row(self, values: dict[str, Any]) -> PredictionRow:
        """Raises: ValueError if the id does not match the content: somebody, or another version, changed the row."""
        bundle, lexicon, grid, data = (Fingerprint(values[name], values[f"{name}_sha256"]) for name in FINGERPRINTS)
        search = SearchOptions(**{name: values[name] for name in SEARCH})
        accuracy = Accuracy(**{name: values[name] for name in ACCURACY})
        path = self.path.parent / values["path"]
        row = PredictionRow(Predictor(bundle, lexicon, grid, search), data, path, values["words_sha256"], accuracy)
        if row.id != values["id"]:
            raise ValueError(f"row {values['id']} of '{self.path}' was changed: its content has the id {row.id}. Predict it again")
        return row


def without_contradictions(rows: Sequence[PredictionRow]) -> list[PredictionRow]:
    """The first row of each id. Raises: ValueError that names all rows with different predictions by one predictor."""
    kept: dict[str, PredictionRow] = {}
    faults = []
    for row in rows:
        first = kept.setdefault(row.id, row)
        if row.contradicts(first):
            faults.append(f"{first} of '{first.path}' and {row} of '{row.path}'")
    if faults:
        raise ValueError(
            f"{len(faults)} contradiction{'s' if len(faults) > 1 else ''}: {'; '.join(faults)}: "
            "one predictor gave two answers, so the engines differ: predict again with a single version"
        )
    return list(kept.values())


def table_at(path: Path) -> Path:
    """The table of a path that names it, or the folder that training.predict wrote it into."""
    return path / TABLE if path.is_dir() else path


def merge_tables(tables: Sequence[Path], merged: Path) -> list[PredictionRow]:
    """Writes the rows of all tables into the new file `merged`, and returns them.

    If several tables have a row, it keeps the path of the first whose predictions are there.
    Raises: as read_tables; ValueError for a contradiction; OSError if `merged` exists.
    """
    if merged.exists():
        raise FileExistsError(f"'{merged}' exists: name a new file, or rename this one and give it as one of the tables")
    rows = read_tables(tables)
    there = {row.id: row.path for row in reversed(rows) if row.path.exists()}
    kept = [replace(row, path=there.get(row.id, row.path)) for row in without_contradictions(rows)]
    with whole_file(merged) as unfinished:
        PredictionTable(unfinished).add(kept)
    return kept


def read_tables(tables: Sequence[Path]) -> list[PredictionRow]:
    """The rows of all tables, each given as for table_at. Raises: ValueError for a file that is not a table; OSError for a missing one."""
    missing = [str(path) for path in map(table_at, tables) if not path.exists()]
    if missing:
        raise FileNotFoundError(f"no table at {', '.join(missing)}: python -m training.predict writes {TABLE} into its folder")
    return [row for path in map(table_at, tables) for row in PredictionTable(path).rows()]


def best_first(rows: Sequence[PredictionRow]) -> list[PredictionRow]:
    """Each row once, grouped by data set, by falling swipe_mrr. Raises: as without_contradictions."""
    return sorted(without_contradictions(rows), key=lambda row: (row.data.name, row.data.sha256, -row.accuracy.swipe_mrr))


def as_json(row: PredictionRow) -> dict[str, Any]:
    """What the commands print for a row with --json. JSON has no infinity, so a search option without a limit is null."""
    fields = asdict(row)
    search = {name: None if value in (math.inf, -math.inf) else value for name, value in fields["predictor"]["search"].items()}
    predictor = {**fields["predictor"], "search": search}
    return {**fields, "predictor": predictor, "path": str(row.path), "id": row.id, "predictor_id": row.predictor.id}
