"""A connection to IBus, and what is asked of it."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.threading import DBusConnection, ReceiveStopped, open_dbus_connection

from keyboard_app.sinks.ibus import note, wire
from keyboard_app.sinks.ibus.wire import NoIBusError

ANSWER_S = 5.0
IBUS = DBusAddress(wire.PATH, wire.NAME, wire.NAME)


class Bus:
    """Calls are made before `receive` is used, or by `send`; they belong to one thread."""

    def __init__(self) -> None:
        """Raises: NoIBusError."""
        self._connection = _connect()
        self._early: deque[Message] = deque()

    def call(self, message: Message) -> tuple[Any, ...]:
        """What the answer says. Raises: NoIBusError."""
        serial = next(self._connection.outgoing_serial)
        try:
            self._connection.send(message, serial=serial)
            while True:
                told = self._connection.receive(timeout=ANSWER_S)
                if told.header.fields.get(HeaderFields.reply_serial) == serial:
                    break
                self._early.append(told)
        except (OSError, TimeoutError) as error:
            raise NoIBusError(f"IBus does not answer: {error}") from error
        if told.header.message_type is MessageType.error:
            raise NoIBusError(f"IBus refused: {told.body}")
        return tuple(told.body)

    def receive(self) -> Message:
        """The next message. Raises: OSError when the connection is gone."""
        try:
            return self._early.popleft() if self._early else self._connection.receive()
        except ReceiveStopped as error:
            raise ConnectionAbortedError("it was closed") from error

    def send(self, message: Message) -> None:
        self._connection.send(message)

    def close(self) -> None:
        self._connection.close()

    def take_name(self) -> None:
        self.call(message_bus.RequestName(wire.COMPONENT))

    def register(self) -> None:
        self.call(new_method_call(IBUS, "RegisterComponent", "v", (wire.component(),)))

    def engine(self) -> str:
        """The engine in use; "" if there is none."""
        try:
            (value,) = self.call(Properties(IBUS).get("GlobalEngine"))
        except NoIBusError:
            return ""
        return wire.engine_name(value[1] if value[0] == "v" else value)

    def has_client(self) -> bool:
        """Whether a field of a program that IBus knows has the cursor."""
        try:
            (value,) = self.call(Properties(IBUS).get("CurrentInputContext"))
        except NoIBusError:
            return False
        return str(value[1]) not in ("", "/", wire.NOBODYS_PATH)

    def use_engine(self, name: str) -> None:
        self.call(new_method_call(IBUS, "SetGlobalEngine", "s", (name,)))


def _connect() -> DBusConnection:
    end = time.monotonic() + ANSWER_S
    while True:
        try:
            return open_dbus_connection(wire.address())
        except BlockingIOError as error:  # IBus has no time for one more yet
            if time.monotonic() > end:
                raise NoIBusError(f"IBus does not answer: {error}") from error
            time.sleep(0.05)
        except (OSError, TimeoutError, ValueError, StopIteration) as error:
            raise NoIBusError(f"IBus cannot be reached: {error}") from error


def put_back() -> None:
    """Gives the person the engine of the note again, and removes the note. Raises: NoIBusError."""
    name = note.read()
    if name:
        bus = Bus()
        try:
            if bus.engine() in ("", wire.ENGINE):  # else the person has chosen another one since
                bus.use_engine(name)
        finally:
            bus.close()
    note.remove()
