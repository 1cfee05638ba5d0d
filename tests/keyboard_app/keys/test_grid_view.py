from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from kivy.core.text import Label as CoreLabel
from kivy.core.window import Window
from kivy.graphics import Rectangle
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels

from engine import Grid, Key, language_of, load_grids
from keyboard_app.keys.grid_view import GridView
from keyboard_app.keys.key_face import KeyFace, text_texture
from keyboard_app.keys.layout import Area, KeyLayout, PlacedKey, complete, fit, keyboard_area
from keyboard_app.keys.symbol_pages import symbol_pages
from keyboard_app.keys.trail import Trail
from keyboard_app.style.lettering import runs
from keyboard_app.style.theme import DARK, LIGHT, Colour
from keyboard_app.text.shift import Shift
from tests.support.window_driver import WindowDriver, open_window

GRIDS = load_grids()
Pixels = npt.NDArray[np.int16]
"""(height, width, 3), red, green and blue; the first row is the bottom one"""


def layout_of(grid: Grid, size: tuple[int, int] = (360, 640)) -> KeyLayout:
    keys, height = complete(grid)
    return fit(keys, grid.width, height, keyboard_area(*size))


def shown(driver: WindowDriver) -> Pixels:
    driver.frames(2)
    Window.dispatch("on_draw")
    pixels = np.frombuffer(glReadPixels(0, 0, *Window.size, GL_RGBA, GL_UNSIGNED_BYTE), np.uint8)
    return pixels.reshape(Window.height, Window.width, 4)[:, :, :3].astype(np.int16)


def on_key(pixels: Pixels, placed: PlacedKey) -> Pixels:
    """The middle of the key, without its edges."""
    bottom, left = round(placed.y + 0.15 * placed.h), round(placed.x + 0.15 * placed.w)
    return pixels[bottom : round(placed.y + 0.85 * placed.h), left : round(placed.x + 0.85 * placed.w)]


def outside(pixels: Pixels, *keys: PlacedKey) -> Pixels:
    """The pixels with the keys blacked out."""
    others = pixels.copy()
    for placed in keys:
        others[round(placed.y) : round(placed.y + placed.h) + 1, round(placed.x) : round(placed.x + placed.w) + 1] = 0
    return others


def has(pixels: Pixels, colour: Colour) -> bool:
    """Whether some pixel has that colour, to a level of 255."""
    return bool((np.abs(pixels - np.round(np.array(colour[:3]) * 255)).max(axis=-1) <= 1).any())


@pytest.fixture
def window() -> Iterator[WindowDriver]:
    """A window of 360 x 640 px with the English keys."""
    with open_window(lambda: GridView(layout_of_keys=layout_of(GRIDS["qwerty_en"])), (360, 640)) as driver:
        yield driver


