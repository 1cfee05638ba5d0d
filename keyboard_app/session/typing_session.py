"""A typing session: what a person does on the keyboard becomes text, in the order it was done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keyboard_app.session.finished import Finished
from keyboard_app.session.learning import Learner, Moment, Used, plain
from keyboard_app.session.outlet import PLAIN, Change, Outlet
from keyboard_app.session.own_words import OwnWords
from keyboard_app.session.preview import PreviewFilter
from keyboard_app.session.settled import settled
from keyboard_app.session.suggestions import Suggestions, wanted_for
from keyboard_app.session.unsure import Unsure
from keyboard_app.session.why import Source
from keyboard_app.session.worker import Failure, RecognitionWorker, TextBefore
from keyboard_app.text.rules import CLOSING, stepped
from keyboard_app.text.shift import Shift
from keyboard_app.text.writer import TextFullError, Writer
from keyboard_app.text.written import Written
from keyboard_app.touch.clock import clock_ms

if TYPE_CHECKING:
    from engine import Candidate, Recognition, Swipe

N_EXPLAINED = 20
"""of so many swipes, the last ones, it can be told why they gave their words"""
N_OFFERED = 3
"""how many candidates are offered besides the best one"""
ADD = "Add “{}”"
NO_WORD = "No word found: swipe it again."
LOADING = "Loading the model: your word will appear in a moment."


@dataclass(eq=False)
class _WaitingSwipe:
    """A swipe whose word has not come yet."""

    swipe: Swipe
    changes: list[Change] = field(default_factory=list)
    """what was done after it and before the next swipe"""
    word: str = ""
    """what it was read as, once that is known on the worker's thread"""
    before: str | None = None
    """the text before it, once that is known on the worker's thread; None where it does not count"""
    finished: Finished | None = None
    """what it may finish, where a word was begun by taps and that is known"""

    def note(self, outcome: Recognition | Failure) -> None:
        """Called on the worker's thread, before a later swipe is decoded."""
        if not isinstance(outcome, Failure) and outcome.candidates:
            self.word = outcome.candidates[0].word


