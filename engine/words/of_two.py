"""A person's words where two languages are written at once: `TwoLanguages.words`. Each word is kept with the language that it is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from engine.words.pairs import PairGain
from engine.words.personal import PersonalWords, Recognizer
from engine.words.store import Report
from engine.words.word import Change, PersonalWord


class PersonalWordsOfTwo(PersonalWords):
    """The words of two languages, as if they were of one. They are those that each language has when it is written alone.

    A word is of the language whose lexicon has it, of the likelier one where both do, and else of the first that can spell it. A
    blocked word is blocked in both.
    """

    def __init__(self, recognizers: tuple[Recognizer, Recognizer], languages: tuple[str, str]) -> None:
        """recognizers, languages: of the first language, and of the second."""
        super().__init__(recognizers[0], "+".join(languages))
        first, second = recognizers
        self.parts = PersonalWords(first, languages[0]), PersonalWords(second, languages[1])

    def of(self, word: str) -> PersonalWords:
        """The words that a word is among, or would be."""

        def fits(part: PersonalWords) -> tuple[bool, bool, bool, float, bool]:
            return word in part, part.offers(word), part.spells(word), part.log_prior(word), part.why_not(word) is None

        return max(self.parts, key=fits)

    def __iter__(self) -> Iterator[PersonalWord]:
        alone = {one.word: one for part in reversed(self.parts) for one in part}
        return iter(sorted(alone.values(), key=lambda one: (one.word.casefold(), one.word)))

    def __len__(self) -> int:
        return len({one.word for one in chain(*self.parts)})

    def __contains__(self, word: object) -> bool:
        return any(word in part for part in self.parts)

    def get(self, word: str) -> PersonalWord | None:
        return next((one for part in self.parts if (one := part.get(word)) is not None), None)

    def weight(self, word: str) -> float:
        return sum(part.weight(word) for part in self.parts)

    def blocks(self, word: str) -> bool:
        return any(part.blocks(word) for part in self.parts)

    def offers(self, word: str) -> bool:
        return any(part.offers(word) for part in self.parts)

    def log_prior(self, word: str) -> float:
        return max(part.log_prior(word) for part in self.parts)

    def why_not(self, word: str) -> str | None:
        reasons = [part.why_not(word) for part in self.parts]
        return None if None in reasons else reasons[0]

    def add(self, word: str) -> None:
        self.of(word).add(word)
        for part in self.parts:
            if part.blocks(word):
                part.remove(word)

    def boost(self, word: str, uses: float = 1.0) -> None:
        self.of(word).boost(word, uses)

    def block(self, word: str) -> None:
        able = [part for part in self.parts if part.why_not(word) is None] or self.parts[:1]
        for part in able:
            part.block(word)

    def remove(self, word: str) -> None:
        for part in [part for part in self.parts if word in part] or self.parts[:1]:
            part.remove(word)

    def clear(self) -> None:
        for part in self.parts:
            part.clear()

    def wipe(self) -> bool:
        gone = [part.wipe() for part in self.parts]
        return all(gone)

    def learn(self, gains: Iterable[tuple[str, float]]) -> None:
        found = [(self.of(word), word, gain) for word, gain in gains]
        for part in self.parts:
            part.learn((word, gain) for of, word, gain in found if of is part)

    def use_pairs(self, enabled: bool) -> None:
        for part in self.parts:
            part.use_pairs(enabled)

    def learn_pairs(self, pairs: Iterable[tuple[str, str]]) -> int:
        found = [(self.of(second), first, second) for first, second in pairs]
        return sum(part.learn_pairs((first, second) for of, first, second in found if of is part) for part in self.parts)

    def list_pairs(self) -> list[PairGain]:
        weights: dict[tuple[str, str], float] = {}
        for first, second, weight in chain(*(part.pairs.gains() for part in self.parts)):
            weights[first, second] = weights.get((first, second), 0.0) + weight
        return sorted(((*words, weight) for words, weight in weights.items()), key=lambda one: (one[0], -one[2], one[1]))

    def remove_pair(self, first: str, second: str) -> None:
        for part in [part for part in self.parts if part.pairs.weight(first, second)] or self.parts[:1]:
            part.remove_pair(first, second)

    def take_pairs(self, pairs: Iterable[PairGain]) -> int:
        found = [(self.of(pair[1]), pair) for pair in pairs]
        return sum(part.take_pairs(pair for of, pair in found if of is part) for part in self.parts)

    def take(self, changes: Iterable[Change]) -> None:
        found = [(self.of(change.word), change) for change in changes]
        for of, change in found:
            of.check(change.word)
        for part in self.parts:
            part.take(change for of, change in found if of is part)

    def open(self, path: Path | str, report: Report | None = None) -> None:
        said: set[str] = set()

        def report_once(message: str) -> None:
            if report is not None and message not in said:
                said.add(message)
                report(message)

        for part in self.parts:
            part.open(path, None if report is None else report_once)

    def close(self) -> None:
        for part in self.parts:
            part.close()

    def refresh(self) -> None:
        for part in self.parts:
            part.refresh()
