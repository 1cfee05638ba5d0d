"""Going through the buttons of a page with a hardware keyboard: Tab and the arrows move a ring, Enter presses what is in it."""

from __future__ import annotations

from collections.abc import Callable

from kivy.core.window import Window
from kivy.graphics import Color, InstructionGroup, SmoothLine
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

TAB, ENTER, NUMPAD_ENTER, SPACE, UP, DOWN, RIGHT, LEFT = 9, 13, 271, 32, 273, 274, 275, 276
"""Key codes of SDL, as Kivy has them."""
RING = 2.0
"""Thickness, in dp."""


class KeyFocus:
    """The ring around a button. `page` gives the widget whose buttons are gone through."""

    def __init__(self, page: Callable[[], Widget], unit: Callable[[], float], colour: Callable[[], tuple[float, ...]]) -> None:
        self.focused: Widget | None = None
        self._page, self._unit, self._colour = page, unit, colour
        self._ring = InstructionGroup()

    def begin(self) -> None:
        Window.canvas.after.add(self._ring)
        Window.bind(on_touch_down=self._leave, on_draw=self._draw)

    def end(self) -> None:
        Window.unbind(on_touch_down=self._leave, on_draw=self._draw)
        Window.canvas.after.remove(self._ring)

    def press(self, key: int, modifiers: list[str], arrows: bool) -> bool:
        """Whether the key was for the ring. arrows: whether arrows bring it about, and not just move it."""
        held = set(modifiers) & {"shift", "ctrl", "alt", "meta"}
        if self.focused is not None and self.focused not in self._buttons():
            self.focused = None  # its page was left
        if key == TAB and held <= {"shift"}:
            self._move(-1 if "shift" in held else 1)
        elif held or (self.focused is None and not (arrows and key in (UP, DOWN))):
            return False
        elif key in (UP, LEFT, DOWN, RIGHT):
            self._move(-1 if key in (UP, LEFT) else 1)
        elif key in (ENTER, NUMPAD_ENTER, SPACE) and self.focused is not None:
            self.focused.trigger_action(0)
        else:
            self._leave()
            return False
        return True

    def _buttons(self) -> list[Widget]:
        """The buttons that can be pressed, from the top to the bottom, and from the left to the right in a row."""
        buttons = [widget for widget in self._page().walk() if isinstance(widget, ButtonBehavior) and _shows(widget)]
        return sorted(buttons, key=lambda button: (-round(button.to_window(*button.center)[1]), button.to_window(*button.center)[0]))

    def _move(self, step: int) -> None:
        buttons = self._buttons()
        if not buttons:
            return
        at = buttons.index(self.focused) + step if self.focused is not None else (0 if step > 0 else -1)
        self.focused = buttons[at % len(buttons)]
        for parent in self.focused.walk_reverse():
            if isinstance(parent, ScrollView):
                if self.focused in list(parent.walk()):
                    parent.scroll_to(self.focused, animate=False)
                    parent.update_from_scroll()  # at once: another key may come before the next frame
                break
        Window.canvas.ask_update()

    def _leave(self, *_: object) -> None:
        if self.focused is not None:
            self.focused = None
            Window.canvas.ask_update()

    def _draw(self, *_: object) -> None:
        self._ring.clear()
        if self.focused is None or self.focused.get_root_window() is None:
            return
        x, y = self.focused.to_window(*self.focused.pos)
        inset = RING * self._unit()
        self._ring.add(Color(*self._colour()))
        box = (x + inset, y + inset, self.focused.width - 2 * inset, self.focused.height - 2 * inset, 4 * inset)
        self._ring.add(SmoothLine(rounded_rectangle=box, width=RING * self._unit() / 2))


def _shows(widget: Widget) -> bool:
    return bool(not widget.disabled and widget.opacity > 0 and min(widget.size) > 1)
