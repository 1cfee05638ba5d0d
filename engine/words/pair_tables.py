"""The tables of the store that hold pairs of words. What is done here is done in the transaction of whoever calls."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable

from engine.words.pairs import LEAST_WEIGHT, SWEPT_EVERY, Pair, PairGain, counted
from engine.words.trouble import DamagedError
from engine.words.word import LONGEST

TABLES = {
    "pairs": "CREATE TABLE pairs (language TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, weight REAL NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (language, first, second)) STRICT, WITHOUT ROWID",
    "counted": "CREATE TABLE counted (language TEXT NOT NULL PRIMARY KEY, pairs INTEGER NOT NULL) STRICT, WITHOUT ROWID",
}


def read_pairs(database: sqlite3.Connection, language: str) -> tuple[dict[tuple[str, str], Pair], int]:
    """The pairs of a language, and how many have been counted in it. Raises: DamagedError where a row is not one that was written here."""
    rows = database.execute("SELECT first, second, weight, at FROM pairs WHERE language = ?", (language,))
    return {(first, second): _pair(first, second, weight, at) for first, second, weight, at in rows}, _now(database, language)


def count_pairs(database: sqlite3.Connection, language: str, gains: Iterable[PairGain], *, fading: bool = True) -> None:
    """fading: whether they make the others fade, as what is written does."""
    before = now = _now(database, language)
    for first, second, gain in gains:
        now += fading
        row = database.execute(
            "SELECT weight, at FROM pairs WHERE language = ? AND first = ? AND second = ?", (language, first, second)
        ).fetchone()
        after = counted(Pair(*row) if row else None, gain, now)
        database.execute(
            "INSERT INTO pairs VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET weight = excluded.weight, at = excluded.at",
            (language, first, second, after.weight, after.at),
        )
    database.execute("INSERT INTO counted VALUES (?, ?) ON CONFLICT DO UPDATE SET pairs = excluded.pairs", (language, now))
    if now // SWEPT_EVERY > before // SWEPT_EVERY:
        sweep(database, language, now)


def sweep(database: sqlite3.Connection, language: str, now: int) -> None:
    """Drops the pairs that have faded."""
    pairs, _ = read_pairs(database, language)
    faded = [(language, *words) for words, pair in pairs.items() if pair.weight_at(now) < LEAST_WEIGHT]
    database.executemany("DELETE FROM pairs WHERE language = ? AND first = ? AND second = ?", faded)


def forget_pairs(database: sqlite3.Connection, language: str, word: str) -> None:
    """Drops the pairs that a word is in, in whatever case."""
    pairs, _ = read_pairs(database, language)
    lower = word.lower()
    those = [(language, first, second) for first, second in pairs if lower in (first, second.lower())]
    database.executemany("DELETE FROM pairs WHERE language = ? AND first = ? AND second = ?", those)


def forget_pair(database: sqlite3.Connection, language: str, first: str, second: str) -> None:
    database.execute("DELETE FROM pairs WHERE language = ? AND first = ? AND second = ?", (language, first, second))


def check_pairs(database: sqlite3.Connection) -> None:
    """Raises: DamagedError."""
    for row in database.execute("SELECT first, second, weight, at FROM pairs"):
        _pair(*row)


def _now(database: sqlite3.Connection, language: str) -> int:
    row = database.execute("SELECT pairs FROM counted WHERE language = ?", (language,)).fetchone()
    return int(row[0]) if row else 0


def _pair(first: str, second: str, weight: float, at: int) -> Pair:
    """Raises: DamagedError."""
    if not 0 <= weight < math.inf or at < 0 or not second or max(len(first), len(second)) > LONGEST:
        raise DamagedError(f"it holds the pair {first!r}, {second!r} with weight {weight}, at {at}")
    return Pair(weight, at)
