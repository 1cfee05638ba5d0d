"""sway without a screen, and programs in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs import GTK_PROGRAM, SYSTEM_PYTHON, Program, listens, running, wait_for

NOBODY = 65534
"""sway refuses to run as root"""
CONFIG = """
output HEADLESS-1 resolution {width}x{height} scale {scale}
output HEADLESS-1 background #dddddd solid_color
default_border none
xwayland disable
"""


@dataclass(frozen=True)
class Sway:
    """A compositor, and where its programs keep their files."""

    folder: Path
    stack: ExitStack
    environment: dict[str, str]

    def start(self, *command: str) -> None:
        self.stack.enter_context(running(command, self.environment, self.folder / "log"))

    def gtk(self, kind: str = "text", text: str = "", maximised: bool = False) -> Program:
        """The GTK program, which is to have the focus."""
        folder = self._folder(f"gtk-{kind}")
        command = [SYSTEM_PYTHON, str(GTK_PROGRAM), str(folder), kind, text, *(["maximised"] if maximised else [])]
        process = self.stack.enter_context(running(command, self.environment, self.folder / "log"))
        wait_for(lambda: (folder / "size").exists(), "the program's window")  # its focus comes with the seat's first keyboard
        return Program(folder, "", process)

    def foot(self) -> Program:
        """A terminal with the focus, in which all that is typed goes into a file."""
        folder = self._folder("foot")
        script = f"stty -icanon -echo; touch {folder}/text; exec cat > {folder}/text"
        process = self.stack.enter_context(running(["foot", "sh", "-c", script], self.environment, self.folder / "log"))
        wait_for((folder / "text").exists, "the terminal's shell")
        return Program(folder, "", process)

    def screenshot(self, path: Path) -> None:
        """A PNG of the screen."""
        subprocess.run(["grim", str(path)], env=self.environment, check=True)

    def _folder(self, name: str) -> Path:
        folder = self.folder / f"{name}-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        return folder


def _sockets(runtime: Path) -> list[Path]:
    return [path for path in runtime.glob("wayland-*") if path.suffix != ".lock"]


@contextmanager
def open_sway(folder: Path, size: tuple[int, int] = (1280, 800), scale: int = 1) -> Iterator[Sway]:
    """sway in memory. All programs end with the block. size: in sway's own pixels, each of which is scale x scale on the screen."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    config = folder / "sway-config"
    config.write_text(CONFIG.format(width=scale * size[0], height=scale * size[1], scale=scale), encoding="utf-8")
    as_nobody: list[str] = []
    if os.geteuid() == 0:
        for path in (folder, *folder.parents):
            if path.stat().st_uid == 0 and path != Path("/"):
                path.chmod(path.stat().st_mode | 0o055)
        os.chown(runtime, NOBODY, NOBODY)
        setpriv = shutil.which("setpriv") or "setpriv"
        as_nobody = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")} | {
        "XDG_RUNTIME_DIR": str(runtime),
        "WLR_BACKENDS": "headless",
        "WLR_LIBINPUT_NO_DEVICES": "1",
        "WLR_RENDERER": "pixman",
        "GDK_BACKEND": "wayland",
        "NO_AT_BRIDGE": "1",
        "LC_ALL": "C.UTF-8",
    }
    with ExitStack() as stack:
        stack.enter_context(running([*as_nobody, "sway", "-c", str(config)], environment, folder / "sway-log"))
        wait_for(lambda: any(map(listens, _sockets(runtime))), "sway")
        (socket,) = _sockets(runtime)
        yield Sway(folder, stack, environment | {"WAYLAND_DISPLAY": socket.name})
