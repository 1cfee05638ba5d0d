"""A hand in KWin: a finger, by the protocol that KWin has for tests, that drags over the keys of the dock."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from pywayland.protocol_core import Argument, ArgumentType, Interface, Proxy

from keyboard_app.sinks.wayland.connection import Connection
from tests.support.pointer import PRESS_S, SAMPLE_MS, Places

UINT, FIXED, TEXT = (Argument(kind) for kind in (ArgumentType.Uint, ArgumentType.Fixed, ArgumentType.String))
FINGER = 1


class FakeInput(Interface):
    name, version = "org_kde_kwin_fake_input", 3


class FakeInputProxy(Proxy[Any]):
    interface = FakeInput

    @FakeInput.request(TEXT, TEXT)
    def authenticate(self, application: str, reason: str) -> None:
        self._marshal(0, application, reason)

    @FakeInput.request(FIXED, FIXED)
    def pointer_motion(self, dx: float, dy: float) -> None:
        self._marshal(1, dx, dy)

    @FakeInput.request(UINT, UINT)
    def button(self, button: int, state: int) -> None:
        self._marshal(2, button, state)

    @FakeInput.request(UINT, FIXED)
    def axis(self, axis: int, value: float) -> None:
        self._marshal(3, axis, value)

    @FakeInput.request(UINT, FIXED, FIXED)
    def touch_down(self, finger: int, x: float, y: float) -> None:
        self._marshal(4, finger, x, y)

    @FakeInput.request(UINT, FIXED, FIXED)
    def touch_motion(self, finger: int, x: float, y: float) -> None:
        self._marshal(5, finger, x, y)

    @FakeInput.request(UINT)
    def touch_up(self, finger: int) -> None:
        self._marshal(6, finger)

    @FakeInput.request()
    def touch_cancel(self) -> None:
        self._marshal(7)

    @FakeInput.request()
    def touch_frame(self) -> None:
        self._marshal(8)


FakeInput._gen_c()
FakeInput.proxy_class = FakeInputProxy


class KWinHand:
    """Touches and drags in KWin, at pixels of its screen."""

    def __init__(self) -> None:
        self._connection = Connection()
        self._input = self._connection.bind(FakeInput, 3)
        self._input.authenticate("keyglide", "tests")
        self._connection.roundtrip()
        self.lifted_s = 0.0
        """when it last let go, by the monotonic clock"""

    def drag(self, path: Places) -> None:
        self._input.touch_down(FINGER, *map(float, path[0]))
        self._send()
        for place in path[1:]:
            time.sleep(SAMPLE_MS / 1000)
            self._input.touch_motion(FINGER, *map(float, place))
            self._send()
        self.lifted_s = time.monotonic()
        self._input.touch_up(FINGER)
        self._send()
        time.sleep(PRESS_S)

    def click(self, x: float, y: float) -> None:
        self.drag(np.array([(x, y)]))

    def close(self) -> None:
        self._connection.close()

    def _send(self) -> None:
        self._input.touch_frame()
        self._connection.roundtrip()
