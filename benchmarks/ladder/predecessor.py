"""The search of NeuroSwipe, from which this project descends: PyTorch, no cache, one hypothesis per call, a dict of prefixes.

Source: the published word generators of proshian/neuroswipe (src/word_generators_v2.py), described here in our
words and run with our weights. Where a choice costs time and changes nothing, the faster one is taken.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from benchmarks.common.agreement import ScoredWord
from benchmarks.ladder.whole_prefixes import PrefixCache, read
from engine.features import Features
from engine.lexicon import Lexicon
from engine.model import Cache, Integers, Memory, ReadsBySteps, StepOutput
from export.graphs import decoder_layers
from training.model.network import SwipeNetwork

LENGTH_POWER = 0.5
"""The predecessor divides a hypothesis' score by this power of its number of tokens. Measured with our weights on 2,000 swipes of
dev: 81.3 % top-1; with the number itself, 81.1."""


class TorchModel:
    """The network in PyTorch, without a cache of any kind. Counts the calls of its decoder."""

    def __init__(self, network: SwipeNetwork) -> None:
        """network: in evaluation mode."""
        self.network = network
        self.n_calls = 0
        longest = network.config.max_letters + 1
        self._mask = torch.full((longest, longest), -math.inf).triu(1)

    @torch.inference_mode()
    def frames(self, features: Features) -> Tensor:
        """The encoder's output (1, S, D)."""
        frames: Tensor = self.network.frames(torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None])
        return frames

    @torch.inference_mode()
    def logits(self, frames: Tensor, tokens: Sequence[int]) -> Tensor:
        """(T, V): what follows each of the tokens, BOS and letters, of one hypothesis.

        The whole decoder on the whole prefix, and the cross-attention's keys and values of all frames again in each call:
        so does torch.nn.TransformerDecoder, which the predecessor uses. Measured: one of the same size takes 14 to 20 % longer.
        """
        self.n_calls += 1
        network, length = self.network, len(tokens)
        x = network.token(torch.tensor([list(tokens)])) + network.letter_position[:length]
        for layer in decoder_layers(network):
            x = layer(x, layer.cross_attention.keys_values(frames), self._mask[:length, :length])
        logits: Tensor = network.out(network.decoder_norm(x[0]))
        return logits


def allowed_tokens(lexicon: Lexicon) -> dict[str, set[int]]:
    """For every beginning of a word, the tokens that may follow; the end of the word is len(alphabet)."""
    allowed: dict[str, set[int]] = defaultdict(set)
    for word, _ in lexicon.key_sequences():
        for at, letter in enumerate(word):
            allowed[word[:at]].add(lexicon.alphabet.index(letter))
        allowed[word].add(len(lexicon.alphabet))
    return dict(allowed)


class Predecessor:
    """Its search. No prior, no CTC head; what the lexicon forbids is masked before the softmax."""

    def __init__(self, model: TorchModel, allowed: dict[str, set[int]], beam_width: int, n_best: int = 4) -> None:
        self.model = model
        self.allowed = allowed
        self.beam_width = beam_width
        self.n_best = n_best

    def search(self, features: Features) -> list[ScoredWord]:
        """The best words by the sum of their log probabilities over LENGTH_POWER of the number of their tokens, BOS and EOS included.

        A heap holds the beam_width best hypotheses, which may differ in length. The best is taken out and continued by its beam_width
        likeliest tokens, until none is left: nothing stops early.
        """
        frames, config = self.model.frames(features), self.model.network.config
        heap = [(0.0, "", [config.bos])]  # what is best is smallest: scores are negated
        finished = list[ScoredWord]()
        while heap:
            cost, letters, tokens = heapq.heappop(heap)
            spent, length = cost * len(tokens) ** LENGTH_POWER, (len(tokens) + 1) ** LENGTH_POWER
            for log_prob, token in self._continuations(frames, letters, tokens):
                longer = (spent - log_prob) / length
                if token == config.eos:
                    finished.append(ScoredWord(letters, -longer))
                elif len(tokens) <= config.max_letters:
                    heapq.heappush(heap, (longer, letters + config.alphabet[token], [*tokens, token]))
            if len(heap) > self.beam_width:
                heap = heapq.nsmallest(self.beam_width, heap)
        return sorted(finished, key=lambda word: -word.score)[: self.n_best]

    @torch.inference_mode()
    def _continuations(self, frames: Tensor, letters: str, tokens: list[int]) -> Iterable[tuple[float, int]]:
        """The likeliest tokens after a hypothesis: log probability among what the lexicon allows, token."""
        logits, allowed = self.model.logits(frames, tokens)[-1], torch.tensor(list(self.allowed[letters]))
        masked = torch.full_like(logits, -math.inf)
        masked[allowed] = logits[allowed]
        best = masked.log_softmax(dim=0).topk(min(self.beam_width, len(allowed)))
        return zip(best.values.tolist(), best.indices.tolist(), strict=True)


class TorchDecoder(ReadsBySteps):
    """The same decoder for a search by the engine's score: a step is a call for each of its hypotheses."""

    def __init__(self, model: TorchModel) -> None:
        self.model = model
        self.alphabet = model.network.config.alphabet
        self.max_letters = model.network.config.max_letters
        self.nothing: Memory | None = None
        self.empty_cache: Cache = PrefixCache.empty()

    @torch.inference_mode()
    def encode(self, features: Features) -> Memory:
        """The encoder's output (1, S, D) in place of keys and values."""
        frames = self.model.frames(features)
        return Memory(frames.numpy(), self.model.network.ctc(frames[0]).log_softmax(dim=-1).numpy())

    @torch.inference_mode()
    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        """As ModelBundle.step."""
        reading, frames = read(tokens, parents, cache), torch.from_numpy(memory.seen)
        log_probs = [self.model.logits(frames, sequence).log_softmax(dim=-1).numpy() for sequence in reading.sequences]
        rows = np.stack([log_probs[sequence][position] for sequence, position in reading.places])
        return StepOutput(rows, reading.cache, np.empty((len(tokens), 0), dtype=np.float32))
