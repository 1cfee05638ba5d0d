"""The docked window on wlroots compositors: a layer surface with an exclusive zone. What it shows is drawn elsewhere and copied into it."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pywayland.protocol.wayland import WlCompositor, WlOutput, WlSeat, WlShm

from keyboard_app.dock.place import Place
from keyboard_app.sinks.wayland.connection import Connection
from keyboard_app.sinks.wayland.protocols import LayerShell

TOP_LAYER, BOTTOM_EDGE, LEFT_EDGE, RIGHT_EDGE = 2, 2, 4, 8
NAMESPACE = "dock"
"""KWin takes the focus away for any other"""
XRGB = 1
"""a pixel format that every compositor has: blue, green, red and nothing"""
LEFT_BUTTON = 0x110
POINTER, TOUCH = 1, 4
"""capabilities of a seat"""
MOUSE = -1
"""the number of the pointer among the fingers"""
N_BUFFERS = 3
TouchKind = Literal["begin", "update", "end"]
OnTouch = Callable[[TouchKind, int, float, float], None]
"""Told on the connection's thread: what a finger does, which finger it is, and where: pixels from the surface's top left corner."""


@dataclass
class _Buffer:
    """A picture in memory shared with the compositor."""

    buffer: Any
    pixels: npt.NDArray[np.uint8]
    """(height, width, 4)"""
    free: bool = True


class LayerDock:
    """A surface at the bottom of the screen that never takes the focus."""

    def __init__(self, on_touch: OnTouch, on_size: Callable[[], None]) -> None:
        """on_size: called on the connection's thread when the surface has another size and needs a picture. Raises: NoCompositorError."""
        self._connection = connection = Connection()
        self._on_touch, self._on_size = on_touch, on_size
        self._place = Place(0, 0, 1, 1)
        self._size = (0, 0)
        """what the compositor has given us"""
        self._screen = (0, 0)
        self._at: dict[int, tuple[float, float]] = {}
        self._pressed = False
        self._buffers: list[_Buffer] = []
        self._devices: list[Any] = []
        """the pointer and the touch screen: pywayland forgets what nobody holds"""
        output = connection.bind(WlOutput)
        output.dispatcher["mode"] = self._mode
        self._shm = connection.bind(WlShm)
        self._seat = connection.bind(WlSeat)
        self._seat.dispatcher["capabilities"] = self._capabilities
        self._surface = connection.bind(WlCompositor, 4).create_surface()
        self._layer = connection.bind(LayerShell).get_layer_surface(self._surface, None, TOP_LAYER, NAMESPACE)
        self._layer.dispatcher["configure"] = self._configure
        self._layer.set_keyboard_interactivity(0)
        connection.roundtrip()

    def start(self, ended: Callable[[], None]) -> None:
        """Begins to show what it is given, and to tell of touches. ended: called when the compositor has ended."""
        self._connection.start(ended)

    def screen(self) -> tuple[int, int]:
        return self._screen

    def put(self, place: Place, reserve: bool) -> None:
        self._place = place
        bottom = self._screen[1] - place.y - place.height

        def put() -> None:
            # other windows make room for a surface only if it keeps to one edge from corner to corner
            self._layer.set_anchor(BOTTOM_EDGE | LEFT_EDGE | (RIGHT_EDGE if reserve else 0))
            self._layer.set_size(place.width, place.height)
            self._layer.set_margin(0, 0, bottom, place.x)
            self._layer.set_exclusive_zone(place.height if reserve else -1)
            self._surface.commit()

        self._connection.do(put)

    def corner(self) -> tuple[int, int]:
        return self._place.x, self._place.y

    def pointer(self) -> tuple[int, int]:
        x, y = next(iter(self._at.values()), (0.0, 0.0))
        return round(self._place.x + x), round(self._place.y + y)

    def draw(self, pixels: bytes, width: int, height: int) -> None:
        """Shows a picture: red, green, blue and opacity of each pixel, from the bottom left."""
        self._connection.do(lambda: self._draw(pixels, width, height))

    def close(self) -> None:
        self._connection.close()

    # --- on the connection's thread ---

    def _draw(self, pixels: bytes, width: int, height: int) -> None:
        if (width, height) != self._size:
            return  # it has another size by now, and will be drawn again
        buffer = next((one for one in self._ready(width, height) if one.free), None)
        if buffer is None:
            return  # a later picture comes: Kivy draws until nothing changes
        picture = np.frombuffer(pixels, np.uint8).reshape(height, width, 4)[::-1]
        buffer.pixels[:, :, :3] = picture[:, :, 2::-1]
        buffer.free = False
        self._surface.attach(buffer.buffer, 0, 0)
        self._surface.damage(0, 0, width, height)
        self._surface.commit()

    def _ready(self, width: int, height: int) -> list[_Buffer]:
        """Buffers of that size."""
        if not self._buffers or self._buffers[0].pixels.shape[:2] != (height, width):
            for old in self._buffers:
                old.buffer.destroy()
            self._buffers = [self._make_buffer(width, height) for _ in range(N_BUFFERS)]
        return self._buffers

    def _make_buffer(self, width: int, height: int) -> _Buffer:
        size = width * height * 4
        fd = os.memfd_create("keyglide-picture")
        try:
            os.ftruncate(fd, size)
            memory = mmap.mmap(fd, size)
            pool = self._shm.create_pool(fd, size)
            buffer = pool.create_buffer(0, width, height, 4 * width, XRGB)
            pool.destroy()
        finally:
            os.close(fd)
        made = _Buffer(buffer, np.frombuffer(memory, np.uint8).reshape(height, width, 4))

        def release(_: object) -> None:
            made.free = True

        buffer.dispatcher["release"] = release
        return made

    def _configure(self, layer: Any, serial: int, width: int, height: int) -> None:
        layer.ack_configure(serial)
        self._size = width, height
        self._on_size()

    def _mode(self, _: object, __: int, width: int, height: int, ___: int) -> None:
        self._screen = width, height

    def _capabilities(self, seat: Any, capabilities: int) -> None:
        if capabilities & POINTER:
            pointer = seat.get_pointer()
            self._devices.append(pointer)
            for name in ("enter", "motion", "button", "leave"):
                pointer.dispatcher[name] = getattr(self, f"_pointer_{name}")
        if capabilities & TOUCH:  # to ask for it without that ends the connection
            touch = seat.get_touch()
            self._devices.append(touch)
            for name in ("down", "motion", "up", "cancel"):
                touch.dispatcher[name] = getattr(self, f"_touch_{name}")

    def _tell(self, kind: TouchKind, finger: int, x: float, y: float) -> None:
        self._at[finger] = x, y
        self._on_touch(kind, finger, x, y)
        if kind == "end":
            del self._at[finger]

    def _pointer_enter(self, _: object, __: int, ___: object, x: float, y: float) -> None:
        self._mouse = float(x), float(y)

    def _pointer_motion(self, _: object, __: int, x: float, y: float) -> None:
        self._mouse = float(x), float(y)
        if self._pressed:
            self._tell("update", MOUSE, *self._mouse)

    def _pointer_button(self, _: object, __: int, ___: int, button: int, state: int) -> None:
        if button == LEFT_BUTTON:
            self._pressed = bool(state)
            self._tell("begin" if state else "end", MOUSE, *self._mouse)

    def _pointer_leave(self, _: object, __: int, ___: object) -> None:
        if self._pressed:
            self._pressed = False
            self._tell("end", MOUSE, *self._mouse)

    def _touch_down(self, _: object, __: int, ___: int, ____: object, finger: int, x: float, y: float) -> None:
        self._tell("begin", finger, float(x), float(y))

    def _touch_motion(self, _: object, __: int, finger: int, x: float, y: float) -> None:
        self._tell("update", finger, float(x), float(y))

    def _touch_up(self, _: object, __: int, ___: int, finger: int) -> None:
        if finger in self._at:
            self._tell("end", finger, *self._at[finger])

    def _touch_cancel(self, _: object) -> None:
        for finger in [finger for finger in self._at if finger != MOUSE]:
            self._tell("end", finger, *self._at[finger])
