"""Where the docked window is. All in pixels of the screen, y downwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from keyboard_app.settings import DockChoice

KEYS_DP, BAR_DP = 300.0, 48.0
"""heights of the keys and of the bar above them, in a window 360 dp wide"""
WIDTH_DP = 360.0
HEIGHT_OF_SCREEN = 0.4
"""how much of it the dock takes at most, unless people make it higher"""
LARGEST_OF_SCREEN, SMALLEST_HEIGHT = 0.7, 160
FLOATING_OF_SCREEN = 0.45
"""width of a floating window"""
SMALLEST_WIDTH = 280
HANDLE = (96, 32)
"""of the hidden dock"""


@dataclass(frozen=True)
class Place:
    """A rectangle on the screen."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Docked:
    """What people have chosen. 0 stands for what fits the screen."""

    choice: DockChoice = "bottom"
    height: int = 0
    """of the dock at the bottom"""
    floating: Place = Place(0, 0, 0, 0)

    def place(self, screen: tuple[int, int]) -> Place:
        """Where the window is on a screen of that size; always wholly on it."""
        width, height = screen
        if self.choice == "bottom":
            tall = self.height or round(min(HEIGHT_OF_SCREEN * height, (KEYS_DP + BAR_DP) / WIDTH_DP * width))
            tall = _between(tall, SMALLEST_HEIGHT, round(LARGEST_OF_SCREEN * height))
            return Place(0, height - tall, width, tall)
        place = self.floating
        if not place.width:
            wide = max(SMALLEST_WIDTH, round(FLOATING_OF_SCREEN * width))
            tall = round(min(HEIGHT_OF_SCREEN * height, (KEYS_DP + BAR_DP) / WIDTH_DP * wide))
            place = Place((width - wide) // 2, height - tall - tall // 8, wide, tall)
        wide, tall = _between(place.width, SMALLEST_WIDTH, width), _between(place.height, SMALLEST_HEIGHT, height)
        return Place(_between(place.x, 0, width - wide), _between(place.y, 0, height - tall), wide, tall)

    def handle(self, screen: tuple[int, int]) -> Place:
        """Where the handle of the hidden dock is."""
        shown = self.place(screen)
        width, height = HANDLE
        return Place(shown.x + (shown.width - width) // 2, shown.y + shown.height - height, width, height)

    def dragged(self, screen: tuple[int, int], by: tuple[int, int]) -> Docked:
        """After the bar was dragged that far: at the bottom it changes the height, floating it moves the window."""
        place = self.place(screen)
        if self.choice == "bottom":
            return replace(self, height=replace(self, height=max(1, place.height - by[1])).place(screen).height)
        moved = replace(self, floating=replace(place, x=place.x + by[0], y=place.y + by[1]))
        return replace(moved, floating=moved.place(screen))

    def resized(self, screen: tuple[int, int], by: tuple[int, int]) -> Docked:
        """After the corner of the floating window was dragged that far."""
        place = self.place(screen)
        grown = replace(self, floating=replace(place, width=max(1, place.width + by[0]), height=max(1, place.height + by[1])))
        return replace(grown, floating=grown.place(screen))


class DockWindow(Protocol):
    """A window that never takes the focus."""

    def screen(self) -> tuple[int, int]:
        """Width and height of the screen it is on."""

    def put(self, place: Place, reserve: bool) -> None:
        """Moves and resizes it. reserve: whether other windows make room for it."""

    def corner(self) -> tuple[int, int]:
        """Where on the screen its top left corner is."""

    def pointer(self) -> tuple[int, int]:
        """Where on the screen the pointer or the finger is."""

    def close(self) -> None:
        """Gives back what it holds."""


def _between(value: int, least: int, most: int) -> int:
    return max(min(value, most), min(least, most), 0)
