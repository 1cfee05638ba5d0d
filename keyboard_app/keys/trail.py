"""The fading trail of a swiping finger."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from functools import cache

from kivy.clock import Clock
from kivy.graphics import Color, Mesh
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from keyboard_app.keys.layout import KeyLayout
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

Section = tuple[float, float, float]
"""A point of the line: x, y (px) and freshness, 1 under the finger and 0 where the trail ends."""


class Trail(Widget):
    """Draws a fading ribbon behind each finger: one mesh per finger, and no work without one."""

    theme = ObjectProperty(LIGHT)
    thickness = NumericProperty(10.0)
    """under the finger, px"""

    def __init__(self, **properties: object) -> None:
        self._ribbons: list[_Ribbon] = []
        self._held: dict[Hashable, _Ribbon] = {}
        self._colour = Color(*self.theme.trail)
        super().__init__(**properties)
        self.canvas.add(self._colour)
        self._frames = Clock.create_trigger(self._fade, 0, interval=True)

    def on_theme(self, _trail: Widget, theme: Theme) -> None:
        self._colour.rgba = theme.trail

    def begin(self, finger: Hashable, x: float, y: float) -> None:
        """Starts a finger's trail at a point of the window, px."""
        self.end(finger)
        ribbon = _Ribbon()
        self._held[finger] = ribbon
        self._ribbons.append(ribbon)
        self.canvas.add(ribbon.mesh)
        self.extend(finger, x, y)
        self._frames()

    def extend(self, finger: Hashable, x: float, y: float) -> None:
        """Moves the finger on. Does nothing if it has no trail."""
        if finger in self._held:
            self._held[finger].add(x, y, Clock.get_time(), STEP * self.thickness)

    def end(self, finger: Hashable) -> None:
        """Lifts the finger; its trail fades."""
        self._held.pop(finger, None)

    def _fade(self, _dt: float) -> None:
        held = list(self._held.values())
        for ribbon in self._ribbons:
            ribbon.draw(Clock.get_time(), self.thickness / 2, ribbon in held)
        for ribbon in [ribbon for ribbon in self._ribbons if ribbon.is_gone and ribbon not in held]:
            self._ribbons.remove(ribbon)
            self.canvas.remove(ribbon.mesh)
        if not self._ribbons:
            self._frames.cancel()


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

    def draw(self, now: float, radius: float, held: bool) -> None:
        """Draws what is still visible, and the last point before it: the trail goes on to where a finger rested."""
        oldest = now - TRAIL_MS / 1000
        while len(self._points) > 1 and self._points[1][2] <= oldest:
            self._points.popleft()
        if self._points[-1][2] <= oldest and not held:
            self._points.clear()
        sections = [(x, y, max(0.0, (t - oldest) / (TRAIL_MS / 1000))) for x, y, t in self._points]
        vertices = ribbon(bend(sections), radius)
        self.mesh.vertices = vertices
        self.mesh.indices = range(len(vertices) // 4)


def thickness_on(layout: KeyLayout) -> float:
    """The thickness that suits the size of the keys, px."""
    return THICKNESS * min(layout.key_width, layout.key_height)


def bend(line: Sequence[Section]) -> list[Section]:
    """A smooth line from the first point to the last that is drawn towards those between: a quadratic B-spline, which never overshoots."""
    if len(line) < 3:
        return list(line)
    middles = [line[0], *(_between(0.5, start, end) for start, end in itertools.pairwise(line[1:-1])), line[-1]]
    bent = [line[0]]
    for (start, end), corner in zip(itertools.pairwise(middles), line[1:-1], strict=True):
        for piece in range(1, CURVE + 1):
            s = piece / CURVE
            bent.append(_between(s, _between(s, start, corner), _between(s, corner, end)))
    return bent


def _between(share: float, start: Section, end: Section) -> Section:
    x, y, fresh = (one + (other - one) * share for one, other in zip(start, end, strict=True))
    return x, y, fresh


def ribbon(line: Sequence[Section], radius: float) -> list[float]:
    """The vertices of a triangle strip along the line, each x, y, u, v: thinner where older, round at corners and at the end."""
    line = [point for at, point in enumerate(line) if at == 0 or point[:2] != line[at - 1][:2]]
    if len(line) < 2:
        return []
    directions = [math.atan2(end[1] - start[1], end[0] - start[0]) for start, end in itertools.pairwise(line)]
    vertices: list[float] = []
    for at, (x, y, fresh) in enumerate(line):
        before, after = directions[max(0, at - 1)], directions[min(at, len(directions) - 1)]
        half = radius * fresh**TAPER
        for angle in _turned(before, after):
            vertices += _across(x, y, angle, half, fresh)
    x, y, fresh = line[-1]
    for lean in (0.4, 0.8, 1.2, math.pi / 2):  # the round end under the finger
        ahead = radius * fresh**TAPER * math.sin(lean)
        centre = (x + ahead * math.cos(directions[-1]), y + ahead * math.sin(directions[-1]))
        vertices += _across(*centre, directions[-1], radius * fresh**TAPER * math.cos(lean), fresh)
    return vertices


def _turned(before: float, after: float) -> Iterable[float]:
    """The directions on the shorter turn from one to the other."""
    turn = math.remainder(after - before, 2 * math.pi)
    if abs(turn) <= TURN:
        return [before + turn / 2]
    steps = math.ceil(abs(turn) / TURN)
    return [before + turn * step / steps for step in range(steps + 1)]


def _across(x: float, y: float, direction: float, half: float, fresh: float) -> tuple[float, ...]:
    """The two vertices on either side of a point."""
    aside, up = -half * math.sin(direction), half * math.cos(direction)
    return x + aside, y + up, 0.0, fresh, x - aside, y - up, 1.0, fresh


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
