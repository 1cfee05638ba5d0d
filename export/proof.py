"""The proof that a bundle, run by the engine, gives the same numbers as the network in torch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from engine.features import Features
from engine.model import NO_PARENT
from engine.recognizer import Candidate, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe import Swipe
from export.reference import PrefixTree, ReferenceResult, ScoredWord, reference_search
from training.model.network import SwipeNetwork

TOLERANCE = 1e-4
"""How far apart two log probabilities may be, in nats."""
SCORE_TOLERANCE = 1e-3
"""Nats that the score of a word may differ: a sum over its letters and the swipe's frames."""
SHOWN = 10
"""How many differences are printed."""


@dataclass(frozen=True)
class Sample:
    """A recorded swipe and the key sequence that it was meant to be."""

    swipe: Swipe
    word: str


@dataclass
class Proof:
    """What the comparison found."""

    n_swipes: int = 0
    n_log_probs: int = 0
    """compared log-probabilities"""
    largest_difference: float = 0.0
    """nats, of all log-probabilities of encoder (CTC) and decoder"""
    n_tied: int = 0
    """candidate lists that differ only by what is closer than TOLERANCE"""
    differences: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.n_swipes > 0 and not self.differences

    def summary(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "swipes": self.n_swipes,
            "log_probs": self.n_log_probs,
            "largest_difference_nats": float(f"{self.largest_difference:.3g}"),
            "equal_candidate_lists": self.n_swipes - self.n_tied,
            "tied_candidate_lists": self.n_tied,
        }

    def report(self) -> str:
        """For people."""
        compared = f"{self.n_swipes} swipes, {self.n_log_probs} log-probabilities, {self.n_swipes} candidate lists"
        if self.holds:
            tied = f", {self.n_tied} of the lists apart from ties" if self.n_tied else ""
            return f"ONNX and torch agree: {compared}; largest difference {self.largest_difference:.2g} nats{tied}"
        shown = "\n".join(self.differences[:SHOWN])
        more = f"\nand {len(self.differences) - SHOWN} more" if len(self.differences) > SHOWN else ""
        return f"ONNX and torch differ ({compared}; largest difference {self.largest_difference:.2g} nats):\n{shown}{more}"


def prove(recognizer: SwipeRecognizer, network: SwipeNetwork, samples: Sequence[Sample], options: SearchOptions | None = None) -> Proof:
    """Compares on every sample the log-probabilities of each step of its word, and the candidates.

    The words must be ones that the model can write. options: by default those of the bundle.
    """
    proof, tree = Proof(), PrefixTree(recognizer.lexicon)
    options = options or recognizer.default_options
    for sample in tqdm(samples, desc="proving", disable=not sys.stderr.isatty()):
        features = recognizer.model.extractor(sample.swipe)
        difference, n_log_probs = compare_steps(recognizer, network, features, sample.word)
        proof.n_swipes += 1
        proof.n_log_probs += n_log_probs
        proof.largest_difference = max(proof.largest_difference, difference)
        if not difference <= TOLERANCE:  # NaN too
            proof.differences.append(f"'{sample.word}': log-probabilities differ by {difference:.3g} nats, allowed are {TOLERANCE}")
        candidates = recognizer.recognize(sample.swipe, options)
        reference = reference_search(network, features, tree, options)
        expected = reference.finished[: options.n_best]
        if same(candidates, expected):
            continue
        if tied(candidates, reference, options.n_best):
            proof.n_tied += 1
        else:
            proof.differences.append(f"'{sample.word}': {_listed(candidates)} from ONNX, {_listed(expected)} from torch")
    return proof


def compare_steps(recognizer: SwipeRecognizer, network: SwipeNetwork, features: Features, word: str) -> tuple[float, int]:
    """(largest difference, number of log-probabilities) along the word, cached against a forward of the whole word.

    Two other words go along, and the three change places at every step, so that parents and rows are proven too.
    """
    config = network.config
    letters = np.array([config.alphabet.index(letter) for letter in word], dtype=np.int64)
    words = np.stack([letters, letters[::-1], (letters + 1) % config.n_letters])
    tokens = np.insert(words, 0, config.bos, axis=1)
    trajectory, key_distances = torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None]
    with torch.inference_mode():
        logits, _ = network(trajectory, key_distances, torch.from_numpy(tokens))
        expected = logits.log_softmax(dim=-1).numpy()
        _, expected_ctc = network.encode(trajectory, key_distances)
    memory, rows = recognizer.model.encode(features), len(tokens)
    differences = [_difference(memory.ctc_log_probs, expected_ctc.numpy())]
    cache, parents = recognizer.model.empty_cache, np.full(rows, NO_PARENT)
    for step in range(tokens.shape[1]):
        order = np.roll(np.arange(rows), step)
        output = recognizer.model.step(tokens[order, step], parents, cache, memory)
        differences.append(_difference(output.log_probs, expected[order, step]))
        cache, parents = output.cache, len(cache) + np.roll(np.arange(rows), 1)
    return max(differences, key=lambda d: (np.isnan(d), d)), expected.size + expected_ctc.numel()


def same(candidates: Sequence[Candidate], expected: Sequence[ScoredWord]) -> bool:
    """The same words in the same order, with the same scores."""
    return len(candidates) == len(expected) and all(
        one.key_sequence == other.key_sequence and abs(one.score - other.score) <= SCORE_TOLERANCE
        for one, other in zip(candidates, expected, strict=True)
    )


def tied(candidates: Sequence[Candidate], reference: ReferenceResult, n_best: int) -> bool:
    """Whether other words may be right as well, because torch itself hardly prefers its own.

    Either a decision of the reference's beam was closer than TOLERANCE, or every rank holds a word that the reference
    finished, too, with a score within TOLERANCE of that of the word which it puts there.
    """
    expected = reference.finished[:n_best]
    if [one.key_sequence for one in candidates] == [one.key_sequence for one in expected]:
        return False  # the scores differ
    if reference.narrowest < TOLERANCE:
        return True
    scores = {word.key_sequence: word.score for word in reference.finished}
    return len(candidates) == len(expected) and all(
        abs(scores.get(one.key_sequence, np.inf) - other.score) < TOLERANCE for one, other in zip(candidates, expected, strict=True)
    )


def _difference(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max(initial=0.0)) if one.shape == other.shape else float("inf")


def _listed(words: Sequence[Candidate] | Sequence[ScoredWord]) -> str:
    return ", ".join(f"{word.key_sequence} {word.score:.4f}" for word in words) or "nothing"
