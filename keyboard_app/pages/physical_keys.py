"""A hardware keyboard: its keys write and edit the text too."""

from __future__ import annotations

from collections.abc import Callable

from kivy.core.window import Keyboard as SystemKeyboard
from kivy.core.window import Window

from keyboard_app.pages.clipboard import copy, paste
from keyboard_app.pages.text_view import TextView
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.text.rules import character_end
from keyboard_app.text.sink import OwnField
from keyboard_app.text.writer import Writer

PAGE_LINES = 8
"""Lines that Page Up and Page Down go."""
LOCKS = {"capslock", "numlock"}
"""Modifiers that do not count as part of a shortcut."""


class PhysicalKeys:
    """While it listens, it turns key presses into edits of a session."""

    def __init__(self, session: TypingSession, field: OwnField, view: TextView) -> None:
        """field: the text that the session writes. view: what shows it, and so knows its lines."""
        self._session, self._field, self._view = session, field, view
        self._keyboard: SystemKeyboard | None = None
        self._plain: dict[str, Callable[[], None]] = {
            "backspace": lambda: session.action("backspace"),
            "enter": lambda: session.action("enter"),
            "numpadenter": lambda: session.action("enter"),
            "delete": lambda: session.edit(_delete),
            "left": lambda: session.edit(lambda writer: writer.move_to(writer.cursor - 1)),
            "right": lambda: session.edit(lambda writer: writer.move_to(character_end(writer.text, writer.cursor))),
            "up": lambda: self._go_lines(1),
            "down": lambda: self._go_lines(-1),
            "pageup": lambda: self._go_lines(PAGE_LINES),
            "pagedown": lambda: self._go_lines(-PAGE_LINES),
            "home": lambda: self._go(view.line_ends(field.cursor)[0]),
            "end": lambda: self._go(view.line_ends(field.cursor)[1]),
        }
        self._with_control: dict[str, Callable[[], None]] = {
            "c": lambda: copy(field.text, session),
            "v": lambda: paste(session),
            "z": lambda: session.edit(Writer.undo),
            "y": lambda: session.edit(Writer.redo),
            "backspace": lambda: session.edit(Writer.delete_word),
            "home": lambda: self._go(0),
            "end": lambda: self._go(len(field.text)),
        }

    def listen(self) -> None:
        self._keyboard = Window.request_keyboard(self._lost, self._view)
        self._keyboard.bind(on_key_down=self._pressed, on_textinput=self._typed)

    def release(self) -> None:
        if self._keyboard is not None:
            self._keyboard.release()

    def _lost(self) -> None:
        if self._keyboard is not None:
            self._keyboard.unbind(on_key_down=self._pressed, on_textinput=self._typed)
        self._keyboard = None

    def _typed(self, _: object, text: str) -> None:
        if text == " ":
            self._session.action("space")
        else:
            self._session.type(text)

    def _pressed(self, _: object, keycode: tuple[int, str], __: str | None, modifiers: list[str]) -> bool:
        held = set(modifiers) - LOCKS
        name = keycode[1]
        if held == {"ctrl", "shift"} and name == "z":
            self._with_control["y"]()
        elif held == {"ctrl"} and name in self._with_control:
            self._with_control[name]()
        elif not held - {"shift"} and name in self._plain:
            self._plain[name]()
        else:
            return False
        return True

    def _go(self, offset: int) -> None:
        self._session.edit(lambda writer: writer.move_to(offset))

    def _go_lines(self, n_lines: int) -> None:
        self._go(self._view.line_above(self._field.cursor, n_lines))


def _delete(writer: Writer) -> None:
    """Removes the visible character after the cursor."""
    end = character_end(writer.text, writer.cursor)
    if end > writer.cursor:
        writer.move_to(end)
        writer.backspace()
