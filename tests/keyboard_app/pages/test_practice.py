"""The practice page in a real window: what is swiped there stands in the file with its word."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path

import pytest
from kivy.clock import Clock

from engine import Grid, Key, Recognition, Swipe, SwipeRecord, language_of, read_swipes
from keyboard_app.keys.layout import complete, fit, keyboard_area
from keyboard_app.pages.practice import FIRST, LOADING, NO_PROMPTS, SWIPE_IT, PracticePage
from keyboard_app.session.practice import Practice, prompts_for
from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.style.theme import DARK, LIGHT
from keyboard_app.style.widgets import ThemedApp
from tests.support.recognizing import GatedRecognizer, recognition
from tests.support.window_driver import WindowDriver, open_window

SIZE = (360, 640)
PROMPT = "I'm in London, too."


class Words:
    """A recognizer that answers one swipe after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    def decode(self, swipe: Swipe, *, before: str | None = None) -> Recognition:
        return recognition(*self.answers.pop(0))


class PracticeApp(ThemedApp):
    """The page alone."""

    def __init__(self, practice: Practice, grid: Grid, worker: RecognitionWorker, dark: bool) -> None:
        super().__init__()
        self.theme = DARK if dark else LIGHT
        self.practice, self.grid, self.worker = practice, grid, worker

    def build(self) -> PracticePage:
        return PracticePage(name="practice", practice=self.practice, worker=self.worker, grid=self.grid, theme=self.theme)


@dataclass
class Practising:
    """A person before the page."""

    driver: WindowDriver
    page: PracticePage
    grid: Grid

    def swipe(self, word: str) -> None:
        """Swipes along the keys of the letters."""
        self.driver.swipe([self.place_of(self.grid.letter_key(letter)) for letter in word], 120)

    def place_of(self, key: Key) -> tuple[float, float]:
        """Its centre in the window, px."""
        keys, height = complete(self.grid)
        return fit(keys, self.grid.width, height, keyboard_area(*SIZE)).to_px(key.centre_x, key.centre_y)

    def press(self, name: str) -> None:
        button = self.page.ids[name]
        self.driver.tap(*button.to_window(*button.center))
        self.driver.run_for(100)  # a ScrollView waits whether it is a scroll

    def wait_for(self, n_recorded: int) -> None:
        self.driver.until(lambda: self.page.practice.n_recorded == n_recorded)


@contextmanager
def practising(path: Path, grid: Grid, recognizer: object = None, prompts: Sequence[str] = (PROMPT,)) -> Iterator[Practising]:
    worker = RecognitionWorker(lambda call: Clock.schedule_once(lambda _: call()))
    if recognizer is not None:
        worker.load(lambda: recognizer, lambda problem: None)  # type: ignore[arg-type,return-value]
    try:
        with open_window(lambda: PracticeApp(Practice(path, prompts), grid, worker, False), SIZE) as driver:
            yield Practising(driver, driver.root, grid)
    finally:
        worker.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "swipes.jsonl"


def words_in(path: Path) -> list[str | None]:
    records = list(read_swipes(io.BufferedReader(io.BytesIO(path.read_bytes()))))
    assert all(isinstance(record, SwipeRecord) for record in records)
    return [record.word for record in records]


def test_swipes_are_recorded_with_the_marked_words(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty, Words(["I'm"], ["on", "in"], [])) as person:
        assert (person.page.result, "[/color][/u][/b] in London" in person.page.prompt) == (FIRST, True)
        person.swipe("im")
        person.wait_for(1)
        assert (person.page.result, person.page.result_colour) == ("“I'm”: recognised", "good")
        assert person.page.counts == "1 recorded, 1 recognised"
        person.swipe("in")
        person.wait_for(2)
        assert (person.page.result, person.page.result_colour) == ("“in”: not recognised, read as “on”", "bad")
        person.swipe("london")
        person.wait_for(3)
        assert (person.page.result, person.page.result_colour) == ("“London”: not recognised, no word found", "bad")
        assert person.page.counts == "3 recorded, 1 recognised"
        assert "too[/color][/u][/b]." in person.page.prompt
    assert words_in(path) == ["im", "in", "london"]


