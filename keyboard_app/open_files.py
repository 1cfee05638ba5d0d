"""Opens the files that the settings name. If one cannot be opened, Keyglide's own is used, and a message says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine import (
    DEFAULT_GRID,
    Grid,
    Language,
    Lexicon,
    ModelBundle,
    ModelBundleError,
    SwipeRecognizer,
    language_of,
    load_grids,
    load_languages,
    pick_grid,
)
from engine.two_languages import with_letters
from keyboard_app.settings import Settings, path_of

UNUSABLE = (ValueError, OSError, RecursionError)
"""Raised for a file that is missing, damaged, or of the wrong kind; the last one for JSON that is nested too deeply."""


@dataclass(frozen=True)
class OpenedGrid:
    """The grid to write on."""

    grid: Grid
    grids: Mapping[str, Grid]
    """all grids of its file, by name"""
    notice: str
    """why it is not the one that the settings name; "" if it is"""

    @property
    def language(self) -> Language:
        """The language to write in."""
        return language_of(self.grid)

    def cycle(self, chosen: str) -> tuple[str, ...]:
        """The names of the grids that the globe goes through, in the order of the file. chosen: `Settings.globe`.

        Where nothing was chosen: the grid in use, the default grid of each installed language, and all grids of a file of one's own.
        """
        if wanted := {name for name in chosen.split(",") if name in self.grids}:
            return tuple(name for name in self.grids if name in wanted)
        own = load_grids()
        defaults = {language.default_grid for language in load_languages().values() if language.is_installed}
        return tuple(name for name, grid in self.grids.items() if own.get(name) != grid or name in defaults or grid is self.grid)


def open_grid(settings: Settings) -> OpenedGrid:
    """The grid that the settings name. If its file has no such grid, another one of the file; without the file, one of Keyglide's own."""
    try:
        grids = load_grids(_path(settings.grids_file))
    except UNUSABLE as error:
        own = load_grids()
        instead = own.get(settings.grid, own[DEFAULT_GRID])
        notice = f"{reason(error)}. Keyglide's own '{instead.name}' is shown instead: choose another file in Settings."
        return OpenedGrid(instead, own, notice)
    try:
        return OpenedGrid(pick_grid(grids, settings.grid), grids, "")
    except ValueError as error:
        instead = grids.get(DEFAULT_GRID, next(iter(grids.values())))
        return OpenedGrid(instead, grids, f"{reason(error)}. '{instead.name}' is shown instead: choose another in Settings.")


def open_recognizer(settings: Settings, grid: Grid, report: Callable[[str], None]) -> SwipeRecognizer:
    """The recognizer that the settings name, warmed up. If it cannot be opened, Keyglide's own, and `report` is told why.

    It is told, too, if the grid is so unlike those that the model was trained on that words will be wrong.
    Raises: ValueError, OSError if neither can be used with the grid; the message says why the first one cannot.
    """
    recognizer = _open_recognizer(settings, grid, report)
    if warning := recognizer.grid_distance.warning(grid):
        report(f"{warning[:1].upper()}{warning[1:]}.")
    return recognizer


def _open_recognizer(settings: Settings, grid: Grid, report: Callable[[str], None]) -> SwipeRecognizer:
    if not settings.model and not settings.lexicon:
        return _recognizer_of_two(settings, grid, report) or _own_recognizer(settings, grid)
    try:
        return SwipeRecognizer.load(_path(settings.model), _path(settings.lexicon), grid, offensive=settings.offensive)
    except UNUSABLE as error:
        try:
            own = _own_recognizer(settings, grid)
        except UNUSABLE:
            raise error from None
        report(f"{reason(error)}. Keyglide's own model is used instead: choose another in Settings.")
        return own


def _recognizer_of_two(settings: Settings, grid: Grid, report: Callable[[str], None]) -> SwipeRecognizer | None:
    """A recognizer of the grid's language and the second one together; None where there is no second one, or it cannot be had."""
    languages, second = load_languages(), settings.second_language
    if second not in languages:
        return None
    first, other = language_of(grid), languages[second]
    roomy = with_letters(grid, other.alphabet)
    if not first or first.code == second or not all(map(roomy.has_letter, other.alphabet)):
        return None
    try:
        return SwipeRecognizer.load(grid=grid, language=f"{first.code}+{second}", offensive=settings.offensive)
    except UNUSABLE as error:
        report(f"{reason(error)}. {first.name} is recognised without {other.name}.")
        return None


def _own_recognizer(settings: Settings, grid: Grid) -> SwipeRecognizer:
    """Keyglide's own for the grid's language. Raises: ValueError if there is none."""
    language = language_of(grid)
    is_known = language and all(map(grid.has_letter, language.alphabet))  # some of its letters alone are those of another language
    wanted = language.name if is_known else f"the letters of the keyboard '{language.space_label(grid)}'"
    none = f"Keyglide has no model for {wanted} yet. Choose a model and a lexicon in Settings"
    if language and None in (language.bundle, language.lexicon):
        raise ValueError(none)
    try:
        return SwipeRecognizer.load(grid=grid, offensive=settings.offensive)
    except ModelBundleError:
        raise
    except ValueError as error:
        raise ValueError(none) from error


def check_grids_file(file: str) -> tuple[str, ...]:
    """The names of the grids in a file. Raises: ValueError, OSError, RecursionError if it is not a file of grids."""
    return tuple(load_grids(_path(file)))


def check_model(folder: str) -> None:
    """Opens a model bundle. Raises: ModelBundleError, OSError if it does not work."""
    ModelBundle.load(_path(folder))


def check_lexicon(file: str) -> None:
    """Opens a lexicon. Raises: ValueError, OSError if it is not one."""
    path = _path(file)
    if path is not None:
        Lexicon.open(path).check()


def reason(error: BaseException) -> str:
    """What went wrong, as the start of a sentence: without the system's error number, and without a full stop."""
    if isinstance(error, RecursionError):
        return "The file is nested too deeply"
    if isinstance(error, OSError) and error.strerror:
        return f"'{error.filename}': {error.strerror.lower()}" if error.filename else error.strerror
    return str(error)[:1].upper() + str(error)[1:].rstrip(".")


def _path(name: str) -> Path | None:
    """None for Keyglide's own."""
    return path_of(name) if name else None
