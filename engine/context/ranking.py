"""What the words before add to the scores of a swipe's words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.context import kernels
from engine.context.link import LexiconLink, link, link_patch
from engine.context.model import Context, ContextModel
from engine.context.word_classes import starts_with_capital
from engine.context.words import unfinished_sentence
from engine.lexicon import Lexicon
from engine.trie import Trie
from engine.words.pairs import Followers, PersonalPairs

MOST_EVIDENCE = 6.0
"""Nats that one word before can count for or against the context at most."""
USUAL = -7.0
"""About the log probability of a word in running text: less likely ones are signs of a list of names, say, which nothing foretells."""


LOG_LATER_FORM = math.log(0.1)
"""Of the forms of a key sequence, each that the model does not know is taken to be a tenth as common as the one before it: the lexicon
has only their order. Measured, with the English model and words of several forms in held-out text: right in 95.4 % (podcasts), 88.8 %
(chat) and 98.1 % (Tatoeba); 92.7, 84.7 and 97.3 % if only known forms change places; 87.2, 83.9 and 95.0 % in the lexicon's order."""


FORM_TRUST = 6.0
"""As many uses of a written form by the person as what the words before say of the forms of its key sequence, all together."""


class Own(Protocol):
    """What a person's words have to say beside the words before. words.personal.PersonalWords is one."""

    pairs: PersonalPairs

    def form_weight(self, form: str) -> float:
        """Uses of a written form by the person; 0 for one of which nothing is known."""
        ...


