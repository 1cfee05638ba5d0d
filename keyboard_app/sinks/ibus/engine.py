"""The engine: what IBus calls, and the signals that it sends. It answers on a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any, Protocol

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal

from keyboard_app.sinks.codes import KeyCode
from keyboard_app.sinks.ibus import wire
from keyboard_app.sinks.ibus.bus import Bus

Post = Callable[[Callable[[], None]], None]
EMITTER = DBusAddress(wire.ENGINE_PATH, interface=wire.ENGINE_INTERFACE)
KEY_S = 0.03
"""Programs put a key that we press at the end of their queue, and a text that comes within this time overtakes it."""
UNNAMED = ""
NOBODY = "fake"
"""the client that IBus names where no program listens"""


class Listener(Protocol):
    """Is told, on the window's thread, what clients say."""

    def focused(self, client: str | None) -> None:
        """A client's field has the cursor; None: no field has it; "": one that had it before we were there, and that IBus does not name."""

    def capable(self, capabilities: int) -> None: ...

    def typed(self, purpose: int) -> None:
        """What the field is for."""

    def surrounded(self, content: str, cursor: int) -> None:
        """The text around the cursor, and where that is in it."""

    def gone(self) -> None:
        """IBus has ended."""


class Engine:
    """Our engine in IBus. What it sends arrives in the order sent."""

    def __init__(self, bus: Bus, listener: Listener, post: Post) -> None:
        """bus: with our name, and nobody else who receives from it."""
        self._bus, self._listener, self._post = bus, listener, post
        self._closing = False
        self._not_before_s = float("-inf")
        Thread(target=self._serve, name="ibus", daemon=True).start()

    def commit(self, text: str) -> None:
        time.sleep(max(0.0, self._not_before_s - time.monotonic()))
        self._emit("CommitText", "v", (wire.text(text),))

    def delete(self, n_before: int, n_after: int) -> None:
        """Has the program delete characters around its cursor."""
        self._emit("DeleteSurroundingText", "iu", (-n_before, n_before + n_after))

    def press(self, key: KeyCode) -> None:
        """Has the program handle a key, pressed and released."""
        for state in (0, wire.RELEASED):
            self._emit("ForwardKeyEvent", "uuu", (key.keysym, key.code, state))
        self.hold(KEY_S)

    def hold(self, seconds: float) -> None:
        """The next text comes no sooner."""
        self._not_before_s = time.monotonic() + seconds

    def close(self) -> None:
        self._closing = True
        self._bus.close()

    def _emit(self, name: str, signature: str | None, body: tuple[Any, ...]) -> None:
        try:
            self._bus.send(new_signal(EMITTER, name, signature, body))
        except OSError:
            self._post(self._listener.gone)

    # --- on the engine's thread ---

    def _serve(self) -> None:
        while True:
            try:
                message = self._bus.receive()
                if message.header.message_type is MessageType.method_call:
                    self._bus.send(self._answer(message))
                    if message.header.fields.get(HeaderFields.member) in ("Enable", "FocusIn", "FocusInId"):
                        self._emit("RequireSurroundingText", None, ())  # without it, no program tells its text
            except (OSError, ValueError):  # ValueError: it was closed
                if not self._closing:
                    self._post(self._listener.gone)
                return

    def _answer(self, message: Message) -> Message:
        fields = message.header.fields
        interface, name = fields.get(HeaderFields.interface), fields.get(HeaderFields.member)
        if name == "CreateEngine":
            return new_method_return(message, "o", (wire.ENGINE_PATH,))
        if interface == wire.PROPERTIES:
            return self._property(message, str(name))
        if interface == wire.ENGINE_INTERFACE:
            self._hear(str(name), message.body)
            return new_method_return(message, "b", (False,)) if name == "ProcessKeyEvent" else new_method_return(message)
        if name == "Destroy":
            return new_method_return(message)
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")

    def _property(self, message: Message, name: str) -> Message:
        """FocusId: we want to know which client it is. ActiveSurroundingText: we want the text."""
        known = {"FocusId": ("b", True), "ActiveSurroundingText": ("b", True)}
        if name == "Get":
            return new_method_return(message, "v", (known.get(message.body[1], ("b", False)),))
        if name == "GetAll":
            return new_method_return(message, "a{sv}", (known,))
        if name == "Set" and message.body[1] == "ContentType":
            purpose = int(message.body[2][1][0])
            self._post(lambda: self._listener.typed(purpose))
        return new_method_return(message)

    def _hear(self, name: str, body: tuple[Any, ...]) -> None:
        listener = self._listener
        if name == "FocusInId":
            client = str(body[1])
            self._post(lambda: listener.focused(client))
        elif name in ("FocusOut", "FocusOutId"):
            self._post(lambda: listener.focused(None))
        elif name == "SetCapabilities":
            capabilities = int(body[0])
            self._post(lambda: listener.capable(capabilities))
        elif name == "SetSurroundingText":
            content, cursor = wire.content_of(body[0]), int(body[1])
            self._post(lambda: listener.surrounded(content, cursor))
