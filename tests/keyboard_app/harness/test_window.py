"""The harness's window, touched and typed at as a person would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kivy.core.image import Image
from kivy.core.window import Window
from kivy.uix.widget import Widget

from engine import BadRecord, Grid, read_swipes
from engine.search_options import SearchOptions
from keyboard_app.harness.harness_app import HarnessApp
from keyboard_app.harness.rows import CandidateRow, LetterChip, SwipeRow
from keyboard_app.harness.source import Source, Start
from tests.conftest import ROOT
from tests.support import toy
from tests.support.decoding import as_json, lines
from tests.support.window_driver import WindowDriver, open_window

WORDS = ["cat", "were", "hello"]
Size = tuple[int, int]
WIDE, NARROW = (960, 600), (360, 640)
Open = Callable[..., AbstractContextManager[WindowDriver]]


@pytest.fixture
def swipe_file(tmp_path: Path, qwerty: Grid) -> Path:
    """Three that are right, one that is wrong, one that is not a swipe."""
    swipes: list[object] = [{"word": word, **as_json(toy.swipe_of(word, qwerty))} for word in WORDS]
    swipes += [{"word": "wet", **as_json(toy.swipe_of("quick", qwerty))}, b"{broken\n"]
    file = tmp_path / "swipes.jsonl"
    file.write_bytes(lines(*swipes))
    return file


@pytest.fixture
def harness(swipe_file: Path, toy_bundle: Path, toy_lexicon: Path, tmp_path: Path) -> Open:
    """Opens the window and waits until all is read. `file`, `other` and `size` are ours, the rest is Start's."""

    @contextmanager
    def harness(size: Size = WIDE, other: Path | None = None, file: Path | None = swipe_file, **start: Any) -> Iterator[WindowDriver]:
        source = Source(file, toy_bundle, other, toy_lexicon)
        app = HarnessApp(source, Start(theme="light", record_to=tmp_path / "recorded.jsonl", **start))
        with open_window(lambda: app, size) as driver:
            driver.until(lambda: driver.root.session.is_settled)
            driver.frames(2)
            yield driver

    return harness


def shown(driver: WindowDriver, kind: type[Widget]) -> list[Any]:
    """The widgets of that class in the window, as they are read: from the top left."""
    found = [widget for widget in driver.root.walk() if isinstance(widget, kind)]
    return sorted(found, key=lambda widget: (-round(widget.to_window(*widget.pos)[1]), widget.to_window(*widget.pos)[0]))


def tap(driver: WindowDriver, widget: Widget) -> None:
    driver.tap(*widget.to_window(*widget.center))
    driver.frames(2)


def press(driver: WindowDriver, *keys: str) -> None:
    for key in keys:
        Window.dispatch("on_key_down", Window._system_keyboard.string_to_keycode(key), 0, None, [])
        driver.until(lambda: driver.root.session.is_settled)
        driver.frames()


def button(driver: WindowDriver, text: str) -> Widget:
    return next(widget for widget in driver.root.walk() if getattr(widget, "text", None) == text)


def test_the_first_swipe_with_its_candidates_and_letters(harness: Open) -> None:
    with harness() as driver:
        assert driver.root.stage.title == "cat"
        assert driver.root.stage.facts.startswith("right \u00b7 1 of 5 \u00b7 point 16 of 16 \u00b7 300 of 300 ms \u00b7 qwerty_en")
        assert [row.word for row in shown(driver, SwipeRow)] == [*WORDS, "wet", "line 5"]
        assert [row.mark for row in shown(driver, SwipeRow)] == ["\u2713"] * 3 + ["\u2717"] * 2
        assert [row.word for row in shown(driver, CandidateRow)][:2] == ["cat", "car"]
        assert [chip.letter for chip in shown(driver, LetterChip)] == ["all", "c", "a", "t", "end"]
        assert "75.0% right" in driver.root.list.summary


def test_letters_by_touch_and_by_key(harness: Open) -> None:
    with harness() as driver:
        tap(driver, shown(driver, LetterChip)[2])
        attention = driver.root.stage.attention
        assert attention.letters[1] == "a"
        assert attention.density.tolist() == [0, 1, 0, 0, 0, 0, 0, 0]
        press(driver, "right", "right", "right")
        assert driver.root.session.letter == 3  # the end is the last
        press(driver, "left", "left", "left", "left")
        assert driver.root.session.letter is None
        press(driver, "down")
        assert driver.root.session.explanation.word == "car"
        tap(driver, shown(driver, CandidateRow)[0])
        driver.until(lambda: driver.root.session.is_settled)
        assert driver.root.session.explanation.word == "cat"


