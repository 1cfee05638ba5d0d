"""Icons, made of strokes, dots and areas in a box of 24 x 24, y up: those of the pages' buttons, and how an icon is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kivy.graphics import InstructionGroup, Mesh, SmoothEllipse, SmoothLine

BOX = 24.0
"""Width and height of the box that icons are designed in."""
STROKE = 2.2
"""Width of their lines, in the same units."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Icon:
    """The parts of an icon."""

    strokes: tuple[tuple[Point, ...], ...]
    dots: tuple[tuple[float, float, float], ...] = ()
    """x, y and radius of filled circles"""
    areas: tuple[tuple[Point, ...], ...] = ()
    """filled convex polygons"""


def _arc(centre: Point, radius: float, start: float, end: float) -> tuple[Point, ...]:
    """Points of an arc; angles in degrees, anticlockwise from the right."""
    steps = max(2, round(abs(end - start) / 12))
    angles = [math.radians(start + (end - start) * at / steps) for at in range(steps + 1)]
    return tuple((centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles)


def _mirrored(icon: Icon) -> Icon:
    return Icon(tuple(tuple((BOX - x, y) for x, y in stroke) for stroke in icon.strokes))


def _box(left: float, bottom: float, right: float, top: float, corner: float) -> tuple[Point, ...]:
    """A rectangle with round corners."""
    corners = [((right - corner, top - corner), 90), ((left + corner, top - corner), 180)]
    corners += [((left + corner, bottom + corner), 270), ((right - corner, bottom + corner), 360)]
    points = [point for centre, end in corners for point in _arc(centre, corner, end - 90, end)]
    return (*points, points[0])


UNDO = Icon((((8.5, 18.5), (4.0, 14.0), (8.5, 9.5)), ((4.0, 14.0), (14.5, 14.0), *_arc((14.5, 9.5), 4.5, 90, -90), (9.0, 5.0))))
ICONS = {
    "undo": UNDO,
    "redo": _mirrored(UNDO),
    "copy": Icon((_box(8.5, 3.5, 19.5, 15.5, 2.0), ((15.5, 18.5), (15.0, 20.0), (6.0, 20.0), (4.5, 18.5), (4.5, 10.0), (6.0, 8.5)))),
    "emoji": Icon(((*_arc((12.0, 12.0), 8.5, 0, 360),), _arc((12.0, 12.5), 4.5, 200, 340)), ((9.0, 14.5, 1.3), (15.0, 14.5, 1.3))),
    "paste": Icon(
        (
            (
                (9.0, 19.5),
                (6.0, 19.5),
                (5.0, 18.5),
                (5.0, 4.5),
                (6.0, 3.5),
                (18.0, 3.5),
                (19.0, 4.5),
                (19.0, 18.5),
                (18.0, 19.5),
                (15.0, 19.5),
            ),
            _box(9.0, 17.5, 15.0, 21.0, 1.0),
            ((8.5, 13.0), (15.5, 13.0)),
            ((8.5, 9.0), (15.5, 9.0)),
        )
    ),
    "cut": Icon(
        (
            ((9.0, 8.0), (18.0, 20.0)),
            ((15.0, 8.0), (6.0, 20.0)),
            (*_arc((7.0, 5.5), 2.8, 0, 360),),
            (*_arc((17.0, 5.5), 2.8, 0, 360),),
        )
    ),
    "clear": Icon(
        (
            ((4.0, 18.0), (20.0, 18.0)),
            ((9.0, 18.0), (9.0, 20.5), (15.0, 20.5), (15.0, 18.0)),
            ((6.0, 18.0), (6.8, 4.5), (8.0, 3.5), (16.0, 3.5), (17.2, 4.5), (18.0, 18.0)),
            ((10.0, 14.0), (10.2, 7.5)),
            ((14.0, 14.0), (13.8, 7.5)),
        )
    ),
    "practice": Icon((tuple((3.5 + at / 2, 12 - 5.5 * math.sin(at / 30 * 2 * math.pi)) for at in range(31)),), ((18.5, 12.0, 3.2),)),
    "settings": Icon(
        (((3.5, 18.0), (20.5, 18.0)), ((3.5, 12.0), (20.5, 12.0)), ((3.5, 6.0), (20.5, 6.0))),
        ((15.5, 18.0, 2.7), (8.0, 12.0, 2.7), (14.0, 6.0, 2.7)),
    ),
    "back": Icon((((20.0, 12.0), (4.5, 12.0)), ((11.0, 18.5), (4.5, 12.0), (11.0, 5.5)))),
    "close": Icon((((6.0, 6.0), (18.0, 18.0)), ((6.0, 18.0), (18.0, 6.0)))),
    "more": Icon((((9.5, 18.0), (15.5, 12.0), (9.5, 6.0)),)),
    "down": Icon((((5.0, 15.5), (12.0, 8.5), (19.0, 15.5)),)),
    "keyboard": Icon(
        (_box(2.5, 5.5, 21.5, 18.5, 2.0), ((8.0, 8.8), (16.0, 8.8))),
        tuple((x, y, 0.9) for y in (15.2, 12.0) for x in (6.0, 9.0, 12.0, 15.0, 18.0)),
    ),
    "check": Icon((((5.0, 12.5), (10.0, 7.0), (19.5, 17.5)),)),
    "folder": Icon((((3.5, 18.5), (3.5, 5.5), (20.5, 5.5), (20.5, 16.5), (11.5, 16.5), (9.5, 18.5), (3.5, 18.5)),)),
    "file": Icon((((14.0, 20.5), (6.0, 20.5), (6.0, 3.5), (18.0, 3.5), (18.0, 16.5), (14.0, 20.5), (14.0, 16.5), (18.0, 16.5)),)),
    "up": Icon((((12.0, 4.5), (12.0, 20.0)), ((5.5, 13.5), (12.0, 20.0), (18.5, 13.5)))),
}


def add_icon(group: InstructionGroup, icon: Icon, left: float, bottom: float, side: float) -> None:
    """Draws the icon into a square, px, in the colour set before."""
    scale = side / BOX
    for area in icon.areas:
        vertices = [value for x, y in area for value in (left + x * scale, bottom + y * scale, 0.0, 0.0)]
        group.add(Mesh(vertices=vertices, indices=list(range(len(area))), mode="triangle_fan"))
    for stroke in icon.strokes:
        points = [value for x, y in stroke for value in (left + x * scale, bottom + y * scale)]
        group.add(SmoothLine(points=points, width=max(1.0, STROKE * scale / 2), cap="round", joint="round"))
    for x, y, radius in icon.dots:
        corner = (left + (x - radius) * scale, bottom + (y - radius) * scale)
        group.add(SmoothEllipse(pos=corner, size=(2 * radius * scale, 2 * radius * scale)))
