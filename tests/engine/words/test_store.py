"""The file of a person's words: nothing that was acknowledged is lost, and what goes wrong is said once."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from engine.words import store as store_module
from engine.words.store import FORMAT_VERSION, WordStore
from engine.words.word import Change, PersonalWord

N_KILLS = 200


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "words.db"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a file system that can be filled needs root: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def added(word: str) -> Change:
    return Change(word, kind="added")


def kept(file: Path, language: str = "en") -> dict[str, PersonalWord]:
    store = WordStore(file)
    words, _ = store.read(language)
    store.close()
    return words


def test_words_are_there_when_the_file_is_opened_again(file: Path) -> None:
    store = WordStore(file)
    assert store.write("en", [added("Wuliangye"), Change("cat", 1.0), Change("hell", kind="blocked")])
    assert store.write("ru", [added("ёж")])
    store.close()
    assert kept(file) == {
        "Wuliangye": PersonalWord("Wuliangye", "added", 0.0, 1),
        "cat": PersonalWord("cat", "learnt", 1.0, 1),
        "hell": PersonalWord("hell", "blocked", 0.0, 1),
    }
    assert list(kept(file, "ru")) == ["ёж"]
    assert [path.name for path in file.parent.iterdir()] == ["words.db"]  # what is closed leaves no log


def test_only_the_owner_may_read_any_of_its_files(file: Path) -> None:
    umask = os.umask(0)
    try:
        store = WordStore(file)
        store.write("en", [added("cat")])
    finally:
        os.umask(umask)
    names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert names == {"words.db": 0o600, "words.db-wal": 0o600, "words.db-shm": 0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


KILLER = """
import os, random, signal, sys, time
from engine.words.store import WordStore
from engine.words.word import Change

