"""`python -m keyboard_app.pages.clipboard_holder`: keeps a text in the clipboard of X11 after the keyboard's window has closed.

In X11 what was copied lives in the program that copied it, and goes with its window. This process takes the text from its standard
input and gives it to whoever pastes, until something else is copied. It opens no window, and ends with the display.
"""

from __future__ import annotations

import sys

from Xlib import X, Xatom, display, error
from Xlib.protocol import event, rq

LARGEST = 200_000
"""Bytes that fit into one answer of every X server."""


class Holder:
    """The owner of the clipboard."""

    def __init__(self, text: str) -> None:
        """Raises: Xlib.error.DisplayError without an X server; ValueError for a text that is too long."""
        self._content = text.encode()
        if len(self._content) > LARGEST:
            raise ValueError(f"the text has {len(self._content):,} bytes, and {LARGEST:,} fit into the clipboard")
        self._display = display.Display()
        self._window = self._display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        atoms = ("CLIPBOARD", "TARGETS", "UTF8_STRING", "TEXT", "text/plain", "text/plain;charset=utf-8")
        self._clipboard, self._targets, *texts = (self._display.get_atom(name) for name in atoms)
        self._texts = (*texts, Xatom.STRING)

    def hold(self) -> None:
        """Serves the text until another program copies something, or the display is gone."""
        self._window.set_selection_owner(self._clipboard, X.CurrentTime)
        try:
            self._display.flush()
            while (asked := self._display.next_event()).type != X.SelectionClear:
                if asked.type == X.SelectionRequest:
                    self._answer(asked)
        except error.ConnectionClosedError:
            pass

    def _answer(self, asked: rq.Event) -> None:
        place = asked.property or asked.target
        if asked.target == self._targets:
            asked.requestor.change_property(place, Xatom.ATOM, 32, [self._targets, *self._texts])
        elif asked.target in self._texts:
            asked.requestor.change_property(place, asked.target, 8, self._content)
        else:
            place = X.NONE
        asked.requestor.send_event(
            event.SelectionNotify(
                time=asked.time, requestor=asked.requestor, selection=asked.selection, target=asked.target, property=place
            )
        )
        self._display.flush()


def main() -> int:
    try:
        Holder(sys.stdin.buffer.read().decode()).hold()
    except (error.DisplayError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
