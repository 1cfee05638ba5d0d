"""The sink for every program on X11: keys pressed by XTest. Programs tell it nothing of their text."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from Xlib import X
from Xlib.error import ConnectionClosedError

from keyboard_app.sinks.x11.connection import HELD_MASK, ancestors, class_of, connect, focused, state
from keyboard_app.sinks.x11.strokes import Guardian, Strokes
from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.sink import Context, KeyName, Purpose, do_nothing

Post = Callable[[Callable[[], None]], None]
"""Has a call made on the window's thread."""
PATIENCE_S = 0.3
"""how long a modifier is held before people are told what is waited for"""
POLL_S = 0.01
HELD = "What you wrote comes as soon as no Shift, Ctrl, Alt or Super key is held down."
TERMINALS = frozenset(
    {
        "alacritty",
        "cool-retro-term",
        "eterm",
        "foot",
        "footclient",
        "gnome-terminal",
        "gnome-terminal-server",
        "ghostty",
        "guake",
        "kitty",
        "konsole",
        "lxterminal",
        "mate-terminal",
        "mlterm",
        "org.gnome.console",
        "kgx",
        "ptyxis",
        "qterminal",
        "rxvt",
        "sakura",
        "st",
        "st-256color",
        "stterm",
        "terminator",
        "terminology",
        "tilix",
        "tilda",
        "urxvt",
        "uxterm",
        "wezterm",
        "org.wezfurlong.wezterm",
        "xfce4-terminal",
        "xterm",
        "yakuake",
    }
)
"""window classes"""


class XTestSink:
    """Types on its own thread, into the window that has the focus."""

    def __init__(self, post: Post, guardian: Guardian) -> None:
        """Raises: NoDisplayServerError."""
        self.on_focus: Callable[[], None] = do_nothing
        self.on_context: Callable[[], None] = do_nothing
        self.on_lost: Callable[[str], None] = do_nothing
        self.purpose: Purpose = "text"
        self.trouble = ""
        self.in_field: bool | None = None
        self._post = post
        self._asking = connect()
        self._window: Any = None
        """what had the keys when it was last looked at"""
        self._outermost: Any = self
        """the window that this is in; at first nothing that could have the keys"""
        self._jobs: SimpleQueue[Callable[[Strokes], None] | None] = SimpleQueue()
        self._ending = Event()
        display = connect()
        self._typing = display
        self._strokes = Strokes(display, guardian)
        self._thread = Thread(target=self._work, name="xtest", daemon=True)
        self._thread.start()
        self.look()
        self._wake, self._end_watching = os.pipe()
        self._watcher = Thread(target=self._watch, name="xtest-focus", daemon=True)
        self._watcher.start()

    @property
    def listening(self) -> bool:
        return focused(self._asking) is not None

    def context(self) -> Context | None:
        """Nothing is told of the text, but this is asked before each edit: nothing is written by what held for another window."""
        self.look()
        return None

    def look(self) -> None:
        """Sees what has the keys now, and tells of it where that is another window. Asks X, which answers within a millisecond."""
        if self._ending.is_set():
            return
        try:
            window = focused(self._asking)
            if window == self._window and window is not None:
                return
            outermost = None if window is None else ancestors(window)[-1:]  # GTK moves the focus between windows within it
            self._window = window if outermost else None
            if outermost == self._outermost:
                return
            self._outermost, program = outermost, class_of(self._asking, window)
        except ConnectionClosedError:
            return  # as in _work
        self.purpose = "terminal" if program in TERMINALS else "text"
        self.on_focus()

    def replace(self, before: str, after: str, text: str) -> None:
        n_before, n_after = len(CHARACTER.findall(before)), len(CHARACTER.findall(after))

        def make(strokes: Strokes) -> None:
            if n_before:
                strokes.key("backspace", n_before)
            if n_after:
                strokes.key("delete", n_after)
            try:
                strokes.text(text)
            except LookupError:
                self._post(lambda: self.on_lost(text))

        self._jobs.put(self._when_it_can(make, text))

    def key(self, name: KeyName, times: int = 1) -> None:
        self._jobs.put(self._when_it_can(lambda strokes: strokes.key(name, times), ""))

    def pause(self, seconds: float) -> None:
        """What comes next is typed no sooner."""
        self._jobs.put(lambda _: time.sleep(seconds))

    def close(self) -> None:
        """Types what is left, and leaves the person's keyboard as it was. A second call does nothing."""
        if self._ending.is_set():
            return
        self._ending.set()
        self._jobs.put(None)
        os.close(self._end_watching)
        for thread in (self._thread, self._watcher):
            thread.join()
        os.close(self._wake)
        self._asking.close()

    # --- on the typing thread ---

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                job(self._strokes)
            self._strokes.close()
            self._typing.close()
        except ConnectionClosedError:
            return  # the display is gone, and this program will be told so by its window

    def _when_it_can(self, make: Callable[[Strokes], None], text: str) -> Callable[[Strokes], None]:
        """The job that waits until no modifier is held, and then does it, if a window is still there."""

        def job(strokes: Strokes) -> None:
            self._wait_for_modifiers()
            if focused(self._typing) is not None:
                make(strokes)
            elif text:
                self._post(lambda: self.on_lost(text))

        return job

    def _wait_for_modifiers(self) -> None:
        started = time.monotonic()
        while state(self._typing) & HELD_MASK and not self._ending.is_set():
            if not self.trouble and time.monotonic() - started > PATIENCE_S:
                self._say(HELD)
            time.sleep(POLL_S)
        if self.trouble:
            self._say("")

    def _say(self, trouble: str) -> None:
        self.trouble = trouble
        self._post(lambda: self.on_context())

    # --- on the watching thread ---

    def _watch(self) -> None:
        """Has it looked again when another window gets the focus, where the window manager says so."""
        display = connect()
        display.screen().root.change_attributes(event_mask=X.PropertyChangeMask)
        last: object = self  # nothing that could have the focus: what has it now is told, too
        try:
            while True:
                window = focused(display)
                outermost = None if window is None else ancestors(window)[-1:]
                if outermost != last:
                    last = outermost
                    self._post(self.look)
                if not display.pending_events() and self._wake in select.select([display.fileno(), self._wake], [], [])[0]:
                    display.close()
                    return
                while display.pending_events():
                    display.next_event()
        except ConnectionClosedError:
            return
