"""The docked window on Wayland: a layer surface with an exclusive zone. What it shows is drawn elsewhere and copied into it.

Places are in the compositor's own pixels; pictures have `scale` times as many, so that they are sharp where the screen enlarges windows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywayland.protocol.wayland import WlCompositor, WlOutput, WlSeat, WlShm
from pywayland.protocol.xdg_output_unstable_v1 import ZxdgOutputManagerV1

from keyboard_app.dock.pictures import Pictures, Pixels
from keyboard_app.dock.place import Place
from keyboard_app.dock.seat_touches import OnTouch, SeatTouches
from keyboard_app.sinks.wayland.connection import Connection
from keyboard_app.sinks.wayland.protocols import LayerShell

TOP_LAYER, BOTTOM_EDGE, LEFT_EDGE, RIGHT_EDGE = 2, 2, 4, 8
NAMESPACE = "dock"
"""KWin takes the focus away for any other"""


class LayerDock:
    """A surface at the bottom of the screen that never takes the focus."""

    def __init__(self, on_touch: OnTouch, on_size: Callable[[], None]) -> None:
        """on_size: called on the connection's thread when the surface has another size and needs a picture. Raises: NoCompositorError."""
        self._connection = connection = Connection()
        self._on_size = on_size
        self._place = Place(0, 0, 1, 1)
        self._size = (0, 0)
        """what the compositor has given us"""
        self._screen = self._mode = (0, 0)
        self.scale = 1
        """how many pixels of a picture, in a row, are for one of the compositor's"""
        self._output = connection.bind(WlOutput, 2)
        self._output.dispatcher["mode"] = self._take_mode
        self._output.dispatcher["scale"] = self._take_scale
        self._logical: Any = None
        if connection.has(ZxdgOutputManagerV1):
            self._logical = connection.bind(ZxdgOutputManagerV1).get_xdg_output(self._output)
            self._logical.dispatcher["logical_size"] = self._take_screen
        self._seat = connection.bind(WlSeat)
        self._touches = SeatTouches(self._seat, on_touch)
        self._surface = connection.bind(WlCompositor, 4).create_surface()
        self._pictures = Pictures(connection.bind(WlShm), self._surface)
        self._layer = connection.bind(LayerShell).get_layer_surface(self._surface, self._output, TOP_LAYER, NAMESPACE)
        self._layer.dispatcher["configure"] = self._configure
        self._layer.set_keyboard_interactivity(0)
        connection.roundtrip()
        self._surface.set_buffer_scale(self.scale)

    def start(self, ended: Callable[[], None]) -> None:
        """Begins to show what it is given, and to tell of touches. ended: called when the compositor has ended."""
        self._connection.start(ended)

    def screen(self) -> tuple[int, int]:
        if self._screen != (0, 0):
            return self._screen
        return self._mode[0] // self.scale, self._mode[1] // self.scale

    def put(self, place: Place, reserve: bool) -> None:
        self._place = place
        bottom = self.screen()[1] - place.y - place.height

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
        x, y = next(iter(self._touches.at.values()), (0.0, 0.0))
        return round(self._place.x + x), round(self._place.y + y)

    def draw(self, picture: Pixels) -> None:
        """Shows it, if it has the surface's size by then."""
        self._connection.do(lambda: self._draw(picture))

    def close(self) -> None:
        self._connection.close()

    # --- on the connection's thread ---

    def _draw(self, picture: Pixels) -> None:
        if picture.shape[:2] == (self.scale * self._size[1], self.scale * self._size[0]):  # else it will be drawn again
            self._pictures.show(picture)

    def _configure(self, layer: Any, serial: int, width: int, height: int) -> None:
        layer.ack_configure(serial)
        if (width, height) != self._size:
            self._pictures.forget()
        self._size = width, height
        self._on_size()

    def _take_mode(self, _: object, __: int, width: int, height: int, ___: int) -> None:
        self._mode = width, height

    def _take_screen(self, _: object, width: int, height: int) -> None:
        self._screen = width, height

    def _take_scale(self, _: object, scale: int) -> None:
        self.scale = scale
