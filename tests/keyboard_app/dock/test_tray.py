"""The dock's icon in the tray: the desktop gets to know of it, shows its menu, and is heard."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.support.programs import listens, needs, running, wait_for

pytest.importorskip("jeepney", reason="not installed: jeepney (pip install 'keyglide[app]')")

from jeepney import DBusAddress, HeaderFields, Properties, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from keyboard_app.dock import tray
from keyboard_app.dock.tray import ITEM, ITEM_PATH, MENU, MENU_PATH, WATCHER

pytestmark = needs("dbus-daemon")
PATIENCE_S = 120.0
"""Far beyond what a busy machine needs."""


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    address = f"unix:path={tmp_path}/bus"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.setattr(tray, "ANSWER_S", PATIENCE_S)
    with running(["dbus-daemon", "--session", "--nofork", f"--address={address}"], dict(os.environ), tmp_path / "log"):
        wait_for(lambda: listens(tmp_path / "bus"), "the session bus")
        yield
    wait_for(lambda: not any(thread.name == "tray" for thread in threading.enumerate()), "the end of the tray's thread")


class Desktop:
    """A tray: it owns the watcher's name, and asks the item that has registered."""

    def __init__(self) -> None:
        self._connection: DBusConnection = open_dbus_connection("SESSION")
        self._connection.send_and_get_reply(message_bus.RequestName(WATCHER))
        while True:
            message = self._connection.receive(timeout=PATIENCE_S)
            if message.header.fields.get(HeaderFields.member) == "RegisterStatusNotifierItem":
                break
        self.item = message.body[0]
        self._connection.send(new_method_return(message))

    def call(self, path: str, interface: str, name: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        message = new_method_call(DBusAddress(path, self.item, interface), name, signature, body)
        return tuple(self._connection.send_and_get_reply(message, timeout=PATIENCE_S).body)

    def properties(self) -> dict[str, Any]:
        reply = self._connection.send_and_get_reply(Properties(DBusAddress(ITEM_PATH, self.item, ITEM)).get_all(), timeout=PATIENCE_S)
        return {name: value for name, (_, value) in reply.body[0].items()}

    def close(self) -> None:
        self._connection.close()


@pytest.mark.usefixtures("bus")
def test_a_tray_that_comes_later_shows_the_icon_and_its_menu() -> None:
    chosen: Queue[str] = Queue()
    assert tray.serve(chosen.put)
    desktop = Desktop()
    told = desktop.properties()
    assert (told["Status"], told["Menu"], told["ItemIsMenu"]) == ("Active", MENU_PATH, False)
    assert Path(told["IconThemePath"], f"{told['IconName']}.svg").is_file()
    desktop.call(ITEM_PATH, ITEM, "Activate", "ii", (0, 0))
    assert chosen.get(timeout=PATIENCE_S) == "Toggle"
    _, (root, _, entries) = desktop.call(MENU_PATH, MENU, "GetLayout", "iias", (0, -1, []))
    assert root == 0
    labels = {properties["label"][1]: number for _, (number, properties, _) in entries}
    assert list(labels) == ["Show or hide", "Settings", "Quit Keyglide"]
    for label, done in (("Settings", "Settings"), ("Quit Keyglide", "Quit")):
        desktop.call(MENU_PATH, MENU, "Event", "isvu", (labels[label], "clicked", ("s", ""), 0))
        assert chosen.get(timeout=PATIENCE_S) == done
    desktop.close()


@pytest.mark.usefixtures("bus")
def test_a_tray_that_was_restarted_is_told_again() -> None:
    assert tray.serve(lambda _: None)
    first = Desktop()
    first.close()
    second = Desktop()
    assert second.item == first.item
    second.close()


def test_without_a_session_bus_there_is_no_icon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert not tray.serve(lambda _: None)
