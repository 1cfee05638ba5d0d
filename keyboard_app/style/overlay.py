"""What changes with every frame and lies above all pages, such as the trail of a finger, and how it is drawn without all the rest.

A graphics card draws the whole window anew for each frame. A processor needs 10 ms for that at 1280 x 800, more than half of a frame, so
there only the part of the window that the overlay covers, or has just left, is drawn: 1.5 ms.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import Canvas
from kivy.graphics.opengl import (
    GL_RENDERER,
    GL_RGBA,
    GL_SCISSOR_TEST,
    GL_UNSIGNED_BYTE,
    glDisable,
    glEnable,
    glGetString,
    glReadPixels,
    glScissor,
)

SOFTWARE = ("llvmpipe", "softpipe", "swrast", "Software Rasterizer")
"""Parts of the names of OpenGL implementations that draw with the processor."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, px."""
NOTHING: Box = (math.inf, math.inf, -math.inf, -math.inf)


class Overlay:
    """A canvas above those of all widgets, in pixels of the window. Changes of it do not make Kivy draw the window."""

    def __init__(self) -> None:
        self.canvas = Canvas()
        self._box = self._shown = NOTHING
        self._draw_soon = Clock.create_trigger(self._draw, -1)

    def open(self) -> None:
        """Shows the canvas from now on."""
        if self.canvas not in Window.render_context.children:
            Window.render_context.add(self.canvas)

    def close(self) -> None:
        """Shows it no longer."""
        if self.canvas in Window.render_context.children:
            Window.render_context.remove(self.canvas)
            self.changed(NOTHING)

    def changed(self, box: Box) -> None:
        """The canvas has changed, and what it draws is all in the box: it is shown with the next frame."""
        self._box = box
        self._draw_soon()

    def _draw(self, _dt: float) -> None:
        """Draws what is, and what was, in the box; where Kivy is about to draw the window, it draws the overlay, too."""
        around, self._shown = joined(self._box, self._shown), self._box
        if Window.canvas.needs_redraw:
            return
        if not keeps_its_picture():
            Window.canvas.ask_update()
        if Window.canvas.needs_redraw:  # trying that out has wiped the window
            return
        if around == NOTHING:
            return
        left, bottom, right, top = (math.floor(around[0]), math.floor(around[1]), math.ceil(around[2]), math.ceil(around[3]))
        glEnable(GL_SCISSOR_TEST)
        glScissor(left, bottom, right - left, top - bottom)
        Window.clear()
        Window.render_context.draw()
        glDisable(GL_SCISSOR_TEST)
        Window.dispatch("on_flip")


def box_of(points: npt.NDArray[np.float64]) -> Box:
    """The smallest box around the points, (n, 2)."""
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist()) if len(points) else NOTHING


def joined(one: Box, other: Box) -> Box:
    """The smallest box around both."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


@cache
def keeps_its_picture() -> bool:
    """Whether the processor draws, and what was drawn is still there for the next frame, as not all windows have it.

    That is tried out, with two frames of almost the window's own colour. Kivy draws everything anew after that.
    """
    renderer = (glGetString(GL_RENDERER) or b"").decode(errors="replace")
    if not any(name in renderer for name in SOFTWARE):
        return False
    try:
        return all(map(_is_kept, (2, 1)))
    finally:
        Window.canvas.ask_update()


def _is_kept(shade: int) -> bool:
    """Whether a frame of almost the window's own colour is still there after it was shown."""
    usual = Window.clearcolor
    Window.clearcolor = [abs(part - shade / 255) for part in usual[:3]] + [1.0]
    try:
        Window.clear()
        before = bytes(glReadPixels(0, 0, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE))
        Window.flip()
        return before == bytes(glReadPixels(0, 0, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE))
    finally:
        Window.clearcolor = usual
