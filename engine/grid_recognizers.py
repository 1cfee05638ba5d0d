"""One model and one lexicon on many grids: each recorded swipe gets the recognizer of the grid that it was made on."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from engine.grid import Grid, load_grids, pick_grid
from engine.language import default_language
from engine.lexicon import Lexicon
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer, open_lexicon
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import SwipeRecord

N_KEPT = 8
"""How many recognizers are kept; further grids are loaded again each time they come up."""


class GridRecognizers:
    """A recognizer for each grid, made when a record first needs it. Build it with `load`, or from loaded parts."""

    def __init__(
        self,
        bundle: ModelBundle,
        lexicon: Lexicon,
        grids: Mapping[str, Grid],
        grid_name: str | None = None,
        context: Path | str | None = None,
    ) -> None:
        """grids: those that records may name. grid_name: the grid of all records, whatever they name. context: the file of a
        context model.

        Raises: ValueError for a grid_name that is unknown or not the model's.
        """
        self.bundle = bundle
        self.context = context
        self._lexicon = lexicon
        self._grids = grids
        self._grid_name = grid_name
        self._on_grid = functools.lru_cache(maxsize=N_KEPT)(self._load_on_grid)
        if grid_name is not None:
            self._on_grid(grid_name, None)

    @classmethod
    def load(
        cls,
        bundle: Path | str | None = None,
        lexicon: Path | str | None = None,
        grids: Path | str | None = None,
        grid_name: str | None = None,
        context: Path | str | None = None,
    ) -> GridRecognizers:
        """grids: a file with more grids than those that come with Keyglide. Without paths: Keyglide's own model, lexicon and
        context model; a lexicon of your own comes without a context model unless you name one.

        Raises: ModelBundleError, ValueError, OSError for what cannot be used.
        """
        known = load_grids() | load_grids(grids) if grids is not None else load_grids()
        if context is None and lexicon is None:
            context = default_language().context
        return cls(ModelBundle.load(bundle), open_lexicon(lexicon), known, grid_name, context)

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
        recognizer = SwipeRecognizer(self.bundle, self._lexicon, self._grid(name, geometry), context=self.context)
        recognizer.warm_up()
        return recognizer
