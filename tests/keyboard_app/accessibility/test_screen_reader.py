"""A screen reader, played by the test on a bus of its own, finds the page, presses its buttons and hears of words and of the focus."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, message_bus, new_method_call, new_method_return
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from kivy.core.window import Window

from keyboard_app.accessibility import server as accessibility
from keyboard_app.accessibility.server import ACCESSIBLE, ACTION, COMPONENT, PROPERTIES, ROOT
from keyboard_app.accessibility.tree import Role, State
from keyboard_app.app import KeyboardApp, Start
from tests.support.programs import needs
from tests.support.window_driver import WindowDriver, open_window

pytestmark = needs("dbus-daemon")
TAB = 9
PATIENCE_S = 120.0
"""Far beyond what a busy machine needs."""


class Registry:
    """The registry of AT-SPI: applications embed themselves. Also notes the events that are sent."""

    def __init__(self, address: str) -> None:
        self.application: tuple[str, str] | None = None
        self.events: Queue[tuple[str, str, tuple[Any, ...]]] = Queue()
        self._connection = open_dbus_connection(address)
        for call in (message_bus.RequestName("org.a11y.atspi.Registry"), message_bus.AddMatch(MatchRule(type="signal"))):
            self._connection.send_and_get_reply(call)
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
            except (ConnectionError, OSError):
                self._connection.close()
                return
            fields = message.header.fields
            if message.header.message_type is MessageType.method_call:
                self.application = message.body[0]
                self._connection.send(new_method_return(message, "(so)", ((str(self._connection.unique_name), ROOT),)))
            elif "a11y" in fields.get(HeaderFields.interface, ""):
                self.events.put((fields[HeaderFields.member], fields[HeaderFields.path], message.body))

    def event(self, member: str, detail: str = "") -> tuple[str, tuple[Any, ...]]:
        """The next event of that name: where it came from, and what it says. Raises: Empty."""
        while True:
            found, path, body = self.events.get(timeout=PATIENCE_S)
            if found == member and body[0] == detail:
                return path, body


class Reader:
    """Asks the application."""

    def __init__(self, address: str, registry: Registry, driver: WindowDriver) -> None:
        self.registry, self.driver = registry, driver
        self._connection: DBusConnection = open_dbus_connection(address)

    def ask(self, path: str, interface: str, member: str, signature: str | None = None, *values: object) -> Any:
        assert self.registry.application is not None
        call = new_method_call(DBusAddress(path, self.registry.application[0], interface), member, signature, values)
        reply: Message = self._connection.send_and_get_reply(call, timeout=PATIENCE_S)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return reply.body[0] if reply.body else None

    def name(self, path: str) -> str:
        return str(self.ask(path, PROPERTIES, "Get", "ss", ACCESSIBLE, "Name")[1])

    def children(self, path: str) -> list[str]:
        return [child[1] for child in self.ask(path, ACCESSIBLE, "GetChildren")]

    def states(self, path: str) -> int:
        low, high = self.ask(path, ACCESSIBLE, "GetState")
        return int(low | high << 32)

    @property
    def page(self) -> str:
        (page,) = self.children(ROOT)
        return page

    def find(self, name: str) -> str:
        """Runs the window until the page has a thing of that name."""
        found: list[str] = []

        def is_there() -> bool:
            found[:] = [path for path in self.children(self.page) if self.name(path) == name]
            return bool(found)

        self.driver.until(is_there)
        return found[0]

    def press(self, name: str) -> None:
        assert self.ask(self.find(name), ACTION, "DoAction", "i", 0) is True
        self.driver.run_for(300)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def reader(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    daemon = shutil.which("dbus-daemon")
    assert daemon is not None
    address = f"unix:path={tmp_path}/bus"
    with subprocess.Popen([daemon, "--session", "--nofork", "--print-address=1", f"--address={address}"], stdout=subprocess.PIPE) as bus:
        assert bus.stdout is not None
        bus.stdout.readline()  # it listens
        registry = Registry(address)
        monkeypatch.setattr(accessibility, "wanted_address", lambda: address)
        monkeypatch.setattr(accessibility, "ANSWER_S", PATIENCE_S)
        toy = {"model": str(toy_bundle), "lexicon": str(toy_lexicon)}
        start = Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", overrides=toy, words=tmp_path / "words.db")
        with open_window(lambda: KeyboardApp(start), (360, 640)) as driver:
            driver.until_done()
            driver.until(lambda: registry.application is not None)
            reader = Reader(address, registry, driver)
            reader.find("Undo")  # the application is asked to take part before the window is told of it, and tells of its page
            yield reader
            reader.close()
        bus.terminate()


def test_the_page_is_described(reader: Reader) -> None:
    assert reader.name(ROOT) == "Keyglide"
    assert reader.ask(ROOT, ACCESSIBLE, "GetRole") == Role.APPLICATION
    assert reader.name(reader.page) == "Keyglide: write"
    names = [reader.name(path) for path in reader.children(reader.page)]
    assert {"Undo", "Copy", "Paste", "Emoji", "Settings", "Swipe or tap to write", "q", "space", "backspace"} <= set(names)
    undo, settings, key = (reader.find(name) for name in ("Undo", "Settings", "q"))
    assert not reader.states(undo) & 1 << State.ENABLED and reader.states(settings) & 1 << State.ENABLED
    assert reader.ask(key, ACCESSIBLE, "GetRoleName") == "push button"
    left, top, width, height = reader.ask(key, COMPONENT, "GetExtents", "u", 1)
    placed = next(one for one in reader.driver.app.pages.write.ids.keyboard.layout_of_keys.keys if one.key.label == "q")
    assert (left, width) == pytest.approx((placed.x, placed.w), abs=1)
    assert top == pytest.approx(Window.height - placed.y - placed.h, abs=1) and height == pytest.approx(placed.h, abs=1)
    assert reader.children(key) == []
    assert reader.ask(key, PROPERTIES, "Get", "ss", ACCESSIBLE, "Parent")[1][1] == reader.page


def test_keys_and_buttons_are_pressed_and_other_pages_described(reader: Reader) -> None:
    for name in ("h", "i", "space"):
        reader.press(name)
    assert reader.driver.app.text == "Hi "
    assert reader.name(reader.find("Hi ")) == "Hi "
    reader.press("Settings")
    assert reader.name(reader.page) == "Keyglide: settings"
    row = next(path for path in reader.children(reader.page) if reader.name(path).startswith("Automatic spaces"))
    assert reader.ask(row, ACCESSIBLE, "GetRole") == Role.CHECK_BOX and reader.states(row) & 1 << State.CHECKED
    reader.press(reader.name(row))
    assert not reader.driver.app.configuration.settings.spaces
    assert not reader.states(row) & 1 << State.CHECKED
    path, body = reader.registry.event("StateChanged", "checked")
    assert (path, body[1]) == (row, 0)


def test_words_are_announced_and_the_focus_is_told(reader: Reader) -> None:
    session = reader.driver.app.session
    session.edit(lambda writer: writer.commit(["cat", "car"]))
    reader.driver.run_for(300)
    _, body = reader.registry.event("Announcement")
    assert body[3] == ("s", "Cat, Car")
    car = reader.find("Car")
    assert reader.ask(car, ACCESSIBLE, "GetRole") == Role.PUSH_BUTTON
    Window.dispatch("on_key_down", TAB, 0, "tab", [])
    reader.driver.run_for(300)
    path, body = reader.registry.event("StateChanged", "focused")
    assert body[1] == 1 and reader.name(path) == "Undo" and reader.states(path) & 1 << State.FOCUSED


def test_what_is_not_there_is_an_error_and_the_server_goes_on(reader: Reader) -> None:
    with pytest.raises(AssertionError):
        reader.ask("/org/a11y/atspi/accessible/999999", ACCESSIBLE, "GetRole")
    with pytest.raises(AssertionError):
        reader.ask(ROOT, ACCESSIBLE, "Fly")
    assert reader.name(ROOT) == "Keyglide"
