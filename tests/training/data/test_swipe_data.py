"""Reading recorded swipes, and the cache."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.data.swipe_data import load_swipes

RECORDS: list[dict[str, Any]] = [
    {"word": "hi", "curve": {"x": [1, 2, 3], "y": [4, 5, 6], "t": [0, 10, 20]}, "user": "ann", "clean": False},
    {"word": "yes", "curve": {"x": [7, 8], "y": [9, 10], "t": [0, 16]}},
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("name", ["swipes.jsonl", "swipes.jsonl.gz"])
def test_swipes_are_read_and_then_served_from_the_cache(name: str, tmp_path: Path, own_cache: Path) -> None:
    path = tmp_path / name
    content = "\n".join(map(json.dumps, RECORDS)).encode()
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    for _ in range(2):
        data = load_swipes(path)
        assert data.words.tolist() == ["hi", "yes"] and data.users.tolist() == ["ann", ""] and data.clean.tolist() == [False, True]
        np.testing.assert_array_equal(data.swipe(1).x, [7, 8])
        np.testing.assert_array_equal(data.swipe(0).t, [0, 10, 20])
        assert len(list(own_cache.rglob("*.npz"))) == 1


def test_without_a_place_for_the_cache_the_swipes_are_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    assert load_swipes(path).words.tolist() == ["hi", "yes"]
    assert capsys.readouterr().err.startswith("swipes.jsonl will be parsed again next time: its cache /dev/null/keyglide/swipes-")


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text(json.dumps(RECORDS[0]))
    assert len(load_swipes(path)) == 1
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    assert len(load_swipes(path)) == 2


def test_words_are_needed_only_where_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in (RECORDS[0], {"curve": RECORDS[1]["curve"]})))
    data = load_swipes(path, labelled=False)
    assert data.words.tolist() == ["", ""] and data.users.tolist() == ["ann", ""]
    np.testing.assert_array_equal(data.swipe(1).x, [7, 8])
    with pytest.raises(ValueError, match=r"swipes\.jsonl, line 2: the swipe has no word: "):
        load_swipes(path)


@pytest.mark.parametrize(
    "line",
    ["nonsense", "{}", '{"word": "a", "curve": {"x": [1], "y": [1], "t": [0]}}', '{"curve": {"x": [1, 2], "y": [1, 2], "t": [0, 1]}}'],
)
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text(json.dumps(RECORDS[0]) + "\n" + line)
    with pytest.raises(ValueError, match=r"swipes\.jsonl, line 2: "):
        load_swipes(path)


def test_the_held_out_people_are_whole_and_always_the_same(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    records = [{**RECORDS[i % 2], "user": f"person {i % 40}"} for i in range(120)]
    path.write_text("\n".join(map(json.dumps, records)))
    rest, held_out = load_swipes(path).split_by_user(0.3)
    assert len(rest) + len(held_out) == 120
    assert not set(rest.users) & set(held_out.users)
    assert 3 <= len(set(held_out.users)) <= 21
    assert set(load_swipes(path).split_by_user(0.3)[1].users) == set(held_out.users)
    by_hand = [record for record in records if record["user"] in set(rest.users)]
    assert rest.words.tolist() == [record["word"] for record in by_hand]
    np.testing.assert_array_equal(rest.swipe(5).y, by_hand[5]["curve"]["y"])


def test_words_become_key_sequences_and_what_has_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(json.dumps({**RECORDS[0], "word": word}) for word in ("don't", "Ёж", "London", "", "abcdefghi")))
    data = load_swipes(path).key_sequences("abcdefghijklmnopqrstuvwxyz", n_letters=8)
    assert data.words.tolist() == ["dont", "london"] and len(data.offsets) == 3
    assert capsys.readouterr().err.startswith("3 of 5 swipes are left out: their words have no key sequence of at most 8 letters")
    assert load_swipes(path).words.tolist()[0] == "don't"


def test_words_of_which_the_alphabet_spells_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)))
    with pytest.raises(ValueError, match=r"the words of all 2 swipes have no key sequence .*of 'абв', 'hi' the first of them"):
        load_swipes(path).key_sequences("абв", n_letters=8)


def test_a_single_swipe_is_not_split(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl"
    path.write_text(json.dumps(RECORDS[0]))
    with pytest.raises(ValueError, match="a single swipe, expected two or more"):
        load_swipes(path).split_by_user(0.3)


def test_every_shape_of_a_swipe_is_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    """As the README writes them: bare points, too; gzip is recognised by its bytes."""
    bare = {"word": "bare", **RECORDS[1]["curve"]}
    content = "\n".join(map(json.dumps, [*RECORDS, bare])).encode()
    for number, (name, data) in enumerate([("a.jsonl", gzip.compress(content)), ("b.jsonl.gz", content), ("c.json", content)]):
        (tmp_path / name).write_bytes(data)
        read = load_swipes(tmp_path / name)
        assert read.words.tolist() == ["hi", "yes", "bare"], number
        np.testing.assert_array_equal(read.swipe(2).x, [7, 8])


DAMAGES = [("half", r"swipes\.jsonl\.gz.*: the gzip data are damaged"), ("text", r"line 1: not JSON")]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_file_is_named(damage: str, message: str, tmp_path: Path) -> None:
    content = gzip.compress("\n".join(map(json.dumps, RECORDS)).encode())
    (tmp_path / "swipes.jsonl.gz").write_bytes(content[: len(content) // 2] if damage == "half" else b"no swipes")
    with pytest.raises(ValueError, match=message):
        load_swipes(tmp_path / "swipes.jsonl.gz")
