"""The numbers by which X, Wayland and IBus call keys and kinds of text fields."""

from __future__ import annotations

from typing import NamedTuple

from keyboard_app.text.sink import KeyName, Purpose


class KeyCode(NamedTuple):
    """One key. Sources: linux/input-event-codes.h; X Window System Protocol, appendix A."""

    code: int
    """the kernel's"""
    keysym: int
    symbol: str
    """the keysym's name"""


KEYS: dict[KeyName, KeyCode] = {
    "backspace": KeyCode(14, 0xFF08, "BackSpace"),
    "tab": KeyCode(15, 0xFF09, "Tab"),
    "enter": KeyCode(28, 0xFF0D, "Return"),
    "escape": KeyCode(1, 0xFF1B, "Escape"),
    "home": KeyCode(102, 0xFF50, "Home"),
    "left": KeyCode(105, 0xFF51, "Left"),
    "up": KeyCode(103, 0xFF52, "Up"),
    "right": KeyCode(106, 0xFF53, "Right"),
    "down": KeyCode(108, 0xFF54, "Down"),
    "end": KeyCode(107, 0xFF57, "End"),
    "delete": KeyCode(111, 0xFFFF, "Delete"),
}
PURPOSES: dict[int, Purpose] = {2: "number", 3: "number", 4: "number", 5: "url", 6: "email", 8: "password"}
"""digits, number, telephone, URL, e-mail and password, which text-input-v1, text-input-v3 and IBus number alike"""
