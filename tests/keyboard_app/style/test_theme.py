from __future__ import annotations

import dataclasses

import darkdetect
import pytest

from keyboard_app.style.theme import DARK, LIGHT, MIN_CONTRAST, SMALLEST_DP, TEXT_PAIRS, Theme, contrast, px_per_dp, rgb, system_theme


def test_contrast_is_that_of_wcag() -> None:
    black, white = rgb("000000"), rgb("FFFFFF")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, white) == pytest.approx(1)
    assert contrast(rgb("767676"), white) == pytest.approx(4.54, abs=0.01)  # the lightest grey that WCAG's own pages allow
    assert contrast(rgb("FF0000"), white) == contrast(white, rgb("FF0000")) == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("text, ground", TEXT_PAIRS, ids="_on_".join)
def test_texts_can_be_read(theme: Theme, text: str, ground: str) -> None:
    assert contrast(getattr(theme, text), getattr(theme, ground)) >= MIN_CONTRAST
    assert getattr(theme, text)[3] == getattr(theme, ground)[3] == 1


def test_every_text_colour_is_read_on_something() -> None:
    names = {field.name for field in dataclasses.fields(Theme)}
    read = {text for text, _ in TEXT_PAIRS}
    assert {name for name in names if name.endswith("text")} <= read
    assert read | {ground for _, ground in TEXT_PAIRS} <= names


@pytest.mark.parametrize("answer, theme", [(True, DARK), (False, LIGHT), (None, LIGHT)])
def test_theme_follows_the_system(answer: bool | None, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(darkdetect, "isDark", lambda: answer)
    assert system_theme() is theme


def test_a_dp_is_a_pixel_of_a_phone_and_grows_with_the_window() -> None:
    assert px_per_dp(360, 640) == 1
    assert px_per_dp(720, 1280) == 2
    assert px_per_dp(3840, 2160) == 2160 / 640
    assert px_per_dp(240, 240) == SMALLEST_DP
