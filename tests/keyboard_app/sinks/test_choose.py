"""The way into other programs that fits the desktop; where there is none, the keyboard's own page."""

from __future__ import annotations

import pytest

from keyboard_app.settings import VALUES
from keyboard_app.sinks.choose import NO_WAY, ON_PLASMA, TITLES, NoWayError, fitting, open_sink, why_none
from tests.support.pointer import open_display
from tests.support.programs import needs


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # python-xlib leaves the socket of a failed attempt open
@pytest.mark.parametrize(
    "environment", [{}, {"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "wayland-4711"}, {"DISPLAY": ":0", "SDL_VIDEODRIVER": "offscreen"}]
)
def test_without_a_desktop_it_is_the_own_page(environment: dict[str, str]) -> None:
    assert fitting(environment) == "own"


@needs("Xvfb")
def test_on_x11_without_ibus_it_is_xtest(tmp_path_factory: pytest.TempPathFactory) -> None:
    pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")
    with open_display(320, 240, tmp_path_factory.mktemp("display") / "log") as display:
        assert fitting({"DISPLAY": display.name}) == "xtest"


def test_every_way_has_a_title_and_a_setting() -> None:
    assert set(TITLES) == set(VALUES["into"])


def test_a_way_that_does_not_exist_is_named() -> None:
    with pytest.raises(NoWayError, match="no way 'own'"):
        open_sink("own", lambda call: call())


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0", "XDG_CURRENT_DESKTOP": "KDE"}, ON_PLASMA),
        ({"DISPLAY": ":0", "XDG_CURRENT_DESKTOP": "KDE"}, NO_WAY),
        ({"WAYLAND_DISPLAY": "wayland-0", "XDG_CURRENT_DESKTOP": "GNOME"}, NO_WAY),
        ({}, NO_WAY),
    ],
)
def test_on_plasma_people_are_told_how(environment: dict[str, str], why: str) -> None:
    assert why_none(environment) == why
