"""A hardware keyboard: its keys write and edit the text too."""

from __future__ import annotations

from collections.abc import Callable

from kivy.clock import Clock
from kivy.core.window import Keyboard as SystemKeyboard
from kivy.core.window import Window

from keyboard_app.pages.clipboard import copy, cut, paste
from keyboard_app.pages.text_view import TextView
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.text.rules import character_end, character_start, word_end, word_start
from keyboard_app.text.writer import Writer

PAGE_LINES = 8
"""Lines that Page Up and Page Down go."""
LOCKS = {"capslock", "numlock"}
"""Modifiers that do not count as part of a shortcut."""
Target = Callable[[Writer], int]
"""The offset where the cursor goes to."""


class PhysicalKeys:
    """While it listens, it turns key presses into edits of a session."""

    def __init__(self, session: TypingSession, view: TextView) -> None:
        """view: what shows the text, and so knows its lines."""
        self._session, self._view = session, view
        self._keyboard: SystemKeyboard | None = None
        self._targets: dict[str, Target] = {
            "left": lambda writer: self._beside(writer, leftwards=True),
            "right": lambda writer: self._beside(writer, leftwards=False),
            "up": lambda writer: view.line_above(writer.cursor, 1),
            "down": lambda writer: view.line_above(writer.cursor, -1),
            "pageup": lambda writer: view.line_above(writer.cursor, PAGE_LINES),
            "pagedown": lambda writer: view.line_above(writer.cursor, -PAGE_LINES),
            "home": lambda writer: view.line_ends(writer.cursor)[0],
            "end": lambda writer: view.line_ends(writer.cursor)[1],
        }
        self._targets_with_control: dict[str, Target] = {
            "left": lambda writer: self._word_beside(writer, leftwards=True),
            "right": lambda writer: self._word_beside(writer, leftwards=False),
            "home": lambda _: 0,
            "end": lambda writer: len(writer.text),
        }
        self._plain: dict[str, Callable[[], None]] = {
            "backspace": lambda: session.action("backspace"),
            "enter": lambda: session.action("enter"),
            "numpadenter": lambda: session.action("enter"),
            "delete": lambda: session.edit(_delete),
        }
        self._with_control: dict[str, Callable[[], object]] = {
            "a": lambda: session.edit(Writer.select_all),
            "c": lambda: copy(session),
            "x": lambda: cut(session),
            "v": lambda: paste(session),
            "z": lambda: session.edit(Writer.undo),
            "y": lambda: session.edit(Writer.redo),
            "backspace": lambda: session.edit(Writer.delete_word),
            "delete": lambda: session.edit(_delete_word),
        }

    def listen(self) -> None:
        self._keyboard = Window.request_keyboard(self._lost, self._view)
        Clock.unschedule(Window._check_keyboard_shown)  # five times a second, for a phone's own keyboard
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
        targets = self._targets_with_control if "ctrl" in held else self._targets
        if not held - {"shift", "ctrl"} and name in targets:
            self._go(targets[name], selecting="shift" in held)
        elif held == {"ctrl", "shift"} and name == "z":
            self._with_control["y"]()
        elif held == {"ctrl"} and name in self._with_control:
            self._with_control[name]()
        elif not held - {"shift"} and name in self._plain:
            self._plain[name]()
        else:
            return False
        return True

    def _beside(self, writer: Writer, leftwards: bool) -> int:
        """A character to the left or right, which is on or back as the text runs."""
        back = leftwards is not self._view.runs_left(writer.cursor)
        return _before(writer) if back else _after(writer)

    def _word_beside(self, writer: Writer, leftwards: bool) -> int:
        """The same by a word."""
        back = leftwards is not self._view.runs_left(writer.cursor)
        return (word_start if back else word_end)(writer.text, writer.cursor)

    def _go(self, target: Target, selecting: bool) -> None:
        self._session.edit(lambda writer: (writer.select_to if selecting else writer.move_to)(target(writer)))


def _before(writer: Writer) -> int:
    return character_start(writer.text, writer.cursor) if writer.cursor else 0


def _after(writer: Writer) -> int:
    return character_end(writer.text, writer.cursor)


def _delete(writer: Writer) -> None:
    """Removes the selection, or the visible character after the cursor."""
    _delete_to(writer, _after(writer))


def _delete_word(writer: Writer) -> None:
    """Removes the selection, or the word after the cursor."""
    _delete_to(writer, word_end(writer.text, writer.cursor))


def _delete_to(writer: Writer, end: int) -> None:
    if not writer.selected:
        writer.select(end, writer.cursor)
    if writer.selected:
        writer.backspace()
