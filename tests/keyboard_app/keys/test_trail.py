from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kivy.core.window import Window
from kivy.graphics import Mesh
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels

from keyboard_app.keys.trail import TRAIL_MS, Sections, Trail, bend, ribbon
from keyboard_app.style.theme import DARK
from tests.support.window_driver import WindowDriver, open_window

POINTS = st.lists(st.tuples(st.floats(-4000, 4000), st.floats(-4000, 4000), st.floats(0, 1)), max_size=12)


def shown(driver: WindowDriver) -> npt.NDArray[np.int16]:
    """(height, width, 3); the first row is the bottom one"""
    driver.frames()
    Window.dispatch("on_draw")
    pixels = np.frombuffer(glReadPixels(0, 0, *Window.size, GL_RGBA, GL_UNSIGNED_BYTE), np.uint8)
    return pixels.reshape(Window.height, Window.width, 4)[:, :, :3].astype(np.int16)


def meshes(trail: Trail) -> list[Mesh]:
    return [part for part in trail.overlay.canvas.children if isinstance(part, Mesh)]


@pytest.fixture
def window() -> Iterator[WindowDriver]:
    """A black window of 360 x 640 px, with a trail 20 px thick."""
    with open_window(lambda: Trail(thickness=20, theme=DARK), (360, 640)) as driver:
        yield driver


def test_a_trail_is_drawn_behind_the_finger_and_fades(window: WindowDriver) -> None:
    trail = window.root
    trail.begin("finger", 50, 300)
    for x in range(50, 301, 10):
        trail.extend("finger", x, 300)
    drawn = shown(window)
    assert (np.abs(drawn[300, 290] - np.round(np.array(DARK.trail[:3]) * 255)) <= 1).all()
    assert drawn[300, 70].any()
    assert not drawn[320, :].any() and not drawn[280, :].any()  # 20 px thick: nothing 20 px beside it
    assert not drawn[300, :38].any() and not drawn[300, 312:].any()

    trail.end("finger")
    window.run_for(0.7 * TRAIL_MS)  # it is opaque for the first half of its time
    faded = shown(window)
    assert 0 < faded.sum() < drawn.sum() / 2
    window.run_for(0.3 * TRAIL_MS + 100)
    assert not shown(window).any()
    assert not meshes(trail)


def test_what_a_resting_finger_left_fades_as_well(window: WindowDriver) -> None:
    window.root.begin(0, 50, 300)
    window.root.extend(0, 300, 300)
    window.run_for(TRAIL_MS + 100)
    assert not shown(window).any()
    window.root.extend(0, 300, 400)
    assert shown(window)[350, 300].any()


def test_every_finger_has_a_trail_of_its_own_in_one_mesh(window: WindowDriver) -> None:
    trail = window.root
    trail.begin("left", 20, 100)
    trail.begin("right", 340, 500)
    at_first = meshes(trail)
    for step in range(8):
        trail.extend("left", 20 + 10 * step, 100)
        trail.extend("right", 340 - 10 * step, 500)
        window.frames()
        assert meshes(trail) == at_first and len(at_first) == 2
    drawn = shown(window)
    assert drawn[100, 80].any() and drawn[500, 280].any() and not drawn[300].any()
    trail.end("left")
    window.run_for(TRAIL_MS + 100)
    assert meshes(trail) == at_first[1:]


def test_a_finger_may_begin_again_before_its_last_trail_is_gone(window: WindowDriver) -> None:
    trail = window.root
    for y in (100, 500):
        trail.begin(0, 20, y)
        trail.extend(0, 340, y)
        trail.end(0)
    drawn = shown(window)
    assert drawn[100, 180].any() and drawn[500, 180].any()
    assert not drawn[300].any()


def test_a_finger_without_a_trail_leaves_none(window: WindowDriver) -> None:
    window.root.extend("unknown", 100, 100)
    window.root.end("unknown")
    assert not meshes(window.root)
    assert not shown(window).any()


def test_a_fast_mouse_does_not_make_the_trail_long(window: WindowDriver) -> None:
    window.root.begin(0, 0, 300)
    for at in range(3600):  # ten points for every pixel
        window.root.extend(0, at / 10, 300)
    window.frames()
    (mesh,) = meshes(window.root)
    assert len(mesh.indices) < 400


def sections(line: list[tuple[float, float, float]]) -> Sections:
    return np.array(line, dtype=float).reshape(-1, 3)


@given(POINTS)
def test_bending_keeps_the_ends_and_never_overshoots(points: list[tuple[float, float, float]]) -> None:
    line = sections(points)
    bent = bend(line)
    assert (bent[:1] == line[:1]).all() and bool(len(bent)) == bool(len(line))
    if len(line):
        assert bent[-1] == pytest.approx(line[-1])
        assert (bent.min(axis=0) >= line.min(axis=0) - 1e-9).all()
        assert (bent.max(axis=0) <= line.max(axis=0) + 1e-9).all()


@given(POINTS, st.floats(0.5, 60))
def test_the_ribbon_stays_within_its_radius_of_the_line(line: list[tuple[float, float, float]], radius: float) -> None:
    vertices = ribbon(sections(line), radius)
    assert np.isfinite(vertices).all()
    assert len({point[:2] for point in line}) > 1 or not len(vertices)
    for x, y, _, fresh in vertices:
        assert min(math.dist((x, y), point[:2]) for point in line) <= radius * (1 + 1e-6)
        assert 0 <= fresh <= 1


def test_the_ribbon_is_as_broad_as_it_is_fresh_and_round_at_its_corners() -> None:
    vertices = ribbon(sections([(0, 0, 0), (10, 0, 0.5), (20, 0, 1)]), 5)
    breadths = [math.dist(left, right) for left, right in zip(vertices[::2, :2], vertices[1::2, :2], strict=True)]
    assert breadths[0] == 0 and 0 < breadths[1] < breadths[2] == 10
    assert breadths[-1] == pytest.approx(0, abs=1e-9)
    assert vertices[-1, 0] == pytest.approx(25)  # the round end reaches a radius beyond the finger

    there_and_back = ribbon(sections([(0, 0, 1), (10, 0, 1), (0, 0, 1)]), 5)
    at_corner = [x for x, y in there_and_back[:, :2] if math.dist((x, y), (10, 0)) == pytest.approx(5)]
    assert max(at_corner) == pytest.approx(15, abs=0.1)