def test_a_recorded_swipe_leads_along_its_keys(path: Path, grids: dict[str, Grid]) -> None:
    grid = grids["yandex_ru"]
    with practising(path, grid, Words(["привет"]), ["привет"]) as person:
        person.swipe("привет")
        person.wait_for(1)
    record = next(read_swipes(io.BufferedReader(io.BytesIO(path.read_bytes()))))
    assert isinstance(record, SwipeRecord)
    assert record.grid == "yandex_ru"
    ends = [grid.key_at(float(record.swipe.x[at]), float(record.swipe.y[at])) for at in (0, -1)]
    assert [key.label for key in ends if key] == ["п", "т"]


def test_words_that_are_read_late_are_recorded_in_their_order(path: Path, qwerty: Grid) -> None:
    recognizer = GatedRecognizer("A")
    with practising(path, qwerty, recognizer) as person:
        for word in ("im", "in", "london"):
            person.swipe(word)
        person.driver.until(recognizer.begun.is_set)
        assert not path.exists()
        assert person.page.ids.undo.disabled
        recognizer.go_on.set()
        person.wait_for(3)
        assert not person.page.ids.undo.disabled
    assert words_in(path) == ["im", "in", "london"]


def test_a_swipe_that_cannot_be_read_is_recorded_with_the_reason(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty) as person:
        person.swipe("im")
        person.wait_for(1)
        assert person.page.result == "“I'm”: recorded. No model is loaded: choose one in Settings."
        assert person.page.counts == "1 recorded, 0 recognised"


def test_it_is_said_that_the_model_is_still_being_loaded(path: Path, qwerty: Grid) -> None:
    recognizer = GatedRecognizer("A")

    def load() -> GatedRecognizer:
        recognizer.go_on.wait()
        return recognizer

    with practising(path, qwerty) as person:
        person.page.worker.load(load, lambda problem: None)
        person.swipe("im")
        assert person.page.result == LOADING
        recognizer.go_on.set()
        person.wait_for(1)
        assert person.page.result.startswith("“I'm”: not recognised")


def test_the_last_swipe_can_be_taken_back(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty, Words(["I'm"], ["in"], ["in"])) as person:
        assert person.page.ids.undo.disabled
        person.swipe("im")
        person.swipe("in")
        person.wait_for(2)
        person.press("undo")
        assert person.page.result == "Undone: swipe “in” again."
        assert person.page.counts == "1 recorded, 1 recognised"
        assert "in[/color]" in person.page.prompt
        assert words_in(path) == ["im"]
        person.swipe("in")
        person.wait_for(2)
    assert words_in(path) == ["im", "in"]


def test_a_word_can_be_skipped(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty, Words(["in"])) as person:
        person.press("skip")
        person.swipe("in")
        person.wait_for(1)
    assert words_in(path) == ["in"]


def test_taps_are_not_recorded(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty) as person:
        space = next(key for key in qwerty.keys if key.action == "space")
        for key in (qwerty.letter_key("q"), space):
            person.page.result = ""
            person.driver.tap(*person.place_of(key))
            assert person.page.result == SWIPE_IT
    assert not path.exists()


def test_the_way_back(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty) as person:
        back: list[PracticePage] = []
        person.page.bind(on_back=back.append)
        person.driver.tap(28, SIZE[1] - 28)
        assert back == [person.page]


def test_a_file_that_cannot_be_written_gives_a_message(tmp_path: Path, qwerty: Grid) -> None:
    (tmp_path / "file").touch()
    with practising(tmp_path / "file" / "swipes.jsonl", qwerty, Words(["I'm"])) as person:
        person.swipe("im")
        person.driver.until(lambda: person.page.message)
        assert person.page.message.startswith("The swipe of “I'm” was not recorded: ")
        assert person.page.counts == "0 recorded, 0 recognised"


