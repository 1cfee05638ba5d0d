"""Where spaces and capitals belong in a text, and where words and characters end. Each rule looks at a few characters only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import Literal

import regex

LOOK_BACK = 200
"""How many characters before the cursor spaces and capitals depend on."""
OPENING = frozenset("([{<«“„‚¿¡")
"""Brackets and quotation marks that a word follows without a space."""
CLOSING = frozenset(",.!?;:…)]}>»”%")
"""What follows a word without a space, and is followed by one."""
QUOTES = frozenset("\"'‘’")
"""Marks that open and close alike, or are apostrophes."""
PREFIXES = frozenset("#@$£€₽/\\_~^№")
"""What is attached to the word that follows."""
JOINING = frozenset("-–—&+=*|")
"""What joins two words unless there is a space before it: well-known, but fish & chips."""
SENTENCE_ENDS = frozenset(".!?…")
PULLED = frozenset(",.!?…")
"""What goes to the word before it even over a space that was tapped."""
APOSTROPHES = frozenset("'’")
LONGEST_SUFFIX = 2
"""Letters after an apostrophe that may belong to the word before it, whatever the word: don't, we'll."""
LETTERS_BEFORE = regex.compile(r"(?!\p{M})[^\W\d_]+\Z")
WORD = regex.compile(r"(?!\p{M})[^\W_]+(?:['’-][^\W_]+)*")
"""Letters and digits with the marks that combine with them, which `regex` counts as parts of words, and `re` does not."""
WORD_BEFORE = regex.compile(WORD.pattern + r"\Z")
TOKEN_BEFORE = re.compile(r"\S*\Z")
SPACE_AND_WORD = regex.compile(r"\s*(?:[\w'’-]+|[^\w\s]+)?")
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs: nothing that can be shown or saved."""
CHARACTER = regex.compile(r"\X")
"""What a person sees as one character, of one code point or more. Source: Unicode Standard Annex 29, extended grapheme clusters."""


