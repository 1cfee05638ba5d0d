"""The fading trail of a swiping finger."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from kivy.clock import Clock
from kivy.graphics import Color, Mesh
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from keyboard_app.keys.layout import KeyLayout
from keyboard_app.style.overlay import NOTHING, Box, Overlay, box_of, joined
from keyboard_app.style.theme import LIGHT, Theme

TRAIL_MS = 800.0
"""How long a point of the trail is visible; the last 400 ms of it are opaque."""
THICKNESS = 0.2
"""Thickness of the trail under the finger, in key widths or key heights, whichever is less."""
STEP = 0.5
"""Distance between the points that are kept, in thicknesses of the trail: a mouse may report a thousand per second."""
CURVE = 4
"""How many straight pieces make up the curve from one point to the next."""
TURN = math.radians(20)
"""Corners are rounded in turns of at most this."""
OPAQUE = 0.5
"""From this freshness on the trail is opaque, so that it is no darker where it crosses itself. What is older is thin and fades."""
TAPER = 0.7
"""The thickness follows freshness to this power."""
SOFT_EDGE = 0.14
"""The share of the thickness, at each side, over which the trail blends into the keys."""

Numbers = npt.NDArray[np.float64]
Sections = npt.NDArray[np.float64]
"""The points of the line, (n, 3): x, y (px) and freshness, 1 under the finger and 0 where the trail ends."""


class Trail(Widget):
    """Draws a fading ribbon behind each finger, above all widgets: one mesh per finger, and no work without one."""

    theme = ObjectProperty(LIGHT)
    thickness = NumericProperty(10.0)
    """under the finger, px"""

    def __init__(self, **properties: object) -> None:
        self._ribbons: list[_Ribbon] = []
        self._held: dict[Hashable, _Ribbon] = {}
        self._colour = Color(*self.theme.trail)
        self.overlay = Overlay()
        super().__init__(**properties)
        self.overlay.canvas.add(self._colour)
        self._frames = Clock.create_trigger(lambda _: self._fade(), 0, interval=True)  # keeps this alive until all has faded

    @property
    def has_faded(self) -> bool:
        """Whether nothing of any trail is left to be seen."""
        return not self._ribbons

    def on_theme(self, _trail: Widget, theme: Theme) -> None:
        self._colour.rgba = theme.trail

    def begin(self, finger: Hashable, x: float, y: float) -> None:
        """Starts a finger's trail at a point of the window, px."""
        self.end(finger)
        ribbon = _Ribbon()
        self._held[finger] = ribbon
        self._ribbons.append(ribbon)
        self.overlay.canvas.add(ribbon.mesh)
        self.overlay.open()
        self.extend(finger, x, y)
        self._frames()

    def extend(self, finger: Hashable, x: float, y: float) -> None:
        """Moves the finger on. Does nothing if it has no trail."""
        if finger in self._held:
            self._held[finger].add(x, y, Clock.get_time(), STEP * self.thickness)

    def end(self, finger: Hashable) -> None:
        """Lifts the finger; its trail fades."""
        self._held.pop(finger, None)

    def _fade(self) -> None:
        held, box = list(self._held.values()), NOTHING
        if self.get_root_window() is None:  # its page was left
            self._held, held = {}, []
            self._remove(self._ribbons)
        for ribbon in self._ribbons:
            box = joined(box, ribbon.draw(Clock.get_time(), self.thickness / 2, ribbon in held))
        self._remove([ribbon for ribbon in self._ribbons if ribbon.is_gone and ribbon not in held])
        self.overlay.changed(box)
        if not self._ribbons:
            self._frames.cancel()
            self.overlay.close()

    def _remove(self, ribbons: Sequence[_Ribbon]) -> None:
        for ribbon in ribbons:
            self.overlay.canvas.remove(ribbon.mesh)
        self._ribbons = [ribbon for ribbon in self._ribbons if ribbon not in ribbons]


