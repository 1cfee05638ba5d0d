"""The dock is where it was put, and always wholly on the screen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.dock.place import HANDLE, SMALLEST_HEIGHT, Docked, Place

SCREEN = (1280, 800)
NUMBERS = st.integers(-5000, 5000)
CHOICES = st.builds(Docked, st.sampled_from(["bottom", "floating"]), NUMBERS, st.builds(Place, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
SCREENS = st.tuples(st.integers(320, 4000), st.integers(320, 4000))


@given(CHOICES, SCREENS, st.tuples(NUMBERS, NUMBERS))
def test_it_never_leaves_the_screen(docked: Docked, screen: tuple[int, int], by: tuple[int, int]) -> None:
    for place in (
        docked.place(screen),
        docked.handle(screen),
        docked.dragged(screen, by).place(screen),
        docked.resized(screen, by).place(screen),
    ):
        assert place.x >= 0 and place.y >= 0 and place.width > 0 and place.height > 0
        assert place.x + place.width <= screen[0] and place.y + place.height <= screen[1]


def test_at_the_bottom_it_is_as_wide_as_the_screen() -> None:
    assert Docked().place(SCREEN) == Place(0, 480, 1280, 320)
    assert Docked().place((360, 640)) == Place(0, 384, 360, 256)


def test_dragging_up_makes_the_dock_at_the_bottom_higher() -> None:
    assert Docked().dragged(SCREEN, (50, -100)).place(SCREEN) == Place(0, 380, 1280, 420)
    assert Docked().dragged(SCREEN, (0, 1000)).place(SCREEN).height == SMALLEST_HEIGHT


def test_dragging_moves_a_floating_window() -> None:
    floating = Docked("floating")
    before = floating.place(SCREEN)
    assert floating.dragged(SCREEN, (-30, -40)).place(SCREEN) == replace(before, x=before.x - 30, y=before.y - 40)
    assert floating.resized(SCREEN, (20, 10)).place(SCREEN) == replace(before, width=before.width + 20, height=before.height + 10)


@pytest.mark.parametrize("choice", ["bottom", "floating"])
def test_the_handle_is_at_the_lower_edge(choice: str) -> None:
    docked = Docked(choice)  # type: ignore[arg-type]
    shown, handle = docked.place(SCREEN), docked.handle(SCREEN)
    assert (handle.width, handle.height) == HANDLE
    assert handle.y + handle.height == shown.y + shown.height
    assert abs((handle.x + handle.width / 2) - (shown.x + shown.width / 2)) <= 1
