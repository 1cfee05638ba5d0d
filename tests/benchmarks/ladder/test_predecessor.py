"""The predecessor's search against a hand-computed example; and the network without a cache against itself with one."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.common.agreement import ScoredWord
from benchmarks.ladder.predecessor import Predecessor, TorchDecoder, TorchModel, allowed_tokens
from benchmarks.ladder.uncached import UncachedModel
from engine.features import Features
from engine.grid import Grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.model import NO_PARENT, Decoder, Model, ModelBundle
from tests.support import random_network
from tests.support.approximately import about
from training.config import ModelConfig

ALPHABET = "ab"
A, B, END, BOS = 0, 1, 2, 3
LOGITS = {
    (BOS,): [2.0, 1.0, 50.0],
    (BOS, A): [50.0, 0.0, math.log(3)],
    (BOS, A, B): [50.0, 50.0, -7.0],
    (BOS, B): [50.0, 50.0, -9.0],
}
"""Of a, b and the end; 50 stands where the lexicon of a, ab and b forbids it."""
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 2e-4}
"""Of log-probabilities that differ by up to 2e-6 here."""
FEATURES = Features(np.zeros((4, 7), np.float32), np.zeros((4, 2), np.float32), np.zeros((3, 4)))


class TableModel:
    """Logits from a table, in the place of a TorchModel."""

    network = SimpleNamespace(config=ModelConfig(ALPHABET))

    def __init__(self, logits: dict[tuple[int, ...], list[float]]) -> None:
        self.table, self.asked = logits, list[tuple[int, ...]]()

    def frames(self, features: Features) -> torch.Tensor:
        return torch.zeros(1, 2, 4)

    def logits(self, frames: torch.Tensor, tokens: list[int]) -> torch.Tensor:
        self.asked.append(tuple(tokens))
        return torch.tensor([[math.nan] * 3] * (len(tokens) - 1) + [self.table[tuple(tokens)]])


def lexicon_of(*words: str) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, 1, (word,)) for word in words], ALPHABET, "test"))


def found(words: list[ScoredWord]) -> list[tuple[str, float]]:
    return [(word.key_sequence, about(word.score, abs=1e-6)) for word in words]


# --- the search ---


def test_the_lexicon_as_a_dict_of_prefixes() -> None:
    assert allowed_tokens(lexicon_of("a", "ab", "b")) == {"": {A, B}, "a": {B, END}, "ab": {END}, "b": {END}}


def test_masked_before_the_softmax_and_divided_by_the_root_of_the_length() -> None:
    """What is forbidden takes no probability: after ab and b nothing but the end is left, and it is certain."""
    first_a, first_b = 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))
    model = TableModel(LOGITS)
    search = Predecessor(model, allowed_tokens(lexicon_of("a", "ab", "b")), beam_width=6)  # type: ignore[arg-type]
    assert found(search.search(FEATURES)) == [
        ("a", math.log(first_a * 3 / 4) / math.sqrt(3)),  # tokens: BOS, a, EOS
        ("b", math.log(first_b) / math.sqrt(3)),
        ("ab", math.log(first_a * 1 / 4) / math.sqrt(4)),
    ]
    assert set(model.asked) == set(LOGITS) and len(model.asked) == len(LOGITS)  # each prefix once, whole


def test_the_best_hypothesis_is_continued_first_and_a_narrow_beam_forgets_the_others() -> None:
    model = TableModel(LOGITS)
    search = Predecessor(model, allowed_tokens(lexicon_of("a", "ab", "b")), beam_width=1)  # type: ignore[arg-type]
    assert [word.key_sequence for word in search.search(FEATURES)] == ["a"]
    assert model.asked == [(BOS,), (BOS, A)]


def test_only_the_n_best_come_back() -> None:
    search = Predecessor(TableModel(LOGITS), allowed_tokens(lexicon_of("a", "ab", "b")), beam_width=6, n_best=2)  # type: ignore[arg-type]
    assert [word.key_sequence for word in search.search(FEATURES)] == ["a", "b"]


# --- decoders without a cache ---


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, qwerty: Grid) -> Model:
    bundle = ModelBundle.load(random_network.write_bundle(tmp_path_factory.mktemp("predecessor") / "bundle"))
    return bundle.on(qwerty, bundle.manifest.alphabet)


@pytest.fixture(scope="module", params=["torch", "onnx"])
def decoder(request: pytest.FixtureRequest) -> TorchDecoder | UncachedModel:
    return TorchDecoder(TorchModel(random_network.network())) if request.param == "torch" else random_network.uncached()


def random_features(seed: int) -> Features:
    random, config = np.random.default_rng(seed), random_network.CONFIG
    n_points = config.features.n_points
    trajectory, distances = random.normal(size=(n_points, 7)), random.gamma(2, size=(n_points, config.n_letters))
    return Features(trajectory.astype(np.float32), distances.astype(np.float32), np.zeros((3, n_points)))


def log_probs_of(decoder: Decoder, features: Features, steps: list[tuple[list[int], list[int]]]) -> list[np.ndarray]:
    cache, memory, rows = decoder.empty_cache, decoder.encode(features), []  # type: ignore[attr-defined]
    for tokens, parents in steps:
        output = decoder.step(np.array(tokens), np.array(parents), cache, memory)
        cache = output.cache
        rows.append(output.log_probs)
    return rows


@pytest.mark.parametrize(
    "steps",
    [
        [([27], [NO_PARENT]), ([3, 7, 7], [0, 0, 0]), ([1, 2, 1, 0], [2, 1, 1, 3]), ([9], [5])],
        [([27, 4, 5, 4, 6, 4, 0, 1], [NO_PARENT, 0, 0, 1, 1, 3, 2, 6])],
        [([27, 4, 5], [NO_PARENT, 0, 0]), ([1, 1, 2], [2, 1, 3])],
    ],
    ids=["letter by letter", "a tree in one step", "two trees"],
)
def test_log_probs_are_those_of_the_graphs_with_a_cache(
    decoder: TorchDecoder | UncachedModel, model: Model, steps: list[tuple[list[int], list[int]]]
) -> None:
    features = random_features(len(steps))
    for got, expected in zip(log_probs_of(decoder, features, steps), log_probs_of(model, features, steps), strict=True):
        np.testing.assert_allclose(got, expected, **CLOSE)


def test_the_ctc_head_and_the_alphabet_are_those_of_the_bundle(decoder: TorchDecoder | UncachedModel, model: Model) -> None:
    features = random_features(0)
    expected = model.encode(features).ctc_log_probs
    np.testing.assert_allclose(decoder.encode(features).ctc_log_probs, expected, **CLOSE)
    assert (decoder.alphabet, decoder.max_letters) == (model.alphabet, model.max_letters)


def test_calls_are_counted() -> None:
    """PyTorch is called once for each hypothesis."""
    model = TorchModel(random_network.network())
    log_probs_of(TorchDecoder(model), random_features(1), [([27], [NO_PARENT]), ([3, 7, 7], [0, 0, 0])])
    assert model.n_calls == 4


def test_over_a_real_network_it_finds_words_of_the_lexicon_alone() -> None:
    entries = [Entry(word, 1, (word,)) for word in ("cat", "car", "dog", "a")]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, random_network.CONFIG.alphabet, "test"))
    search = Predecessor(TorchModel(random_network.network()), allowed_tokens(lexicon), beam_width=6)
    words = search.search(random_features(2))
    assert sorted(word.key_sequence for word in words) == ["a", "car", "cat", "dog"]
    assert [word.score for word in words] == sorted((word.score for word in words), reverse=True)
