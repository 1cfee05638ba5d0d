"""The file of a person's words: an SQLite database that several keyboards may use at once.

What `write` has returned from is on the disk, whatever happens to the process then: SQLite's write-ahead log sees to that. One
writer writes at a time; each change is made to the word as it is in the file then, so that no keyboard overwrites another's words.
What goes wrong with the file is reported once, and the words stay in memory until it can be written again.
"""

from __future__ import annotations

import fcntl
import math
import os
import sqlite3
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from engine.words import pair_tables
from engine.words.pairs import Pair, PairGain
from engine.words.trouble import TROUBLE, DamagedError, NewerError
from engine.words.word import Change, PersonalWord, checked

APPLICATION_ID = 0x4B47574F
"""says in the file's header whose it is"""
FORMAT_VERSION = 2
"""2 added pairs of words."""
WITHOUT_PAIRS = {
    "words": "CREATE TABLE words (language TEXT NOT NULL, word TEXT NOT NULL, kind TEXT NOT NULL, weight REAL NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (language, word)) STRICT, WITHOUT ROWID",
    "learnt": "CREATE TABLE learnt (language TEXT NOT NULL PRIMARY KEY, words INTEGER NOT NULL) STRICT, WITHOUT ROWID",
}
SCHEMA = {**WITHOUT_PAIRS, **pair_tables.TABLES}
MOST_WAITING = 1000
"""Pairs that are kept in memory for a file that cannot be written."""
GONE = -1
"""in the place of a version: the file that had it is gone"""
WAIT_S = 5.0
"""how long to wait for another keyboard that is writing"""
Report = Callable[[str], None]
Result = TypeVar("Result")


