"""The lexicon: key sequences with their priors and written forms, in one memory-mapped trie that processes share."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.files import write_whole
from engine.lexicon_check import check_arrays
from engine.lexicon_file import DTYPES, HEADER_LIMIT, Header, pack, read_header
from engine.trie import BLOCKED, WORST_PRIOR, Trie, build_trie

SILENT = frozenset("'’‘ʼ`´-‐‑.·\u00ad\u200d")
"""Characters of written forms that are not swiped: apostrophes, hyphens, full stops."""
RESPELT = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
"""Letters that Unicode does not decompose into a base letter and a diacritic."""


def lower_case(written: str, alphabet: str) -> str:
    """The text in small letters, in the way of the alphabet's language: with a dotless ı, I is small ı, and İ is small i."""
    return (written.replace("I", "ı").replace("İ", "i") if "ı" in alphabet else written).lower()


def key_sequence(written: str, alphabet: str) -> str | None:
    """The letters to swipe for a written form, or None where one of its characters has no key.

    Letters of the alphabet stay, in lower case ("й" where the alphabet has it); others lose their diacritics ("über" ->
    "uber"); apostrophes, hyphens and full stops are dropped ("don't" -> "dont"). Digits, spaces, letters of other scripts,
    and forms without any letter give None.
    """
    letters: list[str] = []
    for character in unicodedata.normalize("NFC", lower_case(written, alphabet)):
        if character in alphabet:
            letters.append(character)
        elif character not in SILENT:
            bases = [c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)]
            spelt = "".join(RESPELT.get(c, c) for c in bases)
            if any(c not in alphabet for c in spelt):
                return None
            letters.append(spelt)
    return "".join(letters) or None


class WrittenForms(NamedTuple):
    """The written forms of the nodes where they are not simply the key sequence."""

    node: npt.NDArray[np.uint32]
    """(n,) ascending"""
    start: npt.NDArray[np.uint32]
    """(n + 1,) offsets into text"""
    text: npt.NDArray[np.uint8]
    """UTF-8; the forms of a node are separated by line feeds, the commonest first"""


@dataclass(frozen=True)
class OverlayWord:
    """A word for `Lexicon.overlaid`: one that the file lacks, or in the place of the file's."""

    key_sequence: str
    log_prior: float | None
    """natural log of its probability, on the scale of the file's priors; None blocks the word"""
    forms: tuple[str, ...] = ()
    """written forms, commonest first; none: those of the file, or else the key sequence"""


