"""What lies above the pages is drawn without them, and looks as if everything were drawn anew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from kivy.core.window import Window
from kivy.graphics import Color, Rectangle
from kivy.graphics.opengl import GL_RENDERER, GL_RGBA, GL_UNSIGNED_BYTE, glGetString, glReadPixels
from kivy.uix.widget import Widget

from keyboard_app.keys.trail import Trail
from keyboard_app.style import overlay
from tests.support.window_driver import WindowDriver, open_window

SIZE = (360, 640)
needs_software = pytest.mark.skipif(
    not any(name in glGetString(GL_RENDERER).decode() for name in overlay.SOFTWARE), reason="a graphics card draws here"
)


class Page(Widget):
    """Draws something everywhere, and counts how often the window is drawn anew."""

    def __init__(self) -> None:
        super().__init__()
        with self.canvas:
            for row in range(64):
                Color(row / 64, 1 - row / 64, 0.5)
                Rectangle(pos=(0, 10 * row), size=(360, 10))


@pytest.fixture
def window() -> Iterator[WindowDriver]:
    with open_window(Page, SIZE) as driver:
        overlay.keeps_its_picture()  # which the first overlay would try out
        yield driver


@pytest.fixture
def square(window: WindowDriver) -> Iterator[tuple[overlay.Overlay, Rectangle]]:
    """A red square of 40 px in an overlay."""
    above, rectangle = overlay.Overlay(), Rectangle(size=(40, 40))
    above.canvas.add(Color(1, 0, 0))
    above.canvas.add(rectangle)
    above.open()
    yield above, rectangle
    above.close()


def picture() -> npt.NDArray[np.int16]:
    """What the window shows, without drawing it: (height, width, 3), from the bottom."""
    pixels = np.frombuffer(glReadPixels(0, 0, *Window.size, GL_RGBA, GL_UNSIGNED_BYTE), np.uint8)
    return pixels.reshape(Window.height, Window.width, 4)[:, :, :3].astype(np.int16)


def put(square: tuple[overlay.Overlay, Rectangle], x: float, y: float) -> None:
    above, rectangle = square
    rectangle.pos = x, y
    above.changed((x, y, x + 40, y + 40))


@pytest.fixture
def drawn() -> Iterator[list[str]]:
    """Grows whenever Kivy draws the whole window."""
    times: list[str] = []

    def note(*_: object) -> None:
        times.append("drawn")

    Window.bind(on_draw=note)
    yield times
    Window.unbind(on_draw=note)


@needs_software
def test_only_the_part_that_changed_is_drawn_and_it_looks_like_all(
    window: WindowDriver, square: tuple[overlay.Overlay, Rectangle], drawn: list[str]
) -> None:
    window.frames(2)
    drawn.clear()
    shown = []
    Window.bind(on_flip=lambda *_: shown.append(picture()))
    for x, y in ((30, 100), (33.4, 120.7), (330, 620), (-20, -20)):
        put(square, x, y)
        window.frames()
    assert not drawn and len(shown) == 4
    at = shown[1][125, 40]
    assert tuple(at) == (255, 0, 0) and tuple(shown[2][125, 40]) != (255, 0, 0)
    Window.dispatch("on_draw")
    assert np.array_equal(picture(), shown[-1])


@needs_software
def test_the_first_overlay_leaves_the_rest_of_the_window_as_it_is(window: WindowDriver, square: tuple[overlay.Overlay, Rectangle]) -> None:
    overlay.keeps_its_picture.cache_clear()
    window.frames(2)
    put(square, 100, 100)
    window.frames()
    shown = picture()
    Window.dispatch("on_draw")
    assert np.array_equal(picture(), shown)


@needs_software
def test_what_is_closed_is_gone_with_the_next_frame(window: WindowDriver, square: tuple[overlay.Overlay, Rectangle]) -> None:
    window.frames(2)
    before = picture()
    put(square, 100, 100)
    window.frames()
    assert not np.array_equal(picture(), before)
    square[0].close()
    window.frames()
    assert np.array_equal(picture(), before)


def test_where_the_picture_is_not_kept_everything_is_drawn(
    window: WindowDriver, square: tuple[overlay.Overlay, Rectangle], drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "keeps_its_picture", lambda: False)
    window.frames(2)
    drawn.clear()
    put(square, 100, 100)
    window.frames()
    assert drawn and tuple(picture()[120, 120]) == (255, 0, 0)


@needs_software
def test_a_window_that_goes_on_with_another_picture_is_noticed(window: WindowDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert overlay.keeps_its_picture()
    overlay.keeps_its_picture.cache_clear()

    def flip_to_another() -> None:
        Window.clearcolor = (0.3, 0.6, 0.9, 1)
        Window.clear()

    monkeypatch.setattr(Window, "flip", flip_to_another)
    try:
        assert not overlay.keeps_its_picture()
    finally:
        overlay.keeps_its_picture.cache_clear()


def test_a_trail_does_not_stay_when_its_page_is_left(window: WindowDriver) -> None:
    trail = Trail(thickness=20)
    window.root.add_widget(trail)
    window.frames(2)
    before = picture()
    trail.begin(0, 50, 300)
    trail.extend(0, 300, 300)
    window.frames(2)
    assert not np.array_equal(picture(), before)
    window.root.remove_widget(trail)
    window.frames(2)
    assert np.array_equal(picture(), before)
