"""A connection to the compositor, on a thread of its own: requests are made there, and events come there."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from pywayland.client import Display
from pywayland.protocol.wayland import WlSeat


class NoCompositorError(OSError):
    """There is no compositor, or it lacks what is needed."""


GIVEN = "WAYLAND_SOCKET"
"""names the socket that KWin opens for the program that it starts as its virtual keyboard"""
_given: list[int] = []


def given_socket() -> int | None:
    """That socket; None where KWin has not started us. From the first call on, the variable is gone: libwayland would use it for any
    connection, and this one alone may speak input-method-v1.
    """
    told = os.environ.pop(GIVEN, "")
    if told.isdigit():
        _given[:] = [int(told)]
    return _given[0] if _given else None


class Connection:
    """The compositor's globals, and the thread that talks to it."""

    def __init__(self, given: bool = False) -> None:
        """Connects, and learns which globals there are. given: by the socket that KWin gave us. Raises: NoCompositorError."""
        socket = given_socket()
        if given and socket is None:
            raise NoCompositorError("KWin has not started this program as its virtual keyboard")
        self._display = Display(socket if given else None)
        try:
            self._display.connect()
        except ValueError as error:
            raise NoCompositorError(f"the Wayland compositor cannot be reached (WAYLAND_DISPLAY is {_name()})") from error
        self._registry = self._display.get_registry()
        self._names: dict[str, tuple[int, int]] = {}
        self._registry.dispatcher["global"] = self._found
        self._display.roundtrip()
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._wake, self._waker = os.pipe()
        self._thread: Thread | None = None

    def has(self, interface: Any) -> bool:
        return interface.name in self._names

    def bind(self, interface: Any, version: int = 1) -> Any:
        """Raises: NoCompositorError if the compositor lacks it."""
        if interface.name not in self._names:
            raise NoCompositorError(f"this compositor has no {interface.name}: docs/LINUX.md says which have")
        name, offered = self._names[interface.name]
        return self._registry.bind(name, interface, min(version, offered))

    def seat(self) -> Any:
        return self.bind(WlSeat)

    def roundtrip(self) -> None:
        """Waits until the compositor has answered all, before `start`."""
        self._display.roundtrip()

    def start(self, ended: Callable[[], None]) -> None:
        """Begins to handle events. ended: called there when the compositor has ended."""
        self._thread = Thread(target=self._run, args=(ended,), name="wayland", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        """Has the job done on the connection's thread, in turn."""
        self._jobs.put(job)
        os.write(self._waker, b".")

    def close(self) -> None:
        """Does what is left, and disconnects."""
        self._jobs.put(None)
        os.write(self._waker, b".")
        if self._thread is not None:
            self._thread.join()
        else:
            self._display.disconnect()
        os.close(self._wake)
        os.close(self._waker)

    def _found(self, _: object, name: int, interface: str, version: int) -> None:
        self._names[interface] = name, version

    def _run(self, ended: Callable[[], None]) -> None:
        try:
            while self._do_jobs():
                self._display.flush()
                readable, _, _ = select.select([self._display.get_fd(), self._wake], [], [])
                if self._wake in readable:
                    os.read(self._wake, 4096)
                if self._display.get_fd() in readable:
                    self._display.dispatch(block=True)
            self._display.roundtrip()
        except RuntimeError:  # pywayland's word for a connection that has failed
            ended()
        self._display.disconnect()

    def _do_jobs(self) -> bool:
        """Does the jobs that wait; False when it is to end."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return True
            if job is None:
                return False
            job()


def _name() -> str:
    return os.environ.get("WAYLAND_DISPLAY", "not set")