def test_the_points_that_were_looked_at_are_the_colour_of_attention(harness: Open, tmp_path: Path) -> None:
    """The pixel beside the letter in the frame of `c`: the key's own before its letter is chosen, red after."""
    with harness(letter=1) as driver:
        layout = driver.root.stage.ids.pane.layout_of_keys
        swipe = driver.root.session.record.swipe
        x, y = layout.to_px(swipe.x[0], swipe.y[0])
        place = round(x - 6.5), round(Window.height - y)
        before = Image.load(str(driver.screenshot(tmp_path / "a.png")), keep_data=True).read_pixel(*place)
        press(driver, "left")
        after = Image.load(str(driver.screenshot(tmp_path / "c.png")), keep_data=True).read_pixel(*place)
        assert before[0] - before[1] < 0.1
        assert after[0] - after[1] > 0.5


def test_stepping_seeking_and_playing(harness: Open) -> None:
    with harness(at_ms=0.0, speed=0.5) as driver:
        stage = driver.root.stage
        assert (stage.replay.index, stage.live) == (0, "")
        press(driver, ".", ".", ",", ".")
        assert stage.replay.index == 2
        assert stage.live.startswith("so far: ")
        timeline = stage.ids.timeline
        driver.tap(timeline.x_of(151), timeline.center_y)
        driver.frames(2)
        assert stage.replay.n_come == 8
        press(driver, "end")
        assert (stage.replay.has_ended, stage.live) == (True, "")
        tap(driver, button(driver, "Play"))
        assert stage.plays
        assert not stage.replay.has_ended
        driver.until(lambda: not stage.plays)
        assert stage.replay.has_ended


def test_the_list_is_filtered_and_searched(harness: Open) -> None:
    with harness() as driver:
        press(driver, "pagedown")
        assert driver.root.stage.title == "were"
        press(driver, "w")
        assert driver.root.list.places == [3, 4]
        press(driver, "pagedown")
        assert driver.root.stage.title == "wet"
        assert driver.root.stage.facts.startswith("wrong")
        press(driver, "a", "/")
        driver.root.list.ids.query.text = "hel"
        driver.frames(2)
        assert driver.root.list.places == [2]
        press(driver, "w")  # a letter of the search
        assert driver.root.list.show == "all"
        press(driver, "escape")
        tap(driver, shown(driver, SwipeRow)[4])
        assert "not JSON" in shown_text(driver)
        assert driver.root.stage.replay is None


def shown_text(driver: WindowDriver) -> str:
    return "\n".join(str(getattr(widget, "text", "")) for widget in driver.root.walk())


def test_two_models_side_by_side(harness: Open, tmp_path: Path) -> None:
    search = SearchOptions(beam_width=8, prior_weight=40.0, margin=30.0, ctc_weight=0.0, method="steps")
    with harness(other=toy.write_bundle(tmp_path / "other", search=search), show="changed") as driver:
        session = driver.root.session
        changed = [place for place, entry in enumerate(session.entries) if entry.change not in (None, "same")]
        assert driver.root.list.places == changed != []
        assert {row.side for row in shown(driver, CandidateRow)} == {0, 1}
        press(driver, "tab")
        assert session.explanation.score == session.outcomes[1].candidates[0].score
        assert "1 gained, 0 lost" in driver.root.list.summary


def test_a_swipe_is_recorded_with_the_pointer(harness: Open, tmp_path: Path) -> None:
    """Without a file of swipes: drawn, named, saved; the next one is discarded."""
    recorded = tmp_path / "recorded.jsonl"
    with harness(file=None) as driver:
        stage = driver.root.stage
        assert stage.title == "No swipe yet: record one"
        layout = stage.ids.pane.layout_of_keys
        points = [layout.placed(stage.grid.letter_key(letter)).centre for letter in "cat"]
        for command in ("save", "discard"):
            tap(driver, button(driver, "Record"))
            driver.tap(*points[0])  # a click draws nothing
            driver.swipe(points, 150)
            driver.until(lambda: driver.root.session.is_settled)
            driver.frames(2)
            assert stage.names_word
            assert stage.ids.word.focus
            assert stage.ids.word.text == driver.root.session.outcomes[0].words[0]  # proposed
            stage.ids.word.text = "Cat"
            tap(driver, button(driver, command.capitalize()))
            assert not stage.names_word
            assert (str(recorded) in driver.root.ids.notice.text) == (command == "save")
        assert [entry.record.word for entry in driver.root.session.entries] == ["cat"]
    with recorded.open("rb") as file:
        (record,) = read_swipes(file)
    assert not isinstance(record, BadRecord)
    assert (record.word, record.grid) == ("cat", "qwerty_en")
    start = stage.grid.letter_key("c")
    assert start.contains(record.swipe.x[0], record.swipe.y[0])
    assert 75 < record.swipe.t[-1] < 1500  # milliseconds; a busy machine has few frames


