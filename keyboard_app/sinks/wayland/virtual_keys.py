"""A virtual keyboard whose layout is made of the letters that are typed. It is sent anew when it grows; keys and layouts come in order."""

from __future__ import annotations

import os
import time
from typing import Any

from keyboard_app.sinks.codes import KEYS
from keyboard_app.text.sink import KeyName

LETTER_CODES = (*range(2, 14), *range(16, 28), *range(30, 42), *range(43, 54), 86, *range(120, 240))
"""codes for letters: those of printing keys come first, because Chromium looks at them"""
XKB_OFFSET = 8
TEXT_V1 = 1
"""the format of a keymap: text of xkbcommon"""


class VirtualKeys:
    """Types by a zwp_virtual_keyboard_v1. Every method is called on the connection's thread."""

    def __init__(self, keyboard: Any) -> None:
        self._keyboard = keyboard
        self._codes: dict[str, int] = {}
        self._send_layout()

    def text(self, text: str) -> None:
        new = [letter for letter in dict.fromkeys(text) if letter not in self._codes and letter not in "\n\t"]
        if new:
            if len(self._codes) + len(new) > len(LETTER_CODES):
                self._codes.clear()
                new = [letter for letter in dict.fromkeys(text) if letter not in "\n\t"][: len(LETTER_CODES)]
            for letter in new:
                self._codes[letter] = LETTER_CODES[len(self._codes)]
            self._send_layout()
        for letter in text:
            if letter in "\n\t":
                self.key("enter" if letter == "\n" else "tab")
            elif letter in self._codes:
                self._press(self._codes[letter])

    def key(self, name: KeyName, times: int = 1) -> None:
        for _ in range(times):
            self._press(KEYS[name].code)

    def _press(self, code: int) -> None:
        """Released in the same message: a key that stays pressed would repeat."""
        now = int(time.monotonic() * 1000) & 0xFFFFFFFF
        self._keyboard.key(now, code, 1)
        self._keyboard.key(now, code, 0)

    def _send_layout(self) -> None:
        content = layout(self._codes).encode() + b"\0"
        fd = os.memfd_create("keyglide-keymap")
        try:
            os.write(fd, content)
            self._keyboard.keymap(TEXT_V1, fd, len(content))
            self._keyboard.modifiers(0, 0, 0, 0)
        finally:
            os.close(fd)


def layout(codes: dict[str, int]) -> str:
    """The keymap, as xkbcommon reads it."""
    named = {key.code: key.symbol for key in KEYS.values()} | {code: f"U{ord(letter):04X}" for letter, code in codes.items()}
    keycodes = "".join(f"<K{code}> = {code + XKB_OFFSET};" for code in named)
    symbols = "".join(f"key <K{code}> {{ [ {symbol} ] }};" for code, symbol in named.items())
    return (
        f'xkb_keymap {{ xkb_keycodes "k" {{ minimum = 8; maximum = 255; {keycodes} }};'
        'xkb_types "k" { include "complete" }; xkb_compatibility "k" { include "complete" };'
        f'xkb_symbols "k" {{ {symbols} }}; }};'
    )
