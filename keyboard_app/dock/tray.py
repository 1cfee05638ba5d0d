"""The dock's icon in the desktop's tray: a StatusNotifierItem with a menu, by D-Bus. A click hides the dock or shows it.

Source: the specifications StatusNotifierItem (org.kde.StatusNotifierItem) and DBusMenu (com.canonical.dbusmenu). Where the desktop has no
tray, nobody asks for the icon; where it gets one later, the icon appears then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ITEM_PATH, ITEM = "/StatusNotifierItem", "org.kde.StatusNotifierItem"
MENU_PATH, MENU = "/StatusNotifierItem/Menu", "com.canonical.dbusmenu"
WATCHER = "org.kde.StatusNotifierWatcher"
PROPERTIES = "org.freedesktop.DBus.Properties"
ENTRIES = {1: ("Toggle", "Show or hide"), 2: ("Settings", "Settings"), 3: ("Quit", "Quit Keyglide")}
"""of the menu, by number: what is done, and what it says"""
ANSWER_S = 5.0
Variant = tuple[str, Any]


def serve(do: Callable[[str], None]) -> bool:
    """Shows the icon, and calls `do` with what was chosen, on a thread of its own; returns whether there is a session bus for that."""
    try:
        connection = open_dbus_connection("SESSION")
    except (KeyError, OSError, ValueError):
        return False
    tray = _Tray(connection, do)
    try:
        tray.begin()
    except (OSError, TimeoutError, DBusErrorResponse):
        connection.close()
        return False
    Thread(target=tray.run, name="tray", daemon=True).start()
    return True


class _Tray:
    def __init__(self, connection: DBusConnection, do: Callable[[str], None]) -> None:
        self._connection, self._do = connection, do
        self._name = f"{ITEM}-{os.getpid()}-1"

    def begin(self) -> None:
        """Raises: DBusErrorResponse, TimeoutError, OSError."""
        ask = self._connection.send_and_get_reply
        ask(message_bus.RequestName(self._name), timeout=ANSWER_S)
        trays = MatchRule(type="signal", sender=message_bus.bus_name, interface=message_bus.interface, member="NameOwnerChanged")
        trays.add_arg_condition(0, WATCHER)
        ask(message_bus.AddMatch(trays), timeout=ANSWER_S)
        self._register()

    def run(self) -> None:
        while True:
            try:
                message = self._connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._connection.send(self._answer(message))
                elif message.header.fields.get(HeaderFields.member) == "NameOwnerChanged" and message.body[2]:
                    self._register()
            except (ConnectionError, OSError):
                self._connection.close()
                return

    def _register(self) -> None:
        """Tells the desktop's tray of the icon. Where there is none, an error comes back, and is of no interest."""
        watcher = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
        self._connection.send(new_method_call(watcher, "RegisterStatusNotifierItem", "s", (self._name,)))

    def _answer(self, message: Message) -> Message:
        fields = message.header.fields
        interface, name = str(fields.get(HeaderFields.interface, "")), str(fields.get(HeaderFields.member, ""))
        if interface == PROPERTIES and name in ("Get", "GetAll"):
            return _property(message, item() if fields.get(HeaderFields.path) == ITEM_PATH else menu())
        if interface == ITEM:
            if name == "Activate":
                self._do("Toggle")
            return new_method_return(message)
        if interface == MENU:
            return self._menu(message, name)
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")

    def _menu(self, message: Message, name: str) -> Message:
        if name == "GetLayout":
            return new_method_return(message, "u(ia{sv}av)", (1, layout()))
        if name == "GetGroupProperties":
            wanted = message.body[0] or list(ENTRIES)
            return new_method_return(message, "a(ia{sv})", ([(one, entry(one)) for one in wanted if one in ENTRIES],))
        if name == "GetProperty":
            return new_method_return(message, "v", (entry(message.body[0]).get(message.body[1], ("s", "")),))
        if name == "Event":
            self._chosen(message.body[0], message.body[1])
            return new_method_return(message)
        if name == "EventGroup":
            for number, kind, *_ in message.body[0]:
                self._chosen(number, kind)
            return new_method_return(message, "ai", ([],))
        if name == "AboutToShow":
            return new_method_return(message, "b", (False,))
        if name == "AboutToShowGroup":
            return new_method_return(message, "aiai", ([], []))
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")

    def _chosen(self, number: int, kind: str) -> None:
        if kind == "clicked" and number in ENTRIES:
            self._do(ENTRIES[number][0])


def item() -> dict[str, Variant]:
    """The icon's properties."""
    package = find_spec("keyglide")
    folder = "" if package is None or package.origin is None else str(Path(package.origin).parent)
    return {
        "Category": ("s", "ApplicationStatus"),
        "Id": ("s", "keyglide"),
        "Title": ("s", "Keyglide"),
        "Status": ("s", "Active"),
        "IconName": ("s", "keyglide"),
        "IconThemePath": ("s", folder),  # keyglide.svg is there, whether or not the menu entry is installed
        "ToolTip": ("(sa(iiay)ss)", ("", [], "Keyglide", "Shows or hides the keyboard")),
        "ItemIsMenu": ("b", False),
        "Menu": ("o", MENU_PATH),
    }


def menu() -> dict[str, Variant]:
    """The menu's properties."""
    return {"Version": ("u", 3), "Status": ("s", "normal"), "TextDirection": ("s", "ltr"), "IconThemePath": ("as", [])}


def entry(number: int) -> dict[str, Variant]:
    return {"label": ("s", ENTRIES[number][1]), "enabled": ("b", True), "visible": ("b", True)} if number in ENTRIES else {}


def layout() -> tuple[int, dict[str, Variant], list[Variant]]:
    entries: list[Variant] = [("(ia{sv}av)", (number, entry(number), [])) for number in ENTRIES]
    return 0, {"children-display": ("s", "submenu")}, entries


def _property(message: Message, known: dict[str, Variant]) -> Message:
    if message.header.fields[HeaderFields.member] == "GetAll":
        return new_method_return(message, "a{sv}", (known,))
    if message.body[1] not in known:
        return new_error(message, "org.freedesktop.DBus.Error.UnknownProperty")
    return new_method_return(message, "v", (known[message.body[1]],))
