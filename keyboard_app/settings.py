"""The person's settings, and the file that keeps them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

import platformdirs

from engine.files import write_whole
from engine.shipped import DEFAULT_GRID

ThemeChoice = Literal["system", "light", "dark"]
BackspaceChoice = Literal["word", "letter"]
SizeChoice = Literal["small", "medium", "large"]
TextSizeChoice = Literal["system", "small", "medium", "large"]
IntoChoice = Literal["auto", "own", "ibus", "xtest", "wayland"]
ArrangementChoice = Literal["full", "left", "right", "split"]
DockChoice = Literal["bottom", "floating"]
VALUES = {
    "theme": get_args(ThemeChoice),
    "backspace": get_args(BackspaceChoice),
    "keyboard_size": get_args(SizeChoice),
    "text_size": get_args(TextSizeChoice),
    "into": get_args(IntoChoice),
    "dock": get_args(DockChoice),
    "arrangement": get_args(ArrangementChoice),
}
"""The values allowed for the settings that have a fixed choice."""


@dataclass(frozen=True)
class Settings:
    """What can be chosen on the settings page."""

    grid: str = DEFAULT_GRID
    """the grid's name"""
    grids_file: str = ""
    """a file with more grids; "": none"""
    model: str = ""
    """the folder of a model bundle; "": the shipped one"""
    lexicon: str = ""
    """a lexicon file; "": the shipped one"""
    theme: ThemeChoice = "system"
    backspace: BackspaceChoice = "word"
    """what backspace removes right after a swiped word"""
    preview: bool = True
    """whether the likely word is shown while the finger moves"""
    capitals: bool = True
    """whether sentences get their capitals automatically"""
    spaces: bool = True
    """whether swiped words get their spaces automatically"""
    keyboard_size: SizeChoice = "medium"
    """how high the keys are"""
    arrangement: ArrangementChoice = "full"
    """where the keys are: over the whole width, at one edge for one thumb, or in two halves for both"""
    text_size: TextSizeChoice = "system"
    """how large letters and buttons are on all pages; "system": as the desktop wants its texts"""
    popups: bool = True
    """whether the letter of a tapped key is shown above it"""
    speech: bool = False
    """whether words and candidates are said aloud"""
    context: bool = True
    """whether the words before a swipe count, and the next words are offered"""
    corrections: bool = False
    """whether a tapped word that is none is corrected when it ends; the correction is offered in any case"""
    keep_draft: bool = True
    """whether the text of the keyboard's own page is there again at the next start"""
    into: IntoChoice = "auto"
    """where the text goes: to the keyboard's own page, or into other programs by that way; from the next start"""
    dock: DockChoice = "bottom"
    """where the window is that writes into other programs"""
    follow_fields: bool = False
    """whether the dock is shown when a text field gets the cursor, and hidden when none has it"""
    dock_height: int = 0
    """px at the bottom of the screen; 0: as fits it"""
    floating_x: int = 0
    floating_y: int = 0
    floating_width: int = 0
    """px; 0: as fits the screen"""
    floating_height: int = 0
    second_language: str = ""
    """the code of a language whose words count on grids of another, too, where these have its letters; "": none"""
    globe: str = ""
    """the names of the grids that the globe goes through, with commas between them; "": the default grid of each installed language"""
    offensive: bool = False
    """whether rude and hateful words are offered"""
    hold_back: bool = True
    """whether a swiped word that is hardly probable is offered and not written"""
    own_words: bool = True
    """whether the person's own words are used, and learnt from what is written"""
    own_pairs: bool = True
    """whether it is learnt, too, which words the person writes after which"""


@dataclass(frozen=True)
class Loaded:
    """Settings from a file, and what to tell the person about it."""

    settings: Settings
    notice: str
    """what was wrong with the file; "" if nothing"""


def path_of(name: str) -> Path:
    """The path, with a person's home in the place of ~. Of a person that the system does not know it stays: such a file is missing."""
    return Path(os.path.expanduser(name))  # noqa: PTH111  Path.expanduser raises RuntimeError


def settings_path() -> Path:
    """The settings file, in the system's folder for settings."""
    return platformdirs.user_config_path("keyglide") / "settings.json"


def load_settings(path: Path) -> Loaded:
    """The settings in a file, or the defaults if there is no file. A damaged file is renamed, and the defaults are used.

    Settings missing from the file have their defaults; names that we do not know are ignored.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Loaded(Settings(), "")
    except OSError as error:
        return Loaded(Settings(), f"The settings in {path} cannot be read ({error.strerror}). The defaults are used.")
    try:
        return Loaded(_settings(json.loads(content)), "")
    except (ValueError, RecursionError) as error:
        return Loaded(Settings(), f"The settings were damaged ({error}). The defaults are used now. {_set_aside(path)}")


def save_settings(settings: Settings, path: Path) -> None:
    """Writes the settings in one step: after a crash or on a full disk the old file is still there. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(settings), indent=1, ensure_ascii=False) + "\n"
    write_whole(path, text.encode(errors="surrogatepass"))


def _settings(value: object) -> Settings:
    """Raises: ValueError if these are not settings."""
    if not isinstance(value, dict):
        raise ValueError("they are not a JSON object")
    known = {field.name: value[field.name] for field in fields(Settings) if field.name in value}
    for name, default in asdict(Settings()).items():
        _check(name, known.get(name, default), default)
    return Settings(**known)


def _check(name: str, value: object, default: object) -> None:
    if type(value) is not type(default):
        raise ValueError(f"'{name}' is {value!r}, not a value like {default!r}")
    if name in VALUES and value not in VALUES[name]:
        raise ValueError(f"'{name}' is {value!r}, not one of {', '.join(map(repr, VALUES[name]))}")


def _set_aside(path: Path) -> str:
    """Renames a damaged file to the first free name; says what happened to it."""
    n = next(n for n in range(1, 1_000_000) if not path.with_name(f"{path.stem}.damaged-{n}{path.suffix}").exists())
    aside = path.with_name(f"{path.stem}.damaged-{n}{path.suffix}")
    try:
        path.rename(aside)
    except OSError as error:
        return f"The damaged file {path} could not be renamed ({error.strerror})."
    return f"The damaged file was kept as {aside}."
