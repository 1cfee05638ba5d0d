"""What is said on IBus's own D-Bus: where it is, and how its values are written. Source: ibus 1.5, src/ibus*.c"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

NAME, PATH = "org.freedesktop.IBus", "/org/freedesktop/IBus"
COMPONENT, ENGINE = "org.freedesktop.IBus.Keyglide", "keyglide"
FACTORY_PATH, ENGINE_PATH = "/org/freedesktop/IBus/Factory", "/org/freedesktop/IBus/Engine/keyglide"
FACTORY_INTERFACE, ENGINE_INTERFACE = "org.freedesktop.IBus.Factory", "org.freedesktop.IBus.Engine"
PROPERTIES = "org.freedesktop.DBus.Properties"
NOBODYS_PATH = "/org/freedesktop/IBus/InputContext_1"
"""IBus's own context, which it makes first, and which has the focus where no program's has it"""
SURROUNDING_TEXT = 1 << 5
"""a capability of clients"""
RELEASED = 1 << 30
"""the state of a key that is released"""
Variant = tuple[str, Any]


class NoIBusError(OSError):
    """IBus is not running, or does not answer."""


def address(environment: Mapping[str, str] = os.environ) -> str:
    """The address of IBus's bus. Raises: NoIBusError where none is running for this display."""
    if environment.get("IBUS_ADDRESS"):
        return environment["IBUS_ADDRESS"]
    folder = platformdirs.user_config_path("ibus") / "bus"
    displays = [environment.get("WAYLAND_DISPLAY", ""), environment.get("DISPLAY", "").rpartition(":")[2].partition(".")[0]]
    for display in filter(None, displays):
        for file in folder.glob(f"*-unix-{display}"):
            told = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if "=" in line and line[0] != "#")
            if "IBUS_ADDRESS" in told and _alive(told.get("IBUS_DAEMON_PID", "")):
                return told["IBUS_ADDRESS"]
    raise NoIBusError("IBus is not running on this display: start it with ibus-daemon --daemonize --xim")


def _alive(process: str) -> bool:
    return process.isdigit() and Path(f"/proc/{process}").exists()


def text(content: str) -> Variant:
    """An IBusText without attributes."""
    return "(sa{sv}sv)", ("IBusText", {}, content, ("(sa{sv}av)", ("IBusAttrList", {}, [])))


def content_of(value: Variant) -> str:
    """What an IBusText says."""
    return str(value[1][2])


def component() -> Variant:
    """Ours, with one engine. The layout "default" leaves the person's as it is."""
    engine: Variant = (
        "(sa{sv}ssssssssussssssss)",
        (
            *("IBusEngineDesc", {}, ENGINE, "Keyglide", "Words by swiping", "other", "MIT", "Keyglide", "keyglide", "default"),
            0,
            *("", "", "", "", "", "", "", ""),
        ),
    )
    return (
        "(sa{sv}ssssssssavav)",
        ("IBusComponent", {}, COMPONENT, "Keyglide", "1", "MIT", "Keyglide", "", "", "keyglide", [], [engine]),
    )


def engine_name(value: Variant) -> str:
    """The name in an IBusEngineDesc."""
    return str(value[1][2])
