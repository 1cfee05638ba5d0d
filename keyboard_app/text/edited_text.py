"""A text with a cursor and a selection that follows every change with a sink, and takes changes back."""

from __future__ import annotations

from dataclasses import replace

from keyboard_app.text.edit_history import EditHistory, Run, Step
from keyboard_app.text.place import Place
from keyboard_app.text.rules import (
    LETTERS_BEFORE,
    LOOK_BACK,
    WORD,
    WORD_BEFORE,
    character_start,
    is_address,
    of_word,
    token_before,
    word_around,
    writable,
)
from keyboard_app.text.shift import Shift
from keyboard_app.text.sink import Edit, Follower, OwnField
from keyboard_app.text.written import Written, add_word, after_edit, shifted, word_at

TEXT_LIMIT = 100_000
"""Characters that a text may have."""


class TextFullError(ValueError):
    """The text would become too long. It was left unchanged."""


class EditedText:
    """A text, where the cursor is, what is selected, and what can be undone. Offsets count code points."""

    def __init__(self, text: str = "", sink: Follower | None = None) -> None:
        """sink: an empty one that is told of every change, beginning with `text`. Raises: TextFullError."""
        self._sink = sink or OwnField()
        self._text, self._place = "", Place()
        self._history: EditHistory[Place] = EditHistory()
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
    def text_before(self) -> str:
        """The text before the cursor or the selection, as much of it as the next word depends on."""
        return self._before()

    @property
    def last_word(self) -> str:
        """The whole word that ends at the cursor, or just before the spaces and marks before it; "" if there is none."""
        words = WORD.findall(self._before())
        return words[-1] if words and (not self.typed or self._place.swiped is not None) else ""

    @property
    def typed(self) -> str:
        """The word that is being tapped: what has been tapped of it before the cursor; "" if none is."""
        before, place = self._before(), self._place
        word = WORD_BEFORE.search(before)
        is_inside = of_word(self._text[place.cursor : place.cursor + 1])
        return word[0] if word and place.tapped and place.anchor is None and not is_inside and not is_address(token_before(before)) else ""

    @property
    def begun(self) -> str:
        """Letters tapped before the cursor that a swipe may finish; "" for none."""
        letters = LETTERS_BEFORE.search(self.typed)
        return letters[0] if letters and self._place.swiped is None else ""

    @property
    def choices(self) -> tuple[str, ...]:
        """What else the swiped word at the cursor, or just before it, may be, best first, as it would be written."""
        word = self.correctable
        return word.choices if word is not None else ()

    @property
    def correctable(self) -> Written | None:
        """The word that `choices` are for: at the cursor, or the one that is selected."""
        start, end = self.selection
        word = word_at(self._place.written, self._text, end)
        return word if word is None or start == end or (word.start, word.end) == (start, end) else None

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    # --- cursor and selection ---

    def move_to(self, offset: int) -> None:
        """Puts the cursor at an offset, or at the nearest one in the text that is not inside a visible character."""
        offset = self._stop(offset)
        if offset != self.cursor or self._place.anchor is not None:
            self._go(Place(offset, pressed=kept(self._place.pressed), written=self._place.written))

    def select(self, anchor: int, cursor: int) -> None:
        """Selects the text between two offsets, or the nearest that are not inside a visible character."""
        anchor, cursor = self._stop(anchor), self._stop(cursor)
        if anchor == cursor:
            self.move_to(cursor)
        else:
            self._go(Place(cursor, anchor, pressed=kept(self._place.pressed), written=self._place.written))

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
        self._place = Place(len(before), pressed=kept(self._place.pressed), written=written)
        self._history = EditHistory()

    # --- changes ---

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

    def _write_word(self, start: int, end: int, text: str, after: Place, word: Written) -> None:
        """Replaces text[start:end] as one step by a text with a word in it that can be corrected. Raises: TextFullError."""
        words = after_edit(self._place.written, Edit(start, self._text[start:end], text))
        self._replace(start, end, text, replace(after, written=add_word(words, word)))

    def _replace(self, start: int, end: int, inserted: str, after: Place, run: Run | None = None, before: Place | None = None) -> None:
        """Replaces text[start:end] as one step. Raises: TextFullError.

        after: without its written words, it has those of now. before: the place that undo restores, if it is not this one.
        """
        _check_length(len(self._text) - (end - start) + len(inserted))
        edit = Edit(start, self._text[start:end], inserted)
        after = after if after.written else replace(after, written=after_edit(self._place.written, edit))
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


def kept(pressed: Shift | None) -> Shift | None:
    """What remains of the shift key's choice once a letter is written."""
    return Shift.LOCK if pressed is Shift.LOCK else None


def _check_length(n_characters: int) -> None:
    if n_characters > TEXT_LIMIT:
        raise TextFullError(
            f"the text would have {n_characters:,} characters, and the limit is {TEXT_LIMIT:,}: copy it out and clear it, or paste less"
        )
