"""Presses keys by XTest. Texts of any script are typed, whatever the layout, the group and Caps Lock are."""

from __future__ import annotations

from typing import Protocol

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from keyboard_app.sinks.codes import KEYS
from keyboard_app.sinks.x11.caps_lock import CapsLock
from keyboard_app.sinks.x11.connection import connect, group_of, state
from keyboard_app.sinks.x11.reading import Reading
from keyboard_app.sinks.x11.spare_keys import SpareKeys, keysym_of
from keyboard_app.text.sink import KeyName

SHIFT = 0xFFE1
Stroke = tuple[int, bool]
"""a key code, and whether shift is held"""


class Guardian(Protocol):
    """Frees our keys if this process is killed."""

    def start(self) -> None: ...

    def close(self) -> None: ...


class Strokes:
    """Types on the focused window. All methods are called on one thread, which waits where it has to."""

    def __init__(self, display: Display, guardian: Guardian) -> None:
        """guardian: is started before a key is mapped, and closed when all are free again."""
        self._display = display
        self._spare = SpareKeys(display)
        self._caps, self._reading = CapsLock(display), Reading(display)
        self._mappings = connect(display.get_display_name())
        """A connection for changes of the mapping alone: X tells them only to those who do not use the X Keyboard Extension"""
        self._unread: set[int] = set()
        """codes pressed since the program was last known to have read all"""
        self._guardian = guardian
        self._shift = self._code_of(SHIFT)

    def text(self, text: str) -> None:
        """Types it. Raises: LookupError for a letter where the keyboard has no spare code."""
        self._see_changes()
        at = 0
        while at < len(text):
            strokes, at = self._plan(text, at)
            self._press(strokes)
            if at < len(text):
                self._wait()

    def key(self, name: KeyName, times: int = 1) -> None:
        self._see_changes()
        self._press([(self._code_of(KEYS[name].keysym), False)] * times)

    def close(self) -> None:
        """Leaves the keyboard as it was, once what was typed has been read."""
        if self._spare.mapped:
            self._wait()
            self._spare.restore()
        self._mappings.close()
        self._guardian.close()

    def _see_changes(self) -> None:
        """Reads the keyboard's mapping again if somebody has changed it: the desktop's settings, or we ourselves."""
        changed = False
        while self._mappings.pending_events():
            changed |= self._mappings.next_event().type == X.MappingNotify
        if changed:
            self._spare.read()

    def _plan(self, text: str, start: int) -> tuple[list[Stroke], int]:
        """Strokes for as much of the text as can be typed at once, and where the rest begins."""
        by_layout = group_of(state(self._display)) == 0
        strokes: list[Stroke] = []
        in_use: set[int] = set()
        for at in range(start, len(text)):
            keysym = keysym_of(text[at])
            stroke = self._spare.in_layout(keysym) if by_layout or text[at] in "\n\t" else None
            if stroke is None:
                code = self._spare.code(keysym)
                if code is None:
                    if self._spare.next_code() in in_use:
                        return strokes, at
                    code = self._map(keysym)
                in_use.add(code)
                stroke = code, False
            strokes.append(stroke)
        return strokes, len(text)

    def _map(self, keysym: int) -> int:
        self._guardian.start()
        if self._spare.next_code() in self._unread:
            self._wait()
        return self._spare.map(keysym)

    def _wait(self) -> None:
        self._reading.wait()
        self._unread.clear()

    def _code_of(self, keysym: int) -> int:
        """A key that has it, mapped if the layout has none."""
        found = self._spare.in_layout(keysym)
        if found is not None:
            return found[0]
        code = self._spare.code(keysym)
        return self._map(keysym) if code is None else code

    def _press(self, strokes: list[Stroke]) -> None:
        """Every key is released in the flush that presses it: a key without its release would repeat for ever."""
        caps = bool(state(self._display) & X.LockMask)
        if caps:
            self._caps.switch(False)
        for code, shifted in strokes:
            if shifted:
                xtest.fake_input(self._display, X.KeyPress, self._shift)
            xtest.fake_input(self._display, X.KeyPress, code)
            xtest.fake_input(self._display, X.KeyRelease, code)
            if shifted:
                xtest.fake_input(self._display, X.KeyRelease, self._shift)
        if caps:
            self._caps.switch(True)
        self._display.flush()
        self._unread.update(code for code, _ in strokes)
