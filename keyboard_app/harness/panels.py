"""The three panels of the harness: the list, the stage with the keys, and what the models make of the swipe."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from kivy.factory import Factory
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.scrollview import ScrollView
from kivy.utils import escape_markup

from engine import LetterExplanation
from keyboard_app.harness.collection import matching
from keyboard_app.harness.grid_pane import GridPane
from keyboard_app.harness.outcome import Outcome
from keyboard_app.harness.rows import CandidateRow, LetterChip, describe_entry, with_forms
from keyboard_app.harness.session import Session
from keyboard_app.harness.timeline import Timeline
from keyboard_app.harness.wording import SHORTCUTS, letter_of, nothing_of, summary_of
from keyboard_app.style.widgets import LOOK, load_kv

USED_BY_KV = (GridPane, Timeline)
STEPS = 10
"""How many times the list is rebuilt while the file is being decoded."""


class SwipeList(BoxLayout):
    """The swipes of the file, right and wrong, filtered and searched."""

    is_wide = BooleanProperty(True)
    title = StringProperty("")
    summary = StringProperty("")
    show = StringProperty("all")
    compares = BooleanProperty(False)
    nothing = StringProperty("")
    """why no swipe is listed"""

    __events__ = ("on_choose", "on_close")

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self.places: list[int] = []
        """indices of the listed swipes among all swipes"""
        self._filled: object = None

    def on_choose(self, place: int) -> None:
        """A swipe was tapped."""

    def on_close(self) -> None:
        """The button back to the swipe was tapped."""

    def fill(self, session: Session) -> None:
        """Lists the entries of the session to show, if they may have changed."""
        query, n_entries, n_read = self.ids.query.text.strip(), len(session.entries), session.n_read
        read = n_read if n_read == n_entries else n_read * STEPS // n_entries / STEPS
        last = session.entries[-1] if session.entries else None
        content = (self.show, query, session.place, n_entries, read, last)
        if content == self._filled:
            return
        self._filled = content
        self.title, self.summary = session.file_name, summary_of(session)
        self.places = matching(session.entries, self.show, query)
        rows = [(place, describe_entry(place, session.entries[place])) for place in self.places]
        self.ids.rows.data = [{**row, "owner": self, "is_chosen": place == session.place} for place, row in rows]
        self.nothing = nothing_of(session, self.show, query) if session.entries and not self.places else ""

    def reveal(self, place: int | None) -> None:
        """Scrolls to that swipe if it is listed but out of sight."""
        rows = self.ids.rows
        height = len(self.places) * rows.layout_manager.default_size[1]
        if place not in self.places or height <= rows.height:
            return
        row = height / len(self.places)
        above = self.places.index(place) * row
        seen = (1 - rows.scroll_y) * (height - rows.height)
        if not seen <= above <= seen + rows.height - row:
            rows.scroll_y = min(max(1 - (above - rows.height / 2) / (height - rows.height), 0.0), 1.0)


class StagePanel(BoxLayout):
    """The swipe on the keys, its timeline, its controls and its letters."""

    is_wide = BooleanProperty(True)
    title = StringProperty("")
    facts = StringProperty("")
    live = StringProperty("")
    speed = NumericProperty(1.0)
    plays = BooleanProperty(False)
    records = BooleanProperty(False)
    names_word = BooleanProperty(False)
    """whether a swipe was drawn that still needs its word"""
    grid = ObjectProperty(None, allownone=True)
    """Grid | None"""
    replay = ObjectProperty(None, allownone=True)
    """Replay | None"""
    attention = ObjectProperty(None, allownone=True)
    """Attention | None"""

    __events__ = ("on_press", "on_letter")

    def on_press(self, command: str) -> None:
        """A button was tapped."""

    def on_letter(self, letter: int | None) -> None:
        """A letter was chosen, or all of them."""

    def show_letters(self, letters: tuple[LetterExplanation, ...], chosen: int | None) -> None:
        row = self.ids.letters
        wanted: list[tuple[int | None, str, str]] = [(None, "all", "")] if letters else []
        wanted += [(place, one.letter, f"{one.log_prob:.2f}") for place, one in enumerate(letters)]
        while len(row.children) > len(wanted):
            row.remove_widget(row.children[0])
        while len(row.children) < len(wanted):
            chip = LetterChip()
            chip.bind(on_release=lambda pressed: self.dispatch("on_letter", pressed.place))
            row.add_widget(chip)
        for chip, (place, letter, caption) in zip(reversed(row.children), wanted, strict=True):
            chip.place, chip.letter, chip.caption, chip.is_chosen = place, letter, caption, place == chosen


class SidePanel(ScrollView):
    """The chosen letter in words, the candidates and times of each model, and the keyboard shortcuts."""

    letter_text = StringProperty("")

    __events__ = ("on_candidate",)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._shown: object = None
        for part in (part for shortcut in SHORTCUTS for part in shortcut):
            self.ids.shortcuts.add_widget(Factory.SmallPrint(text=part))

    def on_candidate(self, side: int, rank: int) -> None:
        """A candidate of a model was chosen."""

    def show(self, session: Session) -> None:
        """Shows what the models make of the chosen swipe, if that may have changed."""
        self.letter_text = letter_of(session)
        content = (session.outcomes, session.side, session.candidate)
        if content == self._shown:
            return
        self._shown = content
        self.ids.models.clear_widgets()
        for side, (name, outcome) in enumerate(zip(session.model_names, session.outcomes, strict=False)):
            self._add(f"[b]{escape_markup(name)}[/b]")
            self._add_outcome(outcome, side, session.candidate if side == session.side else None)

    def _add_outcome(self, outcome: Outcome, side: int, chosen: int | None) -> None:
        if not outcome.candidates:
            self._add(escape_markup(outcome.problem) or "no word found")
        for rank, one in enumerate(outcome.candidates):
            row = CandidateRow(side=side, rank=rank, word=with_forms(one), score=f"{one.score:.2f}", probability=one.probability)
            row.is_right, row.is_chosen = rank == outcome.rank, rank == chosen
            row.bind(on_release=lambda pressed: self.dispatch("on_candidate", pressed.side, pressed.rank))
            self.ids.models.add_widget(row)
        if outcome.recognition is not None:
            times = asdict(outcome.recognition.milliseconds).items()
            self._add(" \u00b7 ".join(f"{stage} {value:.2f}" for stage, value in times) + " ms")

    def _add(self, text: str) -> None:
        """Adds a line of text with markup."""
        self.ids.models.add_widget(Factory.PlainLabel(text=text, markup=True))


def load_look() -> None:
    """Loads the rules of widgets.kv and of the harness, once."""
    load_kv(LOOK)
    load_kv(Path(__file__).with_name("harness_window.kv"))
