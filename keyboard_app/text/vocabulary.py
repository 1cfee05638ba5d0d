"""What the writer asks about words: whether there is such a word, how common it is, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine import Lexicon

UNKNOWN = -18.0
"""Log probability of a word that the lexicon does not have: less than its rarest."""
GOES_ON_BY_TAPS = -4.0
"""Log probability that letters tapped right after a swiped word belong to it: dogs, cleaner, goodbye."""
GOES_ON_BY_SWIPE = -9.0
"""Log probability that a swipe right after tapped letters goes on with their word: giv + en, but Hello + there."""


class Vocabulary(Protocol):
    """Words in any case, with or without their accents and apostrophes."""

    def log_prior(self, word: str) -> float | None:
        """Natural log of the word's probability; None where there is no such word."""

    def starts_word(self, letters: str) -> bool:
        """Whether there is a word that starts so."""

    def forms(self, word: str) -> tuple[str, ...]:
        """How the word is written, the commonest first; nothing where there is no such word."""


class NoVocabulary:
    """Before a lexicon is loaded: no words at all."""

    def log_prior(self, word: str) -> float | None:
        return None

    def starts_word(self, letters: str) -> bool:
        return False

    def forms(self, word: str) -> tuple[str, ...]:
        return ()


class HasLexicon(Protocol):
    """A recognizer, whose lexicon changes when words are laid over it."""

    lexicon: Lexicon


class LexiconVocabulary:
    """The words of a recognizer's lexicon."""

    def __init__(self, recognizer: HasLexicon) -> None:
        self._recognizer = recognizer

    @property
    def _lexicon(self) -> Lexicon:
        return self._recognizer.lexicon

    def log_prior(self, word: str) -> float | None:
        sequence = self._sequence(word)
        return self._lexicon.log_prior(sequence) if sequence is not None and sequence in self._lexicon else None

    def starts_word(self, letters: str) -> bool:
        sequence = self._sequence(letters)
        return sequence is not None and self._lexicon.has_prefix(sequence)

    def forms(self, word: str) -> tuple[str, ...]:
        sequence = self._sequence(word)
        return self._lexicon.forms(sequence) if sequence is not None and sequence in self._lexicon else ()

    def _sequence(self, word: str) -> str | None:
        from engine.lexicon import key_sequence  # late: importing the engine takes a third of a second

        return key_sequence(word, self._lexicon.alphabet)


def goes_on(vocabulary: Vocabulary, word: str, tapped: str) -> bool:
    """Whether letters tapped right after a swiped word are more of it, rather than the beginning of the next word.

    Compares P(both as one word) P(goes on by taps) with P(word) P(letters). While neither is a word yet, it counts which of the
    two can become one.
    """
    whole, part = vocabulary.log_prior(word + tapped), vocabulary.log_prior(tapped)
    if whole is None:
        return part is None and vocabulary.starts_word(word + tapped) and not vocabulary.starts_word(tapped)
    return whole + GOES_ON_BY_TAPS > _known(vocabulary, word) + (UNKNOWN if part is None else part)


def goes_on_with(vocabulary: Vocabulary, letters: str, word: str) -> bool:
    """Whether a word swiped right after tapped letters goes on with their word."""
    whole = vocabulary.log_prior(letters + word)
    return whole is not None and whole + GOES_ON_BY_SWIPE > _known(vocabulary, letters) + _known(vocabulary, word)


def proper_case(vocabulary: Vocabulary, word: str) -> str:
    """A small word as it is always written (i: I, london: London); unchanged where it may be small, or is not known."""
    forms = vocabulary.forms(word)
    if word != word.lower() or word in forms or not forms or forms[0].lower() != word:
        return word
    return forms[0]


def is_form(vocabulary: Vocabulary, word: str) -> bool:
    """Whether a word is written so, but for its case."""
    return _without_case(word) in map(_without_case, vocabulary.forms(word))


def _without_case(word: str) -> str:
    """The word without what its capitals may have hidden: I may be an ı, İ is an i."""
    return word.replace("İ", "i").lower().replace("ı", "i")


def _known(vocabulary: Vocabulary, word: str) -> float:
    prior = vocabulary.log_prior(word)
    return UNKNOWN if prior is None else prior
