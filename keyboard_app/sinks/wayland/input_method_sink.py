"""The sink for wlroots: text by input-method-v2, and keys by virtual-keyboard-v1: all text where a program has no input method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from keyboard_app.sinks.freshness import Freshness
from keyboard_app.sinks.wayland.connection import Connection, NoCompositorError
from keyboard_app.sinks.wayland.protocols import InputMethodManager, VirtualKeyboardManager
from keyboard_app.sinks.wayland.virtual_keys import VirtualKeys
from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.sink import Context, KeyName, Purpose, do_nothing

Post = Callable[[Callable[[], None]], None]
PURPOSES: dict[int, Purpose] = {
    2: "number",
    3: "number",
    4: "number",
    5: "url",
    6: "email",
    8: "password",
    9: "password",
    13: "terminal",
}
"""content purposes of text-input-v3: digits, number, telephone, URL, e-mail, password, PIN, terminal"""
TAKEN = "Another input method is running, so what you write is typed as keys, and the text around the cursor is not known."
ENDED = "The compositor has ended."


@dataclass(frozen=True)
class _Field:
    """What the compositor tells of the field with the cursor."""

    active: bool = False
    purpose: int = 0
    surrounding: Context | None = None
    """None: it tells none"""


class InputMethodSink:
    """Commits text as the seat's input method."""

    def __init__(self, post: Post) -> None:
        """Raises: NoCompositorError."""
        self.on_focus: Callable[[], None] = do_nothing
        self.on_context: Callable[[], None] = do_nothing
        self.on_lost: Callable[[str], None] = do_nothing
        self.trouble = ""
        self.listening = True
        self._post = post
        self._told = _Field()
        self._fresh = Freshness()
        self._coming, self._serial = _Field(), 0
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
        connection.start(lambda: post(self._ended))

    @property
    def purpose(self) -> Purpose:
        return PURPOSES.get(self._told.purpose, "text") if self._told.active else "text"

    def context(self) -> Context | None:
        return self._fresh.context if self._told.active else None

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
            self._coming = _Field(active=True)

        def deactivate(_: object) -> None:
            self._coming = _Field()

        def surrounding_text(_: object, text: str, cursor: int, __: int) -> None:
            data = text.encode()
            around = Context(data[:cursor].decode(errors="ignore"), data[cursor:].decode(errors="ignore"))
            self._coming = replace(self._coming, surrounding=around)

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

    def _tell(self, field: _Field) -> None:
        before, self._told = self._told, field
        if (before.active, before.purpose) != (field.active, field.purpose):
            self._fresh.reset()
            if field.surrounding is not None:
                self._fresh.told(field.surrounding)
            self.on_focus()
        elif field.surrounding is not None and self._fresh.told(field.surrounding):
            self.on_context()

    def _taken(self) -> None:
        self.trouble = TAKEN
        self.on_focus()

    def _ended(self) -> None:
        self.trouble, self.listening = ENDED, False
        self.on_focus()
