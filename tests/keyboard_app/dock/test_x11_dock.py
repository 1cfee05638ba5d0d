"""The docked keyboard on X11 writes into another program, which never loses the focus."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.programs import GTK, Desktop, listens, needs, open_desktop, running, wait_for

pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")

from tests.support.docked import docked, docks, focus_of, screenshot, toggle
from tests.support.x_hand import XHand

pytestmark = [needs("Xvfb", "xdotool", "openbox", GTK), pytest.mark.slow]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    with open_desktop(tmp_path) as desktop:
        yield desktop


def test_swipes_a_candidate_and_keys_arrive_in_a_program_that_keeps_the_focus(desktop: Desktop) -> None:
    program = desktop.gtk()
    with docked(desktop, "--into", "xtest") as dock:
        assert docks(desktop.display.name) == [dock.place]
        assert (dock.place.x, dock.place.width, dock.place.y + dock.place.height) == (0, 1280, 800)
        dock.swipe("everything")
        program.expect("Everything|")
        dock.swipe("because")
        program.expect("Everything because|")
        dock.tap("backspace")
        program.expect("Everything|")
        dock.swipe("language")
        program.expect("Everything language|")
        dock.tap_bar(0.5)
        wait_for(lambda: program.text not in ("Everything language|", "Everything |"), "the candidate")
        assert program.text.startswith("Everything ") and program.text.endswith("|")
        dock.tap("enter")
        dock.tap("o")
        dock.tap("k")
        wait_for(lambda: program.text.endswith("\nOk|"), f"the tapped letters, not {program.text!r}")
        desktop.words("key", "h")
        wait_for(lambda: program.text.endswith("\nOkh|"), "the person's own key")
        assert program.losses == 0
        assert focus_of(desktop, program)


def test_maximised_programs_make_room_and_get_it_back_when_the_dock_hides(desktop: Desktop) -> None:
    with desktop_bus(desktop):
        program = desktop.gtk()
        with docked(desktop, "--into", "xtest") as dock:
            desktop.maximise(program)
            wait_for(lambda: program.size[1] <= dock.place.y, f"room for the dock: {program.size}")
            wait_for(lambda: toggle(desktop).returncode == 0, "the keyboard, which is reached by the bus")
            wait_for(lambda: [place.height < 50 for place in docks(desktop.display.name)] == [True], "the handle")
            wait_for(lambda: program.size[1] > dock.place.y, "the room is given back")
            handle = docks(desktop.display.name)[0]
            desktop.display.click(handle.x + handle.width / 2, handle.y + handle.height / 2)
            wait_for(lambda: docks(desktop.display.name) == [dock.place], "the dock again")
            assert program.losses == 0
        assert "no docked keyboard is running" in toggle(desktop).stderr


def test_its_height_is_dragged_and_remembered(desktop: Desktop) -> None:
    program = desktop.gtk()
    with docked(desktop, "--into", "xtest") as dock:
        x, y = dock.place.x + 76 * dock.unit, dock.place.y + 24 * dock.unit
        desktop.words("mousemove", f"{x:.0f}", f"{y:.0f}", "sleep", "0.3", "mousedown", "1", "sleep", "0.3")
        for step in range(1, 11):
            desktop.words("mousemove", f"{x:.0f}", f"{y - 6 * step:.0f}", "sleep", "0.05")
        desktop.words("sleep", "0.3", "mouseup", "1")
        wait_for(lambda: (desktop.folder / "settings.json").exists(), "the setting")
        height = json.loads((desktop.folder / "settings.json").read_text())["dock_height"]
        assert abs(height - dock.place.height - 60) <= 3
        wait_for(lambda: [place.height for place in docks(desktop.display.name)] == [height], "the dock of that height")
    with docked(desktop, "--into", "xtest") as again:
        assert again.place.height == height
        assert program.losses == 0


def test_floating_it_lies_over_the_programs(desktop: Desktop) -> None:
    program = desktop.gtk()
    (desktop.folder / "settings.json").write_text('{"dock": "floating"}')
    with docked(desktop, "--into", "xtest") as dock:
        assert dock.place.width < 640
        dock.swipe("everything")
        program.expect("Everything|")
        screenshot(desktop.display.name)
        assert program.losses == 0


def test_a_swipe_whose_press_closes_a_menu_is_written_and_the_next_one_once(desktop: Desktop) -> None:
    program = desktop.gtk()
    hand = XHand(desktop.display.name)
    desktop.maximise(program)
    with docked(desktop, "--into", "xtest") as shown:
        dock = replace(shown, hand=hand)
        dock.swipe("everything")
        program.expect("Everything|")
        before = screenshot(desktop.display.name)
        desktop.words("mousemove", "640", "200", "click", "3")
        wait_for(lambda: screenshot(desktop.display.name) != before, "the menu")
        wait_for(lambda: program.losses == 1, "the focus of another window of GTK's own")
        time.sleep(1)
        dock.swipe("because")
        program.expect("Everything because|")
        dock.swipe("language")
        wait_for(lambda: program.text.lower().endswith("language|"), "the next word")
        assert program.text.lower().count("language") == 1
        assert program.losses == 1
    hand.close()


@pytest.mark.parametrize("choice", ["bottom", "floating"])
def test_words_are_swiped_over_split_keys(desktop: Desktop, choice: str) -> None:
    program = desktop.gtk()
    (desktop.folder / "settings.json").write_text(json.dumps({"dock": choice, "arrangement": "split"}))
    with docked(desktop, "--into", "xtest") as whole:
        dock = replace(whole, arrangement="split")
        dock.swipe("everything")
        program.expect("Everything|")
        dock.swipe("because")
        program.expect("Everything because|")
        assert program.losses == 0
        screenshot(desktop.display.name, desktop.folder / "split.png")


def test_without_a_window_manager_the_focus_is_given_back(tmp_path: Path) -> None:
    with open_desktop(tmp_path, manager="") as desktop:
        program = desktop.gtk()
        with docked(desktop, "--into", "xtest") as dock:
            dock.swipe("everything")
            program.expect("Everything|")


@contextmanager
def desktop_bus(desktop: Desktop) -> Iterator[None]:
    """A session bus for the desktop."""
    address = f"unix:path={desktop.folder}/bus"
    desktop.environment["DBUS_SESSION_BUS_ADDRESS"] = address
    with running(["dbus-daemon", "--session", "--nofork", f"--address={address}"], desktop.environment, desktop.folder / "bus-log"):
        wait_for(lambda: listens(desktop.folder / "bus"), "the session bus")
        yield
