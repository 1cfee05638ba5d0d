"""The writer: a text with a cursor, and what taps and swiped words do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from keyboard_app.text import spacing
from keyboard_app.text.edit_history import EditHistory, Run, Step
from keyboard_app.text.place import Place, Swiped
from keyboard_app.text.rules import (
    LOOK_BACK,
    character_start,
    ends_word,
    needs_space_after,
    needs_space_before,
    starts_sentence,
    word_around,
    word_start,
    writable,
)
from keyboard_app.text.shift import Shift, ShiftKey
from keyboard_app.text.sink import Edit, Follower, OwnField
from keyboard_app.text.vocabulary import NoVocabulary, Vocabulary
from keyboard_app.text.written import Written, add_word, after_edit, shifted, word_at

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
    """whether sentences, and words that always have one, get their capitals automatically"""
    spaces: bool = True
    """whether swiped words get their spaces automatically, and tapping space twice makes a full stop"""
    abbreviations: frozenset[str] = frozenset()
    """of the language, small, without the full stop: it ends no sentence"""


class Writer:
    """A text written by tapping and swiping. Offsets count code points.

    A swiped word gets a space before it where one belongs. A letter tapped right after a swiped word goes on with it or starts
    the next word, as the vocabulary says; after the punctuation that follows it, it starts the next word. What is written takes
    the place of the selection, if there is one. Methods that edit raise TextFullError beyond TEXT_LIMIT characters.
    """

    def __init__(self, options: WritingOptions, text: str = "", sink: Follower | None = None) -> None:
        """sink: an empty one that is told of every change, beginning with `text`. Raises: TextFullError."""
        self.options = options
        self.vocabulary: Vocabulary = NoVocabulary()
        self._sink = sink or OwnField()
        self._text, self._place = "", Place()
        self._history: EditHistory[Place] = EditHistory()
        self._shift_key = ShiftKey()
        first = writable(text)
        _check_length(len(first))
        if first:
            self._change(Edit(0, "", first), Place(len(first)))

    @property
    def text(self) -> str:
        return self._text

    @property
    def cursor(self) -> int:
        return self._place.cursor

    @property
    def selection(self) -> tuple[int, int]:
        """Start and end of the selected text; the cursor twice if nothing is selected."""
        return self._place.span

    @property
    def selected(self) -> str:
        """The selected text."""
        start, end = self.selection
        return self._text[start:end]

    @property
    def choices(self) -> tuple[str, ...]:
        """What else the swiped word at the cursor, or just before it, may be, best first, as it would be written."""
        word = self.correctable
        return word.choices if word is not None else ()

    @property
    def correctable(self) -> Written | None:
        """The word that `choices` are for."""
        return word_at(self._place.written, self._text, self.cursor) if self._place.anchor is None else None

    @property
    def shift(self) -> Shift:
        """The case of the next tapped letter."""
        return self._shift_after(self._before() + " " * self._place.space_due)

    def as_written(self, word: str) -> str:
        """The word in the case that `commit` would use now."""
        return self._swipe_at()[2].cased(word)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    # --- writing ---

    def tap(self, label: str) -> None:
        """Writes the letter or sign of a key in the case of `shift`. Raises: TextFullError."""
        self.type(self.shift.letter(label))

    def type(self, text: str) -> None:
        """Writes what was tapped, usually one character, unchanged. Raises: TextFullError."""
        if text in (" ", "\n"):
            return self.space() if text == " " else self.enter()
        text = writable(text)
        if not text:
            return None
        start, end = self.selection
        tapped = spacing.tapped(self._before(), self._place, text, self.options, self.vocabulary)
        pressed, letters = self._place.pressed, any(map(str.isalpha, text))
        after = Place(
            cursor=start - tapped.n_replaced + len(tapped.text),
            pressed=_kept(pressed) if letters else pressed,
            tail=tapped.tail,
            tapped=letters or (self._place.tapped and text in ("'", "’")),
            space_due=tapped.space_due,
            automatic_space=_still_there(self._place.automatic_space, start - tapped.n_replaced),
        )
        if tapped.space_at is not None:
            after = replace(after, automatic_space=start - tapped.n_replaced + tapped.space_at)
        before = replace(self._place, as_typed=True) if tapped.is_fixed else self._place
        return self._replace(start - tapped.n_replaced, end, tapped.text, after, "typed" if text.isalnum() else None, before)

    def commit(self, words: Sequence[str]) -> None:
        """Writes the first word, the best guess of a swipe, and offers the others. Raises: TextFullError, ValueError (no words).

        Inside a word, it takes that word's place.
        """
        if not words:
            raise ValueError("a swiped word needs at least one candidate, got none: show a notice instead")
        place, (start, end, shift) = self._place, self._swipe_at()
        put = spacing.swiped(self._before(start), replace(place, cursor=start), words, shift, self.options, self.vocabulary)
        trail = " " if self.options.spaces and needs_space_after(self._text[end : end + 1]) else ""
        inner = self._text[start:end] if place.anchor is None else ""
        choices = [choice for choice in (*put.words[1:], inner) if choice and choice != put.words[0]]
        start -= put.n_replaced
        word = Written(start + len(put.text), put.words[0], tuple(dict.fromkeys(choices)))
        after = Place(
            cursor=word.end,
            pressed=_kept(place.pressed),
            swiped=Swiped(start, word.end + len(trail), self._text[start:end], place),
            space_due=self.options.spaces,
            automatic_space=_still_there(place.automatic_space, start) if put.space_at is None else start + put.space_at,
        )
        self._replace(start, end, put.text + word.word + trail, after, written=word)

    def choose(self, index: int) -> None:
        """Replaces the word at or before the cursor with choices[index], and offers it instead. Raises: IndexError, TextFullError."""
        word, place = self.correctable, self._place
        if word is None:
            raise IndexError(f"there is no choice {index} among the 0 offered: choose one of `choices`")
        chosen = word.chosen(index)
        shift, behind = chosen.end - word.end, self._text[word.end : self.cursor]
        if place.swiped is not None:
            place = replace(place, swiped=replace(place.swiped, end=place.swiped.end + shift))
        if place.automatic_space is not None and place.automatic_space >= word.end:
            place = replace(place, automatic_space=place.automatic_space + shift)
        after = replace(place, cursor=chosen.end + len(behind), tail=None)
        self._replace(word.start, max(word.end, self.cursor), chosen.word + behind, after, written=chosen)

    def space(self) -> None:
        """Writes a space, unless there is an automatic one already. The second in a row makes a full stop. Raises: TextFullError."""
        place, (start, end) = self._place, self.selection
        pressed, cursor = place.pressed, place.cursor
        tapped = Place(cursor, pressed=pressed, space_tapped=True)
        if place.swiped is not None and place.swiped.end > cursor:
            self._go(replace(tapped, cursor=cursor + 1, written=place.written))
        elif start == end and cursor > 0 and place.automatic_space == cursor - 1:
            self._go(replace(tapped, written=place.written))
        elif place.space_tapped and self.options.spaces and ends_word(self._before()[:-1]):
            self._replace(cursor - 1, cursor, ". ", Place(cursor + 1, pressed=pressed))
        else:
            self._end_word(start, end, " ", replace(tapped, cursor=start + 1))

    def enter(self) -> None:
        """Starts a new line. Raises: TextFullError."""
        start, end = self.selection
        start -= start == end and self._place.automatic_space == start - 1
        self._end_word(start, end, "\n", Place(start + 1, pressed=_kept(self._place.pressed)))

    def paste(self, text: str) -> None:
        """Writes a text unchanged, except for what cannot be shown. Raises: TextFullError."""
        text, (start, end) = writable(text), self.selection
        if text:
            self._replace(start, end, text, Place(start + len(text), pressed=_kept(self._place.pressed)))

    # --- removing ---

    def backspace(self) -> None:
        """Removes the selection or the visible character before the cursor; right after a swipe, what it wrote, if the options say so.

        A word or a selection that the swipe had replaced comes back.
        """
        swiped = self._place.swiped
        if swiped is not None and self.options.backspace == "word":
            self._replace(swiped.start, swiped.end, swiped.replaced, swiped.before)
        elif self._place.anchor is not None:
            self._erase_from(self.selection[0])
        elif self.cursor > 0:
            self._erase_from(character_start(self._text, self.cursor), "erased")

    def delete_word(self) -> None:
        """Removes the selection, or the word before the cursor and the white space between them."""
        if self._place.anchor is not None:
            self._erase_from(self.selection[0])
        elif self.cursor > 0:
            self._erase_from(word_start(self._text, self.cursor))

    def clear(self) -> None:
        """Removes everything."""
        if self._text:
            self._replace(0, len(self._text), "", Place(pressed=_kept(self._place.pressed)))

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

    # --- cursor, selection and shift ---

    def move_to(self, offset: int) -> None:
        """Puts the cursor at an offset, or at the nearest one in the text that is not inside a visible character."""
        offset = self._stop(offset)
        if offset != self.cursor or self._place.anchor is not None:
            self._go(Place(offset, pressed=_kept(self._place.pressed), written=self._place.written))

    def select(self, anchor: int, cursor: int) -> None:
        """Selects the text between two offsets, or the nearest that are not inside a visible character."""
        anchor, cursor = self._stop(anchor), self._stop(cursor)
        if anchor == cursor:
            self.move_to(cursor)
        else:
            self._go(Place(cursor, anchor, pressed=_kept(self._place.pressed), written=self._place.written))

    def select_to(self, offset: int) -> None:
        """Moves the cursor, and with it that end of the selection; without one, it begins at the cursor."""
        self.select(self.cursor if self._place.anchor is None else self._place.anchor, offset)

    def select_word(self, offset: int) -> None:
        """Selects the word that the offset is in or at an end of; where there is none, puts the cursor there."""
        self.select(*word_around(self._text, self._stop(offset)))

    def select_all(self) -> None:
        self.select(0, len(self._text))

    def adopt(self, before: str, after: str) -> None:
        """Takes over the text around the cursor as it is in another program, and forgets what could be undone. The sink is told nothing.

        Only its end counts if it is longer than TEXT_LIMIT.
        """
        before = before[-TEXT_LIMIT // 2 :]
        written = shifted(self._place.written, len(before) - self.cursor)
        self._text = before + after[: TEXT_LIMIT // 2]
        self._place = Place(len(before), pressed=_kept(self._place.pressed), written=written)
        self._history = EditHistory()

    def press_shift(self, t_ms: float) -> None:
        """Switches the case of the next letter. A second press within DOUBLE_TAP_MS locks the capitals, one more unlocks them."""
        self._go(replace(self._place, pressed=self._shift_key.press(self.shift, t_ms)))

    # --- inside ---

    def _before(self, offset: int | None = None) -> str:
        """The text before the selection or the cursor, or before an offset: as much of it as spaces and capitals depend on."""
        end = self.selection[0] if offset is None else offset
        return self._text[max(0, end - LOOK_BACK) : end]

    def _stop(self, offset: int) -> int:
        offset = min(max(offset, 0), len(self._text))
        if 0 < offset < len(self._text):
            start = character_start(self._text, offset + 1)
            offset = start if start < offset else offset
        return offset

    def _inner_word(self) -> tuple[int, int]:
        """The word that the cursor is inside of; the cursor twice if it is not inside one."""
        start, end = word_around(self._text, self.cursor)
        inside = self._place.anchor is None and start < self.cursor < end
        return (start, end) if inside else (self.cursor, self.cursor)

    def _swipe_at(self) -> tuple[int, int, Shift]:
        """What the next swiped word takes the place of, and its case: after "It rains." it gets a space first, and so a capital."""
        start, end = self.selection if self._place.anchor is not None else self._inner_word()
        before = self._before(start)
        return start, end, self._shift_after(before + " " * (self.options.spaces and needs_space_before(before)))

    def _shift_after(self, before: str) -> Shift:
        if self._place.pressed is not None:
            return self._place.pressed
        return Shift.ONCE if self.options.capitals and starts_sentence(before, self.options.abbreviations) else Shift.OFF

    def _end_word(self, start: int, end: int, mark: str, after: Place) -> None:
        """Writes a space or a line break over text[start:end], and gives the tapped word before it its case."""
        word, fixed = spacing.fixed_word(self._before(start), self._place, self.options, self.vocabulary)
        before = self._place if word == fixed else replace(self._place, as_typed=True)
        self._replace(start - len(word), end, fixed + mark, after, before=before)

    def _erase_from(self, start: int, run: Run | None = None) -> None:
        end = self.selection[1]
        automatic = _still_there(self._place.automatic_space, start)
        after = Place(start, pressed=self._place.pressed, automatic_space=automatic, tapped=self._place.tapped and run == "erased")
        self._replace(start, end, "", after, run)

    def _replace(
        self,
        start: int,
        end: int,
        inserted: str,
        after: Place,
        run: Run | None = None,
        before: Place | None = None,
        written: Written | None = None,
    ) -> None:
        """Replaces text[start:end] as one step. Raises: TextFullError.

        before: the place that undo restores, if it is not this one. written: a word that can be corrected from now on.
        """
        _check_length(len(self._text) - (end - start) + len(inserted))
        edit = Edit(start, self._text[start:end], inserted)
        if written is not None or not after.written:
            words = after_edit(self._place.written, edit)
            after = replace(after, written=words if written is None else add_word(words, written))
        self._history.add(Step(edit, self._place if before is None else before, after, run))
        self._change(edit, after)

    def _change(self, edit: Edit, after: Place) -> None:
        """Changes the text. Every change comes through here."""
        self._text = edit.apply_to(self._text)
        self._sink.edit(edit)
        self._place = replace(self._place, cursor=edit.end, anchor=None)
        self._go(after)

    def _go(self, place: Place) -> None:
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
