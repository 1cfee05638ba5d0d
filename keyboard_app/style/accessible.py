"""The page in the window as screen readers hear of it: its buttons, its texts, the words in the bar and the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kivy.core.window import Window
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.widget import Widget

from keyboard_app.accessibility.tree import Box, Node, Page, Role

SPACED = {"toNumberState": "symbols", "toLetters": "letters"}
"""What is read for actions that do not say it themselves."""


class Describer:
    """Describes pages. The numbers of things last as long as these are the same."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}

    def page(self, page: Widget, focused: Widget | None) -> Page:
        """What a screen reader is told of a page. focused: the button in the ring of the hardware keyboard."""
        nodes: list[Node] = []
        for widget in page.walk(restrict=True):
            if _is_seen(widget):
                nodes += self._nodes(widget, focused)
        box = int(Window.left), int(Window.top), int(Window.width), int(Window.height)
        return Page(f"Keyglide: {page.name}", box, tuple(nodes))

    def _nodes(self, widget: Any, focused: Widget | None) -> Iterator[Node]:
        box = _box(*widget.to_window(*widget.pos), *widget.size)
        if isinstance(widget, ButtonBehavior):
            role, checked = Role.PUSH_BUTTON, None
            if hasattr(widget, "active"):
                role, checked = Role.CHECK_BOX, bool(widget.active)
            elif hasattr(widget, "option"):
                role, checked = Role.RADIO_BUTTON, bool(widget.on)
            press = None if widget.disabled else lambda: widget.trigger_action(0)
            number = self._number(widget.uid)
            yield Node(number, role, name_of(widget), box, checked, widget is focused, not widget.disabled, press)
        elif hasattr(widget, "choices") and hasattr(widget, "cell_center"):
            yield from self._words(widget)
        elif hasattr(widget, "layout_of_keys") and hasattr(widget, "press"):
            yield from self._keys(widget)
        elif hasattr(widget, "cursor_place"):
            yield Node(self._number(widget.uid), Role.TEXT, widget.text or widget.hint, box)

    def _words(self, bar: Any) -> Iterator[Node]:
        if bar.notice:
            yield Node(self._number((bar.uid, "notice")), Role.LABEL, bar.notice, _box(*bar.pos, *bar.size))
        for index, word in enumerate(bar.choices if not bar.notice else ()):
            x, y = bar.to_window(*bar.cell_center(index)) if index < len(bar.cells) else bar.to_window(*bar.center)
            press = _calling(bar.dispatch, "on_choose", index)
            yield Node(self._number((bar.uid, index, word)), Role.PUSH_BUTTON, word, _box(x - 20, y - 20, 40, 40), press=press)

    def _keys(self, keyboard: Any) -> Iterator[Node]:
        if keyboard.layout_of_keys is None:
            return
        for placed in keyboard.layout_of_keys.keys:
            key = placed.key
            name = key.label or SPACED.get(key.action, key.action)
            number = self._number((keyboard.uid, key.name, placed.x, placed.y))
            yield Node(number, Role.PUSH_BUTTON, name, _box(placed.x, placed.y, placed.w, placed.h), press=_calling(keyboard.press, key))

    def _number(self, thing: object) -> int:
        return self._numbers.setdefault(thing, len(self._numbers) + 2)


def name_of(button: Any) -> str:
    """What is read for a button: what stands on it, or what its icon means."""
    title = getattr(button, "title", "")
    if title:
        more = getattr(button, "value", "") or getattr(button, "detail", "")
        return f"{title}: {more}" if more else title
    return str(getattr(button, "caption", "") or getattr(button, "text", "") or getattr(button, "icon", ""))


def _calling(call: Callable[..., object], *arguments: object) -> Callable[[], None]:
    return lambda: (call(*arguments), None)[1]


def _box(x: float, y: float, width: float, height: float) -> Box:
    return round(x), round(Window.height - y - height), round(width), round(height)


def _is_seen(widget: Widget) -> bool:
    return bool(widget.opacity > 0 and min(widget.size) > 1)
