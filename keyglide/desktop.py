"""python -m keyglide.desktop: puts the keyboard into the desktop's menu, or takes it out."""

from __future__ import annotations

import argparse
import importlib.resources
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ENTRY = Path("applications/keyglide.desktop")
ICON = Path("icons/hicolor/scalable/apps/keyglide.svg")
COMMAND = "keyglide-keyboard"


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m keyglide.desktop", description="The keyboard in the desktop's menu, for you alone.")
    parser.add_argument("action", choices=("install", "uninstall"))
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """Writes or removes the menu entry and its icon. Raises: FileNotFoundError where the command is not installed; OSError."""
    folder = data_home()
    if args.action == "install":
        install(folder, Path(sys.executable).with_name(COMMAND))
        print(f"Keyglide is in the menu now: {folder / ENTRY}")
    else:
        uninstall(folder)
        print(f"Keyglide is no longer in the menu: {folder / ENTRY}")
    return 0


def install(folder: Path, command: Path) -> None:
    """Writes the entry, which starts the command, and the icon below folder. Raises: FileNotFoundError, OSError."""
    if not command.is_file():
        raise FileNotFoundError(f"{command} does not exist: install the keyboard with: pip install 'keyglide[app]'")
    files = importlib.resources.files("keyglide")
    entry = (files / ENTRY.name).read_text(encoding="utf-8").replace("@command@", quoted(command))
    for path, content in ((ENTRY, entry), (ICON, (files / ICON.name).read_text(encoding="utf-8"))):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    _refresh(folder)


def uninstall(folder: Path) -> None:
    """Removes what `install` wrote; it is fine if nothing is there. Raises: OSError."""
    for path in (ENTRY, ICON):
        (folder / path).unlink(missing_ok=True)
    _refresh(folder)


def data_home() -> Path:
    """Where the desktop looks for a person's own menu entries. Source: XDG Base Directory Specification."""
    given = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"


def quoted(command: Path) -> str:
    """The command as the value of Exec. Source: Desktop Entry Specification, "The Exec key"."""
    argument = re.sub(r'(["`$\\])', r"\\\1", str(command)).replace("%", "%%")
    return '"{}"'.format(argument.replace("\\", "\\\\"))


def main() -> int:
    try:
        return run(parse_args())
    except OSError as error:
        print(f"{error.filename}: {error.strerror}" if error.filename else error, file=sys.stderr)
        return 1


def _refresh(folder: Path) -> None:
    """Tells the desktop, where it keeps a list of what opens what."""
    program = shutil.which("update-desktop-database")
    if program and (folder / ENTRY.parent).is_dir():
        subprocess.run([program, str(folder / ENTRY.parent)], check=False)


if __name__ == "__main__":
    sys.exit(main())
