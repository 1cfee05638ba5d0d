"""A hand in sway: a virtual pointer that drags over the keys of the dock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from pywayland.protocol.wayland import WlSeat
from pywayland.protocol_core import Argument, ArgumentType, Interface, Proxy

from keyboard_app.sinks.wayland.connection import Connection
from tests.support.pointer import PRESS_S, SAMPLE_MS, Places

UINT = Argument(ArgumentType.Uint)
FIXED = Argument(ArgumentType.Fixed)
LEFT_BUTTON = 0x110


class VirtualPointer(Interface):
    name, version = "zwlr_virtual_pointer_v1", 1


class VirtualPointerManager(Interface):
    name, version = "zwlr_virtual_pointer_manager_v1", 1


class VirtualPointerProxy(Proxy[Any]):
    interface = VirtualPointer

    @VirtualPointer.request(UINT, FIXED, FIXED)
    def motion(self, time_ms: int, dx: float, dy: float) -> None:
        self._marshal(0, time_ms, dx, dy)

    @VirtualPointer.request(UINT, UINT, UINT, UINT, UINT)
    def motion_absolute(self, time_ms: int, x: int, y: int, width: int, height: int) -> None:
        self._marshal(1, time_ms, x, y, width, height)

    @VirtualPointer.request(UINT, UINT, UINT)
    def button(self, time_ms: int, button: int, state: int) -> None:
        self._marshal(2, time_ms, button, state)

    @VirtualPointer.request(UINT, UINT, FIXED)
    def axis(self, time_ms: int, axis: int, value: float) -> None:
        self._marshal(3, time_ms, axis, value)

    @VirtualPointer.request()
    def frame(self) -> None:
        self._marshal(4)


class VirtualPointerManagerProxy(Proxy[Any]):
    interface = VirtualPointerManager

    @VirtualPointerManager.request(
        Argument(ArgumentType.Object, interface=WlSeat, nullable=True), Argument(ArgumentType.NewId, interface=VirtualPointer)
    )
    def create_virtual_pointer(self, seat: Any) -> Any:
        return self._marshal_constructor(0, VirtualPointer, seat)


for _interface, _proxy in ((VirtualPointer, VirtualPointerProxy), (VirtualPointerManager, VirtualPointerManagerProxy)):
    _interface._gen_c()
    _interface.proxy_class = _proxy


class SwayHand:
    """Presses and drags in sway, at pixels of its screen."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._connection = Connection()
        self._pointer = self._connection.bind(VirtualPointerManager).create_virtual_pointer(None)
        self._connection.roundtrip()
        self.lifted_s = 0.0
        """when it last let go, by the monotonic clock"""

    def drag(self, path: Places, before_lift: Callable[[], None] = lambda: None) -> None:
        self._move(path[0])
        time.sleep(PRESS_S)
        self._button(1)
        for place in path[1:]:
            time.sleep(SAMPLE_MS / 1000)
            self._move(place)
        before_lift()
        self.lifted_s = time.monotonic()
        self._button(0)
        time.sleep(PRESS_S)

    def click(self, x: float, y: float) -> None:
        self.drag(np.array([(x, y)]))

    def close(self) -> None:
        self._connection.close()

    def _move(self, place: Any) -> None:
        x, y = (round(float(value)) for value in place)
        self._pointer.motion_absolute(_now(), x, y, *self._size)
        self._send()

    def _button(self, state: int) -> None:
        self._pointer.button(_now(), LEFT_BUTTON, state)
        self._send()

    def _send(self) -> None:
        self._pointer.frame()
        self._connection.roundtrip()


def _now() -> int:
    return int(time.monotonic() * 1000) & 0xFFFFFFFF
