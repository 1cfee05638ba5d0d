"""A keyboard with real keys writes in the text as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kivy.core.window import Keyboard as SystemKeyboard
from kivy.core.window import Window

from keyboard_app.text.rules import character_end
from keyboard_app.text.writer import Writer

if TYPE_CHECKING:
    from keyboard_app.pages.write import WritePage

PAGE_LINES = 8
"""Lines that Page Up and Page Down go."""
LOCKS = {"capslock", "numlock"}
"""Modifiers that are none of a shortcut's."""


class PhysicalKeys:
    """Hands the keys that are pressed to a write page, while it listens."""

    def __init__(self, page: WritePage) -> None:
        self._page = page
        self._keyboard: SystemKeyboard | None = None
        writes = self._page.session
        self._plain: dict[str, Callable[[], None]] = {
            "backspace": lambda: writes.action("backspace"),
            "enter": lambda: writes.action("enter"),
            "numpadenter": lambda: writes.action("enter"),
            "delete": lambda: writes.edit(_delete),
            "left": lambda: writes.edit(lambda writer: writer.move_to(writer.cursor - 1)),
            "right": lambda: writes.edit(lambda writer: writer.move_to(character_end(writer.text, writer.cursor))),
            "up": lambda: self._go_lines(1),
            "down": lambda: self._go_lines(-1),
            "pageup": lambda: self._go_lines(PAGE_LINES),
            "pagedown": lambda: self._go_lines(-PAGE_LINES),
            "home": lambda: self._go(self._line_ends()[0]),
            "end": lambda: self._go(self._line_ends()[1]),
        }
        self._with_control: dict[str, Callable[[], None]] = {
            "c": page.copy,
            "v": page.paste,
            "z": page.undo,
            "y": page.redo,
            "backspace": lambda: writes.edit(Writer.delete_word),
            "home": lambda: self._go(0),
            "end": lambda: self._go(len(self._page.text)),
        }

    def listen(self) -> None:
        self._keyboard = Window.request_keyboard(self._lost, self._page)
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
            self._page.session.action("space")
        else:
            self._page.session.type(text)

    def _pressed(self, _: object, keycode: tuple[int, str], __: str | None, modifiers: list[str]) -> bool:
        held = set(modifiers) - LOCKS
        name = keycode[1]
        if held == {"ctrl", "shift"} and name == "z":
            self._page.redo()
        elif held == {"ctrl"} and name in self._with_control:
            self._with_control[name]()
        elif not held - {"shift"} and name in self._plain:
            self._plain[name]()
        else:
            return False
        return True

    def _go(self, offset: int) -> None:
        self._page.place_cursor(offset)

    def _go_lines(self, n_lines: int) -> None:
        self._go(self._page.ids.text.line_above(self._page.cursor, n_lines))

    def _line_ends(self) -> tuple[int, int]:
        ends: tuple[int, int] = self._page.ids.text.line_ends(self._page.cursor)
        return ends


def _delete(writer: Writer) -> None:
    """Removes the visible character after the cursor."""
    end = character_end(writer.text, writer.cursor)
    if end > writer.cursor:
        writer.move_to(end)
        writer.backspace()
