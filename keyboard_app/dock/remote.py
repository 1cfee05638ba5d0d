"""`keyglide-keyboard --toggle`: a running dock is hidden or shown from outside, by D-Bus, so that a shortcut or a button can do it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, MessageType, new_error, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME, PATH, INTERFACE = "org.keyglide.Keyboard", "/org/keyglide/Keyboard", "org.keyglide.Keyboard"
METHODS = ("Toggle", "Show", "Hide")
OWNER = 1
"""what RequestName answers to whom the name is given. Source: the D-Bus Specification"""
DO_NOT_QUEUE = 4
ANSWER_S = 5.0
NO_BUS = "there is no D-Bus session bus ({error}): --toggle works in a desktop session"
NOT_RUNNING = "no docked keyboard is running: start one with keyglide-keyboard --dock"


class RemoteError(OSError):
    """The running keyboard cannot be reached. The message says why."""


def call(method: str) -> None:
    """Has the running keyboard do that. Raises: RemoteError."""
    connection = _connect()
    with connection:
        try:
            reply = connection.send_and_get_reply(new_method_call(DBusAddress(PATH, NAME, INTERFACE), method), timeout=ANSWER_S)
        except TimeoutError as error:
            raise RemoteError("the keyboard does not answer") from error
    if reply.header.message_type is MessageType.error:
        raise RemoteError(NOT_RUNNING)


def serve(do: Callable[[str], None]) -> bool:
    """Calls `do` with one of METHODS, on a thread of its own, for each call from outside; returns whether that is possible.

    It is not without a session bus, and while another keyboard serves.
    """
    try:
        connection = _connect()
        granted = connection.send_and_get_reply(message_bus.RequestName(NAME, DO_NOT_QUEUE), timeout=ANSWER_S)
    except (RemoteError, TimeoutError, DBusErrorResponse):
        return False
    if granted.body[0] != OWNER:
        connection.close()
        return False
    Thread(target=_serve, args=(connection, do), name="remote", daemon=True).start()
    return True


def _serve(connection: DBusConnection, do: Callable[[str], None]) -> None:
    while True:
        try:
            message = connection.receive()
        except (ConnectionError, OSError):
            connection.close()
            return
        if message.header.message_type is not MessageType.method_call:
            continue
        method = str(message.header.fields.get(HeaderFields.member, ""))
        if method in METHODS:
            do(method)
            connection.send(new_method_return(message))
        else:
            known = ("it knows " + ", ".join(METHODS),)
            connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", known))


def _connect() -> DBusConnection:
    try:
        return open_dbus_connection("SESSION")
    except (KeyError, OSError, ValueError) as error:
        raise RemoteError(NO_BUS.format(error=error)) from error
