"""The outlet: carries what the writer does into a text sink, and what the sink's program tells back into the writer.

What a program tells of its text is often out of date: GTK says nothing when a click moves the cursor. So the writer's own text counts as
the truth, except for what a program tells after our last edit. It is looked at again after each edit: where the program's text before
the cursor ends with what was inserted, but the rest is not what we believed, the same change is made again on that text, and what it gives
now replaces what it gave before. (Measured: the answer comes within 5 to 30 ms.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from keyboard_app.text.rules import LOOK_BACK, character_start, needs_space_before, of_word
from keyboard_app.text.sink import Context, Edit, KeyName, Purpose, TextSink
from keyboard_app.text.writer import Writer, WritingOptions

Change = Callable[[Writer], None]
"""Something to do to the text."""
PLAIN: frozenset[Purpose] = frozenset({"number", "email", "url", "password", "terminal"})
"""Where nobody wants automatic spaces and capitals."""


def options_for(purpose: Purpose, options: WritingOptions) -> WritingOptions:
    """How to write into a field, for somebody who has chosen these options."""
    return replace(options, capitals=False, spaces=False) if purpose in PLAIN else options


@dataclass(frozen=True)
class _Inserted:
    """A change that only inserted, around the cursor."""

    change: Change
    before: str
    """what is before the cursor of it"""
    after: str


class Outlet:
    """Follows a writer, and makes its edits in a sink. Every method is called on the window's thread.

    While no field listens, what is written is kept in `waiting`, for people to copy or to insert later.
    """

    def __init__(self, sink: TextSink) -> None:
        self.sink = sink
        self.waiting = ""
        self._writer: Writer | None = None
        self._options = WritingOptions()
        self._changed: Callable[[], None] = lambda: None
        self._text, self._cursor = "", 0
        """what the field has, as far as we know"""
        self._captured: list[Edit] | None = None
        """edits that are not to be made in the sink yet"""
        self._last: _Inserted | None = None
        """the last change that only inserted, until the program has told its text after it"""
        sink.on_focus, sink.on_context, sink.on_lost = self._focus, self._look_again, self._keep

    @property
    def purpose(self) -> Purpose:
        return self.sink.purpose

    @property
    def secret(self) -> bool:
        """Whether what is written must not be shown, offered or learnt."""
        return self.sink.purpose == "password"

    def serve(self, writer: Writer, changed: Callable[[], None]) -> None:
        """Carries that writer's changes. changed: called when its text has changed by itself."""
        self._writer, self._changed, self._options = writer, changed, writer.options
        self._text, self._cursor = writer.text, writer.cursor
        writer.options = options_for(self.purpose, self._options)

    def use_options(self, options: WritingOptions) -> None:
        """Has the writer write so, as far as the field's purpose lets it."""
        self._options = options
        if self._writer is not None:
            self._writer.options = options_for(self.purpose, options)

    def make(self, change: Change) -> None:
        """Makes the change on the text as it is now. Raises: what the change raises."""
        writer = self._writer
        assert writer is not None, "no writer is served"
        context = self.sink.context()
        if context is not None and not _agrees(writer, context):
            self._adopt(Context(context.before) if _inside_word(context) else context)
        self._last = None
        self._captured = []
        try:
            change(writer)
        finally:
            edits, self._captured = self._captured, None
            self._deliver(edits)
        self._last = self._inserted_by(change, edits)

    def press(self, name: KeyName) -> None:
        """Presses a key of which the writer knows nothing."""
        if self.sink.listening:
            self.sink.key(name)

    def insert_waiting(self) -> None:
        """Writes what has waited into the field that listens now."""
        text = self.take_waiting()

        def insert(writer: Writer) -> None:
            before = writer.text[max(0, writer.cursor - LOOK_BACK) : writer.cursor]
            writer.paste(" " * needs_space_before(before) + text)

        if text:
            self.make(insert)

    def take_waiting(self) -> str:
        """What has waited, which waits no longer."""
        text, self.waiting = self.waiting, ""
        return text

    # --- what the writer tells ---

    def edit(self, edit: Edit) -> None:
        if self._captured is not None:
            self._captured.append(edit)
        else:
            self._replace(edit)

    def move(self, cursor: int) -> None:
        if self._captured is None:
            self._step(cursor)

    def _deliver(self, edits: list[Edit]) -> None:
        writer = self._writer
        assert writer is not None
        if not self.sink.listening:
            self.waiting = writer.text
        else:
            for edit in edits:
                self._replace(edit)
            self._step(writer.cursor)
        self._text, self._cursor = writer.text, writer.cursor

    def _replace(self, edit: Edit) -> None:
        """Edits that do not touch the cursor are reached by moving it."""
        if not edit.start <= self._cursor <= edit.start + len(edit.removed):
            self._step(edit.start + len(edit.removed))
        n_before = self._cursor - edit.start
        self.sink.replace(edit.removed[:n_before], edit.removed[n_before:], edit.inserted)
        self._text, self._cursor = edit.apply_to(self._text), edit.end

    def _step(self, cursor: int) -> None:
        left, right = sorted((cursor, self._cursor))
        n_steps = 0
        while left < right:  # the keys of programs move by what people see as one character
            right, n_steps = character_start(self._text, right), n_steps + 1
        if n_steps:
            self.sink.key("right" if cursor > self._cursor else "left", n_steps)
        self._cursor = cursor

    def _inserted_by(self, change: Change, edits: list[Edit]) -> _Inserted | None:
        assert self._writer is not None
        if len(edits) != 1 or edits[0].removed or not edits[0].start < self._writer.cursor <= edits[0].end:
            return None
        n_before = self._writer.cursor - edits[0].start
        return _Inserted(change, edits[0].inserted[:n_before], edits[0].inserted[n_before:])

    # --- what the sink tells ---

    def _focus(self) -> None:
        """Another field has the cursor, or none: what we believed of the text before it is of no use."""
        writer = self._writer
        if writer is None:
            return
        self._last = None
        writer.options = options_for(self.purpose, self._options)
        self._adopt((self.sink.context() or Context("")) if self.sink.listening else Context(self.waiting))
        self._changed()

    def _keep(self, text: str) -> None:
        self.waiting += text
        self._changed()

    def _look_again(self) -> None:
        writer, context, last = self._writer, self.sink.context(), self._last
        if writer is None:
            return
        if context is None:
            self._changed()  # the sink has something to say: its trouble
        elif _agrees(writer, context):
            self._last = None
        elif last is None:
            self._adopt(Context(context.before) if _inside_word(context) else context)
            self._changed()
        elif context.before.endswith(last.before) and context.after.startswith(last.after):
            self._last = None
            self._make_again(last, context)
            self._changed()

    def _make_again(self, last: _Inserted, context: Context) -> None:
        """Makes the change on the text that was really there, and puts what it gives in the place of what it gave."""
        self._adopt(Context(context.before.removesuffix(last.before), context.after.removeprefix(last.after)))
        writer = self._writer
        assert writer is not None
        at = writer.cursor
        self._captured = []
        try:
            last.change(writer)
        finally:
            edits, self._captured = self._captured, None
        if [edit.start <= at <= edit.start + len(edit.removed) for edit in edits] != [True]:
            self._adopt(context)  # it does something else there: what was inserted stays
            return
        (edit,) = edits
        if edit.removed or edit.inserted != last.before + last.after:
            n_before = at - edit.start
            self.sink.replace(edit.removed[:n_before] + last.before, last.after + edit.removed[n_before:], edit.inserted)
            self._text, self._cursor = writer.text, edit.end
            self._step(writer.cursor)
        self._text, self._cursor = writer.text, writer.cursor

    def _adopt(self, context: Context) -> None:
        assert self._writer is not None
        self._writer.adopt(context.before, context.after)
        self._text, self._cursor = self._writer.text, self._writer.cursor


def _inside_word(context: Context) -> bool:
    """Whether a swipe would take a word's place: not on the word of a program that may tell where the cursor was before."""
    return of_word(context.before[-1:]) and of_word(context.after[:1])


def _agrees(writer: Writer, context: Context) -> bool:
    """Whether the program's text around the cursor may be the writer's: many programs tell their line alone, or a part of it."""
    before, after = writer.text[: writer.cursor], writer.text[writer.cursor :]
    return _ends_alike(before, context.before, "\n") and _ends_alike(after[::-1], context.after[::-1], "\n")


def _ends_alike(ours: str, told: str, line_end: str) -> bool:
    if ours == told or ours.rpartition(line_end)[2] == told:
        return True
    return len(told) >= LOOK_BACK and ours.endswith(told)
