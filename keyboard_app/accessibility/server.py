"""An application of AT-SPI's bus: answers what screen readers ask of the page, and tells them what has changed and what was written.

Source: at-spi2-core 2.46, xml/*.xml. Served are Accessible, Application, Action and Component, and the events that Orca needs for focus
and announcements.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_call, new_method_return, new_signal
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from keyboard_app.accessibility.tree import Node, Page, Role, State, bits

ROOT = "/org/a11y/atspi/accessible/root"
PREFIX = "/org/a11y/atspi/accessible/"
NULL = ("", "/org/a11y/atspi/null")
ACCESSIBLE, APPLICATION = "org.a11y.atspi.Accessible", "org.a11y.atspi.Application"
ACTION, COMPONENT = "org.a11y.atspi.Action", "org.a11y.atspi.Component"
PROPERTIES = "org.freedesktop.DBus.Properties"
REGISTRY = DBusAddress(ROOT, "org.a11y.atspi.Registry", "org.a11y.atspi.Socket")
LAUNCHER = "org.a11y.Bus", "/org/a11y/bus"
EVENT = "siiva{sv}"
ANSWER_S = 3.0
POLITE, WIDGET_LAYER, ON_SCREEN = 1, 3, 0
PAGE = 1
"""the number of the page among the nodes"""

Post = Callable[[Callable[[], None]], None]
"""Has a call made on the window's thread."""
Answer = tuple[str, tuple[Any, ...]]
"""Signature and values."""


def wanted_address() -> str | None:
    """The address of AT-SPI's bus where some program asks for accessibility, as screen readers do; None where none does."""
    if address := os.environ.get("AT_SPI_BUS_ADDRESS"):
        return address
    try:
        with open_dbus_connection("SESSION") as connection:
            status = DBusAddress(LAUNCHER[1], LAUNCHER[0], PROPERTIES)
            told = connection.send_and_get_reply(new_method_call(status, "Get", "ss", ("org.a11y.Status", "IsEnabled")), timeout=ANSWER_S)
            if told.header.message_type is MessageType.error or not told.body[0][1]:
                return None
            bus = DBusAddress(LAUNCHER[1], LAUNCHER[0], "org.a11y.Bus")
            told = connection.send_and_get_reply(new_method_call(bus, "GetAddress"), timeout=ANSWER_S)
    except (KeyError, OSError, ValueError):
        return None
    return None if told.header.message_type is MessageType.error else str(told.body[0]).partition(",guid=")[0]