class _Ribbon:
    """The points of one finger, and the mesh that shows them."""

    def __init__(self) -> None:
        self.mesh = Mesh(mode="triangle_strip", texture=_ribbon_texture())
        self._points: deque[tuple[float, float, float]] = deque()  # x, y, seconds

    @property
    def is_gone(self) -> bool:
        return not self._points

    def add(self, x: float, y: float, t: float, step: float) -> None:
        if len(self._points) > 1 and math.dist(self._points[-2][:2], (x, y)) < step:
            self._points.pop()  # the last point follows the finger until it is a step away
        self._points.append((x, y, t))

    def draw(self, now: float, radius: float, held: bool) -> Box:
        """Draws what is still visible, and the last point before it: the trail goes on to where a finger rested. Returns where it is."""
        oldest = now - TRAIL_MS / 1000
        while len(self._points) > 1 and self._points[1][2] <= oldest:
            self._points.popleft()
        if self._points[-1][2] <= oldest and not held:
            self._points.clear()
        points = np.array(self._points).reshape(-1, 3)
        points[:, 2] = np.maximum(0.0, (points[:, 2] - oldest) / (TRAIL_MS / 1000))
        vertices = ribbon(bend(points), radius)
        self.mesh.vertices = vertices.astype(np.float32).ravel() if len(vertices) else []  # Kivy takes no empty array
        self.mesh.indices = np.arange(len(vertices), dtype=np.uint16)
        return box_of(vertices[:, :2])


def thickness_on(layout: KeyLayout) -> float:
    """The thickness that suits the size of the keys, px."""
    return THICKNESS * min(layout.key_width, layout.key_height)


def bend(line: Sections) -> Sections:
    """A smooth line from the first point to the last that is drawn towards those between: a quadratic B-spline, which never overshoots."""
    if len(line) < 3:
        return line
    corners = line[1:-1]
    middles = np.concatenate((line[:1], (corners[:-1] + corners[1:]) / 2, line[-1:]))
    s = (np.arange(1, CURVE + 1) / CURVE)[:, None]
    starts, corners, ends = middles[:-1, None], corners[:, None], middles[1:, None]
    pieces = (1 - s) * ((1 - s) * starts + s * corners) + s * ((1 - s) * corners + s * ends)
    return np.concatenate((line[:1], pieces.reshape(-1, 3)))


def ribbon(line: Sections, radius: float) -> Sections:
    """The vertices of a triangle strip along the line, (n, 4): x, y, u, v. It is thinner where older, round at corners and at the end."""
    line = line[np.concatenate(([True], (np.diff(line[:, :2], axis=0) != 0).any(axis=1)))] if len(line) else line
    if len(line) < 2:
        return np.empty((0, 4))
    ways = np.diff(line[:, :2], axis=0)
    directions = np.arctan2(ways[:, 1], ways[:, 0])
    at, angles = _turned(np.concatenate((directions[:1], directions)), np.concatenate((directions, directions[-1:])))
    leans = np.array([0.4, 0.8, 1.2, math.pi / 2])  # the round end under the finger
    end = np.repeat(line[-1:], len(leans), axis=0)
    half_end = radius * end[:, 2] ** TAPER
    end[:, :2] += (half_end * np.sin(leans))[:, None] * (math.cos(directions[-1]), math.sin(directions[-1]))
    sections = np.concatenate((line[at], end))
    halves = np.concatenate((radius * line[at, 2] ** TAPER, half_end * np.cos(leans)))
    angles = np.concatenate((angles, np.repeat(directions[-1:], len(leans))))
    aside = np.stack((-halves * np.sin(angles), halves * np.cos(angles)), axis=1)
    vertices = np.empty((len(sections), 2, 4))
    vertices[:, 0, :2], vertices[:, 1, :2] = sections[:, :2] + aside, sections[:, :2] - aside
    vertices[:, :, 2], vertices[:, :, 3] = (0.0, 1.0), sections[:, 2:]
    return vertices.reshape(-1, 4)


def _turned(before: Numbers, after: Numbers) -> tuple[npt.NDArray[np.intp], Numbers]:
    """The directions on the shorter turn from one to the other, for each point as many as it needs: the point's number, and the angle."""
    turns = (after - before + math.pi) % (2 * math.pi) - math.pi
    is_slight = np.abs(turns) <= TURN
    counts = np.where(is_slight, 1, np.ceil(np.abs(turns) / TURN).astype(int) + 1)
    at = np.repeat(np.arange(len(turns)), counts)
    step = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = np.where(is_slight[at], 0.5, step / np.maximum(counts[at] - 1, 1))
    return at, before[at] + turns[at] * share


@cache
def _ribbon_texture() -> Texture:
    """White. u goes across, soft at both edges; v is freshness."""
    size = 64
    pixels = bytearray()
    for row in range(size):
        for column in range(size):
            edge = min(column, size - 1 - column) / (SOFT_EDGE * (size - 1))
            pixels += bytes((255, 255, 255, round(255 * min(1.0, edge) * min(1.0, row / (size - 1) / OPAQUE))))
    texture = Texture.create(size=(size, size), colorfmt="rgba")
    texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
    texture.wrap = "clamp_to_edge"
    return texture
