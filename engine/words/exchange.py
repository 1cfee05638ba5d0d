"""Personal words in a file that people can read, keep, and take to another machine."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from engine.files import write_whole
from engine.words.word import Change, Kind, PersonalWord, checked

FORMAT = "keyglide-words"
LARGEST = 16 * 1024 * 1024
"""Bytes that a file to import may have."""


def write_words(path: Path | str, words: Iterable[tuple[PersonalWord, float]], language: str) -> int:
    """Writes words with their weights as JSON, one line each; how many. Raises: OSError."""
    lines = [json.dumps({"word": one.word, "kind": one.kind, "weight": round(weight, 3)}, ensure_ascii=False) for one, weight in words]
    head = f'{{"format": "{FORMAT}", "language": {json.dumps(language)}, "words": ['
    write_whole(Path(path), head + "\n" + ",\n".join(lines) + "\n]}\n")
    return len(lines)


def read_words(path: Path | str) -> list[Change]:
    """What to change to have the words of a file: one that `write_words` wrote, or a text in UTF-8 with one word a line, which are added.

    In a text, empty lines and lines that start with # are passed over.
    Raises: ValueError that says where and why for anything else; OSError.
    """
    path = Path(path)
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{path.name} has more than {LARGEST >> 20} MB: import a part of it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not text in UTF-8: {error}") from error
    if text.lstrip().startswith("{"):
        return _from_json(path.name, text)
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [_change(f"{path.name}, line {number}", {"word": line}) for number, line in lines if line and not line.startswith("#")]


def _from_json(name: str, text: str) -> list[Change]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {error}") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("words"), list):
        raise ValueError(f'{name} holds no words: expected {{"format": "{FORMAT}", "words": [...]}}, or a text with one word a line')
    return [_change(f"{name}, word {number}", fields) for number, fields in enumerate(value["words"], start=1)]


def _change(where: str, fields: Any) -> Change:
    """Raises: ValueError."""
    if not isinstance(fields, dict) or not isinstance(fields.get("word"), str):
        raise ValueError(f'{where}: expected {{"word": TEXT, "kind": {"|".join(get_args(Kind))}, "weight": NUMBER}}')
    kind, weight = fields.get("kind", "added"), fields.get("weight", 0)
    if kind not in get_args(Kind):
        raise ValueError(f"{where}: kind is {kind!r}, expected one of {', '.join(get_args(Kind))}")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
        raise ValueError(f"{where}: weight is {weight!r}, expected a number from 0 up")
    try:
        return Change(checked(fields["word"]), gain=float(weight), kind=kind)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: {error}") from error
