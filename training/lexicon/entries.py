"""From the frequencies of a language's words to the entries of its lexicon: junk and misspellings out, written forms and marks in."""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tqdm import tqdm

from engine.language import Language
from engine.lexicon import Entry, key_sequence
from training.lexicon.casing import ANYTHING, ORDINARY, UNLISTED, Casing, curated_forms
from training.lexicon.dictionary import NOTHING, Knowledge
from training.lexicon.misspellings import MisspellingFinder
from training.lexicon.offensive import OffensiveWords
from training.lexicon.text import TextForms

MAX_LETTERS = 32
"""The longest key sequence: the decoder stops there."""
MIN_FREQUENCY = {2: 1.5e-6, 3: 5e-8}
"""Letters -> the frequency that a key sequence needs unless it is a listed word: rare acronyms, initials and typos get in the
way of every short word. Measured: this loses 0.1 % of the training swipes and a third of the short key sequences."""
THRICE = re.compile(r"(.)\1\1")
"""A letter three times in a row: a swipe cannot tell it from the letter twice."""
TRUST = 0.25
"""What the frequency of a key sequence that no dictionary knows is multiplied with. wordfreq counts the web, and much of what nobody
means stands there: codes, names of users, other languages. Measured: transcripts of conversation have a quarter of them."""
LISTED = 80
"""A word that is listed up to this level is known."""
KNOWN_SHARE = 0.1
"""A key sequence is known by its tokens that have at least this share of its frequency."""
TAIL = 2
"""Of a list for n words, that many times n tokens are looked at: the rest is rarer than any word that is kept."""
RARE_FORM = 0.01
"""Another listed form is offered from this share of the frequency of the key sequence's commonest form."""
RARE_UNLISTED_FORM = 0.1
"""The same for a form that is in no list."""


def commonest(frequencies: Mapping[str, float], n_words: int | None) -> Mapping[str, float]:
    """Those of a list's tokens that can be among its `n_words` most frequent (None: all are)."""
    if n_words is None or len(frequencies) <= TAIL * n_words:
        return frequencies
    return dict(heapq.nlargest(TAIL * n_words, frequencies.items(), key=lambda item: item[1]))


@dataclass(frozen=True)
class Sources:
    """What is known of a language's words besides how frequent they are."""

    casing: Casing
    """their capitals, by word lists or by dictionaries"""
    knowledge: Knowledge = NOTHING
    """which of them dictionaries know"""
    text: TextForms = field(default_factory=TextForms)
    """how people wrote them"""
    offensive: OffensiveWords = field(default_factory=OffensiveWords)
    """which of them are rude or hateful"""


@dataclass(frozen=True)
class Counts:
    """What became of the words of a frequency list."""

    tokens: int
    """words of the list"""
    without_keys: Mapping[str, int]
    """letters that the language's alphabet lacks -> words that were skipped for them, the commonest letter first"""
    junk: int
    """key sequences left out: lone letters, codes and the like"""
    misspelt: int
    """key sequences left out: misspellings of others"""
    unknown: int
    """key sequences that no dictionary knows and that stay, at TRUST times their frequency"""
    offensive: int
    """key sequences that are marked"""


def group_by_key_sequence(frequencies: Mapping[str, float], language: Language) -> dict[str, dict[str, float]]:
    """Key sequence -> its tokens with their frequencies; tokens that cannot be swiped are left out. Tokens that differ in their
    Unicode form alone are one."""
    groups: dict[str, dict[str, float]] = defaultdict(dict)
    for token, frequency in tqdm(frequencies.items(), desc="key sequences", unit=" words", disable=None):
        sequence = key_sequence(token, language.alphabet)
        if sequence is not None and len(sequence) <= MAX_LETTERS and token not in language.fragments:
            token = unicodedata.normalize("NFC", token)
            groups[sequence][token] = groups[sequence].get(token, 0) + frequency
    return groups


def missing_letters(frequencies: Mapping[str, float], alphabet: str) -> dict[str, int]:
    """Letters that no key of the alphabet writes -> how many words have them, most first. Words with digits or signs do not count."""
    times: dict[str, int] = defaultdict(int)
    for token in frequencies:
        if token.isalpha() and key_sequence(token, alphabet) is None:
            for letter in {letter for letter in token if key_sequence(letter, alphabet) is None}:
                times[letter] += 1
    return dict(sorted(times.items(), key=lambda item: (-item[1], item[0])))


def is_junk(sequence: str, tokens: Mapping[str, float], casing: Casing, language: Language) -> bool:
    """Whether nobody means this key sequence: a lone letter, aaah, or one that is short, rare and not an ordinary word."""
    if len(sequence) == 1:
        return sequence not in language.one_letter_words
    if THRICE.search(sequence):
        return min(casing.level(token) for token in tokens) > ORDINARY
    ordinary = any(casing.lower.get(token, UNLISTED) <= ORDINARY for token in tokens)
    return not ordinary and sum(tokens.values()) < MIN_FREQUENCY.get(len(sequence), 0)