@dataclass(frozen=True)
class ContextOptions:
    """How much the words before count. The defaults: measured on dev with the English models, as training.context.tune does it."""

    weight: float = 0.95
    """of what the context adds; 0 leaves every score as it is"""
    lexicon_share: float = 0.7
    """how far a word's probability without context is the lexicon's; the rest is the model's text's"""
    unknown: float = 1.1
    """nats that a word loses which the model does not know"""
    trust_first: float = 0.45
    """log odds that the context has something to say at the beginning of a sentence"""
    trust: float = 0.7
    """log odds after words that told nothing of each other"""
    trust_gain: float = 1.6
    """what a nat of evidence in the words before adds to the log odds"""
    likely: float = 0.65
    """evidence is by how many nats the words before foretold each other, plus this share of what they were likelier than USUAL"""
    memory: float = 0.8
    """share of those nats that is left after each further word"""

    def __post_init__(self) -> None:
        """Raises: ValueError for values out of range."""
        for name in ("weight", "trust_gain", "likely"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        for name in ("lexicon_share", "memory"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, got {getattr(self, name)}")
        for name in ("unknown", "trust_first", "trust"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a finite number, got {getattr(self, name)}")


def trust_in(context: Context, options: ContextOptions) -> float:
    """The log odds that the context has something to say.

    Words that foretold each other make a text whose next word can be foretold; words drawn at random do not. So what the
    model says is mixed with what the lexicon says, by the odds of the two given the words so far, the latest counting most.
    """
    if not context.gains:
        return options.trust_first
    total = 0.0
    for gain, log_prob in zip(context.gains, context.log_probs, strict=True):
        evidence = gain + options.likely * (log_prob - USUAL)
        total = options.memory * total + min(max(evidence, -MOST_EVIDENCE), MOST_EVIDENCE)
    return options.trust + options.trust_gain * total


@dataclass(frozen=True, eq=False)
class WordsBefore:
    """A context, as the search wants it."""

    context: Context
    model: ContextModel
    lexicon: Lexicon
    link: LexiconLink
    options: ContextOptions
    own: Own | None = None
    """the person's words, where there are any"""
    followers: Followers | None = None
    """what the person writes after the last word"""

    def added(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n,) nats to add to the scores of the words that end at these nodes of the trie."""
        odds = trust_in(self.context, self.options)
        mixed = np.logaddexp(-_log_one_plus_exp(odds), self.gains(nodes) - _log_one_plus_exp(-odds))
        if self.followers is not None:
            mixed = self._with_followers(self.followers, mixed, nodes)
        added: npt.NDArray[np.float64] = self.options.weight * mixed
        return added

    def _with_followers(
        self, followers: Followers, gains: npt.NDArray[np.float64], nodes: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """(n,) the gains that the words before give, joined by the person's own counts of what follows the last of them."""
        joined: npt.NDArray[np.float64] = gains + math.log1p(-followers.share)
        shares = followers.at_nodes(self.lexicon)
        for place, node in enumerate(nodes.tolist()):
            if node in shares:
                joined[place] = np.logaddexp(joined[place], math.log(shares[node]) - self.lexicon.log_prior(node))
        return joined

    def gains(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n,) by how many nats the context makes words likelier than they are without, if it is trusted."""
        options = self.options
        log_priors = -self.lexicon.prior_unit * (_stored_priors(self.lexicon.trie, nodes) - 1.0)
        gains: npt.NDArray[np.float64] = kernels.word_gains(
            self.link,
            self.model.rows,
            self.context.query,
            self.model.first_class,
            nodes,
            log_priors,
            options.lexicon_share,
            options.unknown,
        )
        return gains

    def ordered(self, forms: tuple[str, ...], node: int, sequence: str) -> tuple[str, ...]:
        """The written forms of the key sequence that ends at a node, the likeliest in this context first.

        A form that the model does not know is as likely as its class and, within it, as the lexicon says. What the person uses counts
        beside that, as if what the words before say were FORM_TRUST uses.
        """
        model, known = self.model, {self.model.word(row): row for row in self.model.rows_of_key(sequence).tolist()}
        log_prior, rows, log_shares = self.lexicon.log_prior(node), [], []
        for place, form in enumerate(forms):
            number = model.classes.of(sequence, starts_with_capital(form))
            rows.append(known.get(form, model.first_class + number))
            share = log_prior - float(model.rows.class_mass[number]) + place * LOG_LATER_FORM
            log_shares.append(0.0 if form in known else share)
        scores = model.logits(self.context, np.array(rows, np.int64)) + np.array(log_shares)
        if self.own is not None and any(own := [self.own.form_weight(form) for form in forms]):
            scores = FORM_TRUST * np.exp(scores - np.logaddexp.reduce(scores)) + np.array(own)
        return tuple(forms[i] for i in np.argsort(-scores, kind="stable").tolist())


def _stored_priors(trie: Trie, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    n_nodes = len(trie.token)
    priors = trie.word_prior[np.minimum(nodes, n_nodes - 1)].astype(np.float64)
    patched = nodes >= n_nodes
    if patched.any():
        priors[patched] = trie.patch_nodes[nodes[patched] - n_nodes, 2]
    return priors


def _log_one_plus_exp(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


class Ranking:
    """A context model beside a lexicon: what it makes of the words before a swipe."""

    def __init__(self, model: ContextModel, lexicon: Lexicon, options: ContextOptions | None = None) -> None:
        """Takes some 25 ms. Raises: ValueError where the alphabets differ."""
        self.model = model
        self.options = options or ContextOptions()
        self._link = link(model, lexicon)
        self._generation = lexicon.generation

    def words_before(self, before: str, lexicon: Lexicon, own: Own | None = None) -> WordsBefore:
        """What the text before a swipe says of the words of the lexicon, whatever was laid over it since. own: the person's words."""
        if lexicon.generation != self._generation:
            self._link, self._generation = self._link._replace(patch_row=np.zeros(0, np.uint16)), lexicon.generation
        self._link = link_patch(self._link, self.model, lexicon)
        sentence = unfinished_sentence(before)
        followers = None if own is None else own.pairs.after(sentence.last)
        return WordsBefore(self.model.after(sentence), self.model, lexicon, self._link, self.options, own, followers)
