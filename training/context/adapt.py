"""Tunes a finished context model to some text, say to what one person has written.

The rows of the words stay as they are: a person writes too little to move them all, and storing them anew would cost precision.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from engine.context import kernels
from engine.context.model import ContextModel
from engine.lexicon import Lexicon
from training.context.batches import EncodedText, held_out_batches
from training.context.corpus import Corpus
from training.context.fit import FitOptions, HeldOut, evaluate, fit
from training.context.network import ContextConfig, ContextNetwork
from training.context.pack_model import pack_model
from training.context.vocabulary import Encoder, Vocabulary

ADAPT = FitOptions(passes=1.0, batch_words=256, learning_rate=3e-4, warm_up=20, nothing=0.0, averaged=0.9)
MOST_PASSES = 4


@dataclass(frozen=True)
class Adapted:
    """A model that was tuned."""

    content: bytes
    """of its file"""
    before: HeldOut
    """what the model made of the text's held-out lines"""
    after: HeldOut
    """what it makes of them now; never worse, for a pass that does not help is taken back"""


def adapt(model: ContextModel, corpus: Corpus, weights: Sequence[float], lexicon: Lexicon) -> Adapted:
    """The model, tuned pass by pass as long as it foretells the held-out lines better.

    Raises: ValueError where there are too few lines to hold any out.
    """
    vocabulary, network = vocabulary_of(model), network_of(model)
    encoder = encoder_of(model, corpus.written)
    texts = [EncodedText(text.name, encoder.rows(text), text.offsets, text.is_held_out) for text in corpus.texts]
    held_out = [batch for text in texts for batch in held_out_batches(text)]
    if not held_out or all(text.is_held_out.all() for text in texts):
        raise ValueError("the text is too short to hold some of its lines out and learn from the rest: give some hundred lines")
    best, before = network, evaluate(network, held_out)
    after = before
    for number in range(MOST_PASSES):
        options = FitOptions(**{**vars(ADAPT), "seed": number})
        start = copy.deepcopy(best).requires_grad_(True)
        start.rows.requires_grad_(False)
        tuned = fit(start, texts, weights, vocabulary.frequencies, options)
        found = evaluate(tuned, held_out)
        if found.perplexity >= after.perplexity:
            break
        best, after = tuned, found
    header = model.header
    metrics = {"own text: perplexity": after.perplexity, "own text: among_3": after.among_3}
    content = pack_model(best, vocabulary, lexicon, header.language, header.source, {**header.metrics, **metrics}, model.arrays)
    return Adapted(content, before, after)


def vocabulary_of(model: ContextModel) -> Vocabulary:
    words = tuple(model.word(row) for row in range(model.first_word, model.header.sizes.n_rows))
    return Vocabulary(words, model.classes, np.exp(model.rows.log_frequency.astype(np.float64)))


def encoder_of(model: ContextModel, written: Sequence[str]) -> Encoder:
    """How the model reads written words."""
    as_written = [model.row_of(word) for word in written]
    lower = [model.row_of(word.lower()) for word in written]
    commonest = [small if small >= model.first_word else row for small, row in zip(lower, as_written, strict=True)]
    return Encoder(np.array(as_written, np.uint16), np.array(commonest, np.uint16))


def network_of(model: ContextModel) -> ContextNetwork:
    """A network with the weights of a finished model."""
    sizes, arrays = model.header.sizes, model.arrays
    network = ContextNetwork(ContextConfig(sizes.n_rows, model.first_word, sizes.width, sizes.hidden), np.ones(sizes.n_rows))
    rows = np.stack([kernels.unpack_row(packed, scale) for packed, scale in zip(model.rows.packed, model.rows.scale, strict=True)])
    state = {"rows.weight": rows, "bias": model.rows.bias}
    for name, key in (("input", "cell.weight_ih_l0"), ("recurrent", "cell.weight_hh_l0"), ("project", "project.weight")):
        state[key] = arrays[name] * arrays[f"{name}_scale"][:, None]
    for name, key in (("input_bias", "cell.bias_ih_l0"), ("recurrent_bias", "cell.bias_hh_l0"), ("project_bias", "project.bias")):
        state[key] = arrays[name]
    network.load_state_dict({key: torch.from_numpy(np.array(value, np.float32)) for key, value in state.items()})
    network.rounds = False
    return network
