"""The icons on the keys, in the same box as those of the buttons."""

from __future__ import annotations

import math

from keyboard_app.style.icons import BOX, Icon, Point

SHAFT = (8.0, 16.0)
"""Left and right edges of the shaft of the shift arrow."""
HEAD = 11.0
"""Height at which its head begins."""


def _ellipse(width: float, height: float, n_points: int = 48) -> tuple[Point, ...]:
    """A closed ellipse of that size around the middle of the box."""
    angles = [2 * math.pi * at / n_points for at in range(n_points + 1)]
    return tuple((BOX / 2 + width / 2 * math.cos(angle), BOX / 2 + height / 2 * math.sin(angle)) for angle in angles)


def _shift(foot: float, filled: bool, *below: tuple[Point, ...]) -> Icon:
    """The shift arrow, whose shaft begins at the height `foot`."""
    left, right = SHAFT
    head = ((2.5, HEAD), (12.0, 21.0), (21.5, HEAD))
    shaft = ((right, HEAD), (right, foot), (left, foot), (left, HEAD))
    seam = (BOX / 2, foot)  # where the line closes it has no joint: put that where it is straight
    outline = (seam, *shaft[2:], *head, *shaft[:2], seam)
    return Icon((outline, *below), areas=(head, shaft) if filled else ())


SHIFT = _shift(4.0, filled=False)
SHIFT_ONCE = _shift(4.0, filled=True)
SHIFT_LOCK = _shift(7.0, True, ((SHAFT[0], 3.0), (SHAFT[1], 3.0)))
BACKSPACE = Icon(
    (
        (
            (15.0, 19.0),
            *((21.5, 19.0), (22.5, 18.0), (22.5, 6.0), (21.5, 5.0)),
            *((8.5, 5.0), (7.5, 5.5), (1.5, 12.0), (7.5, 18.5), (8.5, 19.0)),
            (15.0, 19.0),
        ),
        ((11.5, 15.5), (18.5, 8.5)),
        ((11.5, 8.5), (18.5, 15.5)),
    )
)
ENTER = Icon((((21.0, 19.0), (21.0, 10.5), (20.0, 9.5), (3.0, 9.5)), ((8.5, 15.0), (3.0, 9.5), (8.5, 4.0))))
GLOBE = Icon((_ellipse(20, 20), _ellipse(9, 20), ((2.0, 12.0), (22.0, 12.0))))
