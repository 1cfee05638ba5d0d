"""What a person has chosen, in a file that survives a restart."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

import platformdirs

from engine.files import write_whole
from engine.shipped import DEFAULT_GRID

ThemeChoice = Literal["system", "light", "dark"]
BackspaceChoice = Literal["word", "letter"]
VALUES = {"theme": get_args(ThemeChoice), "backspace": get_args(BackspaceChoice)}
"""The values of the settings that have only some."""


@dataclass(frozen=True)
class Settings:
    """What can be chosen in the settings panel."""

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
    """whether the likely word shows while the finger moves"""
    capitals: bool = True
    """whether sentences get their capitals automatically"""
    spaces: bool = True
    """whether swiped words get their spaces automatically"""


@dataclass(frozen=True)
class Loaded:
    """Settings from a file, and what to tell about it."""

    settings: Settings
    notice: str
    """what was wrong with the file; "" where nothing was"""


def settings_path() -> Path:
    """Where the settings are kept: in the platform's configuration folder."""
    return platformdirs.user_config_path("keyglide") / "settings.json"


def load_settings(path: Path) -> Loaded:
    """The settings in a file; the defaults where there is none, or where it is damaged: then it is set aside.

    Settings that the file lacks have their defaults, and what is none of our settings is ignored.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Loaded(Settings(), "")
    except OSError as error:
        return Loaded(Settings(), f"The settings in {path} cannot be read ({error.strerror}): the defaults hold.")
    try:
        return Loaded(_settings(json.loads(content)), "")
    except (ValueError, RecursionError) as error:
        return Loaded(Settings(), f"The settings were damaged ({error}): the defaults hold now. {_set_aside(path)}")


def save_settings(settings: Settings, path: Path) -> None:
    """Writes the settings as one step: a crash or a full disk leaves the old file. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(settings), indent=1, ensure_ascii=False) + "\n"
    write_whole(path, text.encode(errors="surrogatepass"))


def _settings(value: object) -> Settings:
    """Raises: ValueError for what is no settings."""
    if not isinstance(value, dict):
        raise ValueError("they are no JSON object")
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
    """Renames a damaged file to the first free name; what became of it."""
    n = next(n for n in range(1, 1_000_000) if not path.with_name(f"{path.stem}.damaged-{n}{path.suffix}").exists())
    aside = path.with_name(f"{path.stem}.damaged-{n}{path.suffix}")
    try:
        path.rename(aside)
    except OSError as error:
        return f"The damaged file {path} could not be set aside ({error.strerror})."
    return f"The damaged file is {aside}."
