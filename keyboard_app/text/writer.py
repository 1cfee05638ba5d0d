"""The writer: a text with a cursor, and what taps and swiped words make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from keyboard_app.text.edit_history import EditHistory, Run, Step
from keyboard_app.text.rules import (
    CLOSING,
    LOOK_BACK,
    character_start,
    ends_word,
    needs_space_after,
    needs_space_before,
    starts_sentence,
    starts_word,
    word_start,
    writable,
)
from keyboard_app.text.shift import Shift, ShiftKey
from keyboard_app.text.sink import Edit, OwnField, TextSink

__all__ = ["TEXT_LIMIT", "Shift", "TextFullError", "Writer", "WritingOptions"]

TEXT_LIMIT = 100_000
"""Characters that a text may have."""


class TextFullError(ValueError):
    """More was to be written than the text may hold. The text is as it was."""


@dataclass(frozen=True)
class WritingOptions:
    """What a person can choose about writing."""

    backspace: Literal["word", "letter"] = "word"
    """what backspace removes right after a swiped word"""
    capitals: bool = True
    """whether sentences get their capitals automatically"""
    spaces: bool = True
    """whether swiped words get their spaces automatically, and two taps of space a full stop"""
    abbreviations: frozenset[str] = frozenset()
    """of the language, small, without the full stop: it ends no sentence"""


@dataclass(frozen=True)
class _Swiped:
    """The swiped word that ends at the cursor."""

    start: int
    """offset of the word"""
    end: int
    """offset behind it, and behind the automatic space after it"""
    word: str
    choices: tuple[str, ...]
    before: _Place = field(compare=False, repr=False)
    """what it was written at: the whole swipe put in what lies from there to `end`"""


@dataclass(frozen=True)
class _Place:
    """Where the cursor is and what is known about it: what undo restores beside the text."""

    cursor: int = 0
    pressed: Shift | None = None
    """what the shift key chose; None: automatic"""
    swiped: _Swiped | None = None
    space_due: bool = False
    """whether an automatic space comes before the next word, be it tapped"""
    space_tapped: bool = False
    """whether the last thing done was a tap of space"""
    automatic_space: int | None = None
    """offset of the last automatic space before the cursor, if it is still there"""


class Writer:
    """A text that is written by tapping and swiping. Offsets count code points.

    A swiped word gets a space before it where one belongs; a letter tapped right after a swiped word, or after the
    punctuation behind it, begins the next word. What edits the text raises TextFullError beyond TEXT_LIMIT characters.
    """

    def __init__(self, options: WritingOptions, text: str = "", sink: TextSink | None = None) -> None:
        """sink: told of every change, the first text included; it starts empty. Raises: TextFullError."""
        self.options = options
        self._sink = sink or OwnField()
        self._text, self._place = "", _Place()
        self._history: EditHistory[_Place] = EditHistory()
        self._shift_key = ShiftKey()
        first = writable(text)
        _check_length(len(first))
        if first:
            self._change(Edit(0, "", first), _Place(len(first)))

    @property
    def text(self) -> str:
        return self._text

    @property
    def cursor(self) -> int:
        return self._place.cursor

    @property
    def choices(self) -> tuple[str, ...]:
        """What else the swiped word before the cursor may be, best first, as it would be written."""
        return self._place.swiped.choices if self._place.swiped else ()

    @property
    def shift(self) -> Shift:
        """The case of the next letter tapped."""
        return self._shift_after(self._before() + " " * self._place.space_due)

    def as_written(self, word: str) -> str:
        """The word in the case that `commit` would write it in now."""
        return self._shift_for_word().cased(word)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    # --- writing ---

    def type(self, text: str) -> None:
        """Writes what was tapped, one character as a rule, as it is. Raises: TextFullError."""
        if text in (" ", "\n"):
            return self.space() if text == " " else self.enter()
        text = writable(text)
        if not text:
            return None
        place, start = self._place, self.cursor
        follows = text in CLOSING or (text == '"' and not starts_word(text, self._before()))
        if follows and place.automatic_space == start - 1:
            start -= 1
        lead = " " if place.space_due and starts_word(text[0], self._before()) else ""
        after = _Place(
            cursor=start + len(lead + text),
            pressed=_kept(place.pressed) if any(map(str.isalpha, text)) else place.pressed,
            space_due=follows and (place.space_due or start < self.cursor),
            automatic_space=start if lead else _still_there(place.automatic_space, start),
        )
        return self._replace(start, self.cursor, lead + text, after, "typed" if text.isalnum() else None)

    def commit(self, words: Sequence[str]) -> None:
        """Writes the best of the words that a swipe may mean, and offers the others. Raises: TextFullError, ValueError (no words)."""
        if not words:
            raise ValueError("a swiped word needs at least one candidate, got none: show a notice instead")
        place, shift = self._place, self._shift_for_word()
        lead = " " if self._takes_space() else ""
        trail = " " if self.options.spaces and needs_space_after(self._text[self.cursor : self.cursor + 1]) else ""
        word, *choices = dict.fromkeys(map(shift.cased, words))
        start = self.cursor + len(lead)
        end = start + len(word)
        after = _Place(
            cursor=end,
            pressed=_kept(place.pressed),
            swiped=_Swiped(start, end + len(trail), word, tuple(choices), place),
            space_due=self.options.spaces,
            automatic_space=self.cursor if lead else place.automatic_space,
        )
        self._replace(self.cursor, self.cursor, lead + word + trail, after)

    def choose(self, index: int) -> None:
        """Replaces the swiped word by choices[index], and offers it in that place. Raises: IndexError, TextFullError."""
        swiped = self._place.swiped
        if swiped is None or not 0 <= index < len(swiped.choices):
            raise IndexError(f"there is no choice {index} among the {len(self.choices)} offered: choose one of `choices`")
        chosen = swiped.choices[index]
        choices = (*swiped.choices[:index], swiped.word, *swiped.choices[index + 1 :])
        end = swiped.end + len(chosen) - len(swiped.word)
        after = replace(self._place, cursor=swiped.start + len(chosen), swiped=replace(swiped, end=end, word=chosen, choices=choices))
        self._replace(swiped.start, self.cursor, chosen, after)

    def space(self) -> None:
        """Writes a space; none beside an automatic one. The second in a row makes a full stop. Raises: TextFullError."""
        place, before = self._place, self._before()
        pressed, cursor = place.pressed, place.cursor
        if place.swiped is not None and place.swiped.end > cursor:
            self._go(_Place(cursor + 1, pressed, space_tapped=True))
        elif cursor > 0 and place.automatic_space == cursor - 1:
            self._go(_Place(cursor, pressed, space_tapped=True))
        elif place.space_tapped and self.options.spaces and ends_word(before[:-1]):
            self._replace(cursor - 1, cursor, ". ", _Place(cursor + 1, pressed))
        else:
            self._replace(cursor, cursor, " ", _Place(cursor + 1, pressed, space_tapped=True))

    def enter(self) -> None:
        """Begins a new line. Raises: TextFullError."""
        start = self.cursor - (self._place.automatic_space == self.cursor - 1)
        self._replace(start, self.cursor, "\n", _Place(start + 1, _kept(self._place.pressed)))

    def paste(self, text: str) -> None:
        """Writes a text as it is, without what cannot be shown. Raises: TextFullError."""
        text = writable(text)
        if text:
            self._replace(self.cursor, self.cursor, text, _Place(self.cursor + len(text), _kept(self._place.pressed)))

    # --- removing ---

    def backspace(self) -> None:
        """Removes the visible character before the cursor; right after a swiped word, what its swipe put in, if so chosen."""
        swiped = self._place.swiped
        if swiped is not None and self.options.backspace == "word":
            self._replace(swiped.before.cursor, swiped.end, "", swiped.before)
        elif self.cursor > 0:
            self._erase_from(character_start(self._text, self.cursor), "erased")

    def delete_word(self) -> None:
        """Removes the word before the cursor, with the white space between."""
        if self.cursor > 0:
            self._erase_from(word_start(self._text, self.cursor))

    def clear(self) -> None:
        """Removes everything."""
        if self._text:
            self._replace(0, len(self._text), "", _Place(pressed=_kept(self._place.pressed)))

    def undo(self) -> None:
        """Takes back the last step, if there is one: text, cursor, shift and choices are as they were before it."""
        if self._history.can_undo:
            step = self._history.step_back()
            self._go(step.after)
            self._change(step.edit.inverse, step.before)

    def redo(self) -> None:
        """Makes again what was undone last, if nothing was written since."""
        if self._history.can_redo:
            step = self._history.step_forward()
            self._go(step.before)
            self._change(step.edit, step.after)

    # --- cursor and shift ---

    def move_to(self, offset: int) -> None:
        """Puts the cursor at an offset, or at the nearest one that lies in the text and not inside of a visible character."""
        offset = min(max(offset, 0), len(self._text))
        if 0 < offset < len(self._text):
            start = character_start(self._text, offset + 1)
            offset = start if start < offset else offset
        if offset != self.cursor:
            self._go(_Place(offset, _kept(self._place.pressed)))

    def press_shift(self, t_ms: float) -> None:
        """Switches the next letter's case; a second press within DOUBLE_TAP_MS locks the capitals, one more unlocks them."""
        self._go(replace(self._place, pressed=self._shift_key.press(self.shift, t_ms)))

    # --- within ---

    def _before(self) -> str:
        return self._text[max(0, self.cursor - LOOK_BACK) : self.cursor]

    def _takes_space(self) -> bool:
        """Whether a swiped word gets a space before it."""
        return self.options.spaces and needs_space_before(self._before())

    def _shift_for_word(self) -> Shift:
        """The case of the next word swiped: after "It rains." it is the next letter's after a space."""
        return self._shift_after(self._before() + " " * self._takes_space())

    def _shift_after(self, before: str) -> Shift:
        if self._place.pressed is not None:
            return self._place.pressed
        return Shift.ONCE if self.options.capitals and starts_sentence(before, self.options.abbreviations) else Shift.OFF

    def _erase_from(self, start: int, run: Run | None = None) -> None:
        automatic = _still_there(self._place.automatic_space, start)
        self._replace(start, self.cursor, "", _Place(start, self._place.pressed, automatic_space=automatic), run)

    def _replace(self, start: int, end: int, inserted: str, after: _Place, run: Run | None = None) -> None:
        """Replaces text[start:end] as one step. Raises: TextFullError."""
        _check_length(len(self._text) - (end - start) + len(inserted))
        edit = Edit(start, self._text[start:end], inserted)
        self._history.add(Step(edit, self._place, after, run))
        self._change(edit, after)

    def _change(self, edit: Edit, after: _Place) -> None:
        """Every change of the text comes through here."""
        self._text = edit.apply_to(self._text)
        self._sink.edit(edit)
        self._place = replace(self._place, cursor=edit.end)
        self._go(after)

    def _go(self, place: _Place) -> None:
        """Takes another place in the same text."""
        if place.cursor != self._place.cursor:
            self._sink.move(place.cursor)
        self._place = place


def _kept(pressed: Shift | None) -> Shift | None:
    """What stays of the shift key's choice once a letter is written."""
    return Shift.LOCK if pressed is Shift.LOCK else None


def _still_there(automatic_space: int | None, start: int) -> int | None:
    """The automatic space after an edit that begins at `start`."""
    return automatic_space if automatic_space is not None and automatic_space < start else None


def _check_length(n_characters: int) -> None:
    if n_characters > TEXT_LIMIT:
        raise TextFullError(
            f"the text would have {n_characters:,} characters, and {TEXT_LIMIT:,} are the most: copy it away and clear it, or paste less"
        )
