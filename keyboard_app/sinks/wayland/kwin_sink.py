"""The sink for KDE Plasma on Wayland: text and keys by input-method-v1, which KWin speaks with the keyboard that it starts itself."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from pywayland.protocol.input_method_unstable_v1 import ZwpInputMethodV1

from keyboard_app.sinks.codes import KEYS, PURPOSES
from keyboard_app.sinks.wayland.connection import Connection, NoCompositorError
from keyboard_app.sinks.wayland.field import Field, FieldSink, Post
from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.sink import KeyName, Purpose

PURPOSES_V1: dict[int, Purpose] = PURPOSES | {13: "terminal"}
"""of text-input-v1"""
HIDDEN_TEXT, SENSITIVE_DATA = 0x40, 0x80
"""content hints"""
PASSWORD = 8
PRESSED, RELEASED = 1, 0


class KWinSink(FieldSink):
    """Commits text as KWin's virtual keyboard. Programs that tell KWin of no text field are not written into."""

    purposes = PURPOSES_V1

    def __init__(self, post: Post) -> None:
        """Raises: NoCompositorError."""
        super().__init__()
        self._post = post
        self._context: Any = None
        """on the connection's thread: the context of the field with the cursor"""
        self._coming, self._serial = Field(), 0
        self._connection = connection = Connection(given=True)
        try:
            self._method = connection.bind(ZwpInputMethodV1)
        except NoCompositorError:
            connection.close()
            raise
        self._method.dispatcher["activate"] = self._activate
        self._method.dispatcher["deactivate"] = self._deactivate
        connection.start(lambda: post(self._end))

    @property
    def listening(self) -> bool:
        return self._told.active and not self._ended

    def replace(self, before: str, after: str, text: str) -> None:
        self._connection.do(lambda: self._replace(before, after, text))
        self._fresh.edited(text.rpartition("\n")[2])

    def key(self, name: KeyName, times: int = 1) -> None:
        self._connection.do(lambda: self._press(name, times))
        self._fresh.edited("")

    def close(self) -> None:
        self._connection.close()

    # --- on the connection's thread ---

    def _replace(self, before: str, after: str, text: str) -> None:
        if self._context is None:
            if text:
                self._post(lambda: self.on_lost(text))
            return
        if self._coming.surrounding is None:
            self._press("backspace", len(CHARACTER.findall(before)))
            self._press("delete", len(CHARACTER.findall(after)))
        elif before or after:
            n_before, n_after = len(before.encode()), len(after.encode())
            self._context.delete_surrounding_text(-n_before, n_before + n_after)
        *lines, last = text.split("\n")
        for line in lines:
            self._commit(line)
            self._press("enter", 1)
        self._commit(last)

    def _commit(self, text: str) -> None:
        if text:
            self._context.commit_string(self._serial, text)

    def _press(self, name: KeyName, times: int) -> None:
        """Each key is released in the message that presses it."""
        if self._context is None:
            return
        now = int(time.monotonic() * 1000) & 0xFFFFFFFF
        for _ in range(times):
            for state in (PRESSED, RELEASED):
                self._context.keysym(self._serial, now, KEYS[name].keysym, state, 0)

    def _activate(self, _: object, context: Any) -> None:
        self._context, self._coming = context, Field(active=True)
        for name in ("surrounding_text", "content_type", "commit_state"):
            context.dispatcher[name] = getattr(self, f"_{name}")
        self._told_later()

    def _deactivate(self, _: object, context: Any) -> None:
        if self._context is context:
            self._context, self._coming = None, Field()
            self._told_later()
        context.destroy()

    def _surrounding_text(self, context: Any, text: str, cursor: int, __: int) -> None:
        if context is self._context:
            self._coming = replace(self._coming, surrounding=Field.around(text, cursor))

    def _content_type(self, context: Any, hint: int, purpose: int) -> None:
        if context is self._context:
            secret = hint & HIDDEN_TEXT and hint & SENSITIVE_DATA
            self._coming = replace(self._coming, purpose=PASSWORD if secret else purpose)

    def _commit_state(self, context: Any, serial: int) -> None:
        if context is self._context:
            self._serial = serial
            self._told_later()

    def _told_later(self) -> None:
        field = self._coming
        self._post(lambda: self._tell(field))
