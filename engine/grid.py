"""Grids: the geometry of one keyboard, in grid units (origin top left, y down)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine import shipped
from engine.naming import did_you_mean

OVERLAP_TOLERANCE = 0.025
"""Share of a key's width that neighbouring hitboxes may overlap (the Yandex grids share a unit or two of 99)."""


@dataclass(frozen=True)
class Key:
    """One key: a label that it types or an action that it does, and its hitbox in grid units."""

    label: str | None
    action: str | None
    x: float
    y: float
    w: float
    h: float

    @property
    def name(self) -> str:
        return self.label if self.label is not None else f"action {self.action}"

    @property
    def centre_x(self) -> float:
        return self.x + self.w / 2

    @property
    def centre_y(self) -> float:
        return self.y + self.h / 2

    @property
    def is_letter(self) -> bool:
        return self.label is not None and len(self.label) == 1 and self.label.isalpha()

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h


@dataclass(frozen=True)
class Grid:
    """A keyboard's keys. Build it with `from_json`, which validates."""

    name: str
    width: float
    height: float
    keys: tuple[Key, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    """letter without a key of its own -> the letter on whose key it is typed (ё on е)"""
    title: str = field(default="", compare=False)
    """what people call it; "": nothing but its name is known"""

    @classmethod
    def from_json(cls, name: str, value: object, check: bool = True) -> Grid:
        """The grid in the format of grid_name_to_grid.json: {width, height, keys: [{label | action, hitbox}], aliases?, title?}.

        check: False for whoever looks for the faults of a grid, as grids.lint does, and has no other use for it.
        Raises: ValueError for a missing field and, where it checks, a zero area, a key outside the grid, a duplicate, a real
        overlap, an alias to a letter without a key, no letters at all.
        """
        try:
            fields: Mapping[str, Any] = dict(value)  # type: ignore[call-overload]
            keys = tuple(_key_from_json(key) for key in fields["keys"])
            aliases, title = _aliases_from_json(fields.get("aliases", {})), _title_from_json(fields.get("title", ""))
            grid = cls(name, float(fields["width"]), float(fields["height"]), keys, aliases, title)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"grid '{name}' is not {{width, height, keys: [{{label or action, hitbox: {{x, y, w, h}}}}]}}: {error!r}"
            ) from error
        if check:
            grid._validate()
        return grid

    @cached_property
    def letter_keys(self) -> tuple[Key, ...]:
        return tuple(key for key in self.keys if key.is_letter)

    @cached_property
    def key_width(self) -> float:
        """Median width of a letter's hitbox, in grid units."""
        return median([key.w for key in self.letter_keys])

    @cached_property
    def key_height(self) -> float:
        """Median height of a letter's hitbox, in grid units."""
        return median([key.h for key in self.letter_keys])

    @property
    def key_radius(self) -> float:
        """Half the diagonal of a letter's hitbox: the unit of key distances."""
        return float(np.hypot(self.key_width, self.key_height)) / 2

    @cached_property
    def origin(self) -> tuple[float, float]:
        """The middle of the box around all letter keys, in grid units: zero of the trajectory's coordinates."""
        keys = self.letter_keys
        left, right = min(key.x for key in keys), max(key.x + key.w for key in keys)
        top, bottom = min(key.y for key in keys), max(key.y + key.h for key in keys)
        return (left + right) / 2, (top + bottom) / 2

    def letter_key(self, letter: str) -> Key:
        """The key on which `letter` is typed. Raises: ValueError where the grid has none."""
        key = self._key_of_letter.get(letter)
        if key is None:
            raise ValueError(f"grid '{self.name}' has no key for '{letter}': add a letter alias to the grid or drop the letter")
        return key

    def has_letter(self, letter: str) -> bool:
        """Whether `letter` is typed on one of the keys, its own or, by an alias, another letter's."""
        return letter in self._key_of_letter

    def keys_of(self, alphabet: str) -> tuple[tuple[Key, ...], npt.NDArray[np.int64]]:
        """The keys that the letters are typed on, each once, in the order of their first letters; and each letter's key among them, (V,).

        Letters that share a key (ъ and ь on yandex_ru) have the same number: no swipe tells them apart. Raises: ValueError, as
        `letter_key`.
        """
        keys = [self.letter_key(letter) for letter in alphabet]
        once = tuple(dict.fromkeys(keys))
        number = {key: index for index, key in enumerate(once)}
        return once, np.array([number[key] for key in keys], dtype=np.int64)

    @cached_property
    def _key_of_letter(self) -> Mapping[str, Key]:
        own = {key.name: key for key in self.letter_keys}
        return {**own, **{letter: own[target] for letter, target in self.aliases.items() if target in own}}

    def centres(self, alphabet: str) -> npt.NDArray[np.float64]:
        """Key centres of the alphabet's letters, (K, 2), in grid units. Raises: ValueError, as `letter_key`."""
        keys = [self.letter_key(letter) for letter in alphabet]
        return np.array([(key.centre_x, key.centre_y) for key in keys], dtype=np.float64)

    def key_at(self, x: float, y: float) -> Key | None:
        """The first key whose hitbox holds the point, or None."""
        return next((key for key in self.keys if key.contains(x, y)), None)

    def _validate(self) -> None:
        if not (np.isfinite([self.width, self.height]).all() and self.width > 0 and self.height > 0):
            raise ValueError(f"grid '{self.name}' is {self.width} x {self.height} units: both must be above 0")
        if not self.letter_keys:
            raise ValueError(f"grid '{self.name}' has no letter keys among its {len(self.keys)} keys: nothing can be swiped")
        for key in self.keys:
            self._validate_hitbox(key)
        labels = [key.label for key in self.keys if key.label is not None]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"grid '{self.name}' has more than one key for {', '.join(map(repr, twice))}: keep one of each")
        letters = [key.label for key in self.letter_keys]
        for letter, target in self.aliases.items():
            if letter in labels or target not in letters:
                raise ValueError(
                    f"grid '{self.name}' aliases '{letter}' to '{target}': the first must have no key, the second must have one"
                )
        self._validate_overlaps()

    def _validate_hitbox(self, key: Key) -> None:
        box = (key.x, key.y, key.w, key.h)
        if not all(map(math.isfinite, box)) or key.w <= 0 or key.h <= 0:
            raise ValueError(f"grid '{self.name}', key '{key.name}': hitbox {box} has no area")
        if key.x < 0 or key.y < 0 or key.x + key.w > self.width or key.y + key.h > self.height:
            raise ValueError(
                f"grid '{self.name}', key '{key.name}': hitbox {box} (x, y, w, h) leaves the grid of {self.width} x {self.height} units"
            )

    def _validate_overlaps(self) -> None:
        x, y, w, h = np.array([(key.x, key.y, key.w, key.h) for key in self.keys]).T
        shared_x = np.minimum.outer(x + w, x + w) - np.maximum.outer(x, x)
        shared_y = np.minimum.outer(y + h, y + h) - np.maximum.outer(y, y)
        allowed = OVERLAP_TOLERANCE * np.minimum.outer(np.minimum(w, h), np.minimum(w, h))
        too_much = np.tril(np.minimum(shared_x, shared_y) > np.maximum(allowed, 0), -1)
        if too_much.any():
            one, other = np.argwhere(too_much)[0]
            raise ValueError(
                f"grid '{self.name}': keys '{self.keys[other].name}' and '{self.keys[one].name}' overlap by {shared_x[one, other]:g} x "
                f"{shared_y[one, other]:g} units, more than the {allowed[one, other]:g} that neighbours may share"
            )


