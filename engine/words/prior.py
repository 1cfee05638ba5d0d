"""How personal words change a lexicon: the prior and the written forms of the key sequences that they are swiped with.

P(word) = P_lexicon(word) + weight / strength.words: what a Dirichlet prior of that many words of the lexicon's makes of the person's
counts, less the normalisation, which moves all words alike. A word that is common anyway hardly changes, and a rare one does at once.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from engine.lexicon import Lexicon, OverlayWord
from engine.words.word import PersonalWord

OWN_FORM = 1.0
"""What the lexicon's own first written form weighs beside the person's: another one comes first once it weighs more."""
FORM_LEARNT_AT = 0.5
"""Another written form of a word in the lexicon is offered while it weighs this: from its first use until half of that has faded."""
LEARNT_AT = 1.5
"""A word that the lexicon lacks can be swiped while it weighs this: typed twice, or added."""


@dataclass(frozen=True)
class Strength:
    """How much a person's use of a word counts against the lexicon."""

    words: float = 5_000.0
    """As many words of the lexicon's own text count as much as one use. Measured: training.personal, docs/benchmarks.md"""
    added: float = 2.0
    """what an added word weighs besides its use"""


def overlay_word(sequence: str, words: Collection[PersonalWord], base: Lexicon, now: int, strength: Strength) -> OverlayWord | None:
    """What to lay over `base` for a key sequence, or None where it is to stay as it is there, as exactly as priors are stored.

    words: all personal words that are swiped as the sequence; now: how many words have been learnt.
    """
    node = base.find(sequence)
    own = () if node is None else base.forms(sequence)
    blocked = {one.word for one in words if one.kind == "blocked"}
    weights = {one.word: one.weight_at(now) + (strength.added if one.kind == "added" else 0.0) for one in words if one.kind != "blocked"}
    forms = [form for form in own if form not in blocked]
    new = [form for form, weight in sorted(weights.items()) if form not in own and weight >= (FORM_LEARNT_AT if own else LEARNT_AT)]
    weight = sum(weights[form] for form in weights if form in forms or form in new)
    if not forms and not new:
        return OverlayWord(sequence, None) if own else None
    rank = {form: weights.get(form, 0.0) + (OWN_FORM if own and form == own[0] else 0.0) for form in (*forms, *new)}
    ranked = tuple(sorted(rank, key=rank.__getitem__, reverse=True))
    probability = weight / strength.words + (math.exp(base.log_prior(sequence)) if forms else 0.0)
    log_prior = min(0.0, math.log(probability))
    if ranked == own and abs(log_prior - base.log_prior(sequence)) < base.prior_unit / 2:
        return None
    return OverlayWord(sequence, log_prior, ranked)
