"""The size of texts that the desktop asks for: from KDE's file, GNOME's portal on a bus of the test's own, and the program gsettings."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from jeepney import HeaderFields, MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from keyboard_app.style import font_scale
from tests.support.programs import needs

PATIENCE_S = 60.0
"""Far beyond what a busy machine needs."""
ALL = (font_scale.by_kde, font_scale.by_portal, font_scale.by_gsettings)


@pytest.fixture(autouse=True)
def _no_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_scale, "SOURCES", ALL)
    monkeypatch.setattr(font_scale, "ANSWER_S", PATIENCE_S)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")


def test_without_a_desktop_texts_have_their_usual_size() -> None:
    assert font_scale.system_font_scale() == 1.0


@pytest.mark.parametrize(
    ("file", "scale"),
    [
        ("[General]\nforceFontDPI=120\n", 1.25),
        ("[General]\nforceFontDPI=96\nforceFontDPI=84\n", 0.875),
        ("[General]\nforceFontDPI=0\n", 1.0),
        ("[General]\nforceFontDPI=960\n", font_scale.LARGEST),
        ("[General]\nforceFontDPI=many\n", 1.0),
        ("no settings", 1.0),
    ],
)
def test_kde_is_told_in_dots_per_inch(tmp_path: Path, file: str, scale: float) -> None:
    (tmp_path / "kcmfonts").write_text(file)
    assert font_scale.system_font_scale() == scale


@pytest.mark.parametrize(("script", "scale"), [("echo 1.25", 1.25), ("echo 'No such schema' >&2; exit 1", 1.0), ("echo what", 1.0)])
def test_gsettings_tells_where_there_is_no_portal(tmp_path: Path, script: str, scale: float) -> None:
    program = tmp_path / "gsettings"
    program.write_text(f"#!/bin/sh\n[ \"$*\" = 'get org.gnome.desktop.interface text-scaling-factor' ] || exit 2\n{script}\n")
    program.chmod(0o755)
    assert font_scale.system_font_scale() == scale


Answer = Callable[[tuple[str, ...]], object]


@contextmanager
def portal(folder: Path, dbus_daemon: str, answer: Answer) -> Iterator[str]:
    """A session bus with a portal that answers Read; the bus's address."""
    address = f"unix:path={folder}/bus"
    bus = subprocess.Popen([dbus_daemon, "--session", "--nofork", "--print-address=1", f"--address={address}"], stdout=subprocess.PIPE)
    assert bus.stdout is not None
    bus.stdout.readline()  # it listens
    try:
        connection = open_dbus_connection(address)
        connection.send_and_get_reply(message_bus.RequestName(font_scale.PORTAL[0]))

        def serve() -> None:
            while True:
                try:
                    message = connection.receive()
                except (ConnectionError, OSError):
                    connection.close()
                    return
                if message.header.message_type is MessageType.method_call:
                    assert message.header.fields[HeaderFields.member] == "Read"
                    value = answer(message.body)
                    error = new_error(message, "org.freedesktop.portal.Error.NotFound", "s", ("no such setting",))
                    connection.send(error if value is None else new_method_return(message, "v", (("v", value),)))

        Thread(target=serve, daemon=True).start()
        yield address
    finally:
        bus.terminate()
        bus.wait(timeout=60)
        bus.stdout.close()


@needs("dbus-daemon")
@pytest.mark.parametrize(("value", "scale"), [(("d", 1.25), 1.25), (("d", 0.1), font_scale.SMALLEST), (("s", "large"), 1.0), (None, 1.0)])
def test_the_portal_tells_what_gnome_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object, scale: float) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(question: tuple[str, ...]) -> object:
        asked.append(question)
        return value

    monkeypatch.undo()
    monkeypatch.setattr(font_scale, "SOURCES", ALL[1:2])
    monkeypatch.setattr(font_scale, "ANSWER_S", PATIENCE_S)
    dbus_daemon = shutil.which("dbus-daemon")
    assert dbus_daemon is not None
    with portal(tmp_path, dbus_daemon, answer) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        assert font_scale.system_font_scale() == scale
    assert asked == [("org.gnome.desktop.interface", "text-scaling-factor")]
