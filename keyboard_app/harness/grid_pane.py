"""The keys with a swipe on them. While it records, the pointer draws a new one."""

from __future__ import annotations

from kivy.clock import Clock
from kivy.input import MotionEvent
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from engine import Swipe
from keyboard_app.harness.replay import Replay
from keyboard_app.harness.trace_view import TraceView
from keyboard_app.keys.grid_view import GridView
from keyboard_app.keys.layout import Area, KeyLayout, fit
from keyboard_app.keys.trail import Trail, thickness_on
from keyboard_app.style.theme import LIGHT
from keyboard_app.touch.clock import clock_ms
from keyboard_app.touch.swipe_recorder import SwipeRecorder

REPLAYED = "replayed"
"""The trail's name for the finger of the replay."""


class GridPane(Widget):
    """Fits the grid into the widget, with what is drawn on it."""

    grid = ObjectProperty(None, allownone=True)
    """Grid | None"""
    layout_of_keys = ObjectProperty(None, allownone=True)
    """KeyLayout | None: where the keys are"""
    replay = ObjectProperty(None, allownone=True)
    """Replay | None"""
    attention = ObjectProperty(None, allownone=True)
    """Attention | None"""
    theme = ObjectProperty(LIGHT)
    unit = NumericProperty(1.0)
    """px per dp"""
    plays = BooleanProperty(False)
    """whether the replay is running: then the finger leaves a trail"""
    records = BooleanProperty(False)
    """whether a touch draws a new swipe"""

    __events__ = ("on_drawn",)

    def __init__(self, **properties: object) -> None:
        self._keys, self._trail, self._trace = GridView(), Trail(), TraceView()
        self._recorder: SwipeRecorder | None = None
        self._n_trailed = 0
        super().__init__(**properties)
        for part in (self._keys, self._trail, self._trace):
            self.add_widget(part)
        self.bind(theme=self._trail.setter("theme"))
        for name in ("layout_of_keys", "theme"):
            self.bind(**{name: self._keys.setter(name)})
        for name in ("layout_of_keys", "theme", "unit", "replay", "attention"):
            self.bind(**{name: self._trace.setter(name)})
        place_soon = Clock.create_trigger(self._place, -1)
        self.bind(grid=place_soon, pos=place_soon, size=place_soon)

    def on_drawn(self, swipe: Swipe) -> None:
        """A new swipe was drawn."""

    def on_replay(self, _pane: Widget, replay: Replay | None) -> None:
        """Draws the trail through the points that are new since the last time."""
        if not self.plays or replay is None or self.layout_of_keys is None:
            return
        if replay.n_come <= self._n_trailed:
            self._n_trailed = 0
        for index in range(self._n_trailed, replay.n_come):
            draw = self._trail.begin if index == 0 else self._trail.extend
            draw(REPLAYED, *self.layout_of_keys.to_px(*replay.at_point(index).finger))
        self._n_trailed = replay.n_come

    def on_plays(self, _pane: Widget, plays: bool) -> None:
        if not plays:
            self._trail.end(REPLAYED)
            self._n_trailed = 0

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.records or self._recorder is not None or self.layout_of_keys is None or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self._recorder = SwipeRecorder()
        self._trail.begin(touch.uid, *touch.pos)
        self._record(touch)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        self._trail.extend(touch.uid, *touch.pos)
        self._record(touch)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self or self._recorder is None:
            return False
        touch.ungrab(self)
        self._trail.end(touch.uid)
        recorder, self._recorder = self._recorder, None
        if len(recorder) > 1:  # a click draws nothing
            self.dispatch("on_drawn", recorder.swipe())
        return True

    def _record(self, touch: MotionEvent) -> None:
        if self._recorder is not None and self.layout_of_keys is not None:
            x, y = self.layout_of_keys.to_grid(*touch.pos)
            self._recorder.add(x, y, clock_ms(touch.time_update))

    def _place(self, *_: object) -> None:
        self.layout_of_keys = layout = self._fit()
        self._trail.thickness = thickness_on(layout) if layout is not None else 0
        for child in self.children:
            child.pos, child.size = self.pos, self.size

    def _fit(self) -> KeyLayout | None:
        if self.grid is None or min(self.size) < 1:
            return None
        return fit(self.grid.keys, self.grid.width, self.grid.height, Area(*self.pos, *self.size))
