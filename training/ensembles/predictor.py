"""What a predictor is: equal settings are recognised as the same predictor, and different ones never are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.grid import Grid
from engine.model import MANIFEST
from engine.recognizer import SwipeRecognizer
from engine.search_options import TYPES, SearchOptions
from training.data.swipe_data import SwipeData

ID_DIGITS = 16


@dataclass(frozen=True)
class Fingerprint:
    """A file, or part of one, identified by its content."""

    name: str = field(compare=False)
    """for people: the same content under another name is the same file"""
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
        """Only equal predictors have the same one; it does not depend on the data."""
        return digest([self.bundle.sha256, self.lexicon.sha256, self.grid.sha256, asdict(self.search)])[:ID_DIGITS]


def canonical(search: SearchOptions) -> SearchOptions:
    """The options, written in the one form that all equivalent options share."""
    floats: dict[str, Any] = {name: float(getattr(search, name)) + 0.0 for name, kind in TYPES.items() if kind is float}  # -0.0 is 0.0
    if search.method == "two_pass":  # its first pass leaves the decoder no fewer words than are asked for
        return replace(search, **floats, beam_width=max(search.beam_width, search.n_best))
    return replace(search, **floats)


def grid_fingerprint(grid: Grid) -> Fingerprint:
    """Of its geometry: the same grid under another name has the same one."""
    geometry = asdict(grid)
    del geometry["name"]
    return Fingerprint(grid.name, digest(geometry))


def data_fingerprint(name: str, data: SwipeData) -> Fingerprint:
    """Of the swipes, their words and people: of what was predicted, not of how the file is compressed."""
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
