"""The sink for wlroots: text by input-method-v2, and keys by virtual-keyboard-v1: all text where a program has no input method."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from keyboard_app.sinks.wayland.connection import Connection, NoCompositorError
from keyboard_app.sinks.wayland.field import Field, FieldSink, Post
from keyboard_app.sinks.wayland.protocols import InputMethodManager, VirtualKeyboardManager
from keyboard_app.sinks.wayland.virtual_keys import VirtualKeys
from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.sink import KeyName

TAKEN = "Another input method is running, so what you write is typed as keys, and the text around the cursor is not known."


class InputMethodSink(FieldSink):
    """Commits text as the seat's input method."""

    def __init__(self, post: Post) -> None:
        """Raises: NoCompositorError."""
        super().__init__()
        self._post = post
        self._coming, self._serial = Field(), 0
        """on the connection's thread: what counts from the next `done`, and how many there were"""
        self._connection = connection = Connection()
        try:
            seat = connection.seat()
            # first: GTK 3 gets no focus on a seat that has no keyboard
            self._keys = VirtualKeys(connection.bind(VirtualKeyboardManager).create_virtual_keyboard(seat))
            self._method = connection.bind(InputMethodManager).get_input_method(seat)
        except NoCompositorError:
            connection.close()
            raise
        self._hear(self._method.dispatcher)
        connection.start(lambda: post(self._end))

    @property
    def listening(self) -> bool:
        return not self._ended

    @property
    def in_field(self) -> bool | None:
        return None if self.trouble == TAKEN else super().in_field

    def replace(self, before: str, after: str, text: str) -> None:
        self._connection.do(lambda: self._replace(before, after, text))
        self._fresh.edited(text.rpartition("\n")[2])

    def key(self, name: KeyName, times: int = 1) -> None:
        self._connection.do(lambda: self._keys.key(name, times))
        self._fresh.edited("")

    def close(self) -> None:
        self._connection.close()

    # --- on the connection's thread ---

    def _replace(self, before: str, after: str, text: str) -> None:
        if not self._coming.active:
            self._remove_by_keys(before, after)
            self._keys.text(text)
            return
        deletes = self._coming.surrounding is not None
        if not deletes:
            self._remove_by_keys(before, after)
        elif before or after:
            self._method.delete_surrounding_text(len(before.encode()), len(after.encode()))
        *lines, last = text.split("\n")
        for line in lines:
            self._commit(line)
            self._keys.key("enter")
        self._commit(last, also=deletes and bool(before or after) and not lines)

    def _commit(self, text: str, also: bool = False) -> None:
        """also: even an empty text, because something is to be deleted."""
        if text:
            self._method.commit_string(text)
        if text or also:
            self._method.commit(self._serial)

    def _remove_by_keys(self, before: str, after: str) -> None:
        self._keys.key("backspace", len(CHARACTER.findall(before)))
        self._keys.key("delete", len(CHARACTER.findall(after)))

    def _hear(self, dispatcher: Any) -> None:
        def activate(_: object) -> None:
            self._coming = Field(active=True)

        def deactivate(_: object) -> None:
            self._coming = Field()

        def surrounding_text(_: object, text: str, cursor: int, __: int) -> None:
            self._coming = replace(self._coming, surrounding=Field.around(text, cursor))

        def content_type(_: object, __: int, purpose: int) -> None:
            self._coming = replace(self._coming, purpose=purpose)

        def done(_: object) -> None:
            self._serial += 1
            field = self._coming
            self._post(lambda: self._tell(field))

        def unavailable(_: object) -> None:
            self._post(self._taken)

        for handler in (activate, deactivate, surrounding_text, content_type, done, unavailable):
            dispatcher[handler.__name__] = handler

    # --- on the window's thread ---

    def _taken(self) -> None:
        self.trouble = TAKEN
        self.on_focus()
