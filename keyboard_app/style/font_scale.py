"""How much larger than usual the desktop wants texts to be: GNOME's text-scaling-factor, or the font DPI that KDE is told to use."""

from __future__ import annotations

import configparser
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

SMALLEST, LARGEST = 0.75, 1.5
"""What a small window has room for."""
USUAL_DPI = 96
GNOME = ("org.gnome.desktop.interface", "text-scaling-factor")
PORTAL = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings"
ANSWER_S = 2.0


def system_font_scale() -> float:
    """1.0 where the desktop says nothing. Asks other processes, and so may take seconds."""
    for ask in SOURCES:
        scale = ask()
        if scale is not None and scale > 0:
            return min(max(scale, SMALLEST), LARGEST)
    return 1.0


def by_kde() -> float | None:
    """What was chosen under Fonts, Force font DPI."""
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111  raises nothing
    settings = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        settings.read(Path(folder, "kcmfonts"), encoding="utf-8")
        return settings.getfloat("General", "forceFontDPI", fallback=0.0) / USUAL_DPI
    except (OSError, ValueError, configparser.Error):
        return None


def by_portal() -> float | None:
    """What the desktop tells sandboxed programs, over D-Bus."""
    try:
        from jeepney import DBusAddress, MessageType, new_method_call
        from jeepney.io.blocking import open_dbus_connection

        name, path, interface = PORTAL
        with open_dbus_connection("SESSION") as connection:
            question = new_method_call(DBusAddress(path, name, interface), "Read", "ss", GNOME)
            reply = connection.send_and_get_reply(question, timeout=ANSWER_S)
    except (ImportError, KeyError, OSError, ValueError):  # no jeepney, no bus, or no answer in time
        return None
    if reply.header.message_type is MessageType.error:
        return None
    value = reply.body[0]
    while isinstance(value, tuple):  # a variant in a variant: signature and value
        value = value[1]
    return float(value) if isinstance(value, float | int) else None


def by_gsettings() -> float | None:
    try:
        told = subprocess.run(["gsettings", "get", *GNOME], capture_output=True, text=True, timeout=ANSWER_S, check=False)
        return float(told.stdout) if told.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


SOURCES: tuple[Callable[[], float | None], ...] = (by_kde, by_portal, by_gsettings)
"""The first that knows is believed."""
