"""The writer: a text with a cursor, and what taps and swiped words do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from keyboard_app.text import spacing
from keyboard_app.text.edit_history import Run
from keyboard_app.text.edited_text import TEXT_LIMIT, EditedText, TextFullError, kept
from keyboard_app.text.options import WritingOptions
from keyboard_app.text.place import Place, Swiped
from keyboard_app.text.rules import (
    character_start,
    continues_address,
    ends_word,
    lower_case,
    needs_space_after,
    needs_space_before,
    starts_sentence,
    word_around,
    word_start,
    writable,
)
from keyboard_app.text.shift import Shift, ShiftKey
from keyboard_app.text.sink import Follower
from keyboard_app.text.vocabulary import NoVocabulary, Vocabulary
from keyboard_app.text.written import Written

__all__ = ["TEXT_LIMIT", "Shift", "TextFullError", "Writer", "WritingOptions"]


class Writer(EditedText):
    """A text written by tapping and swiping. Offsets count code points.

    A swiped word gets a space before it where one belongs. A letter tapped right after a swiped word goes on with it or starts
    the next word, as the vocabulary says; after the punctuation that follows it, it starts the next word. What is written takes
    the place of the selection, if there is one. Methods that edit raise TextFullError beyond TEXT_LIMIT characters.
    """

    def __init__(self, options: WritingOptions, text: str = "", sink: Follower | None = None) -> None:
        """sink: an empty one that is told of every change, beginning with `text`. Raises: TextFullError."""
        super().__init__(text, sink)
        self.options = options
        self.vocabulary: Vocabulary = NoVocabulary()
        self._shift_key = ShiftKey()

    @property
    def shift(self) -> Shift:
        """The case of the next tapped letter."""
        return self._shift_after(self._before() + " " * self._place.space_due)

    def as_written(self, word: str) -> str:
        """The word in the case that `commit` would use now."""
        start, _, shift = self._swipe_at()
        dotless = self.options.dotless
        return lower_case(word, dotless) if continues_address(self._before(start)) else shift.cased(word, dotless)

    # --- writing ---

    def tap(self, label: str) -> None:
        """Writes the letter or sign of a key in the case of `shift`. Raises: TextFullError."""
        self.type(self.shift.letter(label, self.options.dotless))

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
            pressed=kept(pressed) if letters else pressed,
            tail=tapped.tail,
            tapped=letters or (self._place.tapped and text in ("'", "’")),
            space_due=tapped.space_due,
            automatic_space=_still_there(self._place.automatic_space, start - tapped.n_replaced),
        )
        if tapped.space_at is not None:
            after = replace(after, automatic_space=start - tapped.n_replaced + tapped.space_at)
        before = replace(self._place, as_typed=True) if tapped.is_fixed else self._place
        return self._replace(start - tapped.n_replaced, end, tapped.text, after, "typed" if text.isalnum() else None, before)

    def commit(self, words: Sequence[str], whole: Sequence[str] | None = None) -> None:
        """Writes the first word, the best guess of a swipe, and offers the others. Raises: TextFullError, ValueError (no words).

        Inside a word, it takes that word's place. whole: the words that the swipe rather finishes where their beginning was tapped, best
        first, perhaps none; None: that is not known, and the vocabulary decides.
        """
        if not words:
            raise ValueError("a swiped word needs at least one candidate, got none: show a notice instead")
        place, (start, end, shift) = self._place, self._swipe_at()
        guess = spacing.Guess(words, whole)
        put = spacing.swiped(self._before(start), replace(place, cursor=start), guess, shift, self.options, self.vocabulary)
        trail = " " if self.options.spaces and needs_space_after(self._text[end : end + 1]) else ""
        inner = self._text[start:end] if place.anchor is None else ""
        choices = [choice for choice in (*put.words[1:], inner) if choice and choice != put.words[0]]
        start -= put.n_replaced
        word = Written(start + len(put.text), put.words[0], tuple(dict.fromkeys(choices)))
        after = Place(
            cursor=word.end,
            pressed=kept(place.pressed),
            swiped=Swiped(start, word.end + len(trail), self._text[start:end], place),
            space_due=self.options.spaces,
            automatic_space=_still_there(place.automatic_space, start) if put.space_at is None else start + put.space_at,
        )
        self._write_word(start, end, put.text + word.word + trail, after, word)

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
        after = replace(place, cursor=chosen.end + len(behind), anchor=None, tail=None)
        self._write_word(word.start, max(word.end, self.cursor), chosen.word + behind, after, chosen)

    def complete(self, words: Sequence[str]) -> None:
        """Puts the first word in the place of the one that is being tapped, and offers the others and what was typed.

        The next word gets a space, as after a swipe. Raises: TextFullError.
        """
        typed, end = self.typed, self.cursor
        shift = Shift.LOCK if typed[1:] and typed.isupper() else Shift.ONCE if typed[:1].isupper() else Shift.OFF
        word, *others = dict.fromkeys([*(shift.cased(word, self.options.dotless) for word in words), typed])
        start = end - len(typed)
        written = Written(start, word, tuple(others))
        swiped = Swiped(start, written.end, typed, self._place)
        after = Place(written.end, pressed=kept(self._place.pressed), swiped=swiped, space_due=self.options.spaces)
        self._write_word(start, end, word, replace(after, automatic_space=_still_there(self._place.automatic_space, start)), written)

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
        self._end_word(start, end, "\n", Place(start + 1, pressed=kept(self._place.pressed)))

    def paste(self, text: str) -> None:
        """Writes a text unchanged, except for what cannot be shown. Raises: TextFullError."""
        text, (start, end) = writable(text), self.selection
        if text:
            self._replace(start, end, text, Place(start + len(text), pressed=kept(self._place.pressed)))

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
            self._replace(0, len(self._text), "", Place(pressed=kept(self._place.pressed)))

    # --- shift ---

    def press_shift(self, t_ms: float) -> None:
        """Switches the case of the next letter. A second press within DOUBLE_TAP_MS locks the capitals, one more unlocks them."""
        self._go(replace(self._place, pressed=self._shift_key.press(self.shift, t_ms)))

    # --- inside ---

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
        after = Place(start, pressed=self._place.pressed, automatic_space=automatic, tapped=run == "erased")
        self._replace(start, end, "", after, run)


def _still_there(automatic_space: int | None, start: int) -> int | None:
    """The automatic space, if it is left by an edit that starts at `start`."""
    return automatic_space if automatic_space is not None and automatic_space < start else None