@dataclass(frozen=True)
class Lexicon:
    """The words that can be swiped: key sequences with log priors and written forms. Read only."""

    alphabet: str
    """token i is alphabet[i]"""
    n_words: int
    """number of key sequences"""
    prior_unit: float
    """nats per step of the stored priors"""
    source: str
    """where the words come from"""
    trie: Trie
    written: WrittenForms
    offensive_lines: npt.NDArray[np.uint8]
    """UTF-8: of each word that is not offered unless somebody asks for it, a line; see `offensive`"""
    origin: Path | bytes
    """the file, or its content: what another process opens when it is sent this lexicon"""
    overlay: Mapping[str, OverlayWord] = field(default_factory=dict)
    """key sequence -> the word that was laid over the file's"""
    generation: int = 0
    """goes up when the nodes of the trie's patch are numbered anew"""
    _sound: npt.NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
    """the array of tokens once `check` has found nothing wrong"""

    @classmethod
    def open(cls, path: Path | str) -> Lexicon:
        """The lexicon in a file, which is mapped: only the header is read.

        Raises: ValueError for a file that is not a lexicon, is truncated, empty or damaged, or has a newer format;
        OSError for a file that cannot be read.
        """
        path = Path(path).resolve()
        with path.open("rb") as file:
            header = read_header(file.read(HEADER_LIMIT), path.stat().st_size, f"lexicon {path}")
        return cls._of(header, np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray), path)

    @classmethod
    def from_bytes(cls, content: bytes) -> Lexicon:
        """The lexicon that `build_lexicon` returned. Raises: ValueError as `open` does."""
        header = read_header(content[:HEADER_LIMIT], len(content), "lexicon")
        return cls._of(header, np.frombuffer(content, dtype=np.uint8), content)

    @classmethod
    def _of(cls, header: Header, raw: npt.NDArray[np.uint8], origin: Path | bytes) -> Lexicon:
        """Slices `raw`, the whole file, without copying."""
        arrays = [raw[span].view(DTYPES[name]) for name, span in header.spans.items()]
        trie, written = Trie(*arrays[:4]), WrittenForms(*arrays[4:7])
        return cls(header.alphabet, header.n_words, header.prior_unit, header.source, trie, written, arrays[7], origin)

    def check(self) -> None:
        """Reads every array once: what a kernel would trip over must not come from a file. Takes some milliseconds, the first time.

        The lexicons that come with Keyglide were checked when they were built, and stay unread.
        Raises: ValueError where the arrays are not a trie, or not its written forms.
        """
        comes_along = isinstance(self.origin, Path) and self.origin.parent == Path(__file__).resolve().with_name("lexicons")
        if self.trie.token is not self._sound and not comes_along:
            name = "lexicon" if isinstance(self.origin, bytes) else f"lexicon {self.origin}"
            check_arrays(name, len(self.alphabet), self.trie, self.written)
            object.__setattr__(self, "_sound", self.trie.token)

    def __reduce__(self) -> tuple[Any, ...]:
        """Sent to another process it is opened there: only the path travels, and the mapped pages are shared."""
        return _reopen, (self.origin, tuple(self.overlay.values()))

    def __len__(self) -> int:
        return self.n_words

    def __contains__(self, sequence: object) -> bool:
        return isinstance(sequence, str) and self.find(sequence) is not None

    def find(self, sequence: str) -> int | None:
        """The node where a key sequence ends, or None where it is not a word of the lexicon."""
        node = self._walk(sequence, self.trie.root)
        return node if node is not None and self.trie.prior(node) else None

    def has_prefix(self, letters: str) -> bool:
        """Whether a key sequence of the lexicon starts with these letters."""
        return self.node_of(letters) is not None

    def node_of(self, letters: str) -> int | None:
        """The node that these letters lead to, whether a word ends there or not; None where no word starts so."""
        return self._walk(letters, self.trie.root)

    def log_prior(self, word: str | int) -> float:
        """Natural log of the probability of a key sequence, given as such or as its node. Raises: ValueError for no word."""
        return -self.prior_unit * (self.trie.prior(self._node(word)) - 1)

    def spell(self, node: int) -> str:
        """The letters on the way from the root to a node of the file: an overlay's nodes have none."""
        letters: list[str] = []
        while node > 0:
            letters.append(self.alphabet[self.trie.token[node]])
            node = int(np.searchsorted(self.trie.first_child, np.uint32(node), side="right")) - 1  # its parent
        return "".join(reversed(letters))

    def forms(self, word: str | int) -> tuple[str, ...]:
        """The written forms, commonest first, of a key sequence, given as such or as its node in the file.

        Raises: ValueError for no word.
        """
        node = self._node(word)
        return self.forms_of(node, word if isinstance(word, str) else self.spell(node))

    def forms_of(self, node: int, sequence: str) -> tuple[str, ...]:
        """The written forms of the key sequence that ends at a node: `forms`, where both are known. Checks nothing."""
        if sequence in self.overlay and (forms := self.overlay[sequence].forms):
            return forms
        if node >= len(self.trie.token):
            in_file = self._walk(sequence, 0)
            if in_file is None:
                return (sequence,)
            node = in_file
        index = int(self.written.node.searchsorted(np.uint32(node)))  # an int would have numpy convert the whole array
        if index == len(self.written.node) or self.written.node[index] != node:
            return (sequence,)
        start, stop = self.written.start[index : index + 2].tolist()
        return tuple(self.written.text[start:stop].tobytes().decode().split("\n"))

    @cached_property
    def offensive(self) -> Mapping[str, OverlayWord]:
        """The rude and hateful words that the file marks, by key sequence: they are not in the trie, so no search finds them."""
        lines = (line.split("\t") for line in self.offensive_lines.tobytes().decode().splitlines())
        return {sequence: OverlayWord(sequence, float(log_prior), tuple(forms)) for sequence, log_prior, *forms in lines}

    def with_offensive(self) -> Lexicon:
        """This lexicon with its offensive words among the others, except those that an overlay has already."""
        return self.overlaid(word for sequence, word in self.offensive.items() if sequence not in self.overlay)

    def overlaid(self, words: Iterable[OverlayWord]) -> Lexicon:
        """This lexicon with the words of an overlay added to it, or in the place of its own. The mapped arrays are not copied.

        Candidates and scores are those of a lexicon that was built with these words and priors. Costs as much as the words
        are long; words that were laid over it before stay unless they are among these. A later word counts more.
        Raises: ValueError for a key sequence with letters outside the alphabet, a form that is not swiped as its key
        sequence, or a log prior above 0.
        """
        laid = {word.key_sequence: word for word in words}
        if not laid:
            return self
        for word in laid.values():
            self._check(word)
        stored = {tuple(map(self.alphabet.index, word.key_sequence)): self._stored(word) for word in laid.values()}
        known = sum(sequence in self for sequence in laid)
        n_words = self.n_words - known + sum(word.log_prior is not None for word in laid.values())
        return replace(self, trie=self.trie.patched(stored), n_words=n_words, overlay={**self.overlay, **laid})

    def restored(self, sequences: Iterable[str]) -> Lexicon:
        """This lexicon with these key sequences as they are in the file: what was laid over them is taken off."""
        taken = [sequence for sequence in dict.fromkeys(sequences) if sequence in self.overlay]
        if not taken:
            return self
        restored = self.overlaid([OverlayWord(sequence, self._log_prior_in_file(sequence)) for sequence in taken])
        return replace(restored, overlay={sequence: word for sequence, word in self.overlay.items() if sequence not in taken})

    def compacted(self) -> Lexicon:
        """The same lexicon in less memory, after many words have been laid over it. Nodes that `find` gave before are void."""
        return replace(self, trie=self.trie.compacted(), generation=self.generation + 1)

    def _log_prior_in_file(self, sequence: str) -> float | None:
        node = self._walk(sequence, 0)
        stored = BLOCKED if node is None else int(self.trie.word_prior[node])
        return None if stored == BLOCKED else -self.prior_unit * (stored - 1)

    def _stored(self, word: OverlayWord) -> int:
        """The prior as the trie has it: to the nearest step, and no worse than the file's worst."""
        return BLOCKED if word.log_prior is None else min(1 + round(-word.log_prior / self.prior_unit), WORST_PRIOR)

    def _check(self, word: OverlayWord) -> None:
        _check_forms(word.key_sequence, word.forms or (word.key_sequence,), self.alphabet)
        if word.log_prior is not None and not -math.inf < word.log_prior <= 0:
            raise ValueError(f"key sequence {word.key_sequence!r} has the log prior {word.log_prior}, expected a number up to 0")

    def node_in_file(self, sequence: str) -> int | None:
        """Where the letters lead to in the file, whatever is laid over it, or None."""
        return self._walk(sequence, 0)

    def _walk(self, sequence: str, node: int) -> int | None:
        """The node that the letters lead to from another, or None."""
        for letter in sequence:
            token = self.alphabet.find(letter)
            child = self.trie.child(node, token) if token >= 0 else None
            if child is None:
                return None
            node = child
        return node

    def key_sequences(self) -> Iterator[tuple[str, float]]:
        """Every (key sequence, log prior), in the order of the alphabet."""
        first_child, token, word_prior = (array.tolist() for array in self.trie[:3])
        pending = [(self.trie.root, "")]
        while pending:
            node, sequence = pending.pop()
            patched = node >= len(token)
            if prior := self.trie.prior(node) if patched else word_prior[node]:
                yield sequence, -self.prior_unit * (prior - 1)
            if patched:
                steps = [(step, child) for step, child, _ in self.trie.slots(node)]
            else:
                children = range(first_child[node], first_child[node + 1])
                steps = [(token[child], child) for child in children]
            pending.extend((child, sequence + self.alphabet[step]) for step, child in reversed(steps))

    def _node(self, word: str | int) -> int:
        node = self.find(word) if isinstance(word, str) else word
        n_nodes = len(self.trie.token) + len(self.trie.patch_nodes)
        if node is None or not 0 <= node < n_nodes or not self.trie.prior(node):
            raise ValueError(f"the lexicon has no word {word!r}: check it with find() first")
        return node


