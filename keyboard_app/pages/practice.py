"""The practice page: shows a word, records how it is swiped, and says whether it was recognised."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.screenmanager import Screen
from kivy.utils import get_hex_from_color

from keyboard_app.keys.keyboard import Keyboard  # noqa: F401  named in practice.kv
from keyboard_app.keys.layout import complete, fit, keyboard_area
from keyboard_app.open_files import reason
from keyboard_app.session.worker import Failure
from keyboard_app.style.lettering import marked_up, width_of
from keyboard_app.style.theme import LIGHT
from keyboard_app.style.widgets import load_kv
from keyboard_app.text.visual_order import runs_left, visual_text

if TYPE_CHECKING:
    from engine import Grid, Recognition, Swipe
    from keyboard_app.session.practice import Practice, Prompt

NO_PROMPTS = "There are no words to practise on this grid: choose a lexicon for its alphabet in Settings."
SWIPE_IT = "This page records swipes: draw the whole word in one stroke."
LOADING = "The model is still loading. Your swipe will be recorded after that."
FIRST = "Swipe the marked word."
BOLD = 1.12
"""Width of a word in bold letters, in widths of the usual ones: each word may be the marked one."""
PUNCTUATION = ".,!?;:…"


class PracticePage(Screen):
    """Shows a Practice, and has the worker decode its swipes. Dispatches `on_back`."""

    practice = ObjectProperty()
    """Practice"""
    worker = ObjectProperty()
    """RecognitionWorker"""
    grid = ObjectProperty()
    """engine.Grid"""
    theme = ObjectProperty(LIGHT, rebind=True)
    message = StringProperty("")
    """shown until the person closes it"""
    prompt = StringProperty("")
    """the sentence, with the word to swipe marked"""
    result = StringProperty("")
    """how the last swipe went"""
    result_colour = StringProperty("hint_text")
    """the name of its colour in the theme"""
    counts = StringProperty("")
    kept_in = StringProperty("")
    """the file"""
    can_undo = BooleanProperty(False)
    keyboard_height = NumericProperty(320.0)
    """px"""
    column = NumericProperty(360.0)
    """px: as wide as the keys"""

    __events__ = ("on_back",)

    def __init__(self, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        self._n_unread = 0
        """how many swipes the worker has not decoded yet"""
        super().__init__(**properties)
        self.bind(practice=self._begin, theme=self._refresh)
        self.bind(size=self._fit, grid=self._fit)
        self.ids.shown_prompt.bind(width=self._refresh, font_size=self._refresh)
        self._begin()

    def on_back(self) -> None:
        """The back button was tapped."""

    def swiped(self, swipe: Swipe) -> None:
        """Takes a swipe of the marked word, and goes on to the next word."""
        practice = self.practice
        if practice.prompt is None:
            return
        deliver = partial(self._read, practice, practice.turn, swipe, self.grid)
        practice.next()
        self._n_unread += 1
        self._say(LOADING if self.worker.loading else "")
        self._refresh()
        self.worker.recognize(swipe, deliver)

    def tapped(self) -> None:
        """Says that this page is not for taps."""
        if self.practice.prompt is not None:
            self._say(SWIPE_IT)

    def skip(self) -> None:
        """Goes on to the next word."""
        self.practice.next()
        self._say("")
        self._refresh()

    def undo_last(self) -> None:
        """Removes the last swipe from the file, and shows its word again."""
        try:
            self.practice.undo_last()
        except OSError as error:
            self.message = f"The last swipe is still in the file: {reason(error)}."
        else:
            self._say(f"Undone: swipe {_quoted(self.practice.prompt)} again.")
        self._refresh()

    def _read(self, practice: Practice, turn: int, swipe: Swipe, grid: Grid, outcome: Recognition | Failure) -> None:
        """Records a swipe, and what it was read as."""
        self._n_unread -= 1
        candidates = None if isinstance(outcome, Failure) else [candidate.word for candidate in outcome.candidates]
        try:
            recognised = practice.record(turn, swipe, grid, candidates)
        except OSError as error:
            self.message = f"The swipe of {_quoted(practice.prompt_at(turn))} was not recorded: {reason(error)}."
        else:
            self._show_result(practice.prompt_at(turn), outcome, recognised)
        self._refresh()

    def _show_result(self, prompt: Prompt, outcome: Recognition | Failure, recognised: bool) -> None:
        if isinstance(outcome, Failure):
            self._say(f"{_quoted(prompt)}: recorded. {outcome.reason}")
        elif recognised:
            self._say(f"{_quoted(prompt)}: recognised", "good")
        elif outcome.candidates:
            self._say(f"{_quoted(prompt)}: not recognised, read as “{outcome.candidates[0].word}”", "bad")
        else:
            self._say(f"{_quoted(prompt)}: not recognised, no word found", "bad")

    def _say(self, result: str, colour: str = "hint_text") -> None:
        self.result, self.result_colour = result, colour

    def _begin(self, *_: object) -> None:
        """Shows another practice from its start."""
        self._say(FIRST if self.practice.prompt else NO_PROMPTS)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        """Shows the practice as it is now."""
        practice = self.practice
        self.prompt = self._marked(practice.prompt) if practice.prompt else ""
        self.counts = f"{practice.n_recorded} recorded, {practice.n_recognised} recognised"
        self.kept_in = _short(practice.path)
        self.can_undo = practice.n_recorded > 0 and self._n_unread == 0

    def _marked(self, prompt: Prompt) -> str:
        """The sentence in Kivy's markup."""
        words = [marked_up(word) for word in prompt.words]
        bare, accent = marked_up(_bare(prompt)), get_hex_from_color(self.theme.accent)
        words[prompt.position] = words[prompt.position].replace(bare, f"[b][u][color={accent}]{bare}[/color][/u][/b]", 1)
        if not runs_left(" ".join(prompt.words)):
            return " ".join(words)
        lines = self._lines(prompt.words)  # a label would break the drawn order, whose first words come last
        return "\n".join(" ".join(reversed(words[start:end])) for start, end in pairwise(lines))

    def _lines(self, words: Sequence[str]) -> list[int]:
        """Where the lines of the prompt begin, as numbers of words, and how many words there are."""
        label = self.ids.shown_prompt
        starts, used, gap = [0], 0.0, width_of(" ", label.font_size)
        for at, word in enumerate(words):
            width = BOLD * width_of(visual_text(word), label.font_size)
            if used and used + gap + width > label.width:
                starts.append(at)
                used = 0.0
            used += width + (gap if used else 0.0)
        return [*starts, len(words)]

    def _fit(self, *_: object) -> None:
        area = keyboard_area(*self.size)
        self.keyboard_height = area.height
        if min(self.size) > 0 and self.grid is not None:
            self.column = fit((), self.grid.width, complete(self.grid)[1], area).area.width


def _bare(prompt: Prompt) -> str:
    """The word of a prompt, without the punctuation around it."""
    return prompt.words[prompt.position].strip(PUNCTUATION)


def _quoted(prompt: Prompt) -> str:
    return f"“{_bare(prompt)}”"


def _short(path: Path) -> str:
    """The path, with ~ for the home folder."""
    return str(Path("~") / path.relative_to(Path.home())) if path.is_relative_to(Path.home()) else str(path)
