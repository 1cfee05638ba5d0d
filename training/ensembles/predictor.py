"""What makes a predictor, so that two runs of one are known for the same and no two are taken for one."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np

from engine.beam_search import SearchOptions
from engine.grid import Grid
from engine.model import MANIFEST
from engine.recognizer import SwipeRecognizer
from training.data.swipe_data import SwipeData

SEARCH_TYPES = get_type_hints(SearchOptions)
"""name of each search option -> its type"""
ID_DIGITS = 16


@dataclass(frozen=True)
class Fingerprint:
    """A file, or a part of one, by its content."""

    name: str = field(compare=False)
    """for people: another name of the same content changes nothing"""
    sha256: str


@dataclass(frozen=True)
class Predictor:
    """A model bundle, a lexicon, a grid and every search option. Equal predictors give equal predictions."""

    bundle: Fingerprint
    """of its manifest, which holds the hashes of its graphs"""
    lexicon: Fingerprint
    grid: Fingerprint
    search: SearchOptions
    """in the form of `canonical`"""

    @classmethod
    def of(cls, bundle: Path, recognizer: SwipeRecognizer, search: SearchOptions) -> Predictor:
        """bundle: the folder that the recognizer's bundle was loaded from. Raises: OSError."""
        lexicon, grid = recognizer.lexicon.origin, recognizer.grid
        content = lexicon if isinstance(lexicon, bytes) else lexicon.read_bytes()
        return cls(
            Fingerprint(bundle.resolve().name, _sha256((bundle / MANIFEST).read_bytes())),
            Fingerprint("" if isinstance(lexicon, bytes) else lexicon.name, _sha256(content)),
            grid_fingerprint(grid),
            canonical(search),
        )

    @property
    def id(self) -> str:
        """The same for equal predictors alone; the data are no part of it."""
        return digest([self.bundle.sha256, self.lexicon.sha256, self.grid.sha256, asdict(self.search)])[:ID_DIGITS]


def canonical(search: SearchOptions) -> SearchOptions:
    """The one way to write down options that search alike."""
    floats: dict[str, Any] = {
        name: float(getattr(search, name)) + 0.0 for name, kind in SEARCH_TYPES.items() if kind is float
    }  # -0.0 is 0.0
    if search.method == "two_pass":  # its first pass leaves the decoder no fewer words than are asked for
        return replace(search, **floats, beam_width=max(search.beam_width, search.n_best))
    return replace(search, **floats)


def search_options(defaults: SearchOptions, settings: Sequence[str]) -> SearchOptions:
    """The defaults, changed by settings such as "beam_width=12".

    Raises: ValueError for an unknown option, with the nearest name, one that is given twice, or a value that cannot be.
    """
    given: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ValueError(f"search option '{setting}' has no value: expected NAME=VALUE, as in beam_width=12")
        if name not in SEARCH_TYPES:
            known = ", ".join(one.name for one in fields(SearchOptions))
            nearest = difflib.get_close_matches(name, list(SEARCH_TYPES), n=1, cutoff=0.4)
            meant = f"; did you mean '{nearest[0]}'?" if nearest else ""
            raise ValueError(f"unknown search option '{name}': known are {known}{meant}")
        if name in given:
            raise ValueError(f"search option {name} is given twice: give it once")
        given[name] = _value(name, value)
    return replace(defaults, **given)


def _value(name: str, text: str) -> Any:
    """Raises: ValueError for text that is no value of the option's type."""
    kind = SEARCH_TYPES[name]
    if get_args(kind):  # SearchOptions itself refuses what is not among them
        return text
    try:
        return kind(text)
    except ValueError:
        expected = "a whole number" if kind is int else "a number"
        raise ValueError(f"search option {name} must be {expected}, got '{text}'") from None


def grid_fingerprint(grid: Grid) -> Fingerprint:
    """Of its geometry: a grid that only has another name is the same."""
    geometry = asdict(grid)
    del geometry["name"]
    return Fingerprint(grid.name, digest(geometry))


def data_fingerprint(name: str, data: SwipeData) -> Fingerprint:
    """Of the swipes, their words and people: of what was predicted, however the file is packed."""
    content = hashlib.sha256(digest([data.words.tolist(), data.users.tolist(), data.offsets.tolist()]).encode())
    content.update(data.points.astype("<f4").tobytes())
    return Fingerprint(name, content.hexdigest())


def first_swipes(data: SwipeData, limit: int | None) -> SwipeData:
    """At most so many; all for None."""
    return data.select(np.arange(len(data))[:limit])


def digest(value: object) -> str:
    """sha256, in hex, of a value that JSON can write."""
    return _sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