class Entry(NamedTuple):
    """A word for `build_lexicon`."""

    key_sequence: str
    frequency: float
    """of all its written forms together, above 0 in any unit"""
    forms: tuple[str, ...]
    """commonest first; at least one, each swiped as the key sequence"""
    offensive: bool = False
    """whether it is rude or hateful: then a search finds it only in `Lexicon.with_offensive`"""


def build_lexicon(entries: Iterable[Entry], alphabet: str, source: str) -> bytes:
    """The content of a lexicon file with these words. Their priors are normalised to sum to 1 (up to rounding).

    Raises: ValueError for no words but offensive ones, a bad alphabet, frequency or form, a letter outside the alphabet, a key
    sequence given twice.
    """
    words = list(entries)
    if all(word.offensive for word in words):
        raise ValueError("a lexicon needs at least one word, got none: check the word list and its filters")
    if not 0 < len(alphabet) == len(set(alphabet)) <= 254:
        raise ValueError(f"alphabet {alphabet!r}: expected 1 to 254 different letters")
    for entry in words:
        _check_entry(entry, alphabet)
    tokens = {ord(letter): token + 1 for token, letter in enumerate(alphabet)}  # 0 pads, so prefixes sort first
    spelt = np.array([entry.key_sequence.translate(tokens).encode("latin-1") for entry in words])
    order = np.argsort(spelt, kind="stable")
    words = [words[i] for i in order.tolist()]
    for word, following in pairwise(words):
        if word.key_sequence == following.key_sequence:
            raise ValueError(f"key sequence {word.key_sequence!r} is given twice: add up the frequencies, join the forms")
    log_priors = np.log(np.array([entry.frequency for entry in words]))
    log_priors -= np.logaddexp.reduce(log_priors)
    marked = np.array([entry.offensive for entry in words])
    lines = [_line(word, prior) for word, prior in zip(words, log_priors.tolist(), strict=True) if word.offensive]
    words, log_priors = [word for word in words if not word.offensive], log_priors[~marked]
    letters = spelt[order][~marked].view(np.uint8).reshape(len(words), -1)
    prior_unit = float(-log_priors.min()) / 254 or 1.0
    stored = (1 + np.rint(-log_priors / prior_unit)).astype(np.uint8)
    trie, ends = build_trie(letters, stored)
    arrays = (*trie[:4], *_build_forms(words, ends), np.frombuffer("".join(lines).encode(), np.uint8))
    return pack(alphabet, len(words), prior_unit, source, dict(zip(DTYPES, arrays, strict=True)))


