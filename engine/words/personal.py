"""A person's words on top of a recognizer's lexicon: `SwipeRecognizer.words`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from engine.context.ranking import FORM_TRUST
from engine.context.words import NUMBER, sentences
from engine.grid import Grid
from engine.lexicon import Lexicon, key_sequence
from engine.words.exchange import read_words, write_words
from engine.words.pairs import START, PairGain, PersonalPairs
from engine.words.prior import Strength, overlay_word
from engine.words.store import Report, WordStore
from engine.words.word import Change, PersonalWord, checked

REFRESHED = 4
"""Key sequences whose faded weights are laid anew with each change, besides the changed one."""
SPARE_SLOTS = 100_000
"""The lexicon's patch is compacted once it has twice the slots that it needs and this many more."""
MORE_THAN_CONTEXT = 2 * FORM_TRUST


class Model(Protocol):
    """What personal words need of a model."""

    @property
    def max_letters(self) -> int: ...


class Recognizer(Protocol):
    """What personal words need of `engine.SwipeRecognizer`."""

    lexicon: Lexicon

    @property
    def grid(self) -> Grid: ...

    @property
    def model(self) -> Model: ...


class PersonalWords:
    """The words that a person has added, used or blocked. What changes here counts from the next swipe on.

    They last as long as this object, unless `open` names a file. Use it from the thread that the recognizer is used from.
    """

    def __init__(self, recognizer: Recognizer, language: str = "", strength: Strength | None = None) -> None:
        """language: under whose name the words are kept in a file."""
        self.language = language
        self.strength = strength or Strength()
        self.pairs = PersonalPairs()
        """which words the person writes after which"""
        self._recognizer = recognizer
        self._base = recognizer.lexicon
        self._words: dict[str, PersonalWord] = {}
        self._sequences: dict[str, dict[str, None]] = {}
        """key sequence -> the personal words that are swiped so, in the order in which they came"""
        self._now = 0
        self._stale: Iterator[str] = iter(())
        self._limit = SPARE_SLOTS
        self._store: WordStore | None = None

    def __iter__(self) -> Iterator[PersonalWord]:
        """All words, blocked ones too, in the order of the alphabet."""
        return iter(sorted(self._words.values(), key=lambda one: (one.word.casefold(), one.word)))

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        """Whether it is one of the person's words, blocked or not."""
        return word in self._words

    @property
    def base(self) -> Lexicon:
        """The lexicon as it is without the person's words."""
        return self._base

    def get(self, word: str) -> PersonalWord | None:
        """What is known of a word; None for nothing."""
        return self._words.get(word)

    def blocks(self, word: str) -> bool:
        """Whether the word must never be offered."""
        known = self._words.get(word)
        return known is not None and known.kind == "blocked"

    def weight(self, word: str) -> float:
        """How often the word was used, faded; 0 for one that is not the person's."""
        known = self._words.get(word)
        return 0.0 if known is None else known.weight_at(self._now)

    def form_weight(self, form: str) -> float:
        """How much a written form counts against what the words before say of it; a form that was added counts for more than they can."""
        known = self._words.get(form)
        if known is None or known.kind == "blocked":
            return 0.0
        return known.weight_at(self._now) + (MORE_THAN_CONTEXT if known.kind == "added" else 0.0)

    def offers(self, word: str) -> bool:
        """Whether swiping can write the word as it stands here, with its capitals and apostrophes."""
        sequence = key_sequence(word, self._base.alphabet)
        lexicon = self._recognizer.lexicon
        return sequence is not None and sequence in lexicon and word in lexicon.forms(sequence)

    def log_prior(self, word: str) -> float:
        """Natural log of the probability of what is swiped as the word, as it counts now; -inf where it cannot be swiped."""
        sequence, lexicon = key_sequence(word, self._base.alphabet), self._recognizer.lexicon
        return lexicon.log_prior(sequence) if sequence is not None and sequence in lexicon else -math.inf

    def spells(self, word: str) -> bool:
        """Whether the alphabet has all letters of the word as they stand, so that none is swiped as another (ü as u)."""
        return all(letter in self._base.alphabet for letter in word.lower() if letter.isalpha())

    # --- changes ---

    def add(self, word: str) -> None:
        """Makes a word one that can be swiped, written as it stands here. It was blocked? Then it no longer is.

        Raises: ValueError for what is not one word, or cannot be swiped on the grid, with the reason.
        """
        self._change([Change(self.check(word), kind="added")])

    def boost(self, word: str, uses: float = 1.0) -> None:
        """Counts uses of a word, as if it had been written; less than 0 takes some off. Adds it where swiping could not write it.

        Raises: ValueError as `add`.
        """
        kept = self.check(word)
        self._change([Change(kept, gain=uses, kind=None if self.offers(kept) else "added")])

    def block(self, word: str) -> None:
        """Never offers a word again, in this written form. Raises: ValueError as `add`."""
        self._change([Change(self.check(word), kind="blocked")])

    def remove(self, word: str) -> None:
        """Forgets what is known of a word: it counts as the lexicon has it. Raises: ValueError where nothing is known."""
        if word not in self._words:
            raise ValueError(f"'{word}' is not one of the person's words: there is nothing to forget")
        self._change([Change(word, forget=True)])
        self.pairs.forget(word)
        if self._store is not None:
            self._store.forget_pairs(self.language, word)

    def clear(self) -> None:
        """Forgets all words of this language, in the file too."""
        if self._store is not None:
            self._store.forget_language(self.language)
        self._replace({}, 0)
        self.pairs.replace({}, 0)

    def wipe(self) -> bool:
        """Forgets all words of every language, and has the file keep nothing of them; whether the file does."""
        gone = self._store is None or self._store.wipe()
        self._replace({}, 0)
        self.pairs.replace({}, 0)
        return gone

    def learn(self, gains: Iterable[tuple[str, float]]) -> None:
        """Counts how words were used: (word, uses); uses below 0 for words that were taken back. What cannot be swiped is passed over."""
        changes: dict[str, Change] = {}
        for word, gain in gains:
            if gain and self.why_not(word) is None:
                change = Change(checked(word), gain=gain)
                changes[change.word] = changes[change.word].then(change) if change.word in changes else change
        if changes:
            self._change(changes.values())

    def use_pairs(self, enabled: bool) -> None:
        """Has pairs of words count, and be counted, or not."""
        self.pairs.enabled = enabled

    def learn_text(self, text: str) -> int:
        """Counts which words follow which in the sentences of a text that the person wrote; how many pairs. Numbers count for nothing."""
        found = [pair for words in sentences(text) for pair in zip((START, *words), words, strict=False) if NUMBER not in pair]
        return self.learn_pairs(found)

    def learn_pairs(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Counts pairs of words that the person wrote one after the other; START stands for the beginning of a sentence. How many.

        The context model need not know the words. Words that cannot be swiped are passed over, and all if pairs do not count.
        """
        gains: list[PairGain] = []
        if self.pairs.enabled:
            gains = [(first.lower(), self.written(second, first == START), 1.0) for first, second in pairs if self._are_pair(first, second)]
        if gains:
            self.refresh()
            self.pairs.count(gains)
            if self._store is not None:
                self._store.count_pairs(self.language, gains)
                self._write_again_if_begun_anew()
        return len(gains)

    def list_pairs(self) -> list[PairGain]:
        """All pairs with what they weigh now, by their first word, the weightiest first. START is the first of them."""
        return sorted(self.pairs.gains(), key=lambda one: (one[0], -one[2], one[1]))

    def remove_pair(self, first: str, second: str) -> None:
        """Forgets that the second word was written after the first. Raises: ValueError where that is not known."""
        if not self.pairs.weight(first, second):
            raise ValueError(f"'{second}' after '{first}' is not one of the person's pairs: there is nothing to forget")
        self.pairs.remove(first, second)
        if self._store is not None:
            self._store.forget_pair(self.language, first, second)

    def written(self, word: str, begins_sentence: bool = False) -> str:
        """A word as the lexicon has it, without the capital that only its place gives it."""
        sequence, lexicon = key_sequence(word, self._base.alphabet), self._recognizer.lexicon
        forms = lexicon.forms(sequence) if sequence is not None and sequence in lexicon else ()
        if word in forms and not (begins_sentence and word.lower() in forms):
            return word
        same = next((form for form in forms if form.lower() == word.lower()), None)
        return same or (word.lower() if begins_sentence else word)

    def _are_pair(self, first: str, second: str) -> bool:
        return (first == START or self.why_not(first) is None) and self.why_not(second) is None and not self.blocks(second)

    def export(self, path: Path | str) -> int:
        """Writes all words and pairs into a file that `import_` reads and people can read; how many. Raises: OSError."""
        return write_words(path, ((one, self.weight(one.word)) for one in self), self.list_pairs(), self.language)

    def import_(self, path: Path | str) -> int:
        """Adds the words and pairs of a file to those that are known: an exported one, or a text with one word a line; how many.

        Each weighs at least what it weighs in the file then: it does no harm to import a file twice. Pairs of words that cannot be
        swiped are passed over, and all pairs if they do not count.

        Raises: ValueError with the place for what is not such a file, or holds a word that cannot be swiped: then nothing has
        changed; OSError.
        """
        found = read_words(path)
        changes = {change.word: change for change in found.words}
        self.take(changes.values())
        return len(changes) + self.take_pairs(found.pairs)

    def take(self, changes: Iterable[Change]) -> None:
        """Makes changes as `import_` does: each word weighs at least its gain then. Raises: ValueError; then nothing has changed."""
        changes = list(changes)
        for change in changes:
            self.check(change.word)
        self.refresh()
        self._change(replace(change, gain=max(0.0, change.gain - self.weight(change.word))) for change in changes)

    def take_pairs(self, pairs: Iterable[PairGain]) -> int:
        """Adds pairs as `import_` does: each weighs at least its gain then; how many. Nothing fades."""
        wanted = [one for one in pairs if self.pairs.enabled and self._are_pair(*one[:2])]
        self.refresh()
        gains = [(first, second, gain - self.pairs.weight(first, second)) for first, second, gain in wanted]
        gains = [one for one in gains if one[2] > 0]
        self.pairs.count(gains, fading=False)
        if self._store is not None and gains:
            self._store.keep_pairs(self.language, gains)
        return len(wanted)

    # --- the file ---

    def open(self, path: Path | str, report: Report | None = None) -> None:
        """Keeps the words in a file from now on, and takes over those that it has. The file is made where there is none.

        report: takes a sentence about a file that is damaged or cannot be written, once; without it, it is a warning. Words that
        are known already are written into the file.
        """
        self.close()
        self._store = WordStore(path, report)
        mine = [Change(one.word, gain=one.weight_at(self._now), kind=one.kind) for one in self._words.values()]
        if mine:
            self._store.write(self.language, mine)
        if len(self.pairs):
            self._store.keep_pairs(self.language, self.pairs.gains())
        self._store.has_news()
        self._read()
        self._store.begun_anew = False

    def close(self) -> None:
        """Closes the file. The words stay until this object goes."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def refresh(self) -> None:
        """Takes over what another keyboard has written into the file since."""
        if self._store is not None and self._store.has_news():
            self._read()

    def _read(self) -> None:
        assert self._store is not None
        self._replace(*self._store.read(self.language))
        self.pairs.replace(*self._store.read_pairs(self.language))

    def why_not(self, word: str) -> str | None:
        """Why a word cannot be swiped on the grid, as the end of a sentence; None where it can."""
        try:
            self.check(word)
        except ValueError as error:
            return str(error)
        return None

    def check(self, word: str) -> str:
        """The word as it is kept. Raises: ValueError for one that cannot be swiped, with the reason."""
        kept, alphabet, grid = checked(word), self._base.alphabet, self._recognizer.grid
        sequence = key_sequence(kept, alphabet)
        if sequence is None:
            missing = sorted({letter for letter in kept if key_sequence(f"{alphabet[0]}{letter}", alphabet) is None})
            keys = " and ".join(f"'{letter}'" for letter in missing[:3])
            what = f"the keyboard has no key for {keys}" if missing else "it has no letters"
            raise ValueError(f"'{kept}' cannot be swiped: {what}. You can still type it by taps")
        for letter in sequence:
            grid.letter_key(letter)
        longest = self._recognizer.model.max_letters
        if len(sequence) > longest:
            raise ValueError(f"'{kept}' cannot be swiped: it has {len(sequence)} letters, and the model writes {longest} at most")
        return kept

    # --- inside ---

    def _change(self, changes: Iterable[Change]) -> None:
        """Makes the changes in the memory and in the file, and lays them over the lexicon."""
        changes = list(changes)
        self.refresh()
        self._now += sum(change.is_use for change in changes)
        touched = dict.fromkeys(self._sequence(change.word) for change in changes)
        for change in changes:
            self._keep(change.word, change.applied(self._words.get(change.word), self._now))
        self._lay([*touched, *(sequence for sequence in self._next_stale() if sequence not in touched)])
        if self._store is not None:
            self._store.write(self.language, changes)
            self._write_again_if_begun_anew()

    def _write_again_if_begun_anew(self) -> None:
        if self._store is not None and self._store.begun_anew:
            self._store.begun_anew = False
            self._store.write(self.language, [Change(one.word, one.weight_at(self._now), one.kind, forget=True) for one in self])
            self._store.keep_pairs(self.language, self.pairs.gains())

    def _sequence(self, word: str) -> str:
        """ "" for a word of another alphabet, which a file may hold."""
        return key_sequence(word, self._base.alphabet) or ""

    def _keep(self, word: str, known: PersonalWord | None) -> None:
        sequence = self._sequence(word)
        if known is not None:
            self._words[word] = known
            self._sequences.setdefault(sequence, {})[word] = None
        elif self._words.pop(word, None) is not None:
            del self._sequences[sequence][word]
            if not self._sequences[sequence]:
                del self._sequences[sequence]

    def _next_stale(self) -> list[str]:
        """A few key sequences, in turn, whose weights have faded since they were laid."""
        found = [sequence for sequence in islice(self._stale, REFRESHED) if sequence in self._sequences]
        if not found:
            self._stale = iter(list(self._sequences))
        return found

    def _replace(self, words: dict[str, PersonalWord], now: int) -> None:
        """Has these words instead of those in memory."""
        before = list(self._sequences)
        self._words, self._sequences, self._now = {}, {}, now
        for one in words.values():
            self._keep(one.word, one)
        self._lay(dict.fromkeys([*before, *self._sequences]))

    def _lay(self, sequences: Iterable[str]) -> None:
        """Lays what the words make of these key sequences over the recognizer's lexicon."""
        laid, as_before = [], []
        for sequence in filter(None, sequences):
            words = [self._words[word] for word in self._sequences.get(sequence, ())]
            word = overlay_word(sequence, words, self._base, self._now, self.strength) or self._base.overlay.get(sequence)
            if word is None:
                as_before.append(sequence)
            else:
                laid.append(word)
        lexicon = self._recognizer.lexicon.restored(as_before).overlaid(laid)
        if len(lexicon.trie.patch_slots) > self._limit:
            lexicon = lexicon.compacted()
            self._limit = 2 * len(lexicon.trie.patch_slots) + SPARE_SLOTS
        self._recognizer.lexicon = lexicon
