"""KWin without a screen, which starts a program as its virtual keyboard, and programs in it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import ROOT
from tests.support.compositor import Sway
from tests.support.programs import listens, running, wait_for

SIZE = (1280, 800)


@contextmanager
def open_kwin(folder: Path, keyboard: Sequence[str]) -> Iterator[Sway]:
    """KWin in memory, whose virtual keyboard is the command. All programs end with the block."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    # A copy has no file capabilities, which an ordinary container refuses; KWin wants to have its own name.
    kwin = Path(shutil.copy(shutil.which("kwin_wayland") or "", folder))
    starter = folder / "keyboard"
    words = " ".join(f"'{word}'" for word in keyboard)
    starter.write_text(f"#!/bin/sh\nexport PYTHONPATH='{ROOT}'\nexec {words} >> {folder}/keyboard-log 2>&1\n", encoding="utf-8")
    starter.chmod(starter.stat().st_mode | stat.S_IXUSR)
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")} | {
        "XDG_RUNTIME_DIR": str(runtime),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "GDK_BACKEND": "wayland",
        "NO_AT_BRIDGE": "1",
        "LC_ALL": "C.UTF-8",
        "KWIN_WAYLAND_NO_PERMISSION_CHECKS": "1",  # for the hand
    }
    command = [str(kwin), "--virtual", "--width", str(SIZE[0]), "--height", str(SIZE[1]), "--no-lockscreen", "--inputmethod", str(starter)]
    with ExitStack() as stack:
        stack.enter_context(running(command, environment, folder / "kwin-log"))
        wait_for(lambda: listens(runtime / "wayland-0"), "KWin")
        yield Sway(folder, stack, environment | {"WAYLAND_DISPLAY": "wayland-0"})
