"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import mmap
import os
from pathlib import Path

import pytest

from engine.files import whole_file, write_whole


@pytest.mark.parametrize("content", ["é\r\n\n", "é\r\n\n".encode(), ""])
def test_the_content_is_written_as_it_is(content: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file.txt"
    write_whole(path, "old")
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with pytest.raises(ZeroDivisionError), whole_file(path) as unfinished:
        unfinished.write_text(str(1 / (unfinished.write_bytes(b"half") - 4)), encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_the_unfinished_file_lies_beside_and_has_the_same_suffixes(tmp_path: Path) -> None:
    path = tmp_path / "swipes.jsonl.gz"
    with whole_file(path) as unfinished:
        unfinished.touch()
        assert unfinished.parent == tmp_path and unfinished.suffixes[-2:] == path.suffixes
        assert not path.exists()
    assert path.exists()


def test_who_has_the_old_file_mapped_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        write_whole(path, b"something new")
        assert mapped[:] == b"old"
    assert path.read_bytes() == b"something new"