def test_a_line_that_cannot_be_taken_back_gives_a_message(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty, Words(["I'm"])) as person:
        person.swipe("im")
        person.wait_for(1)
        path.write_text("other\n")
        person.press("undo")
        assert "another program has changed the file" in person.page.message
        assert person.page.counts == "1 recorded, 1 recognised"


def test_without_prompts_a_swipe_does_nothing(path: Path, qwerty: Grid) -> None:
    with practising(path, qwerty, prompts=()) as person:
        person.swipe("im")
        person.driver.run_for(50)
        assert person.page.result == NO_PROMPTS
        assert person.page.ids.skip.disabled
    assert not path.exists()


def test_another_practice_and_theme_can_be_set(path: Path, grids: dict[str, Grid]) -> None:
    with practising(path, grids["qwerty_en"], Words(["I'm"])) as person:
        person.page.grid = grids["yandex_ru_extra"]
        person.page.practice = Practice(path, ["привет"])
        before = person.page.prompt
        assert "привет" in before
        person.page.theme = DARK
        person.driver.frames()
        assert person.page.prompt != before
        assert person.page.ids.keyboard.theme is DARK
        assert tuple(person.page.ids.shown_prompt.color) == DARK.text


@pytest.mark.parametrize("size", [(320, 480), (360, 640), (640, 360), (1280, 800)])
@pytest.mark.parametrize("name", ["qwerty_en", "yandex_ru"])
def test_nothing_is_clipped(path: Path, grids: dict[str, Grid], size: tuple[int, int], name: str) -> None:
    longest = max(prompts_for(language_of(grids[name]), grids[name], None), key=len)
    with practising(path, grids[name], prompts=[longest]) as person:
        person.driver.resize(*size)
        person.page.result = "“congratulations”: not recognised, read as “congratulation”"
        person.driver.frames(3)
        labels = [widget for widget in person.page.walk() if getattr(widget, "text", "") and hasattr(widget, "texture_size")]
        assert len(labels) == 6
        for label in labels:
            assert label.texture_size[0] <= label.width + 1, label.text
            assert label.texture_size[1] <= label.height + 1, label.text
        boxes = [_box(label) for label in labels]
        assert all(0 <= x0 < x1 <= size[0] and y1 <= size[1] for x0, _, x1, y1 in boxes)
        for one, other in combinations(boxes, 2):
            assert one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
        keyboard = person.page.ids.keyboard
        if size != (640, 360):  # the words scroll there
            assert min(chain(y0 for _, y0, _, _ in boxes)) >= keyboard.top


def _box(widget: object) -> tuple[float, float, float, float]:
    x, y = widget.to_window(*widget.pos)  # type: ignore[attr-defined]
    return x, y, x + widget.width, y + widget.height  # type: ignore[attr-defined]


HEBREW = "אחת שתים שלוש ארבע חמש שש שבע שמונה תשע עשר אחת עשרה שתים עשרה"


def test_lines_of_a_prompt_from_right_to_left_follow_each_other_downwards(tmp_path: Path, grids: dict[str, Grid]) -> None:
    """A label would have broken the drawn line, and so put the sentence's end first."""
    with practising(tmp_path / "swipes.jsonl", grids["hebrew_he"], prompts=[HEBREW]) as person:
        person.driver.frames(3)
        lines = [re.sub(r"\[.*?\]", "", line) for line in person.page.prompt.split("\n")]
        assert len(lines) > 1
        read = [word[::-1] for line in lines for word in reversed(line.split())]
        assert read == HEBREW.split()
        assert len(person.page.ids.shown_prompt._label._cached_lines) == len(lines)  # it breaks none of them again
