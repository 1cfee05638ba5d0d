"""The writer: a text with a cursor, and what taps and swiped words do to it."""

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
from keyboard_app.text.sink import Edit, Follower, OwnField

__all__ = ["TEXT_LIMIT", "Shift", "TextFullError", "Writer", "WritingOptions"]

TEXT_LIMIT = 100_000
"""Characters that a text may have."""


class TextFullError(ValueError):
    """The text would become too long. It was left unchanged."""


@dataclass(frozen=True)
class WritingOptions:
    """How the person likes to write."""

    backspace: Literal["word", "letter"] = "word"
    """what backspace removes right after a swiped word"""
    capitals: bool = True
    """whether sentences get their capitals automatically"""
    spaces: bool = True
    """whether swiped words get their spaces automatically, and tapping space twice makes a full stop"""
    abbreviations: frozenset[str] = frozenset()
    """of the language, small, without the full stop: it ends no sentence"""


@dataclass(frozen=True)
class _Swiped:
    """The swiped word that ends at the cursor."""

    start: int
    """offset of the word"""
    end: int
    """offset after the word and the automatic space that follows it"""
    word: str
    choices: tuple[str, ...]
    before: _Place = field(compare=False, repr=False)
    """the place before the swipe, which put in everything from there to `end`"""


@dataclass(frozen=True)
class _Place:
    """Where the cursor is, and what the writer remembers about it: what undo restores in addition to the text."""

    cursor: int = 0
    pressed: Shift | None = None
    """the case chosen with the shift key; None: automatic"""
    swiped: _Swiped | None = None
    space_due: bool = False
    """whether an automatic space comes before the next word, even a tapped one"""
    space_tapped: bool = False
    """whether the last thing done was tapping space"""
    automatic_space: int | None = None
    """offset of the last automatic space before the cursor, if it is still there"""