class Server:
    """Serves a page, which may be replaced from any thread."""

    def __init__(self, address: str, post: Post) -> None:
        """Takes part in the bus at once. Raises: OSError, TimeoutError, ValueError where that is not possible."""
        self._post = post
        self._page = Page("Keyglide")
        self._sending = Lock()
        self._connection: DBusConnection = open_dbus_connection(address)
        self._name = str(self._connection.unique_name)
        embed = new_method_call(REGISTRY, "Embed", "(so)", ((self._name, ROOT),))
        reply = self._connection.send_and_get_reply(embed, timeout=ANSWER_S)
        if reply.header.message_type is MessageType.error:
            raise OSError(f"AT-SPI's registry refuses us: {reply.body}")
        self._parent: tuple[str, str] = reply.body[0]
        Thread(target=self._serve, name="accessibility", daemon=True).start()

    def show(self, page: Page) -> None:
        """The window shows that now."""
        before, self._page = self._page, page
        if [node.number for node in before.nodes] != [node.number for node in page.nodes]:
            self._tell(PREFIX + str(PAGE), "ChildrenChanged", "add", 0, ("(so)", NULL))
        if before.title != page.title:
            self._tell(PREFIX + str(PAGE), "PropertyChange", "accessible-name", 0, ("s", page.title))
        checked = {node.number: node.checked for node in before.nodes}
        for node in page.nodes:
            if checked.get(node.number, node.checked) is not node.checked:
                self._tell(PREFIX + str(node.number), "StateChanged", "checked", int(bool(node.checked)), ("i", 0))
        was, now = before.focused, page.focused
        if now is not None and (was is None or was.number != now.number):
            self._tell(PREFIX + str(now.number), "StateChanged", "focused", 1, ("i", 0))

    def announce(self, text: str) -> None:
        """Has the screen reader read a text out."""
        self._tell(ROOT, "Announcement", "", POLITE, ("s", text))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.close()

    def _tell(self, path: str, member: str, detail: str, number: int, value: tuple[str, Any]) -> None:
        emitter = DBusAddress(path, interface="org.a11y.atspi.Event.Object")
        with contextlib.suppress(OSError):  # the bus has ended, and nobody reads
            self._send(new_signal(emitter, member, EVENT, (detail, number, 0, value, {})))

    def _send(self, message: Message) -> None:
        with self._sending:
            self._connection.send(message)

    def _serve(self) -> None:
        while True:
            try:
                message = self._connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._send(self._reply(message))
            except (OSError, ValueError):  # closed, or the bus has ended
                return

    def _reply(self, message: Message) -> Message:
        fields = message.header.fields
        path, interface, member = (str(fields.get(field, "")) for field in (HeaderFields.path, HeaderFields.interface, HeaderFields.member))
        try:
            signature, values = self._answer(path, interface, member, message.body)
        except (KeyError, IndexError):
            return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (f"{path} has no {interface}.{member}",))
        return new_method_return(message, signature or None, values)

    # --- what is asked ---

    def _answer(self, path: str, interface: str, member: str, body: tuple[Any, ...]) -> Answer:
        """Raises: KeyError, IndexError for what there is not."""
        if interface == PROPERTIES:
            known = self._properties(path, body[0])
            if member == "Set":
                return "", ()
            return ("v", (known[body[1]],)) if member == "Get" else ("a{sv}", (known,))
        answers: dict[str, Callable[[], Answer]]
        if interface == ACCESSIBLE:
            answers = self._accessible(path, body)
        elif interface == ACTION:
            answers = self._actions(path)
        elif interface == COMPONENT:
            answers = self._component(path, body)
        else:
            answers = {"GetLocale": lambda: ("s", ("",))}
        return answers[member]()

    def _node(self, path: str) -> Node | None:
        """None for the application and the page. Raises: KeyError for what is not there."""
        number = path.removeprefix(PREFIX)
        if number in ("root", str(PAGE)):
            return None
        return {str(node.number): node for node in self._page.nodes}[number]

    def _children(self, path: str) -> list[tuple[str, str]]:
        if path == ROOT:
            return [(self._name, PREFIX + str(PAGE))]
        numbers = [node.number for node in self._page.nodes] if path == PREFIX + str(PAGE) else []
        return [(self._name, PREFIX + str(number)) for number in numbers]

    def _parent_of(self, path: str) -> tuple[str, str]:
        if path == ROOT:
            return self._parent
        return self._name, ROOT if path == PREFIX + str(PAGE) else PREFIX + str(PAGE)

    def _role(self, path: str) -> Role:
        node = self._node(path)
        return node.role if node is not None else Role.APPLICATION if path == ROOT else Role.FRAME

    def _properties(self, path: str, interface: str) -> dict[str, tuple[str, Any]]:
        node = self._node(path)
        name = node.name if node is not None else "Keyglide" if path == ROOT else self._page.title
        known: dict[str, dict[str, tuple[str, Any]]] = {
            ACCESSIBLE: {
                "Name": ("s", name),
                "Description": ("s", ""),
                "Parent": ("(so)", self._parent_of(path)),
                "ChildCount": ("i", len(self._children(path))),
                "Locale": ("s", ""),
                "AccessibleId": ("s", ""),
            },
            APPLICATION: {"ToolkitName": ("s", "Keyglide"), "Version": ("s", ""), "AtspiVersion": ("s", "2.1"), "Id": ("i", 0)},
            ACTION: {"NActions": ("i", int(node is not None and node.press is not None))},
        }
        return known.get(interface, {})

    def _accessible(self, path: str, body: tuple[Any, ...]) -> dict[str, Callable[[], Answer]]:
        role, node, children = self._role(path), self._node(path), self._children(path)
        here = {State.ENABLED, State.SENSITIVE, State.SHOWING, State.VISIBLE, State.ACTIVE}
        siblings = self._children(self._parent_of(path)[1])
        interfaces = [ACCESSIBLE, *([APPLICATION] if path == ROOT else [COMPONENT])]
        interfaces += [ACTION] if node is not None and node.press is not None else []
        return {
            "GetChildAtIndex": lambda: ("(so)", (children[body[0]] if 0 <= body[0] < len(children) else NULL,)),
            "GetChildren": lambda: ("a(so)", (children,)),
            "GetIndexInParent": lambda: ("i", (siblings.index((self._name, path)) if (self._name, path) in siblings else -1,)),
            "GetRelationSet": lambda: ("a(ua(so))", ([],)),
            "GetRole": lambda: ("u", (int(role),)),
            "GetRoleName": lambda: ("s", (role.title,)),
            "GetLocalizedRoleName": lambda: ("s", (role.title,)),
            "GetState": lambda: ("au", (node.states if node is not None else bits(here),)),
            "GetAttributes": lambda: ("a{ss}", ({"toolkit": "Keyglide"},)),
            "GetApplication": lambda: ("(so)", ((self._name, ROOT),)),
            "GetInterfaces": lambda: ("as", (interfaces,)),
        }

    def _actions(self, path: str) -> dict[str, Callable[[], Answer]]:
        node = self._node(path)
        press = None if node is None else node.press

        def do() -> Answer:
            if press is not None:
                self._post(press)
            return "b", (press is not None,)

        return {
            "DoAction": do,
            "GetName": lambda: ("s", ("press",)),
            "GetLocalizedName": lambda: ("s", ("press",)),
            "GetDescription": lambda: ("s", ("",)),
            "GetKeyBinding": lambda: ("s", ("",)),
            "GetActions": lambda: ("a(sss)", ([("press", "", "")] if press is not None else [],)),
        }

    def _component(self, path: str, body: tuple[Any, ...]) -> dict[str, Callable[[], Answer]]:
        node, (left, top, width, height) = self._node(path), self._page.box
        if node is not None:
            left, top, width, height = left + node.box[0], top + node.box[1], *node.box[2:]
        if body and body[-1] != ON_SCREEN:
            left, top = left - self._page.box[0], top - self._page.box[1]
        return {
            "GetExtents": lambda: ("(iiii)", ((left, top, width, height),)),
            "GetPosition": lambda: ("ii", (left, top)),
            "GetSize": lambda: ("ii", (width, height)),
            "Contains": lambda: ("b", (left <= body[0] < left + width and top <= body[1] < top + height,)),
            "GetLayer": lambda: ("u", (WIDGET_LAYER,)),
            "GetMDIZOrder": lambda: ("n", (0,)),
            "GetAlpha": lambda: ("d", (1.0,)),
            "GrabFocus": lambda: ("b", (False,)),
        }
