"""Programs to write into, on an X server without a screen: a window manager, a GTK program, a terminal."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.pointer import Display, open_display

SYSTEM_PYTHON = "/usr/bin/python3"
GTK_PROGRAM = Path(__file__).with_name("gtk_program.py")
TIMEOUT_S = 180.0
"""Far beyond what a busy machine needs."""
ENDS_S = 2.0
"""what has not ended by then is killed: openbox takes its time"""
PACKAGES = {
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "openbox": "openbox",
    "xterm": "xterm",
    "setxkbmap": "x11-xkb-utils",
    "ibus-daemon": "ibus ibus-gtk3",
    "dbus-daemon": "dbus-daemon",
    "sway": "sway",
    "foot": "foot",
    "kwin_wayland": "kwin-wayland",
    "grim": "grim",
}
"""The Debian packages of programs."""
GTK = "gtk"
"""stands for python3-gi and gir1.2-gtk-3.0"""


def _has_gtk() -> bool:
    try:
        return (
            subprocess.run(
                [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Gtk', '3.0')"], capture_output=True, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def missing(*programs: str) -> list[str]:
    """The Debian packages of those programs that are not installed."""
    found = [PACKAGES[name] for name in programs if name != GTK and shutil.which(name) is None]
    return found if GTK not in programs or found or _has_gtk() else ["python3-gi gir1.2-gtk-3.0"]


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips where one of the programs is not installed."""
    lacking = missing(*programs)
    return pytest.mark.skipif(bool(lacking), reason=f"not installed (Debian: apt install {' '.join(lacking)})")


def wait_for(predicate: Callable[[], object], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Raises: TimeoutError."""
    end = time.monotonic() + timeout_s
    while not predicate():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.01)


def listens(path: Path) -> bool:
    """Whether a program accepts connections at that UNIX socket: its file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class Program:
    """A program whose text is kept in a file."""

    folder: Path
    window: str
    """its number, for xdotool; "" where that is not known"""
    process: subprocess.Popen[bytes]
    early_losses: int = 0
    """how often it lost the focus while its window was being opened"""

    @property
    def text(self) -> str:
        try:
            return (self.folder / "text").read_bytes().decode("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):  # it is just being written
            return ""

    @property
    def changes(self) -> list[tuple[float, str]]:
        """When it had which text, in seconds of the monotonic clock."""
        try:
            lines = (self.folder / "changes").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [(float(time_s), str(text)) for time_s, text in map(json.loads, lines)]

    @property
    def losses(self) -> int:
        """How often it has lost the focus since its window was open."""
        return self._focus.count("out") - self.early_losses

    @property
    def is_focused(self) -> bool:
        """Whether it has noticed that it has the focus."""
        return self._focus[-1:] == ["in"]

    @property
    def size(self) -> tuple[int, int]:
        told = (self.folder / "size").read_text(encoding="utf-8").split()
        return (int(told[0]), int(told[1])) if len(told) == 2 else (0, 0)  # it is just being written

    @property
    def _focus(self) -> list[str]:
        try:
            return (self.folder / "focus").read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return []

    def expect(self, text: str, timeout_s: float = TIMEOUT_S) -> None:
        """Waits until it has exactly that text. Raises: AssertionError."""
        end = time.monotonic() + timeout_s
        while self.text != text and time.monotonic() < end:
            time.sleep(0.01)
        assert self.text == text, self.text


@contextmanager
def running(command: Sequence[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Desktop:
    """A display, and where its programs keep their files."""

    display: Display
    folder: Path
    stack: ExitStack
    environment: dict[str, str]
    is_managed: bool
    """whether there is a window manager"""

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        return self.stack.enter_context(running(command, self.environment, self.folder / "log"))

    def gtk(self, kind: str = "text", text: str = "") -> Program:
        """The GTK program, with the focus."""
        folder = self.folder / f"gtk-{kind}-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        process = self.start(SYSTEM_PYTHON, str(GTK_PROGRAM), str(folder), kind, text)
        program = self._focused(folder, process, f"gtk-{kind}")
        wait_for(lambda: program.is_focused and (folder / "text").exists(), "the program's focus and text")
        return replace(program, early_losses=program.losses)

    def xterm(self) -> Program:
        """A terminal with the focus, in which all that is typed goes into a file."""
        folder = self.folder / f"xterm-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        script = f"stty -icanon -echo; touch {folder}/text; exec cat > {folder}/text"
        process = self.start("xterm", "-u8", "-T", "xterm-cat", "-e", "sh", "-c", script)
        program = self._focused(folder, process, "xterm-cat")
        wait_for((folder / "text").exists, "the terminal's shell")
        return program

    def words(self, *words: str) -> str:
        """What xdotool prints."""
        done = subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=TIMEOUT_S, capture_output=True, text=True)
        return done.stdout.strip()

    def active(self) -> str:
        """The number of the window that has the focus, as the window manager says; "" for none."""
        try:
            return self.words("getactivewindow")
        except subprocess.CalledProcessError:
            return ""

    def maximise(self, program: Program) -> None:
        from Xlib.display import Display as XDisplay
        from Xlib.protocol import event

        display = XDisplay(self.display.name)
        states = [display.intern_atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("HORZ", "VERT")]
        message = event.ClientMessage(
            window=display.create_resource_object("window", int(program.window)),
            client_type=display.intern_atom("_NET_WM_STATE"),
            data=(32, [1, *states, 1, 0]),
        )
        display.screen().root.send_event(message, event_mask=0x180000)
        display.sync()
        display.close()

    def _window(self, title: str) -> str:
        """The windows with the title, once there is one. xdotool gives up if another window goes while it looks."""
        end = time.monotonic() + TIMEOUT_S
        while True:
            try:
                return self.words("search", "--sync", "--onlyvisible", "--name", title)
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _focused(self, folder: Path, process: subprocess.Popen[bytes], title: str) -> Program:
        window = self._window(title).splitlines()[-1]
        self.words("windowfocus", "--sync", window)
        if self.is_managed:  # the manager, too, gives a new window the focus, perhaps later
            wait_for(lambda: self.active() == window, "the window manager's word that the window has the focus")
        return Program(folder, window, process)


@contextmanager
def open_desktop(folder: Path, manager: str = "openbox", size: tuple[int, int] = (1280, 800), **variables: str) -> Iterator[Desktop]:
    """An X display with a window manager ("" for none). All programs end with the block."""
    with ExitStack() as stack:
        display = stack.enter_context(open_display(*size, folder / "display"))
        environment = os.environ | {"DISPLAY": display.name, "NO_AT_BRIDGE": "1", "GTK_IM_MODULE": "gtk-im-context-simple"} | variables
        desktop = Desktop(display, folder, stack, environment, bool(manager))
        if manager:
            desktop.start(manager)
            wait_for(lambda: _managed(environment), f"the window manager {manager}")
        yield desktop


def _managed(environment: dict[str, str]) -> bool:
    code = (
        "import sys; from Xlib.display import Display; d = Display(); "
        "sys.exit(d.screen().root.get_full_property(d.intern_atom('_NET_SUPPORTING_WM_CHECK'), 0) is None)"
    )
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False).returncode == 0