def write_lexicon(content: bytes, path: Path | str) -> None:
    """Put a built lexicon in a file at once: processes that have the old file mapped keep it whole."""
    write_whole(Path(path), content)


def _reopen(origin: Path | bytes, overlay: tuple[OverlayWord, ...]) -> Lexicon:
    """The lexicon in another process."""
    lexicon = Lexicon.from_bytes(origin) if isinstance(origin, bytes) else Lexicon.open(origin)
    return lexicon.overlaid(overlay) if overlay else lexicon


def _line(word: Entry, log_prior: float) -> str:
    """The line of an offensive word in a lexicon file."""
    return "\t".join((word.key_sequence, f"{log_prior:.3f}", *word.forms)) + "\n"


def _check_entry(entry: Entry, alphabet: str) -> None:
    """Raises: ValueError as `build_lexicon` does."""
    _check_forms(entry.key_sequence, entry.forms, alphabet)
    if not 0 < entry.frequency < math.inf:
        raise ValueError(f"key sequence {entry.key_sequence!r} has frequency {entry.frequency}, expected a number above 0")


def _check_forms(sequence: str, forms: tuple[str, ...], alphabet: str) -> None:
    """Raises: ValueError for a letter outside the alphabet, or forms that are not one or more different ones of the sequence."""
    if not sequence or not set(sequence) <= set(alphabet):
        raise ValueError(f"key sequence {sequence!r}: expected letters of {alphabet!r}: make it with key_sequence()")
    if not forms or len(set(forms)) < len(forms):
        raise ValueError(f"key sequence {sequence!r} has the written forms {forms}, expected one or more different ones")
    for form in forms:
        if form != sequence and ("\n" in form or "\t" in form or key_sequence(form, alphabet) != sequence):
            raise ValueError(f"written form {form!r} is not swiped as {sequence!r} but {key_sequence(form, alphabet)!r}")


def _build_forms(words: list[Entry], ends: npt.NDArray[np.int64]) -> WrittenForms:
    """The written forms of the words that are not simply written as they are swiped. ends: (n_words,) their nodes."""
    order = [i for i in np.argsort(ends).tolist() if words[i].forms != (words[i].key_sequence,)]
    texts = ["\n".join(words[i].forms).encode() for i in order]
    start = np.cumsum([0, *(len(text) for text in texts)])
    return WrittenForms(ends[order].astype(np.uint32), start.astype(np.uint32), np.frombuffer(b"".join(texts), np.uint8))
