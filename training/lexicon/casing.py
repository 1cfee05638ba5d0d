"""How words are written: their capitals and apostrophes.

The frequencies of wordfreq are case-folded. Capitals come from the word lists of SCOWL, whose file names end in a level, 10
(the commonest words) to 95 (nearly anything), or from what dictionaries know. Text in which people wrote the words overrides
both, and the language's own written forms override all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.language import Language
from engine.lexicon import key_sequence
from training.lexicon.dictionary import Knowledge

UNLISTED = 100
"""The level of a word that is in no list."""
COMMONEST = 10
"""The level of the commonest words."""
DICTIONARY = 40
"""The level of a word that a dictionary knows: dictionaries of Hunspell have no levels."""
ORDINARY = 60
"""Words up to this level are known to most readers."""
ANYTHING = 95
"""From this level on, lists have words in lower case that nobody writes that way (london): they do not count."""


@dataclass(frozen=True)
class Casing:
    """The levels at which words are listed in lower case and with capitals."""

    lower: Mapping[str, int] = field(default_factory=dict)
    """word -> level"""
    capitals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """word in lower case -> {as written: level}"""

    @classmethod
    def read(cls, paths: Iterable[Path]) -> Casing:
        """The casing in word lists of SCOWL (ISO 8859-1, a word a line, the level at the end of the file's name).

        Raises: ValueError for a file without a level; OSError for one that cannot be read.
        """
        lower: dict[str, int] = {}
        capitals: dict[str, dict[str, int]] = {}
        for path in paths:
            if not path.suffix[1:].isdigit():
                raise ValueError(f"word list {path} has no level: expected a name like english-upper.50")
            level = int(path.suffix[1:])
            for word in path.read_text(encoding="iso-8859-1").split():
                if word != word.lower():
                    levels = capitals.setdefault(word.lower(), {})
                    levels[word] = min(level, levels.get(word, UNLISTED))
                elif level < ANYTHING:
                    lower[word] = min(level, lower.get(word, UNLISTED))
        return cls(lower, capitals)

    @classmethod
    def of_dictionaries(cls, knowledge: Knowledge) -> Casing:
        """The casing in what dictionaries know; where they know a word both ways, lower case comes first."""
        capitals = {word: {form: DICTIONARY + 10 * (word in knowledge.lower)} for word, form in knowledge.capitals.items()}
        return cls(dict.fromkeys(knowledge.lower, DICTIONARY), capitals)

    def level(self, word: str) -> int:
        """The lowest level at which a lower-case word is listed in any casing, or UNLISTED."""
        return min(self.lower.get(word, UNLISTED), *self.capitals.get(word, {}).values(), UNLISTED)

    def forms(self, word: str) -> tuple[str, ...]:
        """How a lower-case word is written, the commonest first: in lower case where that is an ordinary word."""
        if word.endswith("'s"):
            return (self.forms(word.removesuffix("'s"))[0] + "'s",)
        capitals = sorted((level, form.isupper(), form) for form, level in self.capitals.get(word, {}).items())
        lower = self.lower.get(word, UNLISTED)
        if not capitals:
            return (word if lower < UNLISTED else self._like_its_base(word),)
        level, shouted, _ = capitals[0]
        if shouted:  # NASA, but not WHO; lists of ANYTHING have too many abbreviations
            capitals_first = level + 10 <= lower and lower > ORDINARY and level < ANYTHING
        else:  # London, Tom, John, but not Will, Rose, May
            capitals_first = (level <= lower and lower >= 50) or level + 30 <= lower
        if capitals_first:
            forms = [form for other, capital, form in capitals[:2] if other == level and capital == shouted]
            return (*forms, word) if lower <= ORDINARY or lower < min(UNLISTED, level + 10) else tuple(forms)
        if lower <= COMMONEST and len(word) <= 2:
            return (word,)
        limit = 40 if lower <= COMMONEST else 50 if lower < UNLISTED else UNLISTED
        return (word, *(form for other, _, form in capitals[:2] if other <= limit))

    def _like_its_base(self, word: str) -> str:
        """A word that is in no list, with the capital that it has without diacritics: rené as Rene."""
        plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        return word.capitalize() if plain != word and self.forms(plain)[0].istitle() else word


def curated_forms(language: Language) -> dict[str, tuple[str, ...]]:
    """Key sequence -> its written forms, from the language's file.

    Raises: ValueError for forms that are not swiped alike, or whose key sequence is given twice.
    """
    written: dict[str, tuple[str, ...]] = {}
    for forms in language.written_forms:
        sequence, *others = {key_sequence(form, language.alphabet) or "" for form in forms}
        if others or not sequence or sequence in written or len(set(forms)) < len(forms):
            raise ValueError(
                f"language '{language.code}', written_forms: expected different forms of one new key sequence, got {' '.join(forms)!r}"
            )
        written[sequence] = forms
    return written
