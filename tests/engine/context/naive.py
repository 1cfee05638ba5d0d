"""Slow twins of a context model: what it must give, from the arrays of its file."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from engine.context.model import START, ContextModel
from engine.context.ranking import ContextOptions
from engine.lexicon import Lexicon, key_sequence

Floats = npt.NDArray[np.float64]


def matrix(model: ContextModel, name: str) -> Floats:
    scaled: Floats = model.arrays[name].astype(np.float64) * model.arrays[f"{name}_scale"].astype(np.float64)[:, None]
    return scaled


def rows(model: ContextModel) -> Floats:
    """(n_rows, E)"""
    packed, scale = model.arrays["rows"].astype(np.int64), model.arrays["row_scale"].astype(np.float64)
    unpacked: Floats = (np.concatenate((packed & 15, packed >> 4), axis=1) - 8) * scale[:, None]
    return unpacked


def states(model: ContextModel, words: list[int]) -> Floats:
    """(H,): the state after these rows."""
    arrays, state = model.arrays, np.zeros(model.header.sizes.hidden)
    for row in words:
        given = matrix(model, "input") @ rows(model)[row] + arrays["input_bias"]
        kept = matrix(model, "recurrent") @ state + arrays["recurrent_bias"]
        (reset_in, update_in, new_in), (reset_kept, update_kept, new_kept) = np.split(given, 3), np.split(kept, 3)
        reset, update = (1 / (1 + np.exp(-both)) for both in (reset_in + reset_kept, update_in + update_kept))
        state = (1 - update) * np.tanh(new_in + reset * new_kept) + update * state
    return state


def logits(model: ContextModel, words: list[int]) -> Floats:
    """(n_rows,) after START and these rows."""
    query = matrix(model, "project") @ states(model, [START, *words]) + model.arrays["project_bias"]
    all_logits: Floats = rows(model) @ query + model.arrays["bias"].astype(np.float64)
    return all_logits


def rows_of(model: ContextModel, lexicon: Lexicon, sequence: str) -> list[int]:
    """The rows of the words that are swiped so; of an unknown one the row of its class."""
    first, last = model.first_word, model.header.sizes.n_rows
    known = [row for row in range(first, last) if key_sequence(model.word(row), lexicon.alphabet) == sequence]
    written = lexicon.forms(sequence)[0]
    return known or [model.first_class + model.classes.of(sequence, written[0].isupper())]


def added(model: ContextModel, lexicon: Lexicon, before: list[int], sequence: str, options: ContextOptions) -> float:
    """What WordsBefore adds, for a word of the lexicon after these rows."""
    frequency, evidence = model.arrays["log_frequency"].astype(np.float64), 0.0
    for place, row in enumerate(before):
        log_prob = logits(model, before[:place])[row]
        told = log_prob - frequency[row] + options.likely * (log_prob + 7.0)
        evidence = options.memory * evidence + min(max(told, -6.0), 6.0)
    odds = options.trust + options.trust_gain * evidence if before else options.trust_first
    trusted = 1 / (1 + math.exp(-odds))
    after, log_prior = logits(model, before), lexicon.log_prior(sequence)
    found = rows_of(model, lexicon, sequence)
    says, without = sum(math.exp(after[row]) for row in found), sum(math.exp(frequency[row]) for row in found)
    if found[0] < model.first_word:
        share = math.exp(log_prior - model.arrays["class_mass"][found[0] - model.first_class])
        says, without = says * share * math.exp(-options.unknown), without * share
    ratio = says / (math.exp(log_prior) ** options.lexicon_share * without ** (1 - options.lexicon_share))
    mixed = math.log(1 - trusted + trusted * ratio)
    return options.weight * mixed


def form_score(model: ContextModel, lexicon: Lexicon, before: list[int], sequence: str, place: int) -> float:
    """By which WordsBefore orders the form of a key sequence at a place, after these rows."""
    form, after = lexicon.forms(sequence)[place], logits(model, before)
    for row in range(model.first_word, model.header.sizes.n_rows):
        if model.word(row) == form:
            return float(after[row])
    number = model.classes.of(sequence, form[0].isupper())
    share = lexicon.log_prior(sequence) - float(model.arrays["class_mass"][number]) + place * math.log(0.1)
    return float(after[model.first_class + number]) + share
