"""The lexicon: round trips, the trie against a naive twin, bad files, mapping and sharing."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lexicon import Entry, Lexicon, build_lexicon, key_sequence, write_lexicon
from engine.lexicon_file import MAGIC
from tests.support import naive

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
SMALL = [
    Entry("the", 50, ("the",)),
    Entry("were", 20, ("were", "we're")),
    Entry("lets", 9, ("let's", "lets")),
    Entry("im", 8, ("I'm",)),
    Entry("london", 5, ("London",)),
    Entry("then", 2, ("then",)),
]

sequences = st.text("abc", min_size=1, max_size=6)
frequencies = st.floats(1e-9, 1e9)
words = st.dictionaries(sequences, st.tuples(frequencies, st.integers(0, 3)), min_size=1, max_size=60)


def entries_of(words: Mapping[str, tuple[float, int]]) -> list[Entry]:
    """Entries with the forms: none of their own, only another one, another one first, another one last."""
    entries = []
    for word, (frequency, kind) in words.items():
        forms = [(word,), (word.title(),), (word[0] + "'" + word[1:], word), (word, word.upper())][kind]
        entries.append(Entry(word, frequency, forms))
    return entries


def small(alphabet: str = ALPHABET) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon(SMALL, alphabet, "test"))


@given(words)
def test_round_trip(words: Mapping[str, tuple[float, int]]) -> None:
    entries = entries_of(words)
    lexicon = Lexicon.from_bytes(build_lexicon(entries, "abc", "a source"))
    total = sum(entry.frequency for entry in entries)
    read = list(lexicon.key_sequences())
    assert [sequence for sequence, _ in read] == sorted(words)
    assert (len(lexicon), lexicon.alphabet, lexicon.source) == (len(words), "abc", "a source")
    log_priors = dict(read)
    for sequence, frequency, forms, _ in entries:
        node = lexicon.find(sequence) or 0
        assert lexicon.spell(node) == sequence
        assert lexicon.forms(sequence) == lexicon.forms(node) == forms
        assert lexicon.log_prior(sequence) == lexicon.log_prior(node) == log_priors[sequence]
        assert abs(log_priors[sequence] - math.log(frequency / total)) <= lexicon.prior_unit * 0.5001


@given(words, st.lists(sequences))
def test_membership(words: Mapping[str, tuple[float, int]], others: list[str]) -> None:
    lexicon = Lexicon.from_bytes(build_lexicon(entries_of(words), "abc", ""))
    for sequence in {*words, *others}:
        assert (sequence in lexicon) == (sequence in words) == (lexicon.find(sequence) is not None)


@given(words)
def test_trie_equals_naive_trie(words: Mapping[str, tuple[float, int]]) -> None:
    lexicon = Lexicon.from_bytes(build_lexicon(entries_of(words), "abc", ""))
    trie = lexicon.trie
    stored = {sequence: int(trie.word_prior[lexicon.find(sequence) or 0]) for sequence in words}
    expected = naive.build_trie(stored, "abc")
    for array, twin in zip(trie[:4], expected, strict=True):
        np.testing.assert_array_equal(array, twin)
    assert [array.dtype.str for array in trie[:4]] == ["<u4", "|u1", "|u1", "|u1"]


def test_words_of_every_length() -> None:
    entries = [Entry("a" * length, 1.0, ("a" * length,)) for length in range(1, 80)]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, "a", ""))
    assert [sequence for sequence, _ in lexicon.key_sequences()] == [entry.key_sequence for entry in entries]
    assert len(lexicon.trie.token) == 80


def test_forms_commonest_first() -> None:
    lexicon = small()
    assert lexicon.forms("lets") == ("let's", "lets")
    assert lexicon.forms("were") == ("were", "we're")
    assert lexicon.forms("im") == ("I'm",)
    assert lexicon.forms("the") == ("the",)
    assert len(lexicon.written.node) == 4  # "the" and "then" take no room


def test_one_word_lexicon() -> None:
    lexicon = Lexicon.from_bytes(build_lexicon([Entry("a", 3, ("a",))], ALPHABET, ""))
    assert list(lexicon.key_sequences()) == [("a", 0.0)]


@pytest.mark.parametrize("word", ["th", "", "thee", "the!", "The", 0, -1, 10_000])
def test_unknown_word(word: str | int) -> None:
    lexicon = small()
    assert word not in lexicon
    for look_up in (lexicon.log_prior, lexicon.forms):
        with pytest.raises(ValueError, match="has no word"):
            look_up(word)


def test_cyrillic_alphabet() -> None:
    alphabet = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
    lexicon = Lexicon.from_bytes(build_lexicon([Entry("ёж", 1, ("ёж",)), Entry("ий", 2, ("Ий",))], alphabet, "ёж"))
    assert [sequence for sequence, _ in lexicon.key_sequences()] == ["ёж", "ий"]
    assert (lexicon.forms("ий"), lexicon.source) == (("Ий",), "ёж")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("the", "the"),
        ("Don't", "dont"),
        ("I\u2019m", "im"),
        ("e-mail", "email"),
        ("U.S.", "us"),
        ("über", "uber"),
        ("u\u0308ber", "uber"),
        ("ſtraße", None),
        ("Straße", "strasse"),
        ("Ægir", "aegir"),
        ("naïve", "naive"),
        ("3D", None),
        ("New York", None),
        ("мир", None),
        ("'", None),
        ("", None),
    ],
)
def test_key_sequence(written: str, expected: str | None) -> None:
    assert key_sequence(written, ALPHABET) == expected


@pytest.mark.parametrize(("written", "expected"), [("Ёжик", "ёжик"), ("и\u0306од", "йод"), ("ёж'", "ёж"), ("hi", None)])
def test_key_sequence_keeps_the_letters_of_the_alphabet(written: str, expected: str | None) -> None:
    assert key_sequence(written, "абвгдеёжзийклмнопрст") == expected


@given(st.text(max_size=12))
def test_key_sequence_has_only_letters_and_is_stable(written: str) -> None:
    sequence = key_sequence(written, ALPHABET)
    if sequence is not None:
        assert sequence and set(sequence) <= set(ALPHABET)
        assert key_sequence(sequence, ALPHABET) == sequence


@pytest.mark.parametrize(
    ("entries", "alphabet", "message"),
    [
        ([], ALPHABET, "at least one word"),
        ([Entry("", 1, ("",))], ALPHABET, "key sequence ''"),
        ([Entry("naïve", 1, ("naïve",))], ALPHABET, "key sequence 'naïve'"),
        ([Entry("a", 0, ("a",))], ALPHABET, "frequency 0"),
        ([Entry("a", math.nan, ("a",))], ALPHABET, "frequency nan"),
        ([Entry("a", math.inf, ("a",))], ALPHABET, "frequency inf"),
        ([Entry("a", 1, ())], ALPHABET, "written forms"),
        ([Entry("a", 1, ("A", "A"))], ALPHABET, "written forms"),
        ([Entry("a", 1, ("b",))], ALPHABET, "not swiped as 'a' but 'b'"),
        ([Entry("ab", 1, ("a\nb",))], ALPHABET, "not swiped as"),
        ([Entry("b", 1, ("b",)), Entry("a", 1, ("a",)), Entry("b", 2, ("B",))], ALPHABET, "'b' is given twice"),
        ([Entry("a", 1, ("a",))], "aa", "different letters"),
        ([Entry("a", 1, ("a",))], "", "different letters"),
    ],
)
def test_bad_words(entries: list[Entry], alphabet: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_lexicon(entries, alphabet, "")


def test_too_long_a_source() -> None:
    with pytest.raises(ValueError, match="shorten its source"):
        build_lexicon(SMALL, ALPHABET, "x" * 100_000)


def changed_header(content: bytes, **changes: object) -> bytes:
    """The lexicon with other values in its header, padded to the same length."""
    length = int.from_bytes(content[8:12], "little")
    fields = json.loads(content[12 : 12 + length]) | changes
    fields["source"] = ""
    header = json.dumps({key: value for key, value in fields.items() if value is not None}).encode()
    return content[:12] + header.ljust(length) + content[12 + length :]


GOOD = build_lexicon(SMALL, ALPHABET, "x" * 500)


def changed_arrays(**changes: object) -> dict[str, dict[str, object]]:
    """What the header says of the arrays, with something else said of the first."""
    length = int.from_bytes(GOOD[8:12], "little")
    arrays: dict[str, dict[str, object]] = json.loads(GOOD[12 : 12 + length])["arrays"]
    return {**arrays, "first_child": {**arrays["first_child"], **changes}}


BAD_FILES = {
    "empty file": (b"", "is an empty file"),
    "wrong magic": (b"not a lexicon, but long enough to hold a header", "is not a lexicon"),
    "cut in the magic": (GOOD[:5], "is not a lexicon"),
    "cut in the header's length": (GOOD[:10], "is truncated"),
    "cut in the header": (GOOD[:40], "is truncated"),
    "cut in the arrays": (GOOD[:-1], "is truncated"),
    "longer": (GOOD + b"\0", "is damaged"),
    "newer": (changed_header(GOOD, format_version=3), "has format_version 3, expected 2"),
    "no version": (changed_header(GOOD, format_version=None), "has a damaged header"),
    "not JSON": (GOOD[:12] + b"?" + GOOD[13:], "has a damaged header"),
    "header too long": (MAGIC + (1 << 20).to_bytes(4, "little") + bytes(1 << 21), "has a damaged header"),
    "no words": (changed_header(GOOD, n_words=0), "is empty"),
    "other number of nodes": (changed_header(GOOD, n_nodes=7), "has a damaged header"),
    "no arrays": (changed_header(GOOD, arrays={}), "has a damaged header"),
    "an array without a shape": (changed_header(GOOD, arrays=changed_arrays(shape=[])), "has a damaged header"),
    "an array before the others": (changed_header(GOOD, arrays=changed_arrays(offset=-64)), "has a damaged header"),
    "no alphabet": (changed_header(GOOD, alphabet=""), "has a damaged header"),
    "no unit": (changed_header(GOOD, prior_unit=float("nan")), "has a damaged header"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(name: str, tmp_path: Path) -> None:
    content, message = BAD_FILES[name]
    path = tmp_path / "bad.lexicon"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"bad.lexicon {message}") as file_error:
        Lexicon.open(path)
    assert "\n" not in str(file_error.value)
    with pytest.raises(ValueError, match=message):
        Lexicon.from_bytes(content)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Lexicon.open(tmp_path / "none.lexicon")


def test_write_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.lexicon"
    write_lexicon(GOOD, path)
    old = Lexicon.open(path)
    write_lexicon(build_lexicon([Entry("new", 1, ("new",))], ALPHABET, ""), path)
    assert [sequence for sequence, _ in old.key_sequences()] == ["im", "lets", "london", "the", "then", "were"]
    assert [sequence for sequence, _ in Lexicon.open(path).key_sequences()] == ["new"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.lexicon"]


def write_many_words(path: Path) -> None:
    """A lexicon file of more than a megabyte: the seven-digit numbers below 1,200,000, spelt a to j."""
    spelt = [str(number).translate(str.maketrans("0123456789", "abcdefghij")) for number in range(1_000_000, 1_200_000)]
    write_lexicon(build_lexicon([Entry(word, 1, (word,)) for word in spelt], "abcdefghij", ""), path)


def mapped_kib(path: Path, field: str) -> int:
    """A field of this process's mapping of a file, in KiB, from /proc/self/smaps."""
    lines = Path("/proc/self/smaps").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.endswith(str(path)))
    return next(int(line.split()[1]) for line in lines[start:] if line.startswith(f"{field}:"))


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="/proc/self/smaps is Linux's")
def test_opening_touches_no_array(tmp_path: Path) -> None:
    path = tmp_path / "many.lexicon"
    write_many_words(path)
    lexicon = Lexicon.open(path)
    assert mapped_kib(path, "Size") * 1024 >= path.stat().st_size > 1_000_000
    assert mapped_kib(path, "Rss") == 0
    assert int(lexicon.trie.best_prior.min()) == 255
    assert mapped_kib(path, "Rss") > 0


