"""Many grids: each recorded swipe gets the recognizer of the grid that it was made on."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.grid import Grid, load_grids, pick_grid
from engine.language import Language, default_language, language_of, load_languages, pick_language
from engine.lexicon import Lexicon
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import SwipeRecord

N_KEPT = 8
"""How many recognizers are kept; further grids are loaded again each time they come up."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What the recognizers of all grids have in common."""

    bundle: ModelBundle
    bundle_is_chosen: bool
    """and is everyone's, whatever the language"""
    lexicon: Lexicon | None
    """everyone's; None: that of the language"""
    context: Path | str | None
    """the file of a context model, everyone's; None: that of the language, unless there is a lexicon"""
    language: str | None
    """its code, everyone's; None: that of the grid"""
    offensive: bool = False
    """whether rude and hateful words are offered, too"""


class GridRecognizers:
    """A recognizer for each grid, made when a record first needs it. Build it with `load`, or from loaded parts.

    Where nobody named a lexicon or a language, a grid's words are those of its own language. Languages share a model bundle.
    """

    def __init__(self, parts: Parts, grids: Mapping[str, Grid], grid_name: str | None = None) -> None:
        """grids: those that records may name. grid_name: the grid of all records, whatever they name.

        Raises: ValueError for a grid_name that is unknown or not the model's.
        """
        self._parts = parts
        self._grids = grids
        self._grid_name = grid_name
        self._on_grid = functools.lru_cache(maxsize=N_KEPT)(self._load_on_grid)
        if grid_name is not None:
            self._on_grid(grid_name, None)

    @classmethod
    def load(  # noqa: PLR0913  as many as the command line has options
        cls,
        bundle: Path | str | None = None,
        lexicon: Path | str | None = None,
        grids: Path | str | None = None,
        grid_name: str | None = None,
        context: Path | str | None = None,
        language: str | None = None,
        offensive: bool = False,
    ) -> GridRecognizers:
        """grids: a file with more grids than those that come with Keyglide; the rest as in `SwipeRecognizer.load`.

        Raises: ModelBundleError, ValueError, OSError for what cannot be used.
        """
        known = load_grids() | load_grids(grids) if grids is not None else load_grids()
        if language is not None:
            for code in language.split("+"):
                pick_language(load_languages(), code)
        opened = ModelBundle.load(bundle if bundle is not None else _language(language).require_bundle())
        words = Lexicon.open(lexicon) if lexicon is not None else None
        return cls(Parts(opened, bundle is not None, words, context, language, offensive), known, grid_name)

    @property
    def bundle(self) -> ModelBundle:
        """That of the default language, unless another was chosen."""
        return self._parts.bundle

    def for_record(self, record: SwipeRecord) -> SwipeRecognizer:
        """The recognizer of the record's grid, warm. Raises: ValueError for a grid that is unknown, broken or not the model's."""
        return self._on_grid(*self._key(record))

    def grid_of(self, record: SwipeRecord | None) -> Grid:
        """The grid on which it was made, whether the model can read it or not; for None, that of records that name none.

        Raises: ValueError where it is unknown or broken.
        """
        return self._grid(*self._key(record))

    def _key(self, record: SwipeRecord | None) -> tuple[str, str | None]:
        """The grid's name, and the JSON of its geometry if it is an inline one."""
        grid = self._grid_name or (record.grid if record is not None else None) or DEFAULT_GRID
        return (grid, None) if isinstance(grid, str) else (str(grid["grid_name"]), json.dumps(grid, sort_keys=True))

    def _grid(self, name: str, geometry: str | None) -> Grid:
        return pick_grid(self._grids, name) if geometry is None else Grid.from_json(name, json.loads(geometry))

    def _load_on_grid(self, name: str, geometry: str | None) -> SwipeRecognizer:
        parts, grid = self._parts, self._grid(name, geometry)
        bundle = parts.bundle if parts.bundle_is_chosen else self._bundle_of(grid)
        return SwipeRecognizer.load(bundle, parts.lexicon, grid, parts.language, parts.context, parts.offensive)

    def _bundle_of(self, grid: Grid) -> ModelBundle:
        """The bundle of the language that is written on a grid."""
        language = _language(self._parts.language) if self._parts.language is not None else language_of(grid) or default_language()
        if language.bundle in (None, default_language().bundle):
            return self._parts.bundle
        return ModelBundle.load(language.bundle)


def _language(code: str | None) -> Language:
    """The language of that code, the first of two; the default without a code."""
    return default_language() if code is None else pick_language(load_languages(), code.partition("+")[0])
