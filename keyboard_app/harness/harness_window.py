"""The window of the harness: what its buttons and keys do, and how it shows the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty
from kivy.uix.boxlayout import BoxLayout

from engine import Swipe, SwipeRecord
from keyboard_app.harness.engine_thread import EngineThread, describe
from keyboard_app.harness.panels import SidePanel, StagePanel, SwipeList
from keyboard_app.harness.player import Player
from keyboard_app.harness.recording import append_swipe, record_of
from keyboard_app.harness.session import Session
from keyboard_app.harness.source import Source, Start
from keyboard_app.harness.wording import facts_of, live_of, title_of

LIST_WIDTH, SIDE_WIDTH = 236.0, 270.0
"""Widths of the panels in a wide window, dp."""
SIDE_HEIGHT = 0.32
"""Height of the models' panel in a narrow window, as a share of it."""
DRAWN = "drawn, not saved yet"


class HarnessWindow(BoxLayout):
    """Three panels side by side. A narrow window shows either the list, or the stage above what the models say."""

    unit = NumericProperty(1.0)
    """px per dp"""
    is_wide = BooleanProperty(True)
    shows_list = BooleanProperty(False)
    """whether a narrow window shows the list, and nothing else"""

    def __init__(self, source: Source, start: Start, record_to: Path, thread: EngineThread) -> None:
        """record_to: the file for drawn swipes."""
        super().__init__()
        self.session = Session(source, thread, self.refresh)
        self.player = Player(start.speed, self._replay_changed)
        self.list, self.stage, self.side = SwipeList(), StagePanel(), SidePanel()
        self.list.show, self.list.compares = start.show, self.session.compares
        self._record_to = record_to
        self._start: Start | None = start
        self._shown: Swipe | None = None
        self._proposes_word = False
        self._refresh_soon = Clock.create_trigger(self._refresh, -1)
        self._bind()
        self.session.open(start.place)

    def refresh(self) -> None:
        """Shows the session as it is by the next frame."""
        self._refresh_soon()

    def _bind(self) -> None:
        self.commands = self._commands()
        self.stage.bind(
            on_press=lambda _, command: self.commands[command](),
            on_letter=lambda _, letter: self.session.choose_letter(letter),
        )
        self.side.bind(on_candidate=lambda _, side, rank: self.session.choose_candidate(rank, side))
        self.list.bind(on_choose=lambda _, place: self._choose(place), show=self._refresh_soon)
        self.list.bind(on_close=lambda _: self.commands["list"]())
        self.list.ids.query.bind(text=self._refresh_soon)
        self.stage.ids.timeline.bind(on_seek=lambda _, time_ms: self.player.seek(time_ms))
        self.stage.ids.pane.bind(on_drawn=lambda _, swipe: self._take_drawn(swipe))
        self.stage.ids.word.bind(on_text_validate=lambda _: self._save())
        self.ids.notice.bind(text=lambda _, text: setattr(self.session, "notice", text))  # its button clears it
        arrange_soon = Clock.create_trigger(self._arrange, -1)
        self.bind(unit=arrange_soon, is_wide=arrange_soon, shows_list=arrange_soon)
        arrange_soon()

    def _commands(self) -> dict[str, Callable[[], None]]:
        """What buttons and keys do, by name of the command."""
        session, player = self.session, self.player
        return {
            "list": lambda: setattr(self, "shows_list", not self.shows_list),
            "previous swipe": lambda: self._choose_beside(-1),
            "next swipe": lambda: self._choose_beside(1),
            "start": lambda: player.seek(0.0),
            "end": lambda: player.seek(float("inf")),
            "step": lambda: player.step(1),
            "step back": lambda: player.step(-1),
            "play": player.turn,
            "speed": player.change_speed,
            "previous letter": lambda: session.choose_letter(None if session.letter is None else session.letter - 1),
            "next letter": lambda: session.choose_letter(0 if session.letter is None else session.letter + 1),
            "previous candidate": lambda: session.choose_candidate(session.candidate - 1),
            "next candidate": lambda: session.choose_candidate(session.candidate + 1),
            "other model": lambda: session.choose_candidate(0, 1 - session.side if session.compares else 0),
            "show all": lambda: setattr(self.list, "show", "all"),
            "show wrong": lambda: setattr(self.list, "show", "wrong"),
            "show changed": lambda: setattr(self.list, "show", "changed" if session.compares else self.list.show),
            "search": self._search,
            "record": self._turn_recording,
            "save": self._save,
            "discard": self._discard,
            "cancel": self._cancel,
        }

    # --- what it looks like ---

    def _arrange(self, *_: object) -> None:
        """Puts the panels side by side, or one above the other."""
        self.stage.is_wide = self.list.is_wide = self.is_wide
        self.ids.body.clear_widgets()
        if self.is_wide:
            self.list.size_hint_x, self.list.width = None, LIST_WIDTH * self.unit
            self.side.size_hint, self.side.width = (None, 1), SIDE_WIDTH * self.unit
            panels = [self.list, self.stage, self.side]
        else:
            self.list.size_hint_x, self.side.size_hint = 1, (1, SIDE_HEIGHT)
            panels = [self.list] if self.shows_list else [self.stage, self.side]
        for panel in panels:
            self.ids.body.add_widget(panel)

    def _refresh(self, *_: object) -> None:
        """Shows the session as it is now."""
        session, stage = self.session, self.stage
        self.ids.notice.text = session.notice
        self.list.fill(session)
        stage.grid, stage.attention = session.grid(), session.attention
        self._show_replay()
        stage.title = title_of(session)
        stage.facts = facts_of(session, self.player.replay, stage.grid.name if stage.grid is not None else "")
        stage.live = "Draw a word on the keys" if stage.records else live_of(session.live)
        stage.show_letters(session.explanation.letters if session.explanation is not None else (), session.letter)
        self.side.show(session)
        if self._proposes_word and session.outcomes:
            self._propose_word()
        if self._start is not None and (session.explanation is not None or (session.entries and session.is_settled)):
            self._begin(self._start)

    def _show_replay(self) -> None:
        """Passes the replay to the stage; a swipe that was not shown before starts at its end."""
        swipe = self.session.record.swipe if self.session.record is not None else None
        if swipe is not self._shown:
            self._shown = swipe
            self.player.show(swipe)
            Clock.schedule_once(lambda _: self.list.reveal(self.session.place))  # by then the rows are in place
        self.stage.plays, self.stage.speed = self.player.plays, self.player.speed
        self.stage.replay = None if self.stage.records else self.player.replay

    def _begin(self, start: Start) -> None:
        """Shows what the command line asked for, once the first swipe is explained."""
        self._start = None
        if start.candidate:
            self.session.choose_candidate(start.candidate)
            self._start = replace(start, candidate=0)
            return
        self.session.choose_letter(start.letter)
        if start.at_ms is not None:
            self.player.seek(start.at_ms)
        if start.plays:
            self.player.turn()

    # --- replay ---

    def _replay_changed(self) -> None:
        """Asks what the swipe so far is read as."""
        replay, before = self.player.replay, self.stage.replay
        if replay is None or replay.has_ended:
            self.session.watch(None)
        elif before is None or replay.index != before.index or replay.swipe is not before.swipe:
            self.session.watch(replay.so_far)
        self.refresh()

    # --- choosing ---

    def _choose(self, place: int) -> None:
        self.shows_list = False
        if not self.stage.names_word:
            self.session.choose(place)

    def _choose_beside(self, n_rows: int) -> None:
        """Goes to the swipe that many rows further on in the list, or back."""
        shown, place = self.list.places, self.session.place
        if not shown or place is None:
            return
        further = [other for other in shown if (other > place if n_rows > 0 else other < place)]
        if further:
            self._choose(further[0] if n_rows > 0 else further[-1])

    def _search(self) -> None:
        self.shows_list = True
        self.list.ids.query.focus = True

    def _cancel(self) -> None:
        """Cancels what was begun: a search, a recording, the list in a narrow window."""
        self.list.ids.query.text, self.list.ids.query.focus = "", False
        self.shows_list, self.stage.records = False, False
        if self.stage.names_word:
            self._discard()
        self.refresh()

    # --- recording ---

    def _turn_recording(self) -> None:
        if not self.stage.names_word:
            self.stage.records = not self.stage.records and self.stage.grid is not None
            self.refresh()

    def _take_drawn(self, swipe: Swipe) -> None:
        """Shows the new swipe, and asks for its word."""
        self.stage.records, self.stage.names_word = False, True
        self._proposes_word = True
        self.session.say("")
        self.session.add(record_of(swipe, self.stage.grid, DRAWN))

    def _propose_word(self) -> None:
        """Puts the best candidate into the field, selected, so that another word can be typed over it."""
        self._proposes_word = False
        field = self.stage.ids.word
        field.text = next(iter(self.session.outcomes[0].words), "")
        field.focus = True
        field.select_all()

    def _save(self) -> None:
        record = self.session.record
        if record is None or not self.stage.names_word:
            return
        try:
            saved = append_swipe(self._record_to, record.swipe, self.stage.ids.word.text, self.stage.grid)
        except (OSError, ValueError) as error:
            self.session.say(describe(error))
            return
        self._end_naming(saved)
        self.session.say(f"Saved '{saved.word}' in {self._record_to}")

    def _discard(self) -> None:
        if self.stage.names_word:
            self._end_naming(None)

    def _end_naming(self, record: SwipeRecord | None) -> None:
        self.stage.names_word = self._proposes_word = self.stage.ids.word.focus = False
        self.session.replace_last(record)