class Writer:
    """A text written by tapping and swiping. Offsets count code points.

    A swiped word gets a space before it where one belongs. A letter tapped right after a swiped word, or after the
    punctuation that follows it, starts the next word. Methods that edit raise TextFullError beyond TEXT_LIMIT characters.
    """

    def __init__(self, options: WritingOptions, text: str = "", sink: Follower | None = None) -> None:
        """sink: an empty one that is told of every change, beginning with `text`. Raises: TextFullError."""
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
        """The other words that the swiped word before the cursor may be, best first, as they would be written."""
        return self._place.swiped.choices if self._place.swiped else ()

    @property
    def shift(self) -> Shift:
        """The case of the next tapped letter."""
        return self._shift_after(self._before() + " " * self._place.space_due)

    def as_written(self, word: str) -> str:
        """The word in the case that `commit` would use now."""
        return self._shift_for_word().cased(word)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    # --- writing ---

    def type(self, text: str) -> None:
        """Writes what was tapped, usually one character, unchanged. Raises: TextFullError."""
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
        """Writes the first word, the best guess of a swipe, and offers the others. Raises: TextFullError, ValueError (no words)."""
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
        """Replaces the swiped word with choices[index], and offers it instead. Raises: IndexError, TextFullError."""
        swiped = self._place.swiped
        if swiped is None or not 0 <= index < len(swiped.choices):
            raise IndexError(f"there is no choice {index} among the {len(self.choices)} offered: choose one of `choices`")
        chosen = swiped.choices[index]
        choices = (*swiped.choices[:index], swiped.word, *swiped.choices[index + 1 :])
        end = swiped.end + len(chosen) - len(swiped.word)
        after = replace(self._place, cursor=swiped.start + len(chosen), swiped=replace(swiped, end=end, word=chosen, choices=choices))
        self._replace(swiped.start, self.cursor, chosen, after)

    def space(self) -> None:
        """Writes a space, unless there is an automatic one already. The second in a row makes a full stop. Raises: TextFullError."""
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
        """Starts a new line. Raises: TextFullError."""
        start = self.cursor - (self._place.automatic_space == self.cursor - 1)
        self._replace(start, self.cursor, "\n", _Place(start + 1, _kept(self._place.pressed)))

    def paste(self, text: str) -> None:
        """Writes a text unchanged, except for what cannot be shown. Raises: TextFullError."""
        text = writable(text)
        if text:
            self._replace(self.cursor, self.cursor, text, _Place(self.cursor + len(text), _kept(self._place.pressed)))

    # --- removing ---

    def backspace(self) -> None:
        """Removes the visible character before the cursor; right after a swiped word, all that its swipe wrote, if the options say so."""
        swiped = self._place.swiped
        if swiped is not None and self.options.backspace == "word":
            self._replace(swiped.before.cursor, swiped.end, "", swiped.before)
        elif self.cursor > 0:
            self._erase_from(character_start(self._text, self.cursor), "erased")

    def delete_word(self) -> None:
        """Removes the word before the cursor, and the white space between them."""
        if self.cursor > 0:
            self._erase_from(word_start(self._text, self.cursor))

    def clear(self) -> None:
        """Removes everything."""
        if self._text:
            self._replace(0, len(self._text), "", _Place(pressed=_kept(self._place.pressed)))

    def undo(self) -> None:
        """Takes back the last step, if there is one: text, cursor, shift and choices become what they were before it."""
        if self._history.can_undo:
            step = self._history.step_back()
            self._go(step.after)
            self._change(step.edit.inverse, step.before)

    def redo(self) -> None:
        """Repeats the step that was undone last, if nothing has been written since."""
        if self._history.can_redo:
            step = self._history.step_forward()
            self._go(step.before)
            self._change(step.edit, step.after)

    # --- cursor and shift ---

    def move_to(self, offset: int) -> None:
        """Puts the cursor at an offset, or at the nearest one in the text that is not inside a visible character."""
        offset = min(max(offset, 0), len(self._text))
        if 0 < offset < len(self._text):
            start = character_start(self._text, offset + 1)
            offset = start if start < offset else offset
        if offset != self.cursor:
            self._go(_Place(offset, _kept(self._place.pressed)))

    def adopt(self, before: str, after: str) -> None:
        """Takes over the text around the cursor as it is in another program, and forgets what could be undone. The sink is told nothing.

        Only its end counts if it is longer than TEXT_LIMIT.
        """
        before = before[-TEXT_LIMIT // 2 :]
        self._text = before + after[: TEXT_LIMIT // 2]
        self._place = _Place(len(before), _kept(self._place.pressed))
        self._history = EditHistory()

    def press_shift(self, t_ms: float) -> None:
        """Switches the case of the next letter. A second press within DOUBLE_TAP_MS locks the capitals, one more unlocks them."""
        self._go(replace(self._place, pressed=self._shift_key.press(self.shift, t_ms)))

    # --- inside ---

    def _before(self) -> str:
        return self._text[max(0, self.cursor - LOOK_BACK) : self.cursor]

    def _takes_space(self) -> bool:
        """Whether a swiped word gets a space before it."""
        return self.options.spaces and needs_space_before(self._before())

    def _shift_for_word(self) -> Shift:
        """The case of the next swiped word: after "It rains." it gets a space first, and so a capital."""
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
        """Changes the text. Every change comes through here."""
        self._text = edit.apply_to(self._text)
        self._sink.edit(edit)
        self._place = replace(self._place, cursor=edit.end)
        self._go(after)

    def _go(self, place: _Place) -> None:
        """Takes another place, in the same text."""
        if place.cursor != self._place.cursor:
            self._sink.move(place.cursor)
        self._place = place


def _kept(pressed: Shift | None) -> Shift | None:
    """What remains of the shift key's choice once a letter is written."""
    return Shift.LOCK if pressed is Shift.LOCK else None


def _still_there(automatic_space: int | None, start: int) -> int | None:
    """The automatic space, if it is left by an edit that starts at `start`."""
    return automatic_space if automatic_space is not None and automatic_space < start else None


def _check_length(n_characters: int) -> None:
    if n_characters > TEXT_LIMIT:
        raise TextFullError(
            f"the text would have {n_characters:,} characters, and the limit is {TEXT_LIMIT:,}: copy it out and clear it, or paste less"
        )
