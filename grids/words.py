"""What a grid does to the words of a lexicon: which of them cannot be swiped, and which no swipe tells apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp

from tqdm import tqdm

from engine.grid import Grid
from engine.lexicon import Lexicon
from grids.checks import Fault, described, script, twin

REPEATED = re.compile(r"(.)\1+")
"""A key several times in a row: the finger may rest there, or not."""


@dataclass(frozen=True)
class WordReport:
    """The words of a lexicon on a grid. Lists have the commonest first and not more than was asked for."""

    n_words: int
    n_unswipable: int
    """words with a letter that is on no key"""
    unswipable_share: float
    """of all that is written in the language, 0 to 1"""
    unswipable: tuple[str, ...]
    n_same_keys: int
    """words that have all their keys in common with a commoner word"""
    same_keys: tuple[tuple[str, ...], ...]
    n_same_path: int
    """words that differ from a commoner one in nothing but how often a key comes in a row: to, too"""
    same_path: tuple[tuple[str, ...], ...]


def missing_letters(grid: Grid, lexicon: Lexicon) -> list[Fault]:
    """A fault for each letter of the lexicon that is on no key."""
    faults = []
    for letter in (letter for letter in lexicon.alphabet if not grid.has_letter(letter)):
        drawn = next((key for key in grid.letter_keys if twin(key.name, script(letter)) == letter), None)
        instead = f"; the key {described(drawn.name)} looks the same" if drawn is not None else ": add a key or an alias"
        faults.append(Fault("missing", f"no key has {described(letter)}{instead}", (drawn,) if drawn is not None else ()))
    return faults


def read_words(grid: Grid, lexicon: Lexicon, n_shown: int) -> WordReport:
    """Looks at every word of the lexicon; takes about two seconds for 300,000."""
    key_of = {ord(letter): grid.letter_key(letter).name for letter in lexicon.alphabet if grid.has_letter(letter)}
    unswipable: dict[str, float] = {}
    by_keys: dict[str, dict[str, float]] = defaultdict(dict)
    total = 0.0
    for word, log_prior in tqdm(lexicon.key_sequences(), total=len(lexicon), desc=grid.name, unit=" words", disable=None, leave=False):
        probability = exp(log_prior)
        total += probability
        if all(ord(letter) in key_of for letter in word):
            by_keys[word.translate(key_of)][word] = probability
        else:
            unswipable[word] = probability
    by_path: dict[str, dict[str, float]] = defaultdict(dict)
    for keys, words in by_keys.items():  # of words on the same keys, one stands for all
        by_path[REPEATED.sub(r"\1", keys)][max(words, key=words.__getitem__)] = max(words.values())
    same_keys, same_path = _shared(by_keys.values()), _shared(by_path.values())
    return WordReport(
        len(lexicon),
        len(unswipable),
        sum(unswipable.values()) / total,
        tuple(sorted(unswipable, key=lambda word: (-unswipable[word], word))[:n_shown]),
        sum(len(words) - 1 for words in same_keys),
        tuple(same_keys[:n_shown]),
        sum(len(words) - 1 for words in same_path),
        tuple(same_path[:n_shown]),
    )


def _shared(groups: Iterable[Mapping[str, float]]) -> list[tuple[str, ...]]:
    """The groups of more than one word, commonest first; before all others those whose second word is common."""
    several = [sorted(group.items(), key=lambda item: (-item[1], item[0])) for group in groups if len(group) > 1]
    several.sort(key=lambda group: (-group[1][1], group[0]))
    return [tuple(word for word, _ in group) for group in several]