def written_forms(tokens: Mapping[str, float], casing: Casing, text: TextForms) -> tuple[str, ...]:
    """How a key sequence with these tokens is written: the commonest token first, its capitals by the text or by the word lists."""
    commonest, *others = sorted(tokens, key=lambda token: (-tokens[token], token))
    more = ((text.forms(token) or casing.forms(token))[0] for token in others if _is_written(token, tokens, casing))
    return tuple(dict.fromkeys((*(text.forms(commonest) or casing.forms(commonest)), *more)))


def _swiped_alike(forms: tuple[str, ...], sequence: str, tokens: Mapping[str, float], alphabet: str) -> tuple[str, ...]:
    """The forms that are swiped as their key sequence, or else the commonest token: some casing is wrong in a language (Irmak)."""
    return tuple(form for form in forms if key_sequence(form, alphabet) == sequence) or (max(tokens, key=lambda token: tokens[token]),)


def _is_written(token: str, tokens: Mapping[str, float], casing: Casing) -> bool:
    """Whether a token that is not the commonest of its key sequence is a form to offer: lets and year's, not dont or i's."""
    sloppy = token.isalpha() and any("'" in other for other in tokens if tokens[other] > tokens[token])
    level, share = casing.level(token), tokens[token] / max(tokens.values())
    return "." not in token and share >= (RARE_FORM if level < ANYTHING else RARE_UNLISTED_FORM) and not (sloppy and level > ORDINARY)


def is_known(tokens: Mapping[str, float], casing: Casing, knowledge: Knowledge) -> bool:
    """Whether a dictionary knows one of the commoner tokens of a key sequence."""
    least = KNOWN_SHARE * sum(tokens.values())
    return any(tokens[token] >= least and (token in knowledge or casing.level(token) <= LISTED) for token in tokens)


def make_entries(frequencies: Mapping[str, float], n_words: int | None, language: Language, sources: Sources) -> tuple[list[Entry], Counts]:
    """The `n_words` most frequent key sequences of these tokens (all for None), without junk and misspellings."""
    casing = sources.casing
    groups = group_by_key_sequence(frequencies, language)
    usable = {sequence: sum(tokens.values()) for sequence, tokens in groups.items() if not is_junk(sequence, tokens, casing, language)}
    known = {sequence: frequency for sequence, frequency in usable.items() if is_known(groups[sequence], casing, sources.knowledge)}
    sifted = _without_misspellings(usable, known) if known else usable
    best = sorted(sifted, key=lambda sequence: (-sifted[sequence], sequence))[:n_words]
    marked = sources.offensive.among({sequence: groups[sequence] for sequence in best})
    curated = curated_forms(language)

    def _forms(one: str) -> tuple[str, ...]:
        return _swiped_alike(written_forms(groups[one], casing, sources.text), one, groups[one], language.alphabet)

    entries = [
        Entry(one, sifted[one], curated.get(one) or _forms(one), one in marked)
        for one in tqdm(best, desc="written forms", unit=" words", disable=None)
    ]
    n_unknown = sum(sequence not in known for sequence in best) if known else 0
    counts = (len(groups) - len(usable), len(usable) - len(sifted), n_unknown, len(marked))
    return entries, Counts(len(frequencies), missing_letters(frequencies, language.alphabet), *counts)


def _without_misspellings(frequencies: Mapping[str, float], known: Mapping[str, float]) -> dict[str, float]:
    """The key sequences that are known or stand on their own, the latter with TRUST in their frequency."""
    finder = MisspellingFinder(known)
    sifted = dict(known)
    for sequence, frequency in tqdm(frequencies.items(), desc="misspellings", unit=" words", disable=None):
        if sequence not in known and not finder.is_misspelling(sequence, frequency):
            sifted[sequence] = TRUST * frequency
    return sifted


def with_words(entries: list[Entry], words: Iterable[str], floor: float, alphabet: str) -> list[Entry]:
    """The entries and these words, each at least as frequent as `floor`. Raises: ValueError for a word that cannot be swiped."""
    by_sequence = {entry.key_sequence: entry for entry in entries}
    for word in sorted(words):
        sequence = key_sequence(word, alphabet)
        if sequence is None or len(sequence) > MAX_LETTERS:
            raise ValueError(f"word {word!r} of a --word-list: expected 1 to {MAX_LETTERS} letters of {alphabet!r}: drop it")
        known = by_sequence.get(sequence, Entry(sequence, 0, ()))
        forms = known.forms if sequence == word and known.forms else tuple(dict.fromkeys((*known.forms, word)))
        by_sequence[sequence] = Entry(sequence, max(known.frequency, floor), forms, known.offensive)
    return list(by_sequence.values())