class TypingSession:
    """Feeds a writer: taps at once, swipes as soon as their words come.

    What is tapped after a swipe waits until its word has come, even while the model is loading.
    """

    def __init__(self, writer: Writer, worker: RecognitionWorker, key_width: float, outlet: Outlet | None = None) -> None:
        """key_width: of the grid, in grid units. outlet: what carries the writer's edits elsewhere, if anything does."""
        self.writer = writer
        self.worker = worker
        self.show_previews = True
        self.uses_context = True
        """whether the words before count, and the next ones are offered"""
        self.corrects = False
        """whether a tapped word that is none is corrected when it ends"""
        self.least_probability = 0.0
        """a swiped word that is less probable is offered and not written; 0: every best word is written"""
        self._unsure: Unsure | None = None
        """what the last swipe may have meant, where nothing was written for it"""
        self._drawing = False
        """whether a finger is drawing"""
        self.notice = ""
        """what the person should know; "" for nothing"""
        self.preview = ""
        """the word to show above the keys; "" for none"""
        self._listeners: list[Callable[[], None]] = []
        self._waiting: deque[_WaitingSwipe] = deque()
        """swipes not written yet, oldest first"""
        self._filter = PreviewFilter(key_width)
        self._suggestions = Suggestions(worker, self._tell)
        self._slide_from: int | None = None
        """where the cursor was when a finger began to slide"""
        self._after_a_suggestion = False
        """whether the last thing written was a suggested word"""
        self.own_words: OwnWords | None = None
        """learns from what is written; None: nothing is learnt"""
        self.addable = ""
        """a word that was just typed, and that can be added to what can be swiped; "" for none"""
        self._learner = Learner()
        self._read: deque[tuple[Swipe, list[Candidate], str | None]] = deque(maxlen=N_EXPLAINED)
        """the last swipes, their candidates, and the text before them"""
        self.outlet = outlet
        if outlet is not None:
            outlet.serve(writer, self._changed)

    @property
    def secret(self) -> bool:
        """Whether a password is being written: nothing of it may be shown, offered or learnt."""
        return self.outlet is not None and self.outlet.secret

    @property
    def choices(self) -> tuple[str, ...]:
        """Words that may come next, or take the place of the word that is being tapped, or of a swiped word at the cursor."""
        if self.secret:
            return ()
        return self._unsure.shown if self._unsure is not None else self._suggestions.words or self.writer.choices

    @property
    def correctable(self) -> Written | None:
        """The word in the text that the choices are for, if it was written before."""
        return None if self._unsure is not None or self._suggestions.words or not self.choices else self.writer.correctable

    @property
    def offers(self) -> tuple[str, ...]:
        """What stands in the bar: the choices, and the offer to add a word that was just typed."""
        return (*self.choices, ADD.format(self.addable)) if self.addable and not self.secret else self.choices

    @property
    def shift(self) -> Shift:
        """The case that the keys show: after a swipe whose word has not come yet, letters are small."""
        shift = self.writer.shift
        return Shift.OFF if self._waiting and shift is not Shift.LOCK else shift

    @property
    def n_waiting(self) -> int:
        """How many swipes wait for their words."""
        return len(self._waiting)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls the listener after anything that may have changed the text, the choices, the notice or the preview."""
        self._listeners.append(listener)

    def use_key_width(self, key_width: float) -> None:
        """Goes over to another grid, whose keys are that wide in its units."""
        self._filter = PreviewFilter(key_width)

    def say(self, notice: str) -> None:
        """Shows a notice until the person does something."""
        self.notice = notice
        self._changed()

    # --- what the keyboard reports ---

    def type(self, text: str) -> None:
        """Writes a text as it is."""
        self.edit(lambda writer: writer.type(text))

    def tap(self, label: str) -> None:
        """Writes the letter or sign of a tapped key, in the case that is due once the swipes before have been written."""
        if label in CLOSING:
            self._correct()
        self.edit(lambda writer: writer.tap(label))

    def action(self, name: str) -> None:
        """Does what a key says: space, enter, backspace or shift. Raises: ValueError for any other action."""
        pressed_ms = clock_ms()
        changes: dict[str, Change] = {
            "space": Writer.space,
            "enter": Writer.enter,
            "backspace": self._backspace,
            "shift": lambda writer: writer.press_shift(pressed_ms),
        }
        if name not in changes:
            raise ValueError(f"the writer has no action '{name}': it knows {', '.join(changes)}; the page handles the others")
        if name == "space" and self._unsure is not None:
            self.choose(0)
            return
        if name in ("space", "enter"):
            self._correct()
        self.edit(changes[name])

    def _correct(self) -> None:
        """The tapped word ends: where the person wants it, the likely correction takes its place."""
        correction = self._suggestions.correction
        if self.corrects and correction:
            self.edit(lambda writer: writer.complete([correction]))

    def slide(self, action: str, steps: int) -> None:
        """A finger slides: along the space bar, the cursor goes with it; to the left from backspace, words are selected."""
        self.edit(lambda writer: self._slide(writer, action, steps))

    def slide_end(self, action: str) -> None:
        """The finger is lifted: what was selected from backspace goes."""
        self.edit(lambda writer: self._end_slide(writer, action))

    def _slide(self, writer: Writer, action: str, steps: int) -> None:
        if self._slide_from is None:
            self._slide_from = writer.cursor
        offset = stepped(writer.text, self._slide_from, steps, "word" if action == "backspace" else "character")
        if action == "backspace":
            writer.select(self._slide_from, offset)
        else:
            writer.move_to(offset)

    def _end_slide(self, writer: Writer, action: str) -> None:
        self._slide_from = None
        if action == "backspace" and writer.selected:
            writer.backspace()

    def edit(self, change: Change) -> None:
        """Changes the text, once the swipes before have been written."""
        self._drop_unsure()
        self._renew_notice()
        self._after_a_suggestion = False
        if self._waiting:
            self._waiting[-1].changes.append(change)
        else:
            self._try(change)
        self._changed()

    def choose(self, index: int) -> None:
        """Writes choices[index], at once: it does not depend on swipes that still wait. Raises: IndexError."""
        self._renew_notice()
        if self._unsure is not None:
            self._pick(self._unsure, index)
            return
        is_suggestion = bool(self._suggestions.words)
        if is_suggestion:
            word, before = self._suggestions.words[index], Moment.of(self.writer)
            self._make(lambda writer: self._suggestions.write(writer, index))
            self._learn_pair(before)
            self._learner, self.addable = Learner(), ""
            self._learn([Used(word, "picked")])
        else:
            self._try(lambda writer: writer.choose(index))
        self._after_a_suggestion = is_suggestion
        self._changed()

    def _pick(self, unsure: Unsure, index: int) -> None:
        """Writes unsure.words[index]. Raises: IndexError."""
        words = unsure.picked(index)
        self._drop_unsure()
        self._try(lambda writer: writer.commit(words))
        if index and (written := self.writer.correctable) is not None:
            self._learn([Used(plain(self.writer, written), "picked")])
        self._changed()

    def _drop_unsure(self) -> None:
        if self._unsure is not None:
            self._unsure, self.preview = None, ""

    def take(self, index: int) -> None:
        """Does what offers[index] says. Raises: IndexError."""
        if self.addable and index == len(self.choices):
            self.add_word()
        else:
            self.choose(index)

    def add_word(self) -> None:
        """Makes the word that was just typed one that can be swiped."""
        word, self.addable = self.addable, ""
        if word and self.own_words is not None:
            self.own_words.add(word, self.say)
        self._changed()

    def plain(self, word: str) -> str:
        """A candidate for the word at the cursor as a lexicon has it: without the capital that its place in the sentence gives it."""
        correctable = self.writer.correctable
        return plain(self.writer, Written(self.writer.cursor if correctable is None else correctable.start, word, ()))

    def source_of(self, word: str) -> Source | None:
        """The last swipe that had a word among its candidates; None where that is not known any more."""
        for swipe, candidates, before in reversed(self._read):
            for index, candidate in enumerate(candidates):
                if word.casefold() in (form.casefold() for form in candidate.forms):
                    return Source(swipe, candidates, index, before)
        return None

    def swipe(self, swipe: Swipe) -> None:
        """Writes the word of a finished swipe when it comes."""
        self._drop_unsure()
        self._drawing = False
        text_before, waiting = self._text_before(), _WaitingSwipe(swipe)

        def before() -> str | None:
            waiting.before = text_before()
            return waiting.before

        self._ask_what_it_finishes(waiting)
        self._waiting.append(waiting)
        self._renew_notice()
        self._after_a_suggestion = False
        self._end_preview()
        self.worker.recognize(swipe, lambda outcome: self._answer(swipe, outcome), before, waiting.note)
        self._changed()

    def swipe_progress(self, swipe: Swipe | None) -> None:
        """Previews an unfinished swipe; None: it has ended, or was not a swipe after all."""
        self._drawing = swipe is not None
        if swipe is None:
            shown = self.preview
            self._end_preview()
            if shown:
                self._changed()
        elif self.show_previews and not self.secret and self._filter.wants(swipe):
            self.worker.preview(swipe, self._show_preview, self._text_before())

    # --- what the worker answers ---

    def _answer(self, swipe: Swipe, outcome: Recognition | Failure) -> None:
        answered = self._waiting.popleft()
        assert answered.swipe is swipe, "the worker answered out of turn"
        if isinstance(outcome, Failure):
            self.notice = outcome.reason
        elif not outcome.candidates:
            self.notice = NO_WORD
        else:
            words = words_to_offer(outcome.candidates)
            whole = None if answered.finished is None else answered.finished.words(outcome.candidates[0].score)
            if not self.secret:
                self._read.append((swipe, outcome.candidates, answered.before))
            if not whole and self._holds_back(outcome.candidates[0], answered):
                self._unsure, self.addable = Unsure.of(self.writer, words), ""
                self.preview = f"{self._unsure.shown[0]}?"
            else:
                self._try(lambda writer: writer.commit(words, whole))
        for change in answered.changes:
            self._try(change)
        if self.notice == LOADING:
            self._renew_notice()
        self._changed()

    def _ask_what_it_finishes(self, waiting: _WaitingSwipe) -> None:
        """Where letters were tapped right before the swipe, has the worker find the words that begin with them."""
        letters = "" if self._waiting or not self.writer.options.spaces else self.writer.begun
        if not letters:
            return
        text = self.writer.text_before.removesuffix(letters) if self.uses_context and not self.secret else None

        def note(finished: Finished | Failure) -> None:
            waiting.finished = None if isinstance(finished, Failure) else finished

        self.worker.ask(lambda recognizer: Finished.of(recognizer, waiting.swipe, letters, text), note)

    def _holds_back(self, best: Candidate, answered: _WaitingSwipe) -> bool:
        """Whether the person is to pick the word. Who has gone on without waiting for it gets the best one."""
        has_gone_on = bool(answered.changes or self._waiting or self._drawing)
        return best.probability < self.least_probability and not self.secret and not has_gone_on

    def _show_preview(self, outcome: Recognition | Failure) -> None:
        if not isinstance(outcome, Failure):
            before, self.preview = self.preview, self.writer.as_written(self._filter.show(outcome.candidates))
            if self.preview != before:
                self._changed()

    def _text_before(self) -> TextBefore:
        """The text before a swipe that is made now: what stands there, and the words that are on their way."""
        if not self.uses_context or self.secret:
            return lambda: None
        text, earlier = self.writer.text_before, tuple(self._waiting)
        return lambda: " ".join((text, *(waiting.word for waiting in earlier if waiting.word)))

    def _end_preview(self) -> None:
        self.worker.drop_previews()
        self._suggestions.ask_again()
        self._filter.reset()
        self.preview = ""

    def _backspace(self, writer: Writer) -> None:
        """Where nothing is known of the text before the cursor, the program removes what it has there."""
        if self.outlet is not None and writer.cursor == 0 and not writer.selected:
            self.outlet.press("backspace")
        else:
            writer.backspace()

    def _try(self, change: Change) -> None:
        before = Moment.of(self.writer)
        self._make(change)
        if self.writer.text != before.text:
            self.addable = ""
        self._learn(self._learner.see(before, self.writer))
        self._learn_pair(before)

    def _learn_pair(self, before: Moment) -> None:
        """A change of the text may have settled a word. Addresses and the like are no sentences."""
        if self.own_words is None or (self.outlet is not None and self.outlet.purpose in PLAIN):
            return
        if self.uses_context and (text := settled(before, Moment.of(self.writer))) is not None:
            self.own_words.learn_pair(text)

    def _learn(self, uses: Sequence[Used]) -> None:
        if self.own_words is not None and not self.secret:
            self.own_words.learn(uses, self._offer_to_add)

    def _offer_to_add(self, word: str) -> None:
        self.addable = word
        self._changed()

    def _make(self, change: Change) -> None:
        try:
            if self.outlet is None:
                change(self.writer)
            else:
                self.outlet.make(change)
        except TextFullError as error:
            self.notice = str(error)

    def _changed(self) -> None:
        if self._unsure is not None and not self._unsure.is_due(self.writer):
            self._drop_unsure()
        idle = not self._waiting and not self.secret and self._unsure is None
        self._suggestions.want(wanted_for(self.writer, self._after_a_suggestion, self.uses_context) if idle else None)
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _renew_notice(self) -> None:
        """Clears the notice, because the person has done something new."""
        self.notice = LOADING if self._waiting and self.worker.loading else ""


def words_to_offer(candidates: Sequence[Candidate]) -> list[str]:
    """The best word, the next N_OFFERED, then the other written forms of the best one."""
    return [candidate.word for candidate in candidates[: 1 + N_OFFERED]] + list(candidates[0].forms[1:])