def test_what_cannot_be_saved_is_said_and_kept(harness: Open, tmp_path: Path) -> None:
    (tmp_path / "recorded.jsonl").mkdir()
    with harness() as driver:
        stage = driver.root.stage
        press(driver, "r")
        layout = stage.ids.pane.layout_of_keys
        driver.swipe([layout.placed(stage.grid.letter_key(letter)).centre for letter in "we"], 60)
        driver.frames(2)
        for word, message in (("", "is not a word"), ("ёж", "no key for 'ё'"), ("we", "Is a directory")):
            stage.ids.word.text = word
            driver.root.commands["save"]()
            driver.frames(2)
            assert message in driver.root.ids.notice.text
            assert stage.names_word
        press(driver, "escape")
        assert len(driver.root.session.entries) == 5


def test_a_narrow_window_has_the_list_apart(harness: Open) -> None:
    with harness(NARROW) as driver:
        assert shown(driver, SwipeRow) == []
        tap(driver, button(driver, "List"))
        assert len(shown(driver, SwipeRow)) == 5
        tap(driver, shown(driver, SwipeRow)[2])
        assert shown(driver, SwipeRow) == []
        assert driver.root.stage.title == "hello"
        driver.resize(*WIDE)
        assert len(shown(driver, SwipeRow)) == 5


def test_a_file_that_cannot_be_read_is_said_in_the_window(harness: Open) -> None:
    with harness(file=Path("not/there")) as driver:
        assert "not/there" in driver.root.ids.notice.text
        press(driver, "spacebar", ".", "right", "down", "tab", "pagedown", "w", "r", "escape")  # do no harm


# --- the command ---


def run_harness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "keyboard_app.harness", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)


def test_a_screenshot_needs_no_display(swipe_file: Path, toy_bundle: Path, toy_lexicon: Path, tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    options = ("--bundle", toy_bundle, "--lexicon", toy_lexicon, "--size", "482x700", "--letter", "2", "--screenshot", picture)
    process = run_harness(swipe_file, *options)
    assert (process.returncode, process.stderr, process.stdout) == (0, "", "")
    assert Image.load(str(picture)).size == (482, 700)


def test_a_picture_that_cannot_be_written_or_a_bundle_that_is_missing(swipe_file: Path, tmp_path: Path) -> None:
    process = run_harness(swipe_file, "--bundle", tmp_path, "--screenshot", tmp_path / "out.png")
    assert process.returncode == 1
    assert process.stderr.startswith(f"error: model bundle {tmp_path}")
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nofile.jsonl"], "cannot read nofile.jsonl: No such file or directory"),
        (["{empty}"], "no swipe could be read from {empty}: the input is empty"),
        (["{broken}"], "no swipe could be read from {broken}: not JSON"),
        (["{swipes}", "--bundle", "not/there"], "cannot read not/there: No such file or directory"),
        (["{swipes}", "--grids", "none.json"], "cannot read none.json: No such file or directory"),
        (["{swipes}"], "no window can be shown: there is no display"),
    ],
)
def test_no_window_opens_that_would_show_nothing(swipe_file: Path, tmp_path: Path, options: list[str], message: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "broken").write_text("{broken\n")
    files = {"empty": str(tmp_path / "empty"), "broken": str(tmp_path / "broken"), "swipes": str(swipe_file)}
    process = run_harness(*(option.format(**files) for option in options))
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("error: " + message.format(**files))
    assert process.stderr.count("\n") == 1


def test_the_list_needs_no_kivy(swipe_file: Path, toy_bundle: Path, toy_lexicon: Path) -> None:
    code = "import sys; sys.modules['kivy'] = None; from keyboard_app.harness.__main__ import main; sys.exit(main())"
    arguments = [swipe_file, "--bundle", toy_bundle, "--lexicon", toy_lexicon]
    for options, expected in ((["--json"], 1), ([], 1)):
        command = [sys.executable, "-c", code, *map(str, arguments), *options]
        process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)
        assert process.returncode == expected
        if options:
            assert [json.loads(line)["word"] for line in process.stdout.splitlines()] == [*WORDS, "wet", None]
        else:
            assert process.stderr.startswith("error: the window needs kivy")