def writable(text: str) -> str:
    """The text with line feeds as line ends, and without anything that cannot be shown or saved."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def of_word(character: str) -> bool:
    """Whether it is a letter, a digit, or a mark that combines with one. False for ""."""
    return character.isalnum() or unicodedata.category(character or " ").startswith("M")


def in_word(text: str, offset: int) -> bool:
    """Whether a word goes on over the offset."""
    return 0 < offset < len(text) and of_word(text[offset - 1]) and of_word(text[offset])


def word_around(text: str, offset: int) -> tuple[int, int]:
    """Start and end of the word that the offset is in or at an end of; the offset twice where there is none."""
    first = max(0, offset - LOOK_BACK)
    words = WORD.finditer(text[first : offset + LOOK_BACK])
    spans = [(first + word.start(), first + word.end()) for word in words]
    return next((span for span in spans if span[0] <= offset <= span[1]), (offset, offset))


def token_before(before: str) -> str:
    """What stands between the last white space and the end of a text."""
    match = TOKEN_BEFORE.search(before)
    return match[0] if match else ""


def is_address(token: str) -> bool:
    """Whether a text without spaces begins an e-mail address or a link: nothing in it is a word of a sentence."""
    return "@" in token[1:] or "://" in token or token.lower().startswith("www.")


def continues_address(before: str) -> bool:
    """Whether a text ends in an address that still lacks its end, so that the next word belongs to it: john@example. or www."""
    token = token_before(before)
    if not is_address(token) or token[-1] not in "@./:-_":
        return False
    host = re.split(r"@|://", token.lower())[-1].removeprefix("www.")
    return token[-1] != "." or "." not in host[:-1] or "/" in host


def ends_host(before: str) -> bool:
    """Whether a text ends with the full stop in the host of an address, after which a domain such as com is likely."""
    return before[-1:] == "." and continues_address(before) and "/" not in re.split(r"://", token_before(before))[-1]


def needs_space_before(before: str) -> bool:
    """Whether a space belongs between a text and a word after it."""
    if not before or before[-1].isspace() or before[-1] in OPENING or before[-1] in PREFIXES or continues_address(before):
        return False
    stands_alone = len(before) == 1 or before[-2].isspace()
    if before[-1] in QUOTES:
        return not (stands_alone or before[-2] in OPENING)
    return stands_alone if before[-1] in JOINING else True


def needs_space_after(after: str) -> bool:
    """Whether a space belongs between a word and the text after it."""
    return bool(after) and (after[0].isalnum() or after[0] in OPENING)


def ends_word(before: str) -> bool:
    """Whether a text ends with a word, or with a mark that closes one: there, tapping space twice makes a full stop."""
    return bool(before) and (of_word(before[-1]) or before[-1] in QUOTES or before[-1] in ")]}»”%")


def starts_word(character: str, before: str) -> bool:
    """Whether a typed character starts something new after a finished word, so that an automatic space belongs between them.

    before: the text up to the end of that word. A straight quotation mark opens a quotation unless one is open on the line.
    """
    if character == '"':
        return before.rpartition("\n")[2].count('"') % 2 == 0
    is_symbol = unicodedata.category(character) in ("Sm", "Sc", "So")
    return character.isalnum() or character in OPENING or character in "#№&‘" or is_symbol


def quotation_is_open(before: str) -> bool:
    """Whether a straight single quotation mark is open on the line; apostrophes inside words and after them do not count."""
    line = before.rpartition("\n")[2]
    is_open = False
    for at, mark in enumerate(line):
        if mark not in APOSTROPHES:
            continue
        follows, leads = line[:at][-1:].strip() not in ("", *OPENING), line[at + 1 : at + 2].strip() != ""
        if leads and not follows:
            is_open = True
        elif is_open and follows and not (leads and line[at + 1].isalnum()):
            is_open = False
    return is_open


def starts_sentence(before: str, abbreviations: Set[str] = frozenset()) -> bool:
    """Whether the next word starts a sentence: at the start of the text, on a new line, or after a full stop and a space.

    abbreviations: words whose full stop does not end a sentence, in lower case and without it. Those with a stop inside
    (e.g., a.m.) are recognised by that.
    """
    head = before.rstrip("".join(OPENING | QUOTES))
    body = head.rstrip(" \t\u00a0")
    if not body or body[-1] == "\n":
        return True
    ended = body.rstrip("".join(QUOTES) + ")]}»”")
    if body == head or not ended or ended[-1] not in SENTENCE_ENDS:
        return False
    return ended[-1] != "." or not _is_abbreviation(ended[:-1], abbreviations)


def _is_abbreviation(before_stop: str, abbreviations: Set[str]) -> bool:
    word = re.split(r"[\s(\[\"]", before_stop)[-1].lower()
    return word in abbreviations or ("." in word and all(len(part) == 1 and part.isalpha() for part in word.split(".")))


def capitalized(word: str, dotless: bool = False) -> str:
    """The word with a capital first letter; a word that has capitals of its own (iPhone) is left alone. dotless: as in `upper_case`."""
    if word != word.lower():
        return word
    at = next((i for i, character in enumerate(word) if character.isalpha()), len(word))
    first = word[at : at + 1]
    return word[:at] + (upper_case(first, dotless) if dotless else first.title()) + word[at + 1 :]


def upper_case(text: str, dotless: bool) -> str:
    """The text in capitals. dotless: whether the language has an i without a dot (ı), so that the capital of i keeps its dot (İ)."""
    return (text.replace("i", "İ") if dotless else text).upper()


def lower_case(text: str, dotless: bool) -> str:
    """The text in small letters; dotless: as in `upper_case`."""
    return (text.replace("I", "ı").replace("İ", "i") if dotless else text).lower()


def word_start(text: str, offset: int) -> int:
    """Where the word before `offset` starts, or the run of punctuation; white space after it is skipped."""
    backwards = SPACE_AND_WORD.match(text[:offset][::-1])
    return offset - backwards.end() if backwards else offset


def word_end(text: str, offset: int) -> int:
    """Where the word after `offset` ends, or the run of punctuation; white space before it is skipped."""
    forwards = SPACE_AND_WORD.match(text, offset)
    return forwards.end() if forwards else offset


def character_start(text: str, offset: int) -> int:
    """Where the visible character before `offset` starts: marks, joined emoji and flags stay together. offset > 0."""
    start = max(0, offset - LOOK_BACK)
    while start > 0 and not text[start].isascii():  # not in the middle of a row of flags; a whole text takes 60 ms
        start -= 1
    return int([character.start() for character in CHARACTER.finditer(text, start, offset)][-1])


def character_end(text: str, offset: int) -> int:
    """Where the visible character that starts at `offset` ends; at the end of the text, `offset` itself."""
    character = CHARACTER.match(text, offset)
    return character.end() if character else offset


def stepped(text: str, offset: int, steps: int, by: Literal["character", "word"]) -> int:
    """The offset that is so many visible characters or words to the right, or to the left below 0; it stays in the text."""
    back, forth = (character_start, character_end) if by == "character" else (word_start, word_end)
    for _ in range(abs(steps)):
        if steps < 0 and offset == 0:
            break
        offset = back(text, offset) if steps < 0 else forth(text, offset)
    return offset
