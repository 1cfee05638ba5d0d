"""Text is drawn in fonts that have its characters: those that are brought along, and those that the machine has."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from kivy.uix.widget import Widget

from keyboard_app.style import lettering
from keyboard_app.style.lettering import is_usual, marked_up, runs, width_of
from keyboard_app.text.visual_order import visual_text
from tests.support.window_driver import open_window

SHALOM = "\u05e9\u05dc\u05d5\u05dd"
DEJAVU, EMOJI = (str(font) for font in lettering.BROUGHT[1:])


def stems(text: str) -> list[tuple[str, str]]:
    return [(Path(font).stem, part) for font, part in runs(text)]


def test_each_part_has_a_font_with_its_characters() -> None:
    assert stems("Ёж, naïve – 5 €") == [("Roboto", "Ёж, naïve – 5 €")]
    assert stems(f"hi {SHALOM}!") == [("Roboto", "hi "), ("DejaVuSans", SHALOM), ("Roboto", "!")]
    assert stems("ok\U0001f9d1\U0001f680") == [("Roboto", "ok"), ("NotoEmoji-Regular", "\U0001f9d1\U0001f680")]


def test_a_diacritic_stays_with_its_letter_and_marks_are_not_drawn() -> None:
    assert stems("\u05e9\u05b0") == [("DejaVuSans", "\u05e9\u05b0")]
    assert stems("a\u200f\u2764\ufe0fb") == [("Roboto", "a"), ("NotoEmoji-Regular", "\u2764\ufe0f"), ("Roboto", "b")]
    assert stems("a\u2764b") == [("Roboto", "a"), ("DejaVuSans", "\u2764"), ("Roboto", "b")]


@pytest.mark.parametrize(
    "emoji", ["\U0001f600", "\U0001f469\u200d\U0001f680", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3"]
)
def test_an_emoji_of_several_parts_is_one_picture_of_our_font(emoji: str) -> None:
    assert stems(f"a {emoji}!") == [("Roboto", "a "), ("NotoEmoji-Regular", emoji), ("Roboto", "!")]
    assert width_of(emoji, 40) == width_of("\U0001f600", 40)


def test_markup_is_in_drawing_order_and_escapes_brackets() -> None:
    assert marked_up("[b] & c") == "&bl;b&br; &amp; c"
    assert marked_up(f"a {SHALOM}") == f"a [font={DEJAVU}]{SHALOM[::-1]}[/font]"
    assert marked_up(SHALOM[::-1], ordered=True) == f"[font={DEJAVU}]{SHALOM[::-1]}[/font]"


def test_the_width_is_the_sum_of_the_parts() -> None:
    whole = width_of(f"ab{SHALOM}", 20)
    assert whole == width_of("ab", 20) + width_of(SHALOM, 20) > width_of("ab", 20) > 0
    assert is_usual("ab") and not is_usual(SHALOM)


def test_a_label_is_as_wide_as_was_measured() -> None:
    with open_window(Widget, (100, 100)):
        for text in ("plain", f"{SHALOM} abc", "\U0001f680"):
            label = lettering.label_of(text, 24)
            label.refresh()
            assert label.texture.width == pytest.approx(width_of(visual_text(text), 24), abs=3)


def test_a_font_of_the_machine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fontconfig that knows one font, which has one Chinese character."""
    pen = TTGlyphPen(None)
    for point in ((0, 0), (0, 800), (800, 800), (800, 0)):
        (pen.lineTo if point != (0, 0) else pen.moveTo)(point)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "ni"])
    builder.setupCharacterMap({0x4F60: "ni"})
    builder.setupGlyf({".notdef": pen.glyph(), "ni": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (900, 0), "ni": (900, 0)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Toy Han", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    (fonts := tmp_path / "fonts").mkdir()
    builder.save(fonts / "ToyHan.ttf")
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{fonts}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>", encoding="utf-8")
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    monkeypatch.setattr(lettering, "_found", [])
    lettering._font_of.cache_clear()
    if lettering._ask_fontconfig("\u4f60") is None:
        pytest.skip("no fontconfig: the command fc-list is not there")
    assert stems("a\u4f60") == [("Roboto", "a"), ("ToyHan", "\u4f60")]
    assert stems("\u597d") == [("Roboto", "\u597d")]  # that no font has
    lettering._font_of.cache_clear()


def test_without_fontconfig_there_is_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(lettering, "_found", [])
    lettering._font_of.cache_clear()
    assert stems("\u4f60") == [("Roboto", "\u4f60")]
    lettering._font_of.cache_clear()
