"""Personal words in a file that people can read, keep, and take to another machine."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from engine.files import write_whole
from engine.words.pairs import START, PairGain
from engine.words.word import Change, Kind, PersonalWord, checked

FORMAT = "keyglide-words"
MOST = 1e12
"""What a word or a pair may weigh: far more than anybody writes."""
LARGEST = 16 * 1024 * 1024
"""Bytes that a file to import may have."""


@dataclass(frozen=True)
class Imported:
    """What a file holds."""

    words: list[Change]
    pairs: list[PairGain]


def write_words(path: Path | str, words: Iterable[tuple[PersonalWord, float]], pairs: Iterable[PairGain], language: str) -> int:
    """Writes words and pairs of words with their weights as JSON, one line each; how many. Raises: OSError."""
    lines = [_line(word=one.word, kind=one.kind, weight=round(weight, 3)) for one, weight in words]
    lines_of_pairs = [_line(first=first, second=second, weight=round(weight, 3)) for first, second, weight in pairs]
    head = f'{{"format": "{FORMAT}", "language": {json.dumps(language)}, "words": ['
    write_whole(Path(path), head + "\n" + ",\n".join(lines) + '\n], "pairs": [\n' + ",\n".join(lines_of_pairs) + "\n]}\n")
    return len(lines) + len(lines_of_pairs)


def _line(**fields: str | float) -> str:
    return json.dumps(fields, ensure_ascii=False)


def read_words(path: Path | str) -> Imported:
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
    words = [_change(f"{path.name}, line {number}", {"word": line}) for number, line in lines if line and not line.startswith("#")]
    return Imported(words, [])


def _from_json(name: str, text: str) -> Imported:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {error}") from error
    held = value if isinstance(value, dict) and value.get("format") == FORMAT else {}
    words, pairs = held.get("words"), held.get("pairs", [])
    if not isinstance(words, list) or not isinstance(pairs, list):
        raise ValueError(f'{name} holds no words: expected {{"format": "{FORMAT}", "words": [...]}}, or a text with one word a line')
    return Imported(
        [_change(f"{name}, word {number}", fields) for number, fields in enumerate(words, start=1)],
        [_pair(f"{name}, pair {number}", fields) for number, fields in enumerate(pairs, start=1)],
    )


def _change(where: str, fields: Any) -> Change:
    """Raises: ValueError."""
    if not isinstance(fields, dict) or not isinstance(fields.get("word"), str):
        raise ValueError(f'{where}: expected {{"word": TEXT, "kind": {"|".join(get_args(Kind))}, "weight": NUMBER}}')
    kind, weight = fields.get("kind", "added"), fields.get("weight", 0)
    if kind not in get_args(Kind):
        raise ValueError(f"{where}: kind is {kind!r}, expected one of {', '.join(get_args(Kind))}")
    return Change(_checked(where, fields["word"]), gain=_weight(where, weight), kind=kind)


def _pair(where: str, fields: Any) -> PairGain:
    """Raises: ValueError."""
    if not isinstance(fields, dict) or not all(isinstance(fields.get(name), str) for name in ("first", "second")):
        raise ValueError(f'{where}: expected {{"first": TEXT, "second": TEXT, "weight": NUMBER}}')
    first = START if fields["first"] == START else _checked(where, fields["first"].lower())
    return first, _checked(where, fields["second"]), _weight(where, fields.get("weight", 0))


def _checked(where: str, word: str) -> str:
    try:
        return checked(word)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _weight(where: str, weight: Any) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= MOST:
        raise ValueError(f"{where}: weight is {weight!r:.40}, expected a number from 0 to {MOST:g}")
    return float(weight)
