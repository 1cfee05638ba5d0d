"""A person's own word list: counts, Unicode forms, bounds and complaints."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from training.lexicon.word_list import read_counts


def written(tmp_path: Path, content: str | bytes, name: str = "words.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_counts_are_shares_and_equal_words_add_up(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff# my words\nkot\t6\nKot 1\npies,2\n\nryba\n")
    assert read_counts(path) == {"kot": 0.7, "pies": 0.2, "ryba": 0.1}


def test_unicode_forms_are_one(tmp_path: Path) -> None:
    assert read_counts(written(tmp_path, "z\u0301ro\u0301d\u0142o 1\n\u017ar\u00f3d\u0142o 3\n")) == {"\u017ar\u00f3d\u0142o": 1.0}


def test_a_dotless_i_is_small_i_without_a_dot(tmp_path: Path) -> None:
    path = written(tmp_path, "IRMAK 1\nİYİ 1\n")
    assert set(read_counts(path, "abıi")) == {"ırmak", "iyi"}


def test_gzip(tmp_path: Path) -> None:
    assert read_counts(written(tmp_path, gzip.compress(b"kot 1\n"), "words.gz")) == {"kot": 1.0}


def test_memory_is_bounded_and_the_commonest_stay(tmp_path: Path) -> None:
    path = written(tmp_path, "common 1000\n" + "".join(f"word{i} 1\n" for i in range(1000)))
    counts = read_counts(path, most=10)
    assert len(counts) <= 20
    assert counts["common"] == 0.5


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing\n"])
def test_an_empty_list(tmp_path: Path, content: str) -> None:
    with pytest.raises(ValueError, match=r"words\.txt has no words: expected a word a line"):
        read_counts(written(tmp_path, content))


@pytest.mark.parametrize("line", ["kot x", "kot 0", "kot -1", "kot nan", "kot inf", "a word list 3"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"words\.txt, line 2: expected a word and its count above 0"):
        read_counts(written(tmp_path, f"pies 1\n{line}\n"))


def test_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 1: not UTF-8"):
        read_counts(written(tmp_path, "źródło".encode("iso-8859-2")))
