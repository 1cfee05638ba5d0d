"""Lists what can be chosen in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from keyboard_app.settings import path_of

Wanted = Literal["file", "folder"]
N_ENTRIES = 2000
"""At most this many entries are listed."""


@dataclass(frozen=True)
class Choice:
    """One row of a list to choose from."""

    text: str
    value: str
    icon: str = ""


@dataclass(frozen=True)
class Listing:
    """The rows for a folder, and what to say about it."""

    choices: tuple[Choice, ...]
    notice: str
    """why not everything is listed; "" if it is"""


def list_folder(folder: Path, wanted: Wanted) -> Listing:
    """The way up, then the folders by name, then the files if a file is wanted. Hidden ones are left out."""
    up = () if folder.parent == folder else (Choice(f"Up to {folder.parent.name or folder.parent}", str(folder.parent), "up"),)
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name.casefold())
    except OSError as error:
        return Listing(up, f"'{folder}' cannot be opened: {(error.strerror or str(error)).lower()}.")
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    notice = f"Only the first {N_ENTRIES:,} of {len(shown):,} are listed." if len(shown) > N_ENTRIES else ""
    shown = shown[:N_ENTRIES]
    folders = [Choice(entry.name, str(entry), "folder") for entry in shown if _is_folder(entry)]
    files = [Choice(entry.name, str(entry), "file") for entry in shown if wanted == "file" and not _is_folder(entry)]
    return Listing((*up, *folders, *files), notice)


def start_folder(path: str) -> Path:
    """The folder to start in: the one with the path in it, or the nearest above that exists; without a path the home folder."""
    start = path_of(path).absolute().parent if path else path_of("~").absolute()
    return next((folder for folder in (start, *start.parents) if _is_folder(folder)), Path("/"))


def _is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # not allowed to look
        return False
