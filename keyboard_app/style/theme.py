"""The colours of the light and the dark theme, and the size of a dp."""

from __future__ import annotations

from dataclasses import dataclass

import darkdetect

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, 0 to 1 each."""

PHONE = (360.0, 640.0)
"""The size of a window in which a dp is one pixel."""

SMALLEST_DP = 0.75
"""px; with less, text is not readable."""

MIN_CONTRAST = 4.5
"""What level AA of WCAG requires of text."""


@dataclass(frozen=True)
class Theme:
    """The colours of all pages. `TEXT_PAIRS` says which text is read on which colour."""

    name: str
    background: Colour
    """behind pages and text fields"""
    text: Colour
    board: Colour
    """behind the keys"""
    key: Colour
    key_text: Colour
    hint_text: Colour
    """small and secondary text, on keys and on the background"""
    action_key: Colour
    action_text: Colour
    pressed: Colour
    """a key under a tapping finger"""
    pressed_text: Colour
    shadow: Colour
    """the lower edge of a key"""
    trail: Colour
    accent: Colour
    """for enter, for shift while it is locked, and for the chosen one of several"""
    accent_text: Colour
    selection: Colour
    """behind selected text"""
    bar: Colour
    """the candidate bar and toolbars"""
    bar_text: Colour
    line: Colour
    """between the parts of a page"""
    notice: Colour
    notice_text: Colour
    good: Colour
    """text saying that a word was recognised"""
    bad: Colour
    """text saying that it was not"""


def rgb(hex_code: str, opacity: float = 1.0) -> Colour:
    """The colour of six hexadecimal digits."""
    red, green, blue = (int(hex_code[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue, opacity


LIGHT = Theme(
    name="light",
    background=rgb("FFFFFF"),
    text=rgb("1B1D22"),
    board=rgb("C9D0DA"),
    key=rgb("FFFFFF"),
    key_text=rgb("1B1D22"),
    hint_text=rgb("4A5059"),
    action_key=rgb("AEB8C6"),
    action_text=rgb("2A2F37"),
    pressed=rgb("9FABBB"),
    pressed_text=rgb("1B1D22"),
    shadow=rgb("8F99A8"),
    trail=rgb("124CA2"),
    accent=rgb("1A66D6"),
    accent_text=rgb("FFFFFF"),
    selection=rgb("BFD8FB"),
    bar=rgb("F3F5F8"),
    bar_text=rgb("1B1D22"),
    line=rgb("D3D8E0"),
    notice=rgb("FFF0C9"),
    notice_text=rgb("4A3600"),
    good=rgb("11713A"),
    bad=rgb("B3261E"),
)

DARK = Theme(
    name="dark",
    background=rgb("121316"),
    text=rgb("ECEEF2"),
    board=rgb("1C1E22"),
    key=rgb("41454D"),
    key_text=rgb("FFFFFF"),
    hint_text=rgb("BDC2CB"),
    action_key=rgb("2B2E34"),
    action_text=rgb("E6E9EE"),
    pressed=rgb("5F656F"),
    pressed_text=rgb("FFFFFF"),
    shadow=rgb("0E0F11"),
    trail=rgb("9CC5FF"),
    accent=rgb("8AB8FF"),
    accent_text=rgb("0A1D3A"),
    selection=rgb("264A7D"),
    bar=rgb("1C1E22"),
    bar_text=rgb("ECEEF2"),
    line=rgb("34373E"),
    notice=rgb("4A3B12"),
    notice_text=rgb("FFE6A6"),
    good=rgb("7BD79B"),
    bad=rgb("FFA79E"),
)

TEXT_PAIRS = (
    ("text", "background"),
    ("text", "selection"),
    ("hint_text", "background"),
    ("accent", "background"),
    ("good", "background"),
    ("bad", "background"),
    ("text", "bar"),
    ("bar_text", "bar"),
    ("hint_text", "bar"),
    ("accent", "bar"),
    ("good", "bar"),
    ("bad", "bar"),
    ("text", "board"),
    ("hint_text", "board"),
    ("key_text", "key"),
    ("hint_text", "key"),
    ("action_text", "action_key"),
    ("pressed_text", "pressed"),
    ("action_text", "pressed"),
    ("bar_text", "pressed"),
    ("text", "pressed"),
    ("accent_text", "accent"),
    ("notice_text", "notice"),
    ("trail", "key"),
    ("trail", "board"),
)
"""The colour of a text, and the colour it is read on. A test makes sure that all have `MIN_CONTRAST`."""


def contrast(one: Colour, other: Colour) -> float:
    """How much two opaque colours differ in brightness, 1 to 21. Source: WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def system_theme() -> Theme:
    """The theme of the system's other windows; `LIGHT` if the system does not say."""
    return DARK if darkdetect.isDark() else LIGHT


def px_per_dp(width: float, height: float) -> float:
    """Pixels per dp in a window of that size (px): enough for a phone's 360 x 640 dp, and never too few for reading."""
    return max(SMALLEST_DP, min(width / PHONE[0], height / PHONE[1]))
