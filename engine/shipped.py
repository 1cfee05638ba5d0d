"""What comes with Keyglide: where its grids and languages are, and which of them are the defaults. Everything else asks here.

A language's own file names its model bundle and its lexicon: see `engine.language`.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path

DEFAULT_LANGUAGE = "en"
"""the language of a model, a lexicon and a grid that nobody named"""
DEFAULT_GRID = "qwerty_en"
"""the grid of swipes that name none; it is the default language's default grid"""


def grids_file() -> Path:
    """The shipped grid_name_to_grid.json."""
    return Path(str(importlib.resources.files("grids") / "grid_name_to_grid.json"))


def bundles_folder() -> Path:
    """The folder of the shipped model bundles."""
    return Path(str(importlib.resources.files("engine") / "models"))


def languages_folder() -> Path:
    """The folder of the shipped language files."""
    return Path(str(importlib.resources.files("languages")))
