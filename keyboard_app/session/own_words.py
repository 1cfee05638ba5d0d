"""The person's own words, as the pages use them: asked for on the worker's thread, answered on the window's. Never Kivy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from keyboard_app.session.learning import Used
from keyboard_app.session.why import Source, why
from keyboard_app.session.worker import Failure, RecognitionWorker

if TYPE_CHECKING:
    from engine import PersonalWord, SwipeRecognizer
    from engine.words.pairs import PairGain

Say = Callable[[str], None]
"""Takes a sentence for the person."""


def words_path() -> Path:
    """The file of the person's words, in the system's folder for data."""
    return platformdirs.user_data_path("keyglide") / "words.db"


class OwnWords:
    """Passes on what the person does with words. What is asked for later is answered later."""

    def __init__(self, worker: RecognitionWorker, file: Path) -> None:
        self._worker = worker
        self.file = file
        self.enabled = True
        """whether words are learnt and used at all"""
        self.pairs = True
        """whether it is learnt, too, which words follow which"""

    def open(self, recognizer: SwipeRecognizer, report: Say) -> None:
        """Has a recognizer that is being loaded use the words. Called on the worker's thread, as `report` is."""
        if self.enabled:
            recognizer.words.open(self.file, report)
            recognizer.words.use_pairs(self.pairs)

    def learn(self, uses: Iterable[Used], offer: Say) -> None:
        """Counts uses of words; `offer` takes a word that was typed, and that swiping could not write until it is added."""
        used = list(uses)
        if not used or not self.enabled:
            return

        def learn(recognizer: SwipeRecognizer) -> str:
            from engine.words.use import GAINS

            words = recognizer.words
            words.learn((one.word, GAINS[one.use]) for one in used)
            typed = [one.word for one in used if one.use == "tapped" and len(one.word) > 1]
            new = [word for word in typed if words.why_not(word) is None and not words.offers(word) and not words.blocks(word)]
            return new[-1] if new else ""

        self._ask(learn, lambda word: offer(word) if word else None, lambda _: None)

    def learn_pair(self, text: str) -> None:
        """Counts the last two words of a text as written one after the other."""
        if not self.enabled or not self.pairs:
            return

        def learn(recognizer: SwipeRecognizer) -> None:
            from engine.context.words import last_pair

            if (pair := last_pair(text)) is not None:
                recognizer.words.learn_pairs([pair])

        self._ask(learn, lambda _: None, lambda _: None)

    def add(self, word: str, say: Say) -> None:
        self._change(lambda words: words.add(word), f"'{word}' can be swiped now.", say)

    def block(self, word: str, say: Say) -> None:
        self._change(lambda words: words.block(word), f"'{word}' will not be offered any more.", say)

    def forget(self, word: str, say: Say) -> None:
        self._change(lambda words: words.remove(word) if word in words else None, f"What was learnt about '{word}' is forgotten.", say)

    def forget_pair(self, first: str, second: str, say: Say) -> None:
        """Forgets that the second word was written after the first, which is "" where it began a sentence."""
        self._change(lambda words: words.remove_pair(first, second), f"'{f'{first} {second}'.strip()}' is forgotten.", say)

    def list_pairs(self, show: Callable[[list[PairGain]], None], say: Say) -> None:
        """Shows all pairs of words, each with how often it was written, faded."""

        def listed(recognizer: SwipeRecognizer) -> list[PairGain]:
            recognizer.words.refresh()
            return recognizer.words.list_pairs()

        self._ask(listed, show, say)

    def list_words(self, show: Callable[[list[tuple[PersonalWord, float]]], None], say: Say) -> None:
        """Shows all words, each with what it weighs now."""

        def listed(recognizer: SwipeRecognizer) -> list[tuple[PersonalWord, float]]:
            recognizer.words.refresh()
            return [(one, recognizer.words.weight(one.word)) for one in recognizer.words]

        self._ask(listed, show, say)

    def export(self, file: Path, say: Say) -> None:
        self._ask(lambda recognizer: recognizer.words.export(file), lambda n: say(f"{n:,} words and pairs were written to {file}."), say)

    def import_(self, file: Path, say: Say) -> None:
        self._ask(
            lambda recognizer: recognizer.words.import_(file), lambda n: say(f"{n:,} words and pairs of {file.name} were added."), say
        )

    def wipe(self, say: Say) -> None:
        """Drops every word of every language, whether there is a recognizer or not."""

        def directly(_: str) -> None:
            from engine import WordStore

            store = WordStore(self.file, say)
            if store.wipe():
                say("All your words are gone.")
            store.close()

        self._ask(
            lambda recognizer: recognizer.words.wipe(), lambda gone: say("All your words are gone.") if gone else directly(""), directly
        )

    def explain(self, source: Source, say: Say) -> None:
        """Says why a candidate stands where it does among a swipe's candidates."""
        self._ask(partial(why, source=source), say, say)

    def close(self) -> None:
        """Closes the file, once what was asked for before is done: then no log of it stays beside it."""
        self._ask(lambda recognizer: recognizer.words.close(), lambda _: None, lambda _: None)

    # --- inside ---

    def _change(self, change: Callable[[Any], object], done: str, say: Say) -> None:
        def ask(recognizer: SwipeRecognizer) -> None:
            change(recognizer.words)

        self._ask(ask, lambda _: say(done), say)

    def _ask(self, ask: Callable[[SwipeRecognizer], Any], deliver: Callable[[Any], None], say: Say) -> None:
        """say: takes why it could not be done."""

        def answer(outcome: Any) -> None:
            if isinstance(outcome, Failure):
                say(outcome.reason)
            else:
                deliver(outcome)

        self._worker.ask(ask, answer)
