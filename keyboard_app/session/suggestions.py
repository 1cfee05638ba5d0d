"""What the bar offers where no swiped word can be corrected: completions and corrections of a tapped word, and the next words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.text.writer import Writer

if TYPE_CHECKING:
    from engine import SwipeRecognizer

N_SUGGESTED = 3


@dataclass(frozen=True)
class Wanted:
    """What is to be suggested for."""

    kind: Literal["typed", "next"]
    text: str
    """the letters typed so far, or the text before the next word"""


class Suggestions:
    """Finds suggestions on the worker's thread. Every method is called on the window's."""

    def __init__(self, worker: RecognitionWorker, changed: Callable[[], None]) -> None:
        """changed: called when `words` have come."""
        self.words: tuple[str, ...] = ()
        self.correction = ""
        """what the letters typed so far most likely were to be, if they are not a word; "" for nothing"""
        self._worker, self._changed = worker, changed
        self._wanted: Wanted | None = None

    def want(self, wanted: Wanted | None) -> None:
        """Finds what is wanted now; what was wanted before no longer counts."""
        if wanted == self._wanted:
            return
        self._wanted, self.words, self.correction = wanted, (), ""
        if wanted is not None:
            self._worker.suggest(lambda recognizer: _find(recognizer, wanted), lambda words: self._show(wanted, words))

    def ask_again(self) -> None:
        """What was asked for and has not come will not come any more."""
        if not self.words:
            self._wanted = None

    def write(self, writer: Writer, index: int) -> None:
        """Writes words[index]. Raises: IndexError, TextFullError."""
        assert self._wanted is not None
        (writer.complete if self._wanted.kind == "typed" else writer.commit)([self.words[index]])

    def _show(self, wanted: Wanted, words: Sequence[str]) -> None:
        if wanted == self._wanted:
            self.correction, self.words = words[0], tuple(word for word in words[1:] if word)
            self._changed()


def wanted_for(writer: Writer, after_a_suggestion: bool, uses_context: bool) -> Wanted | None:
    """What to suggest: the word that is being tapped, or, after a space or a word that was suggested, the next one."""
    word = writer.correctable
    if writer.typed and (word is None or word.end != writer.cursor):
        return Wanted("typed", writer.typed)
    before = writer.text_before
    if not uses_context or writer.selected or not before or not (before[-1].isspace() or after_a_suggestion):
        return None
    return Wanted("next", before if before[-1].isspace() else before + " ")


def _find(recognizer: SwipeRecognizer, wanted: Wanted) -> Sequence[str]:
    """The correction, or "", and the words to offer."""
    if wanted.kind == "next":
        return ["", *(word.word for word in recognizer.next_words(wanted.text, N_SUGGESTED))]
    from engine.lexicon import key_sequence  # late: importing the engine takes a third of a second
    from engine.spelling import suggest

    found = suggest(recognizer.lexicon, wanted.text, N_SUGGESTED)
    is_word = key_sequence(wanted.text, recognizer.lexicon.alphabet) in recognizer.lexicon
    slipped = [one.word for one in found[:1] if one.n_slips and not is_word]
    return [slipped[0] if slipped else "", *(one.word for one in found)]
