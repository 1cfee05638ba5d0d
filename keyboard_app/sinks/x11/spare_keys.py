"""The spare keys of an X keyboard: codes that no key of the person's layout has. Letters that the layout lacks are mapped to them.

A mapped letter stays, and is used again at no cost; the least recently used one makes room for a new one. The codes in use are listed
in a property of the root window, so that whoever comes after a keyboard that was killed can free them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display

LIST = "_KEYGLIDE_SPARE_KEYS"
"""the property of the root window"""
UNICODE = 0x01000000
"""added to a code point it is its keysym, but for Latin-1. Source: the X Window System Protocol, appendix A"""


def keysym_of(character: str) -> int:
    code = ord(character)
    if character == "\n":
        return 0xFF0D
    if character == "\t":
        return 0xFF09
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else UNICODE | code


def free_listed(display: Display) -> None:
    """Frees the codes that a keyboard has left mapped."""
    root, name = display.screen().root, display.intern_atom(LIST)
    listed = root.get_full_property(name, Xatom.CARDINAL)
    if listed is not None:
        for code in listed.value:
            _map(display, int(code), 0)
        root.delete_property(name)
        display.sync()


def _map(display: Display, code: int, keysym: int) -> None:
    display.change_keyboard_mapping(code, [(keysym, keysym)])


class SpareKeys:
    """Where each keysym can be typed."""

    def __init__(self, display: Display) -> None:
        """Frees what an earlier keyboard has left mapped."""
        self._display = display
        self._mapped: OrderedDict[int, int] = OrderedDict()
        """keysym -> code, the least recently used first"""
        free_listed(display)
        self.read()

    @property
    def n_spare(self) -> int:
        return len(self._free) + len(self._mapped)

    @property
    def mapped(self) -> Collection[int]:
        """The codes that we have mapped."""
        return self._mapped.values()

    def read(self) -> None:
        """Reads the person's layout, which may have changed, and forgets what it has wiped."""
        first = self._display.display.info.min_keycode
        rows = self._display.get_keyboard_mapping(first, self._display.display.info.max_keycode - first + 1)
        table: dict[int, Any] = dict(enumerate(rows, first))
        self._mapped = OrderedDict((keysym, code) for keysym, code in self._mapped.items() if table[code][0] == keysym)
        ours = set(self._mapped.values())
        self._free = [code for code, row in table.items() if not any(row) and code not in ours]
        self._layout: dict[int, tuple[int, bool]] = {}
        for level in (1, 0):  # a key that needs no shift wins
            for code, row in reversed(table.items()):
                if code not in ours and len(row) > level and row[level]:
                    self._layout[row[level]] = code, bool(level)

    def in_layout(self, keysym: int) -> tuple[int, bool] | None:
        """The key of the person's first layout that has it, and whether it needs shift; None if there is none."""
        return self._layout.get(keysym)

    def code(self, keysym: int) -> int | None:
        """The spare code where it is mapped; None if it is not."""
        if keysym not in self._mapped:
            return None
        self._mapped.move_to_end(keysym)
        return self._mapped[keysym]

    def next_code(self) -> int:
        """The code that `map` would take. Raises: LookupError if the keyboard has no spare code."""
        if self._free:
            return self._free[0]
        if not self._mapped:
            raise LookupError("the keyboard layout uses every key code, so letters that it lacks cannot be typed")
        return next(iter(self._mapped.values()))

    def map(self, keysym: int) -> int:
        """Maps it to a spare code: to the one used least recently if none is free. Raises: LookupError."""
        code = self.next_code()
        if self._free:
            self._free.pop(0)
        else:
            self._mapped.popitem(last=False)
        self._mapped[keysym] = code
        self._write_list()
        _map(self._display, code, keysym)
        return code

    def restore(self) -> None:
        """Leaves the keyboard as it was."""
        for code in self._mapped.values():
            _map(self._display, code, 0)
        self._mapped.clear()
        self._display.screen().root.delete_property(self._display.intern_atom(LIST))
        self._display.sync()
        self.read()

    def _write_list(self) -> None:
        root = self._display.screen().root
        root.change_property(self._display.intern_atom(LIST), Xatom.CARDINAL, 32, list(self._mapped.values()), X.PropModeReplace)