def median(values: Sequence[float]) -> float:
    """As np.median, which imports 2 MB and takes 17 ms when it is first called."""
    ordered, n = sorted(values), len(values)
    return float(ordered[n // 2] + ordered[(n - 1) // 2]) / 2


def _key_from_json(value: Mapping[str, Any]) -> Key:
    box = value["hitbox"]
    label, action = value.get("label"), value.get("action")
    if (label is None) == (action is None) or not isinstance(label if action is None else action, str):
        raise ValueError(f"a key needs a label or an action, one of them, got {dict(value)}")
    return Key(label, action, float(box["x"]), float(box["y"]), float(box["w"]), float(box["h"]))


def _title_from_json(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"the title is a line of text, got {value!r}")
    return value.strip()


def _aliases_from_json(value: object) -> Mapping[str, str]:
    aliases: dict[str, str] = dict(value)  # type: ignore[call-overload]
    if not all(isinstance(part, str) for pair in aliases.items() for part in pair):
        raise ValueError(f"aliases lead from letters to letters, got {aliases}")
    return aliases


class GridCollection(Mapping[str, Grid]):
    """Grids by name. Iterating gives each grid once; looking up takes an alias, too.

    An alias is a second name of a grid, such as the one that it had before it was renamed.
    """

    def __init__(self, grids: Mapping[str, Grid], aliases: Mapping[str, str] | None = None) -> None:
        """aliases: second name -> name. Raises: ValueError for an alias that names none of the grids, or is itself a grid's name."""
        self._grids = dict(grids)
        self._aliases = dict(aliases or {})
        for alias, name in self._aliases.items():
            if alias in self._grids:
                raise ValueError(f"'{alias}' is both a grid and an alias of '{name}': rename one of them")
            if name not in self._grids:
                raise ValueError(
                    f"grid alias '{alias}' must name a grid of the same file, got '{name}': known are {_listed(self._grids)}"
                    f"{did_you_mean(name, self._grids)}"
                )

    def __getitem__(self, name: str) -> Grid:
        return self._grids[self._aliases.get(name, name)]

    def __iter__(self) -> Iterator[str]:
        """The grids' own names, in the order of the file; no aliases."""
        return iter(self._grids)

    def __len__(self) -> int:
        return len(self._grids)

    def __or__(self, other: GridCollection) -> GridCollection:
        """Both collections together. Where they share a name, the grid or alias of `other` counts."""
        theirs = {*other._grids, *other._aliases}
        kept = {name: grid for name, grid in self._grids.items() if name not in theirs}
        aliases = {alias: name for alias, name in self._aliases.items() if alias not in theirs and (name in kept or name in other._grids)}
        return GridCollection({**kept, **other._grids}, {**aliases, **other._aliases})


def load_grids(path: Path | str | None = None) -> GridCollection:
    """The grids of a grid_name_to_grid.json: {name: geometry, alias: name of a grid}. Without a path, those that come with Keyglide.

    Raises: ValueError where the file is not JSON of that format; OSError where it cannot be read.
    """
    source = Path(path) if path is not None else shipped.grids_file()
    try:
        value = json.loads(source.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise ValueError(f"grid file '{source}' is not JSON: {why}") from error
    if not isinstance(value, dict) or not value:
        raise ValueError(f"grid file '{source}' must hold an object of grids by name, and at least one")
    grids = {name: Grid.from_json(name, grid) for name, grid in value.items() if not isinstance(grid, str)}
    return GridCollection(grids, {alias: name for alias, name in value.items() if isinstance(name, str)})


def pick_grid(grids: Mapping[str, Grid], name: str) -> Grid:
    """The grid of that name or alias. Raises: ValueError that lists the known grids and offers the nearest."""
    if name in grids:
        return grids[name]
    raise ValueError(f"unknown grid '{name}': known are {_listed(grids)}{did_you_mean(name, grids)}")


def _listed(names: Mapping[str, Grid]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
