"""The faults of a grid that its geometry and its letters show."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.grid import OVERLAP_TOLERANCE, Grid, Key

TWINS = "aаα cс eеε hһ iіι jј kкκ mм oоο pрρ sѕ tт uυ vѵν xхχ yуγ"
"""Small letters of Latin, Cyrillic and Greek that look alike. Diacritics need no entry: Unicode takes ë and ё apart."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a grid."""

    kind: str
    """one of: no area, outside, overlap, gap, twice, alias, not composed, capital, another script, no letters, missing"""
    message: str
    keys: tuple[Key, ...] = ()
    """the keys that it is about"""


def faults_of(grid: Grid) -> list[Fault]:
    """The faults of a grid without regard to any words; the grid need not be valid."""
    solid = [key for key in grid.keys if key.w > 0 and key.h > 0]
    return [*_areas(grid), *_overlaps(solid), *_gaps(solid), *_labels(grid), *_scripts(grid), *_aliases(grid)]


def _areas(grid: Grid) -> Iterator[Fault]:
    for key in grid.keys:
        if not (key.w > 0 and key.h > 0):
            yield Fault("no area", f"the hitbox of '{key.name}' is {key.w:g} x {key.h:g} units", (key,))
        if key.x < 0 or key.y < 0 or key.x + key.w > grid.width or key.y + key.h > grid.height:
            yield Fault("outside", f"'{key.name}' leaves the grid of {grid.width:g} x {grid.height:g} units", (key,))


def _overlaps(keys: Sequence[Key]) -> Iterator[Fault]:
    for one, other in itertools.combinations(keys, 2):
        across = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
        down = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
        if min(across, down) > tolerance(one, other):
            yield Fault("overlap", f"'{one.name}' and '{other.name}' overlap by {across:g} x {down:g} units", (one, other))


def tolerance(one: Key, other: Key) -> float:
    """Units that two neighbours may share or leave free between them: rounding, not a fault."""
    return OVERLAP_TOLERANCE * min(one.w, one.h, other.w, other.h)


def _gaps(keys: Sequence[Key]) -> Iterator[Fault]:
    """What lies free between neighbours of a row, and between two rows. The edges of the grid may stay free."""
    rows = rows_of(keys)
    for row in rows:
        for one, other in itertools.pairwise(row):
            free = other.x - one.x - one.w
            if free > tolerance(one, other):
                yield Fault("gap", f"{free:g} units are free between '{one.name}' and '{other.name}'", (one, other))
    for upper, lower in itertools.pairwise(rows):
        above, below = max(upper, key=lambda key: key.y + key.h), min(lower, key=lambda key: key.y)
        free = below.y - above.y - above.h
        if free > tolerance(above, below):
            yield Fault("gap", f"{free:g} units are free between the rows of '{above.name}' and '{below.name}'", (above, below))


def rows_of(keys: Sequence[Key]) -> list[list[Key]]:
    """The keys in rows from the top, each from the left. A key whose middle is within the first of a row belongs to that row."""
    rows: list[list[Key]] = []
    for key in sorted(keys, key=lambda key: key.centre_y):
        if rows and key.centre_y < rows[-1][0].y + rows[-1][0].h:
            rows[-1].append(key)
        else:
            rows.append([key])
    return [sorted(row, key=lambda key: key.x) for row in rows]


def _labels(grid: Grid) -> Iterator[Fault]:
    if not grid.letter_keys:
        yield Fault("no letters", f"none of the {len(grid.keys)} keys has a letter")
    counts = Counter(key.label for key in grid.keys if key.label is not None)
    for label in (label for label, count in counts.items() if count > 1):
        keys = tuple(key for key in grid.keys if key.label == label)
        yield Fault("twice", f"{len(keys)} keys have the label '{label}'", keys)
    for key in grid.keys:
        label = key.label or ""
        if (composed := unicodedata.normalize("NFC", label)) != label:
            yield Fault("not composed", f"'{label}' is written as {len(label)} characters: write {described(composed)}", (key,))
        elif key.is_letter and label != label.lower():
            yield Fault(
                "capital", f"the key '{label}' has a capital, and words are looked up in small letters: write '{label.lower()}'", (key,)
            )


def _scripts(grid: Grid) -> Iterator[Fault]:
    """Letters of another script than most of the grid's. On a screen they look right, and no word has them."""
    letters = [key.name for key in grid.letter_keys]
    if not letters:
        return
    usual, _ = Counter(map(script, letters)).most_common(1)[0]
    for key in grid.letter_keys:
        if script(key.name) != usual:
            yield Fault("another script", _stray(key.name, usual), (key,))
    for letter in grid.aliases:
        if script(letter) != usual:
            yield Fault("another script", f"the alias of {_stray(letter, usual)}")


def _stray(letter: str, usual: str) -> str:
    meant = twin(letter, usual)
    hint = f": write {described(meant)}, which looks the same" if meant else ""
    return f"{described(letter)} stands among {usual.capitalize()} letters{hint}"


def script(letter: str) -> str:
    """LATIN, CYRILLIC, GREEK, HEBREW and so on: the first word of the letter's name in Unicode."""
    return unicodedata.name(letter[:1], "UNKNOWN").split()[0]


def twin(letter: str, wanted: str) -> str:
    """The letter of the wanted script that looks like this one, or ""."""
    base, *marks = tuple(unicodedata.normalize("NFD", letter))
    for group in TWINS.split():
        if base in group:
            found = [unicodedata.normalize("NFC", "".join([other, *marks])) for other in group if script(other) == wanted]
            return next((one for one in found if len(one) == 1), "")
    return ""


def described(letter: str) -> str:
    """The letter with its number and name in Unicode."""
    return f"'{letter}' (U+{ord(letter[:1]):04X} {unicodedata.name(letter[:1], 'without a name')})"


def _aliases(grid: Grid) -> Iterator[Fault]:
    labels = {key.label for key in grid.keys}
    letters = {key.label for key in grid.letter_keys}
    for letter, target in grid.aliases.items():
        if letter in labels:
            yield Fault("alias", f"'{letter}' has a key of its own and is aliased to '{target}', too")
        if target not in letters:
            yield Fault("alias", f"'{letter}' is aliased to '{target}', which has no key")