@pytest.mark.parametrize("size", [(320, 480), (360, 640), (1280, 800)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_every_key_is_drawn_with_something_to_read_on_it(grid: Grid, size: tuple[int, int]) -> None:
    pages = [layout_of(grid, size)]
    pages += [fit(page, grid.width, complete(grid)[1], keyboard_area(*size)) for page in symbol_pages(language_of(grid), grid)]
    with open_window(lambda: GridView(space_label="English"), size) as driver:
        for theme in (LIGHT, DARK):
            for layout in pages:
                driver.root.layout_of_keys, driver.root.theme = layout, theme
                pixels = shown(driver)
                looks = {}
                for placed in layout.keys:
                    accented = placed.key.action == "enter"
                    plain = placed.key.label is not None or placed.key.action == "space"
                    face = theme.accent if accented else theme.key if plain else theme.action_key
                    part = on_key(pixels, placed)
                    assert has(part, face), placed.key.name
                    drawn = np.abs(part - np.round(np.array(face[:3]) * 255)).max(axis=-1) > 60
                    assert drawn.any(), placed.key.name
                    looks[drawn.tobytes()] = placed.key.name
                assert len(looks) == len(layout.keys)  # no two look the same, as characters do that a font lacks


def test_characters_of_all_pages_are_in_their_font(grids: dict[str, Grid]) -> None:
    labels = {
        key.label for grid in grids.values() for page in (grid.keys, *symbol_pages(language_of(grid), grid)) for key in page if key.label
    }
    labels |= set("éèêëēąćčçßñøåœæżğıіїєґўαβγω") | {label.upper() for label in labels}
    labels |= set("†←→✓♥աბא")
    labels |= {"\u05e9", "\u0634", "\U0001f600", "\U0001f9d1"}  # Hebrew and Arabic shin, two faces
    fonts = {label: next(runs(label))[0] for label in labels if len(label) == 1}
    assert {Path(font).stem for font in fonts.values()} == {"Roboto", "DejaVuSans", "NotoEmoji-Regular"}
    boxes = {font: CoreLabel(text="\U000fffff", font_name=font, font_size=40) for font in set(fonts.values())}
    for box in boxes.values():
        box.refresh()
    for character, font in fonts.items():
        texture, lacking = text_texture(character, 40), boxes[font].texture
        assert (texture.size, texture.pixels) != (lacking.size, lacking.pixels), character


def test_a_pressed_key_alone_changes_and_is_drawn(window: WindowDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = window.root.layout_of_keys
    e, w = (layout.placed(GRIDS["qwerty_en"].letter_key(letter)) for letter in "ew")
    before = shown(window)
    drawn: list[str] = []
    show, colour = KeyFace.show, KeyFace.colour

    def note_show(face: KeyFace, *now: Any) -> None:
        drawn.append(f"show {face.placed.key.name}")
        show(face, *now)

    def note_colour(face: KeyFace, *now: Any) -> None:
        drawn.append(f"colour {face.placed.key.name}")
        colour(face, *now)

    monkeypatch.setattr(KeyFace, "show", note_show)
    monkeypatch.setattr(KeyFace, "colour", note_colour)

    window.root.pressed = frozenset({e.key})
    pressed = shown(window)
    assert drawn == ["show e", "colour e"]
    assert has(on_key(pressed, e), LIGHT.pressed) and not has(on_key(before, e), LIGHT.pressed)
    assert np.array_equal(outside(pressed, e), outside(before, e))

    window.root.pressed = frozenset({w.key})
    window.frames()
    assert drawn[2:] == ["show w", "colour w"]
    window.root.pressed = frozenset()
    assert np.array_equal(shown(window), before)
    assert len(drawn) == 4


def test_no_frame_draws_the_keys_again_while_a_trail_or_a_pressed_key_changes(window: WindowDriver) -> None:
    """The keys' picture is painted over from outside: what is painted stays until the keys are drawn anew."""
    trail = Trail()
    Window.add_widget(trail)
    window.frames(2)
    (picture,) = (part.texture for part in window.root.canvas.children if type(part) is Rectangle)
    picture.blit_buffer(b"\xff\x00\xff\xff" * picture.width * picture.height, colorfmt="rgba", bufferfmt="ubyte")
    trail.begin(0, 20, 400)
    for step in range(20):
        trail.extend(0, 20 + 10 * step, 400)
        window.frames()
    window.root.pressed = frozenset({GRIDS["qwerty_en"].letter_key("e")})
    swiping = shown(window)
    assert swiping[400, 200].any() and not np.array_equal(swiping[400, 200], (255, 0, 255))
    assert has(swiping, LIGHT.pressed) and has(swiping, (1, 0, 1, 1)) and not has(swiping, LIGHT.board)
    window.root.shift = Shift.ONCE
    assert has(shown(window), LIGHT.board) and not has(shown(window), (1, 0, 1, 1))


def test_shift_shows_capitals(window: WindowDriver) -> None:
    layout = window.root.layout_of_keys
    letters = [placed for placed in layout.keys if placed.key.is_letter]
    (shift,) = (placed for placed in layout.keys if placed.key.action == "shift")
    looks = {}
    for case in Shift:
        window.root.shift = case
        looks[case] = shown(window)
    for placed in letters:
        assert not np.array_equal(on_key(looks[Shift.OFF], placed), on_key(looks[Shift.ONCE], placed))
        assert np.array_equal(on_key(looks[Shift.ONCE], placed), on_key(looks[Shift.LOCK], placed))
    assert np.array_equal(outside(looks[Shift.OFF], shift, *letters), outside(looks[Shift.ONCE], shift, *letters))
    assert len({on_key(look, shift).tobytes() for look in looks.values()}) == 3
    window.root.shift = Shift.OFF
    assert np.array_equal(shown(window), looks[Shift.OFF])


def test_texts_are_drawn_pixel_for_pixel_at_every_size(window: WindowDriver) -> None:
    for size in [(320, 480), (801, 603), (1920, 1080)]:
        window.resize(*size)
        window.root.layout_of_keys = layout_of(GRIDS["yandex_ru"], size)
        window.frames(2)
        texts = [part for part in instructions(window.root.canvas) if type(part) is Rectangle]  # not the smooth ones, which are faces
        assert len(texts) >= 34
        for text in texts:
            assert text.size == text.texture.size
            assert all(place == int(place) for place in text.pos)


def instructions(group: object) -> Iterator[Any]:
    for child in getattr(group, "children", ()):
        yield child
        yield from instructions(child)


def test_themes_colour_what_is_there(window: WindowDriver) -> None:
    light = shown(window)
    window.root.theme = DARK
    dark = shown(window)
    for pixels, theme in ((light, LIGHT), (dark, DARK)):
        assert has(pixels[-1:], theme.board) and has(pixels, theme.accent) and has(pixels, theme.key)
    with open_window(lambda: GridView(theme=DARK, layout_of_keys=layout_of(GRIDS["qwerty_en"])), (360, 640)) as again:
        assert np.array_equal(shown(again), dark)


def test_hints_stand_in_the_corner(window: WindowDriver) -> None:
    before = shown(window)
    q = window.root.layout_of_keys.placed(GRIDS["qwerty_en"].letter_key("q"))
    window.root.hints = {"q": "1"}
    after = shown(window)
    assert np.array_equal(outside(after, q), outside(before, q))
    rows, columns = np.nonzero((after != before).any(axis=-1))
    assert rows.min() > q.y + q.h / 2 and columns.min() > q.x + q.w / 2


def test_long_names_stay_on_their_key(window: WindowDriver) -> None:
    strange = Key(None, "a_strange_action_of_some_other_app", 0, 0, 100, 100)
    other = Key(None, "space", 100, 0, 100, 100)
    window.root.space_label = "a very long name of a grid, longer than any key"
    window.root.layout_of_keys = layout = fit((strange, other), 200, 100, Area(0, 0, 360, 200))
    pixels = shown(window)
    for placed in layout.keys:
        assert (on_key(pixels, placed).std(axis=(0, 1)) > 0).all()
    between = layout.placed(other).x
    assert has(pixels[100:101, round(between) : round(between) + 1], LIGHT.board)


def test_without_a_layout_there_is_only_the_board(window: WindowDriver) -> None:
    window.root.layout_of_keys = None
    window.root.pressed = frozenset({GRIDS["qwerty_en"].letter_key("e")})
    assert (np.abs(shown(window) - np.round(np.array(LIGHT.board[:3]) * 255)) <= 1).all()


def test_a_key_is_shown_as_pressed_on_a_new_layout(window: WindowDriver) -> None:
    window.root.pressed = frozenset({GRIDS["qwerty_en"].letter_key("e")})
    window.root.layout_of_keys = None
    window.frames(2)
    window.root.layout_of_keys = layout = layout_of(GRIDS["qwerty_en"])
    assert has(on_key(shown(window), layout.placed(GRIDS["qwerty_en"].letter_key("e"))), LIGHT.pressed)