class WordStore:
    """The words of one person in a file. Use it from one thread at a time; any number of stores may share the file."""

    def __init__(self, path: Path | str, report: Report | None = None) -> None:
        """Opens the file, or makes it, for its owner alone. Never fails: what goes wrong is reported, and `write` tries again.

        report: takes a sentence for the person; without it, it is a warning.
        """
        self.path = Path(path)
        self._report = report or (lambda message: warnings.warn(message, stacklevel=4))
        self.begun_anew = False
        """whether a damaged file was set aside since this was last set to False: the words in memory are then to be written again"""
        self._reported = ""
        self._waiting: dict[str, dict[str, Change]] = {}
        """changes that could not be written yet, by language and word"""
        self._waiting_pairs: dict[str, list[PairGain]] = {}
        self._database: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        """the file that is open: what tells it from another one of the same name"""
        self._version: int | None = None
        self._try(self._connected)

    def read(self, language: str) -> tuple[dict[str, PersonalWord], int]:
        """The words of a language, by their written form, and how many have been learnt in it. What still waits is not among them."""
        return self._read_somehow(lambda database: self._read(database, language), True) or ({}, 0)

    def write(self, language: str, changes: Iterable[Change]) -> bool:
        """Makes the changes, and those that still wait, in one transaction; whether they are on the disk now."""
        waiting = self._waiting.setdefault(language, {})
        for change in changes:
            waiting[change.word] = waiting[change.word].then(change) if change.word in waiting else change
        return self._try(self._write_waiting) is not None

    def read_pairs(self, language: str) -> tuple[dict[tuple[str, str], Pair], int]:
        """The pairs of a language, and how many have been counted in it; none where the file does not let it."""
        return self._read_somehow(lambda database: pair_tables.read_pairs(database, language), False) or ({}, 0)

    def count_pairs(self, language: str, gains: Iterable[PairGain]) -> bool:
        """Counts pairs, and those that still wait; whether they are on the disk now."""
        waiting = self._waiting_pairs.setdefault(language, [])
        waiting += gains

        def count() -> bool:
            database = self._connected()
            database.execute("PRAGMA synchronous = NORMAL")
            with _transaction(database):
                for one, counted in self._waiting_pairs.items():
                    pair_tables.count_pairs(database, one, counted)
            self._waiting_pairs.clear()
            return True

        done = self._try(count) is not None
        del waiting[:-MOST_WAITING]
        return done

    def keep_pairs(self, language: str, gains: Iterable[PairGain]) -> bool:
        """Writes pairs that were counted elsewhere, which makes no others fade; whether they are on the disk now."""
        gains = list(gains)

        def keep() -> bool:
            with _transaction(self._connected()) as database:
                pair_tables.count_pairs(database, language, gains, fading=False)
            return True

        return self._try(keep) is not None

    def forget_pairs(self, language: str, word: str) -> bool:
        """Drops the pairs that a word is in; whether they are gone from the disk."""
        self._waiting_pairs.pop(language, None)
        return self._forget(lambda database: pair_tables.forget_pairs(database, language, word))

    def forget_pair(self, language: str, first: str, second: str) -> bool:
        """Drops one pair; whether it is gone from the disk."""
        waiting = self._waiting_pairs.get(language, [])
        waiting[:] = [gain for gain in waiting if gain[:2] != (first, second)]
        return self._forget(lambda database: pair_tables.forget_pair(database, language, first, second))

    def _forget(self, drop: Callable[[sqlite3.Connection], None]) -> bool:
        """Has pairs dropped, from the log, too."""

        def forget() -> bool:
            with _transaction(self._connected()) as database:
                drop(database)
            self._connected().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return True

        return self._try(forget) is not None

    def has_news(self) -> bool:
        """Whether the file was changed by others, or is another one, since this was asked last. At first it has none."""
        version = self._try(lambda: int(self._connected().execute("PRAGMA data_version").fetchone()[0]), reported=False)
        if version is None:
            return False
        before, self._version = self._version, version
        return before not in (None, version)

    def forget_language(self, language: str) -> bool:
        """Drops all words and pairs of a language; whether they are gone from the disk."""
        self._waiting.pop(language, None)
        self._waiting_pairs.pop(language, None)

        def forget() -> bool:
            with _transaction(self._connected()) as database:
                for table in SCHEMA:
                    database.execute(f"DELETE FROM {table} WHERE language = ?", (language,))
            _scrub(self._connected())
            return True

        return self._try(forget) is not None

    def wipe(self) -> bool:
        """Drops every word and pair of every language, and the damaged files that were set aside; whether nothing is left on the disk."""
        self._waiting.clear()
        self._waiting_pairs.clear()

        def wipe() -> bool:
            for aside in self.path.parent.glob(f"{self.path.stem}.damaged-*"):
                aside.unlink()
            with _transaction(self._connected()) as database:
                for table in SCHEMA:
                    database.execute(f"DELETE FROM {table}")
            _scrub(self._connected())
            return True

        return self._try(wipe) is not None

    def close(self) -> None:
        """Closes the file; a later call opens it again."""
        if self._database is not None:
            self._database.close()
            self._database = None

    # --- the file ---

    def _connected(self) -> sqlite3.Connection:
        """The open database. A damaged one is set aside first, and a new one made, as for one that is gone. Raises: one of TROUBLE."""
        if self._database is not None and _identity(self.path) != self._opened:
            self.close()
            self._version = GONE
        if self._database is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._database = _open(self.path)
            except (sqlite3.DatabaseError, DamagedError) as error:
                if not _is_damage(error):
                    raise
                self._set_aside(str(error))
                self._database = _open(self.path)
            self._opened = _identity(self.path)
        return self._database

    def _set_aside(self, reason: str) -> None:
        """Renames the damaged file, unless another keyboard has just done so. Raises: OSError."""
        self.close()
        with _alone_in(self.path.parent):
            try:
                _open(self.path).close()
            except (sqlite3.DatabaseError, DamagedError) as error:
                if not _is_damage(error):
                    raise
            else:
                return
            aside = _free_name(self.path)
            for suffix in ("-wal", "-shm", ""):
                file = self.path.with_name(self.path.name + suffix)
                if file.exists():
                    file.rename(aside.with_name(aside.name + suffix))
        self.begun_anew = True
        self._report(f"The file with your words was damaged ({reason}). It was kept as {aside}, and a new one was begun.")

    def _try(self, act: Callable[[], Result], reported: bool = True) -> Result | None:
        """What the act returns, or None where the file does not let it; that is reported once, until it works again."""
        try:
            try:
                result = act()
            except (sqlite3.DatabaseError, DamagedError) as error:
                if not _is_damage(error):
                    raise
                self.close()  # it became damaged while it was open: the next connection sets it aside
                result = act()
        except TROUBLE as error:
            self.close()
            message = f"Your words cannot be saved in {self.path} ({_reason(error)}). They last until you close the keyboard."
            if reported and message != self._reported:
                self._reported = message
                self._report(message)
            return None
        if reported:
            self._reported = ""
        return result

    # --- words in it ---

    def _read(self, database: sqlite3.Connection, language: str) -> tuple[dict[str, PersonalWord], int]:
        """Raises: DamagedError where a row is not one that was written here."""
        rows = database.execute("SELECT word, kind, weight, at FROM words WHERE language = ?", (language,))
        return {row[0]: _word(*row) for row in rows}, _learnt(database, language)

    def _read_somehow(self, read: Callable[[sqlite3.Connection], Result], reported: bool) -> Result | None:
        """What is read from the file, even if it cannot be written; None where it cannot be read. reported: whether trouble is."""
        found = self._try(lambda: read(self._connected()), reported)
        return found if found is not None else self._try(lambda: self._read_only(read), reported=False)

    def _read_only(self, read: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """What is read from a file that cannot be written, nor the log beside it; None where there is no file."""
        if not self.path.exists():
            return None
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            _check(database)
            return read(database)

    def _write_waiting(self) -> bool:
        """What the person did on purpose is forced onto the disk itself, at once; for what is learnt that would be too slow."""
        changes = [change for changed in self._waiting.values() for change in changed.values()]
        database = self._connected()
        database.execute(f"PRAGMA synchronous = {'NORMAL' if all(change.is_use for change in changes) else 'FULL'}")
        with _transaction(database):
            for language, changed in self._waiting.items():
                _apply(database, language, changed)
        if any(change.forget for change in changes):
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log would still have what was forgotten
        self._waiting.clear()
        return True


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_damage(error: Exception) -> bool:
    """Whether it is the file's content that is wrong, and not what the system lets us do with it."""
    return isinstance(error, DamagedError) or type(error) is sqlite3.DatabaseError


def _apply(database: sqlite3.Connection, language: str, changes: Mapping[str, Change]) -> None:
    now = _learnt(database, language) + sum(change.is_use for change in changes.values())
    database.execute("INSERT INTO learnt VALUES (?, ?) ON CONFLICT DO UPDATE SET words = excluded.words", (language, now))
    for word, change in changes.items():
        found = database.execute("SELECT word, kind, weight, at FROM words WHERE language = ? AND word = ?", (language, word)).fetchone()
        after = change.applied(_word(*found) if found else None, now)
        if after is None:
            database.execute("DELETE FROM words WHERE language = ? AND word = ?", (language, word))
        else:
            database.execute(
                "INSERT INTO words VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET kind = excluded.kind, weight = excluded.weight, at = excluded.at",
                (language, word, after.kind, after.weight, after.at),
            )


def _learnt(database: sqlite3.Connection, language: str) -> int:
    row = database.execute("SELECT words FROM learnt WHERE language = ?", (language,)).fetchone()
    return int(row[0]) if row else 0


def _word(word: str, kind: str, weight: float, at: int) -> PersonalWord:
    """Raises: DamagedError."""
    if kind not in ("learnt", "added", "blocked") or not 0 <= weight < math.inf or at < 0:
        raise DamagedError(f"it holds the word {word!r} with kind {kind!r}, weight {weight}, at {at}")
    try:
        return PersonalWord(checked(word), kind, weight, at)  # type: ignore[arg-type]
    except ValueError as error:
        raise DamagedError(str(error)) from error


def _open(path: Path) -> sqlite3.Connection:
    """Raises: sqlite3.Error, OSError, DamagedError, NewerError."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # before SQLite, which gives its log the file's rights
    database = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA journal_mode = WAL")
        with _transaction(database):
            if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for table in WITHOUT_PAIRS.values():
                    database.execute(table)
                database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                database.execute("PRAGMA user_version = 1")
        _check(database)
        with _transaction(database):
            if database.execute("PRAGMA user_version").fetchone()[0] == 1:
                for table in pair_tables.TABLES.values():
                    database.execute(table)
                database.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """Raises: DamagedError for another kind of database, or broken pages; NewerError; sqlite3.DatabaseError for no database."""
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise DamagedError("it is another program's")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT_VERSION:
        raise NewerError(f"a newer Keyglide wrote it, in format {version}: update this one, which knows up to {FORMAT_VERSION}")
    tables = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall())
    if tables != (WITHOUT_PAIRS if version == 1 else SCHEMA):
        raise DamagedError("it has other tables than a store of words")
    if (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise DamagedError(str(found).splitlines()[0])
    for row in database.execute("SELECT word, kind, weight, at FROM words"):
        _word(*row)
    if version > 1:
        pair_tables.check_pairs(database)


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The only writer, for the length of the block; what the block did is undone where it raises."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _scrub(database: sqlite3.Connection) -> None:
    """Has the file and its log keep no trace of what was deleted: they are written anew."""
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Among keyboards that set files aside in the folder, the only one."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _free_name(path: Path) -> Path:
    return next(aside for n in range(1, 1_000_000) if not (aside := path.with_name(f"{path.stem}.damaged-{n}{path.suffix}")).exists())


def _reason(error: BaseException) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
