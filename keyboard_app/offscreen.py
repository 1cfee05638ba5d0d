"""Kivy's window where it is drawn in memory and shown by a layer surface: touches in, pictures out."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
from kivy.core.window import Window
from kivy.graphics.opengl import GL_UNSIGNED_BYTE

from keyboard_app.dock.layer_dock import LayerDock
from keyboard_app.dock.place import Place
from keyboard_app.dock.seat_touches import TouchKind
from keyboard_app.style.surface_touch import SurfaceTouches

GL_BGRA = 0x80E1
"""how compositors order a pixel, and Mesa's software, too: other orders take 0.9 ms for 0.03"""
OPENGL = "libGL.so.1"
Post = Callable[[Callable[[], None]], None]
"""Has a call made on the window's thread."""


class OffscreenDock:
    """A `DockWindow`: the layer surface, and Kivy's window with the same size."""

    def __init__(self, post: Post) -> None:
        """post: may be replaced before `start`. Raises: NoCompositorError."""
        self.post = post
        self._layer = LayerDock(lambda *told: self.post(lambda: self._touch(*told)), lambda: self.post(Window.canvas.ask_update))
        self._touches = SurfaceTouches()
        self._place = Place(0, 0, 1, 1)
        self._gl = ctypes.CDLL(OPENGL)
        """It draws without Python's lock, for which the threads of the compositor and of the recognizer would wait otherwise."""

    def start(self, ended: Callable[[], None]) -> None:
        """Shows the window. ended: called on the window's thread when the compositor has ended."""
        Window.bind(on_flip=self._draw)
        self._layer.start(lambda: self.post(ended))

    def screen(self) -> tuple[int, int]:
        return self._layer.screen()

    def put(self, place: Place, reserve: bool) -> None:
        self._place = place
        self._layer.put(place, reserve)
        size = self._layer.scale * place.width, self._layer.scale * place.height
        Window.size = size
        Window._win.resize_window(*size)
        Window.canvas.ask_update()

    def corner(self) -> tuple[int, int]:
        return self._layer.corner()

    def pointer(self) -> tuple[int, int]:
        return self._layer.pointer()

    def close(self) -> None:
        Window.unbind(on_flip=self._draw)
        self._layer.close()

    def _draw(self, *_: Any) -> None:
        width, height = map(int, Window.size)
        picture = np.empty((height, width, 4), np.uint8)
        self._gl.glReadPixels(0, 0, width, height, GL_BGRA, GL_UNSIGNED_BYTE, picture.ctypes.data_as(ctypes.c_void_p))
        self._layer.draw(picture)

    def _touch(self, kind: TouchKind, finger: int, x: float, y: float) -> None:
        self._touches.touch(kind, finger, (x, y), (self._place.width, self._place.height))