def write(file, start, acknowledge):
    store = WordStore(file)
    for number in range(start, start + 100_000):
        word = "".join(chr(97 + number // 26**place % 26) for place in range(5))
        assert store.write("en", [Change(word, kind="added") if number % 2 else Change(word, 1.0)])
        assert store.count_pairs("en", [("the", word, 1.0)])
        os.write(acknowledge, word.encode() + b"\\n")

def kill(file, start, chance):
    read, acknowledge = os.pipe()
    writer = os.fork()
    if not writer:
        write(file, start, acknowledge)
    os.close(acknowledge)
    with open(read) as lines:
        words = [lines.readline().strip() for _ in range(chance.randrange(1, 12))]
        time.sleep(chance.random() / 500)  # somewhere in the next word
        os.kill(writer, signal.SIGKILL)
        assert os.waitpid(writer, 0)[1] == signal.SIGKILL
        return words + lines.read().split()

file, n_kills, chance, acknowledged, said = sys.argv[1], int(sys.argv[2]), random.Random(14), [], []
for n in range(n_kills):
    acknowledged += kill(file, n * 100_000, chance)
    store = WordStore(file, said.append)
    (words, _), (pairs, _) = store.read("en"), store.read_pairs("en")
    store.close()
    assert set(acknowledged) <= set(words), set(acknowledged) - set(words)
    assert set(acknowledged) <= {second for _, second in pairs}
assert not said, said
print(f"{n_kills} killed, {len(acknowledged)} acknowledged")
"""
"""A writer is killed somewhere in the next word, and every word that any had acknowledged is looked for, again and again."""


def kill_writers(file: Path, n_kills: int) -> None:
    command = [sys.executable, "-c", KILLER, str(file), str(n_kills)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout.startswith(f"{n_kills} killed"), ended.stderr
    assert not list(file.parent.glob("*damaged*"))


def test_a_killed_writer_loses_no_word_that_it_acknowledged(file: Path) -> None:
    kill_writers(file, 10)


@pytest.mark.slow
def test_two_hundred_killed_writers_lose_no_word_that_they_acknowledged(file: Path) -> None:
    kill_writers(file, N_KILLS)


def test_two_keyboards_lose_none_of_each_others_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "WAIT_S", 180.0)  # a slow disk may keep one of them waiting for long

    def write(offset: int) -> None:
        store = WordStore(file)
        for number in range(40):
            assert store.write("en", [added(f"word{chr(97 + offset)}{number}"), Change("both", 1.0)])
        store.close()

    threads = [threading.Thread(target=write, args=(offset,)) for offset in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    words = kept(file)
    assert len(words) == 121
    assert words["both"].weight == pytest.approx(120, rel=0.05)  # less what fades within 120 words


def test_a_keyboard_sees_what_another_one_adds_and_forgets(toy_recognizer: SwipeRecognizer, qwerty: Grid, file: Path) -> None:
    first, second = (SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty).words for _ in range(2))
    first.open(file)
    second.open(file)
    first.add("Rotate")
    second.refresh()
    assert second.offers("Rotate")
    second.learn([("cat", 1.0)])
    second.remove("Rotate")
    first.add("coal")
    assert not first.offers("Rotate")
    assert {one.word for one in first} == {"coal", "cat"}
    first.clear()
    second.refresh()
    assert len(second) == 0
    first.close()
    second.close()


def test_words_that_were_there_before_the_file_go_into_it(toy_recognizer: SwipeRecognizer, qwerty: Grid, file: Path) -> None:
    WordStore(file).write("en", [added("coal")])
    words = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty).words
    words.add("Rotate")
    words.open(file)
    assert {one.word for one in words} == {"coal", "Rotate"} == set(kept(file))
    assert words.offers("coal")
    words.close()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "not a database": lambda content: b"these are no words\n" * 1000,
    "zeros in the header": lambda content: bytes(100) + content[100:],
    "a broken page": lambda content: content[:4096] + b"\xff" * 4096 + content[8192:],
    "cut off": lambda content: content[:5000],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_set_aside_and_named(name: str, file: Path, said: list[str]) -> None:
    store = WordStore(file)
    store.write("en", [added(f"word{number}") for number in range(500)])
    store.close()
    damaged = DAMAGES[name](file.read_bytes())
    file.write_bytes(damaged)
    store = WordStore(file, said.append)
    assert store.read("en") == ({}, 0)
    assert store.write("en", [added("after")])
    store.close()
    aside = file.with_name("words.damaged-1.db")
    assert aside.read_bytes() == damaged
    assert [message for message in said if str(aside) in message] == said
    assert len(said) == 1
    assert list(kept(file)) == ["after"]


def test_another_programs_database_is_set_aside(file: Path, said: list[str]) -> None:
    file.parent.mkdir()
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE words (language, word)")
    other.close()
    assert WordStore(file, said.append).write("en", [added("cat")])
    assert "it is another program's" in said[0]


def test_a_view_in_the_place_of_a_table_is_not_run(file: Path, said: list[str]) -> None:
    WordStore(file).close()
    stranger = sqlite3.connect(file)
    stranger.executescript(
        "DROP TABLE words; CREATE VIEW words AS SELECT 'en' AS language, 'cat' AS word, 'added' AS kind, 1 AS weight, 1 AS at"
    )
    stranger.close()
    assert WordStore(file, said.append).read("en") == ({}, 0)
    assert "other tables" in said[0]


def test_a_file_of_a_newer_keyglide_is_left_alone(file: Path, said: list[str]) -> None:
    WordStore(file).close()
    newer = sqlite3.connect(file)
    newer.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    newer.close()
    before = file.read_bytes()
    store = WordStore(file, said.append)
    assert not store.write("en", [added("cat")])
    assert file.read_bytes() == before
    assert len(said) == 1
    assert "a newer Keyglide wrote it" in said[0]


def test_damage_while_it_is_open_loses_no_word(toy_recognizer: SwipeRecognizer, qwerty: Grid, file: Path, said: list[str]) -> None:
    words = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty).words
    words.open(file, said.append)
    words.add("Rotate")
    words.learn([("cat", 3.0)])
    words.export(file.with_name("all.json"))
    words.import_(file.with_name("all.json"))
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    file.write_bytes(b"\xff" * file.stat().st_size)
    for word in ("coal", "wetter"):
        words.add(word)
    words.close()
    assert set(kept(file)) == {"Rotate", "cat", "coal", "wetter"}
    assert [path.name for path in file.parent.glob("*damaged-1.db")] == ["words.damaged-1.db"]
    assert sum("was damaged" in message for message in said) == 1


def test_a_file_that_is_deleted_while_it_is_open_is_made_again(toy_recognizer: SwipeRecognizer, qwerty: Grid, file: Path) -> None:
    words = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty).words
    words.open(file)
    words.add("Rotate")
    for path in list(file.parent.iterdir()):
        path.unlink()
    words.add("coal")
    assert [one.word for one in words] == ["coal"]  # deleting the file forgets its words, as the privacy page says
    words.close()
    assert list(kept(file)) == ["coal"]


def test_a_full_disk_is_reported_once_and_nothing_is_lost(small_disk: Path, said: list[str]) -> None:
    store = WordStore(small_disk / "words.db", said.append)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(1 << 20))
    words = [f"word{number}" for number in range(300)]
    outcomes = [store.write("en", [added(word)]) for word in words]
    assert not all(outcomes)
    assert len(said) == 1
    assert "Your words cannot be saved in" in said[0]
    filler.unlink()
    assert store.write("en", [added("last")])
    store.close()
    assert set(kept(small_disk / "words.db")) == {*words, "last"}
    assert len(said) == 1


@pytest.fixture
def read_only(small_disk: Path) -> Path:
    """A folder that even root cannot write to, with a word and a pair in its file."""
    store = WordStore(small_disk / "words.db")
    store.write("en", [added("cat")])
    store.count_pairs("en", [("the", "cat", 1.0)])
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    return small_disk


def test_a_read_only_folder_is_reported_once_and_its_words_are_read(read_only: Path, said: list[str]) -> None:
    store = WordStore(read_only / "words.db", said.append)
    assert list(store.read("en")[0]) == ["cat"]
    assert list(store.read_pairs("en")[0]) == [("the", "cat")]
    assert [store.write("en", [added(word)]) for word in ("one", "two")] == [False, False]
    assert len(said) == 1
    assert "Your words cannot be saved in" in said[0]
    assert "read-only file system" in said[0]


def test_a_folder_that_cannot_be_made_is_reported_once(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "data").write_text("a file in the folder's place", encoding="utf-8")
    store = WordStore(tmp_path / "data" / "words.db", said.append)
    assert [store.write("en", [added(word)]) for word in ("one", "two")] == [False, False]
    assert len(said) == 1
    (tmp_path / "data").unlink()
    assert store.write("en", [added("three")])
    assert set(kept(tmp_path / "data" / "words.db")) == {"one", "two", "three"}


def test_without_a_report_it_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    with pytest.warns(UserWarning, match="Your words cannot be saved in"):
        WordStore(tmp_path / "data" / "words.db")


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_is_forgotten_is_gone_from_the_disk(file: Path) -> None:
    store = WordStore(file)
    store.write("en", [added("Wuliangye"), added("Keyglide")])
    assert b"Wuliangye" in bytes_below(file.parent)
    store.write("en", [Change("Wuliangye", forget=True)])
    assert b"Wuliangye" not in bytes_below(file.parent)
    assert b"Keyglide" in bytes_below(file.parent)


def test_one_call_wipes_everything(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"Wuliangye, but damaged")
    with pytest.warns(UserWarning, match="was damaged"):
        store = WordStore(file)
    store.write("en", [added("Wuliangye")])
    store.write("ru", [added("ёжик"), Change("ёлка", 1.0)])
    other = WordStore(file)
    assert store.wipe()
    for word in ("Wuliangye", "ёжик", "ёлка"):
        assert word.encode() not in bytes_below(file.parent)
    assert not list(file.parent.glob("*damaged*"))
    assert other.has_news() in (True, False)
    assert other.read("en") == ({}, 0)
    assert other.write("en", [added("new")])
    assert list(kept(file)) == ["new"]


def test_nothing_else_is_written(file: Path) -> None:
    """Words, what they are, pairs of them, their weights, and how many were learnt: no time, no text."""
    WordStore(file).write("en", [added("cat")])
    database = sqlite3.connect(file)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master ORDER BY name")]
    columns = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in tables}
    assert columns == {
        "counted": ["language", "pairs"],
        "learnt": ["language", "words"],
        "pairs": ["language", "first", "second", "weight", "at"],
        "words": ["language", "word", "kind", "weight", "at"],
    }