READER = """
import pickle, sys
from pathlib import Path
from tests.engine.test_lexicon import mapped_kib
lexicon = pickle.loads(bytes.fromhex(sys.argv[1]))
total = sum(int(array.sum()) for array in lexicon.trie)
print(total, mapped_kib(lexicon.origin, "Private_Dirty"), mapped_kib(lexicon.origin, "Rss"))
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="/proc/self/smaps is Linux's")
def test_processes_share_the_pages(tmp_path: Path) -> None:
    path = tmp_path / "many.lexicon"
    write_many_words(path)
    lexicon = Lexicon.open(path)
    pickled = pickle.dumps(lexicon)
    assert len(pickled) < 1000
    command = [sys.executable, "-c", READER, pickled.hex()]
    total = sum(int(array.sum()) for array in lexicon.trie)
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        their_total, private_kib, resident_kib = map(int, process.communicate()[0].split())
        assert (process.returncode, their_total, private_kib) == (0, total, 0)
        assert resident_kib * 1024 > path.stat().st_size / 2


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        small().trie.token[0] = 1


def test_pickled_content() -> None:
    copy = pickle.loads(pickle.dumps(small()))
    assert copy.forms("lets") == ("let's", "lets")


DAMAGES: list[tuple[str, int, int, str]] = [
    ("first_child", 0, 2, "children"),
    ("first_child", 1, 1, "a node is among its own children"),
    ("first_child", -1, 1000, "children"),
    ("token", 3, 200, "it has the token 200"),
    ("token", 1, 25, "the children of a node are not sorted"),
    ("best_prior", 0, 0, "a node has no best prior"),
    ("form_node", -1, 10_000, "its written forms are not in the order of the nodes"),
    ("form_start", 1, 10_000, "its written forms are not in the order of their text"),
    ("form_text", 0, 0xFF, "its written forms are not text"),
]


@pytest.mark.parametrize(("array", "at", "value", "fault"), DAMAGES)
def test_arrays_that_kernels_would_trip_over_are_refused(array: str, at: int, value: int, fault: str) -> None:
    lexicon = small()
    lexicon.check()
    arrays = {**lexicon.trie._asdict(), **{f"form_{name}": one for name, one in lexicon.written._asdict().items()}}
    damaged = arrays[array].copy()
    damaged[at] = value
    arrays[array] = damaged
    trie = lexicon.trie._replace(**{name: arrays[name] for name in lexicon.trie._fields})
    written = lexicon.written._replace(**{name: arrays[f"form_{name}"] for name in lexicon.written._fields})
    with pytest.raises(ValueError, match=f"lexicon is damaged: {fault}"):
        replace(lexicon, trie=trie, written=written, _sound=None).check()
