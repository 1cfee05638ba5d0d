"""What is put into a text for a tapped sign or a swiped word: its space, its quotation mark, the case of the word before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from keyboard_app.text.options import WritingOptions
from keyboard_app.text.place import Place, Tail
from keyboard_app.text.rules import (
    APOSTROPHES,
    CLOSING,
    JOINING,
    LETTERS_BEFORE,
    LONGEST_SUFFIX,
    OPENING,
    PULLED,
    QUOTES,
    WORD_BEFORE,
    capitalized,
    continues_address,
    ends_host,
    ends_word,
    is_address,
    lower_case,
    needs_space_before,
    quotation_is_open,
    starts_sentence,
    starts_word,
    token_before,
    upper_case,
)
from keyboard_app.text.shift import Shift
from keyboard_app.text.vocabulary import Vocabulary, goes_on, goes_on_with, is_form, proper_case

DOMAINS = frozenset(
    "com org net edu gov info biz app dev io ai me tv co uk us ca au nz ie in de at ch fr es it nl be pl pt se no dk fi ru ua gr tr".split()  # noqa: SIM905
)
"""What the host of an address ends in most."""
ADDRESS_STARTS = ("www.", "http:", "https:")


@dataclass(frozen=True)
class Tapped:
    """What to write for a tapped sign."""

    text: str
    n_replaced: int = 0
    """characters before it that it takes the place of"""
    space_at: int | None = None
    """offset in `text` of an automatic space"""
    space_due: bool = False
    """whether the next word gets an automatic space, even a tapped one"""
    tail: Tail | None = None
    is_fixed: bool = False
    """whether the word before it got its case"""


@dataclass(frozen=True)
class Guess:
    """What a swipe may mean."""

    words: Sequence[str]
    """as the lexicon has them, best first"""
    whole: Sequence[str] | None = None
    """the words that it rather finishes where their beginning was tapped, best first; None: not known"""


@dataclass(frozen=True)
class Put:
    """What to write for a swiped word."""

    text: str
    """before the word"""
    words: Sequence[str]
    """the word and what else it may be"""
    n_replaced: int = 0
    """characters before it that it takes the place of"""
    space_at: int | None = None
    """offset in `text` of an automatic space"""


def tapped(before: str, place: Place, text: str, options: WritingOptions, vocabulary: Vocabulary) -> Tapped:
    """What to write for a sign tapped after a text."""
    if place.anchor is not None:
        place = Place()
    tail = _tail(before, place, text) if options.spaces else None
    if tail is not None:
        return _with_tail(before, place, tail, vocabulary)
    is_address_sign = text == "@" or token_before(before).lower() + text in ADDRESS_STARTS
    if is_address_sign and options.capitals and (place.tapped or place.swiped):
        return _address(before, place, text)
    return _sign(before, place, text, options, vocabulary)


def swiped(before: str, place: Place, guess: Guess, shift: Shift, options: WritingOptions, vocabulary: Vocabulary) -> Put:
    """What to write for a word swiped after a text."""
    words, whole = guess.words, guess.whole
    cased = list(dict.fromkeys(shift.cased(word, options.dotless) for word in words))
    if continues_address(before):
        small = list(dict.fromkeys(lower_case(word, options.dotless) for word in words))
        return Put("", sorted(small, key=lambda word: word not in DOMAINS) if ends_host(before) else small)
    mark = place.tail.tapped if place.tail is not None else ""
    if place.tail is not None and mark in APOSTROPHES:
        if is_form(vocabulary, place.tail.word + mark + words[0]):
            return Put("", cased)
        if not place.tail.word.lower().endswith("s"):  # else it ends a possessive: the dogs' bones
            return Put(" " + mark, cased, 1, 0)
    letters = LETTERS_BEFORE.search(before)
    if options.spaces and place.swiped is None and place.anchor is None and letters:
        if whole is None:
            joined = [word for word in words if goes_on_with(vocabulary, letters[0], word)]
            whole = [letters[0] + lower_case(word, options.dotless) for word in joined]
        if whole:
            finished = [_finished(letters[0], word, options.dotless) for word in whole]
            return Put("", [*finished, f"{letters[0]} {words[0]}"], len(letters[0]))
    lead = " " if options.spaces and needs_space_before(before) else ""
    word, fixed = fixed_word(before, place, options, vocabulary)
    return Put(fixed + lead, cased, len(word), len(fixed) if lead else None)


def _finished(letters: str, word: str, dotless: bool) -> str:
    """A word that begins with tapped letters, in their case unless it has capitals of its own (Manchester)."""
    if letters[1:] and letters.isupper():
        return upper_case(word, dotless)
    if word != lower_case(word, dotless):
        return word
    if word.startswith(lower_case(letters, dotless)):
        return letters + word[len(letters) :]
    return capitalized(word, dotless) if letters[0].isupper() else word  # it begins with über for uber


def fixed_word(before: str, place: Place, options: WritingOptions, vocabulary: Vocabulary) -> tuple[str, str]:
    """The tapped word before the cursor, and as it is always written (i: I); twice "" where it stays as it is."""
    match = WORD_BEFORE.search(before)
    if not match or not (options.capitals and place.tapped and not place.as_typed and place.anchor is None):
        return "", ""
    lead = before[: match.start()][-1:]
    if is_address(token_before(before)) or not (lead in ("", *OPENING, *QUOTES) or lead.isspace()):
        return "", ""
    fixed = proper_case(vocabulary, match[0])
    return (match[0], fixed) if fixed != match[0] else ("", "")


def _tail(before: str, place: Place, text: str) -> Tail | None:
    """What has been tapped since the swiped word, with this sign; None where the sign has nothing to do with that word."""
    if place.tail is not None:
        return replace(place.tail, tapped=place.tail.tapped + text) if text.isalpha() else None
    if place.swiped is None or not place.space_due:
        return None
    opens = text in APOSTROPHES and not quotation_is_open(before)
    return Tail(place.cursor, place.written[-1].word, text) if text.isalpha() or opens else None


def _with_tail(before: str, place: Place, tail: Tail, vocabulary: Vocabulary) -> Tapped:
    """The tail on the swiped word or apart from it, in the place of what there is of it."""
    is_marked = tail.tapped[0] in APOSTROPHES
    if is_marked:
        attached = len(tail.tapped) <= 1 + LONGEST_SUFFIX or is_form(vocabulary, tail.word + tail.tapped)
    else:
        attached = goes_on(vocabulary, tail.word, tail.tapped)
    new, n_old = tail.tapped if attached else " " + tail.tapped, place.cursor - tail.start
    n_kept = n_old if n_old and new.startswith(before[-n_old:]) else 0
    return Tapped(new[n_kept:], n_old - n_kept, None if attached or n_kept else 0, tail=tail)


def _address(before: str, place: Place, sign: str) -> Tapped:
    """The sign of an address: the word before it loses a capital that it got automatically."""
    token = token_before(before)
    is_automatic = token[:1].isupper() and token[1:] == token[1:].lower() and (starts_sentence(before[: -len(token)]) or place.swiped)
    return Tapped(token.lower() + sign, len(token)) if is_automatic else Tapped(sign)


def _sign(before: str, place: Place, text: str, options: WritingOptions, vocabulary: Vocabulary) -> Tapped:
    """Any sign, with the space that belongs before it, or without the one that does not."""
    follows = text in CLOSING or (text == '"' and not starts_word(text, before))
    lead = " " if place.space_due and starts_word(text[0], before) else ""
    n_spaces = int(follows and _is_pulled(before, place, text, options))
    word, fixed = fixed_word(before, place, options, vocabulary) if follows and not n_spaces else ("", "")
    is_due = follows and (place.space_due or n_spaces > 0) and not (text in ".:" and is_address(token_before(before)))
    return Tapped(
        fixed + lead + text,
        n_spaces + len(word),
        len(fixed) if lead else None,
        is_due or (lead != "" and text in JOINING),
        is_fixed=word != "",
    )


def _is_pulled(before: str, place: Place, text: str, options: WritingOptions) -> bool:
    """Whether a closing mark goes to the word before it, over a space: an automatic one, or a tapped one before a full stop."""
    if before and place.automatic_space == place.cursor - 1:
        return True
    return options.spaces and text in PULLED and before[-1:] == " " and ends_word(before[:-1])
