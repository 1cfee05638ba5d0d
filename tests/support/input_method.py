"""IBus on a desktop of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.programs import Desktop, listens, open_desktop, wait_for


@contextmanager
def ibus_desktop(folder: Path) -> Iterator[Desktop]:
    """A desktop whose programs use IBus; the engine of its person is xkb:us::eng."""
    home = folder / "home"
    home.mkdir()
    variables: dict[str, Any] = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".state"),
        "GTK_IM_MODULE": "ibus",
        "XMODIFIERS": "@im=ibus",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus",
        "IBUS_ENABLE_SYNC_MODE": "1",
    }
    with open_desktop(folder, **variables) as desktop:
        desktop.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={folder}/bus")
        wait_for(lambda: listens(folder / "bus"), "the session bus")
        start_ibus(desktop)
        wait_for(lambda: _uses(desktop, "xkb:us::eng"), "the engine")
        yield desktop


def start_ibus(desktop: Desktop) -> None:
    """Starts IBus's daemon, and waits until programs can use it."""
    addresses = Path(desktop.environment["XDG_CONFIG_HOME"]) / "ibus" / "bus"
    shutil.rmtree(addresses, ignore_errors=True)
    desktop.start("ibus-daemon", "--xim", "--panel", "disable", "--config", "disable")
    wait_for(lambda: list(addresses.glob("*-unix-*")), "ibus-daemon")
    wait_for(lambda: _has_xim(desktop), "IBus for X programs")


def daemon(desktop: Desktop) -> int:
    """The number of IBus's process."""
    (file,) = (Path(desktop.environment["XDG_CONFIG_HOME"]) / "ibus" / "bus").glob("*-unix-*")
    (told,) = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("IBUS_DAEMON_PID=")]
    return int(told.partition("=")[2])


def engine(desktop: Desktop) -> str:
    """The engine in use."""
    return subprocess.run(["ibus", "engine"], env=desktop.environment, check=False, capture_output=True, text=True).stdout.strip()


def _has_xim(desktop: Desktop) -> bool:
    from Xlib.display import Display

    display = Display(desktop.display.name)
    try:
        return bool(display.get_selection_owner(display.intern_atom("@server=ibus")))
    finally:
        display.close()


def _uses(desktop: Desktop, name: str) -> bool:
    subprocess.run(["ibus", "engine", name], env=desktop.environment, check=False, capture_output=True)
    return engine(desktop) == name


def use(desktop: Desktop, monkeypatch: object) -> None:
    """Has this process use the desktop, too."""
    for name in ("DISPLAY", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, desktop.environment[name])  # type: ignore[attr-defined]
    os.environ.pop("IBUS_ADDRESS", None)
