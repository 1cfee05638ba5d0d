"""What letters typed so far may become: words that begin with them, and words that a slip of the finger turned into them.

Both walk the trie of the lexicon, the commonest words first. Corrections allow a wrong, a missing, a superfluous letter, or two in the
wrong order. Source: Levenshtein automata walk a trie in this way (Schulz and Mihov 2002); here the row of the edit distance is kept.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

from engine.lexicon import Lexicon, key_sequence

SLIP = -7.0
"""Log probability of one slip: measured in typing studies, about one key in a hundred, times the letters that it may hit."""
SHORTEST_TO_CORRECT = 3
"""With fewer letters, almost every word is one slip away."""
LONG = 6
"""Letters from which on two slips are allowed."""
N_LOOKED_AT = 2000
"""Nodes of the trie, at most, per list."""
Row = tuple[int, ...]
"""Edit distances from the letters on the way to a node to each beginning of what was typed."""


@dataclass(frozen=True)
class Suggestion:
    """A word to offer for what was typed."""

    word: str
    """in its commonest written form"""
    score: float
    """log prior, less what the slips cost; higher is better"""
    n_slips: int
    """0: what was typed is the word, or begins it"""


def suggest(lexicon: Lexicon, typed: str, n: int = 3) -> list[Suggestion]:
    """The n likeliest words for letters typed so far, best first: corrections and completions; the letters themselves left out.

    An empty list for what the lexicon's alphabet cannot spell.
    """
    sequence = key_sequence(typed, lexicon.alphabet)
    if sequence is None:
        return []
    found = [*completions(lexicon, sequence, n + 1), *corrections(lexicon, sequence, n)]
    best: dict[str, Suggestion] = {}
    for suggestion in sorted(found, key=lambda one: -one.score):
        if suggestion.word.lower() != typed.lower():
            best.setdefault(suggestion.word, suggestion)
    return list(best.values())[:n]


def completions(lexicon: Lexicon, sequence: str, n: int) -> list[Suggestion]:
    """The n commonest words that begin with a key sequence, commonest first; itself among them if it is a word."""
    node = lexicon.node_of(sequence)
    if node is None:
        return []
    found: list[Suggestion] = []
    queue: list[tuple[int, bool, str, int]] = [(0, False, sequence, node)]  # stored prior (small is common), is the word itself
    for _ in range(N_LOOKED_AT):
        if not queue or len(found) == n:
            break
        _, is_word, spelt, node = heapq.heappop(queue)
        if is_word:
            found.append(Suggestion(lexicon.forms_of(node, spelt)[0], _log_prior(lexicon, node), 0))
            continue
        if prior := lexicon.trie.prior(node):
            heapq.heappush(queue, (prior, True, spelt, node))
        for token, child, best in lexicon.trie.slots(node):
            heapq.heappush(queue, (best, False, spelt + lexicon.alphabet[token], child))
    return found


def corrections(lexicon: Lexicon, sequence: str, n: int) -> list[Suggestion]:
    """The n likeliest words that a slip or two turn into the key sequence, best first: those likelier than that it was meant.

    Best first through the trie, by the best that may lie below a node; after N_LOOKED_AT nodes it gives what it has.
    """
    if len(sequence) < SHORTEST_TO_CORRECT:
        return []
    budget = 2 if len(sequence) >= LONG else 1
    meant = lexicon.log_prior(sequence) if sequence in lexicon else -math.inf
    found: list[Suggestion] = []
    first = tuple(range(len(sequence) + 1))
    queue: list[tuple[float, int, bool, int, str, Row, Row]] = [(0.0, 0, False, lexicon.trie.root, "", first, first)]
    for n_pushed in range(1, N_LOOKED_AT):
        if not queue or len(found) == n or -queue[0][0] <= meant:
            break
        cost, _, is_word, node, spelt, row, row_before = heapq.heappop(queue)
        if is_word:
            found.append(Suggestion(lexicon.forms_of(node, spelt)[0], -cost, row[-1]))
            continue
        if 0 < row[-1] <= budget and lexicon.trie.prior(node):
            heapq.heappush(queue, (-_log_prior(lexicon, node) - SLIP * row[-1], n_pushed, True, node, spelt, row, row_before))
        for token, child, best in lexicon.trie.slots(node):
            letter = lexicon.alphabet[token]
            below = _next_row(sequence, spelt, letter, row, row_before)
            if (least := min(below)) <= budget:
                least_cost = lexicon.prior_unit * (best - 1) - SLIP * least
                heapq.heappush(queue, (least_cost, n_pushed, False, child, spelt + letter, below, row))
    return found


def _next_row(sequence: str, spelt: str, letter: str, row: Row, row_before: Row) -> Row:
    """The row of the edit distance after one more letter. Source: optimal string alignment, Damerau 1964."""
    below = [row[0] + 1]
    for at, typed in enumerate(sequence):
        least = min(below[at] + 1, row[at + 1] + 1, row[at] + (typed != letter))
        if at and spelt and typed == spelt[-1] and sequence[at - 1] == letter:
            least = min(least, row_before[at - 1] + 1)
        below.append(least)
    return tuple(below)


def _log_prior(lexicon: Lexicon, node: int) -> float:
    return -lexicon.prior_unit * (lexicon.trie.prior(node) - 1)
