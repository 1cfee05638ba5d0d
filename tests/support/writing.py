"""A person who writes with a Writer, following a little script."""

from __future__ import annotations

import re

from keyboard_app.text.shift import DOUBLE_TAP_MS
from keyboard_app.text.writer import Shift, Writer, WritingOptions

LETTERS = WritingOptions(backspace="letter")
PLAIN = WritingOptions(capitals=False, spaces=False)
STEP = re.compile(r"~(?P<swipe>[^\s~]+)|<(?P<key>\w+)(?: (?P<n>\d+))?>|(?P<gap>\s)|(?P<tap>.)", re.DOTALL)


class Person:
    """Follows a script. ~word swipes it (~us/is: with a second candidate), <space> and the like press a key, the rest is tapped.

    Spaces and line breaks in a script only part its steps. Letters are tapped in the case that the keys show.
    """

    def __init__(self, options: WritingOptions | None = None, text: str = "") -> None:
        self.writer = Writer(options or WritingOptions(), text)
        self.now_ms = 0.0

    def follow(self, script: str) -> Person:
        for step in STEP.finditer(script):
            if step["swipe"]:
                self.writer.commit(step["swipe"].split("/"))
            elif step["key"]:
                self.press(step["key"], int(step["n"] or 0))
            elif step["tap"]:
                self.tap(step["tap"])
        return self

    def tap(self, character: str) -> None:
        self.writer.type(character.lower() if self.writer.shift is Shift.OFF else character.upper())

    def press(self, key: str, n: int) -> None:
        writer = self.writer
        if key == "shift":
            self.now_ms += 2 * DOUBLE_TAP_MS
            writer.press_shift(self.now_ms)
        elif key == "again":
            self.now_ms += DOUBLE_TAP_MS / 2
            writer.press_shift(self.now_ms)
        elif key in ("choose", "at"):
            (writer.choose if key == "choose" else writer.move_to)(n)
        else:
            getattr(writer, {"word": "delete_word"}.get(key, key))()

    @property
    def shown(self) -> str:
        """The text with a bar at the cursor."""
        return f"{self.writer.text[: self.writer.cursor]}|{self.writer.text[self.writer.cursor :]}"


def shown(script: str, text: str = "", options: WritingOptions | None = None) -> str:
    """The text after the script; `text` has a bar where the cursor is at first."""
    person = Person(options, text.replace("|", ""))
    if "|" in text:
        person.writer.move_to(text.index("|"))
    return person.follow(script).shown
