"""Text as it is drawn: each part in a font that has its characters, and right-to-left text in its order.

Fonts are tried in this order: Kivy's usual one, DejaVu Sans (with Kivy: Hebrew, Arabic, symbols), Noto Emoji (with Keyglide), and what
fontconfig knows of the machine's own fonts (Chinese, Japanese, Korean and others).
"""

from __future__ import annotations

import functools
import itertools
import logging
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kivy import kivy_data_dir
from kivy.core.text import Label, LabelBase
from kivy.core.text.markup import MarkupLabel
from kivy.utils import escape_markup

from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.visual_order import visual_text

USUAL = "Roboto"
BROUGHT = (
    Path(kivy_data_dir) / "fonts" / "Roboto-Regular.ttf",
    Path(kivy_data_dir) / "fonts" / "DejaVuSans.ttf",
    Path(__file__).with_name("fonts") / "NotoEmoji-Regular.ttf",
)
"""The fonts that are always there, the likeliest first. The first is the usual one."""
IN_USUAL = (range(0x0180), range(0x0391, 0x03A2), range(0x03A3, 0x03CF), range(0x0400, 0x0460))
"""Code points of the usual font that need no look into its file: Latin, Greek, Cyrillic."""
SIGNS_IN_USUAL = "–—‘’‚“”„…‹›•€₽№√™"
EMOJI = str(BROUGHT[2])
FIRST_EMOJI, COLOURFUL = 0x1F000, "\ufe0f"
"""From this code point on characters are emoji, and others before this mark, which asks for a coloured picture."""
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff\u00ad"
"""Marks of direction, joiners and variants: they are not drawn, and few fonts have them."""
FONTCONFIG_S = 5.0
"""The longest wait for fontconfig, which may have to read all fonts first."""


def runs(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a text that one font has: font, part. What is not drawn is left out; a diacritic stays with its letter.

    Emoji keep what joins them: the font has one picture for a family of three.
    """
    for font, pieces in itertools.groupby(_pieces(text), key=lambda piece: piece[0]):
        yield font, "".join(piece for _, piece in pieces)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    font = ""
    for visible in CHARACTER.findall(text):
        if _is_emoji(visible):
            font = EMOJI
            yield font, visible
            continue
        for character in visible:
            if character not in UNSEEN:
                is_mark = bool(font) and unicodedata.category(character).startswith("M")
                font = font if is_mark else _font_of(character)
                yield font, character


@functools.lru_cache(maxsize=1000)
def _is_emoji(visible: str) -> bool:
    """Whether a visible character is an emoji that our font has, of whatever parts."""
    looks_so = any(ord(character) >= FIRST_EMOJI or character == COLOURFUL for character in visible)
    return looks_so and all(ord(character) in _coverage(EMOJI) or character in UNSEEN for character in visible)


def is_usual(text: str) -> bool:
    """Whether the usual font has it all, so that any label draws it."""
    return all(_is_in_usual(character) for character in text)


def marked_up(text: str, ordered: bool = False) -> str:
    """The text for a label with `markup`: in the order in which it is drawn, with the fonts that its characters need.

    ordered: whether the text has that order already.
    """
    drawn = text if ordered or is_usual(text) else visual_text(text)
    return "".join(
        "\n".join(escape_markup(line) if font == USUAL else f"[font={font}]{escape_markup(line)}[/font]" for line in part.split("\n"))
        for font, part in runs(drawn)
    )


def label_of(text: str, font_size: float, ordered: bool = False, **options: Any) -> LabelBase:
    """A label of Kivy's core that draws the text; to be refreshed by the caller. ordered: as for `marked_up`."""
    if is_usual(text):
        return Label(text=text, font_size=font_size, **options)
    return MarkupLabel(text=marked_up(text, ordered), font_size=font_size, **options)


def width_of(text: str, font_size: float) -> float:
    """The width in pixels of a text that is in the order in which it is drawn."""
    return float(sum(_measuring(font, font_size).get_extents(part)[0] for font, part in runs(text)))


@functools.lru_cache(maxsize=32)
def _measuring(font: str, font_size: float) -> LabelBase:
    return Label(font_name=font, font_size=font_size)


def _is_in_usual(character: str) -> bool:
    return character in SIGNS_IN_USUAL or any(ord(character) in part for part in IN_USUAL)


@functools.lru_cache(maxsize=10_000)
def _font_of(character: str) -> str:
    """The first font that has the character; the usual one, which shows a box, where none has."""
    if _is_in_usual(character) or character.isspace():
        return USUAL
    if ord(character) in _coverage(str(BROUGHT[0])):
        return USUAL
    known = next((font for font in (*map(str, BROUGHT[1:]), *_found) if ord(character) in _coverage(font)), None)
    if known is not None:
        return known
    found = _ask_fontconfig(character)
    if found is None:
        return USUAL
    _found.append(found)
    return found


_found: list[str] = []
"""Fonts of the machine that were needed so far: the next Chinese character is probably in the same one."""


@functools.cache
def _coverage(font: str) -> frozenset[int]:
    """The code points that a font file has; none if it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    logging.getLogger("fontTools").setLevel(logging.WARNING)  # Kivy's log would tell of each table
    try:
        with TTFont(font, fontNumber=0, lazy=True) as file:
            return frozenset(file.getBestCmap() or ())
    except (OSError, TTLibError, AssertionError):
        return frozenset()


def _ask_fontconfig(character: str) -> str | None:
    """A font of this machine that has the character, drawn in one colour and scalable, or None; None, too, where there is no fontconfig."""
    query = f":charset={ord(character):x}:scalable=true:color=false"
    try:
        done = subprocess.run(["fc-list", query, "file"], capture_output=True, text=True, timeout=FONTCONFIG_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    files = sorted(line.rpartition(":")[0].strip() for line in done.stdout.splitlines())
    fitting = (file for file in files if Path(file).suffix.lower() in (".ttf", ".otf", ".ttc") and ord(character) in _coverage(file))
    return min(fitting, key=lambda file: ("egular" not in file, file), default=None)
