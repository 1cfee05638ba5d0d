"""The network against itself: a step with a cache is a forward of all letters, and padding does not leak."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch

from engine.features import Column, FeatureSpec
from training.config import Embedding, Encoder, ModelConfig
from training.model.network import SwipeNetwork

CONFIG = ModelConfig(
    "abcdefg",
    FeatureSpec(8, get_args(Column)),
    width=12,
    feed_forward_width=20,
    n_heads=3,
    n_encoder_layers=2,
    n_decoder_layers=2,
    max_letters=6,
    key_centres=((-1.0, 0.0), (0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (-0.5, 1.0), (0.5, 1.0), (1.5, 1.0)),
)
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 3e-4}
"""Of logits and log-probabilities up to about 10, which differ by up to 1.3e-5 here; a letter that changes them does so by far more."""


CONFIGS = [
    *(replace(CONFIG, embedding=embedding) for embedding in get_args(Embedding)),
    *(replace(CONFIG, encoder=encoder) for encoder in get_args(Encoder) if encoder != CONFIG.encoder),
    replace(CONFIG, ctc=False),
]


@pytest.fixture(scope="module", params=CONFIGS, ids=lambda config: f"{config.embedding}-{config.encoder}{'' if config.ctc else '-no_ctc'}")
def network(request: pytest.FixtureRequest) -> SwipeNetwork:
    """Random weights, large enough that every letter changes what follows."""
    torch.manual_seed(3)
    made = SwipeNetwork(request.param).eval().requires_grad_(False)
    for parameter in made.parameters():
        parameter.mul_(2.0).add_(0.05 * torch.randn_like(parameter))
    return made


def swipes(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Random (trajectory (n, N, F), key_distances (n, N, K))."""
    random, (n_points, n_columns) = np.random.default_rng(seed), (CONFIG.features.n_points, CONFIG.features.n_columns)
    trajectory, distances = random.normal(size=(n, n_points, n_columns)), random.gamma(2, size=(n, n_points, CONFIG.n_letters))
    return torch.from_numpy(trajectory.astype(np.float32)), torch.from_numpy(distances.astype(np.float32))


def random_tokens(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    """(rows, length + 1): BOS and random letters."""
    letters = np.random.default_rng(seed).integers(CONFIG.n_letters, size=(rows, length))
    return torch.from_numpy(np.insert(letters, 0, CONFIG.bos, axis=1))


def step(
    network: SwipeNetwork, tokens: torch.Tensor, parents: torch.Tensor, cache: torch.Tensor, seen: torch.Tensor, memory: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """SwipeNetwork.step of prefixes whose parents are rows of the cache (B,): log_probs, cache, seen, attention.

    seen (P, P): 1 where a row of the cache is a letter of another's prefix.
    """
    before, new = len(seen), len(tokens)
    seen = torch.block_diag(seen, torch.eye(new))
    if before:
        seen[before:, :before] = seen[parents, :before]
    mask = torch.where(seen[before:] > 0, 0.0, -60.0)
    log_probs, rows, attention = network.step(tokens, seen[before:].sum(dim=1).long() - 1, mask, cache, memory)
    return log_probs, torch.cat([cache, rows], dim=2), seen, attention


def start() -> tuple[torch.Tensor, torch.Tensor]:
    """(cache, seen) before the first letter."""
    return torch.zeros(CONFIG.n_decoder_layers, 2 * CONFIG.n_heads, 0, CONFIG.head_width), torch.zeros(0, 0)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_steps_with_a_cache_equal_a_full_forward(network: SwipeNetwork, rows: int) -> None:
    """The hypotheses change places at every step, so the parents must be followed."""
    random = np.random.default_rng(rows)
    swipe, tokens = swipes(1), random_tokens(rows, CONFIG.max_letters, seed=rows)
    expected = network(*swipe, tokens)[0].log_softmax(dim=-1)
    memory, _ = network.encode(*swipe)
    (cache, seen), places = start(), torch.zeros(rows, dtype=torch.int64)
    for at in range(tokens.shape[1]):
        order = torch.from_numpy(random.permutation(rows))
        log_probs, cache, seen, attention = step(network, tokens[order, at], places[order], cache, seen, memory)
        torch.testing.assert_close(log_probs, expected[order, at], **CLOSE)
        torch.testing.assert_close(attention.mean(dim=0).sum(dim=1), torch.ones(rows))
        assert cache.shape == (2, 6, rows * (at + 1), 4)
        places = rows * at + torch.argsort(order)  # where each word's row now is


def test_one_parent_may_have_several_children_and_others_none(network: SwipeNetwork) -> None:
    swipe, before = swipes(1), random_tokens(3, 2)
    memory, _ = network.encode(*swipe)
    (cache, seen), parents = start(), torch.zeros(3, dtype=torch.int64)
    for at in range(3):
        _, cache, seen, _ = step(network, before[:, at], parents, cache, seen, memory)
        parents = 3 * at + torch.arange(3)
    chosen, letters = torch.tensor([2, 2, 0, 2]), torch.tensor([0, 1, 1, 6])
    log_probs, _, _, _ = step(network, letters, parents[chosen], cache, seen, memory)
    expected = network(*swipe, torch.cat([before[chosen], letters[:, None]], dim=1))[0][:, -1].log_softmax(dim=-1)
    torch.testing.assert_close(log_probs, expected, **CLOSE)


def test_encoding_one_swipe_equals_its_row_of_a_batch(network: SwipeNetwork) -> None:
    trajectory, key_distances = swipes(4)
    frames, (_, ctc_logits) = network.frames(trajectory, key_distances), network(trajectory, key_distances, random_tokens(4, 1))
    for row in range(4):
        one = trajectory[row : row + 1], key_distances[row : row + 1]
        torch.testing.assert_close(network.frames(*one)[0], frames[row], **CLOSE)
        _, ctc_log_probs = network.encode(*one)
        assert ctc_log_probs.shape == (CONFIG.n_frames if network.config.ctc else 0, CONFIG.n_letters + 1)
        torch.testing.assert_close(ctc_log_probs, ctc_logits[row].log_softmax(dim=-1), **CLOSE)
        torch.testing.assert_close(ctc_log_probs.exp().sum(dim=1), torch.ones(len(ctc_log_probs)))


def test_what_follows_a_word_does_not_change_it(network: SwipeNetwork) -> None:
    """Words are filled up with EOS to the longest of their batch; no letter may see what is behind it."""
    swipe, tokens = swipes(3), random_tokens(3, 5)
    alone, _ = network(*swipe, tokens[:, :4])
    for filler in (CONFIG.eos, 0):
        padded = tokens.clone()
        padded[:, 4:] = filler
        torch.testing.assert_close(network(*swipe, padded)[0][:, :4], alone, **CLOSE)
    padded[:, 3] = (padded[:, 3] + 1) % CONFIG.n_letters
    changed = (network(*swipe, padded)[0][:, :4] - alone).abs().amax(dim=(0, 2))
    assert (changed[:3] < CLOSE["atol"]).all() and changed[3] > 1e-3


def test_every_input_matters(network: SwipeNetwork) -> None:
    """Points, distances and letters each change the logits of what follows, where the embedding reads them."""
    (trajectory, key_distances), tokens = swipes(1), random_tokens(1, 2)
    before, _ = network(trajectory, key_distances, tokens)
    near_another_key = key_distances.clone()
    near_another_key[0, 3, 2] = 0.1
    unread = {"phrase_swipe": "trajectory", "trainable_gaussian": "key_distances"}.get(network.config.embedding)
    for name, other in (("trajectory", (trajectory + 0.1, key_distances)), ("key_distances", (trajectory, near_another_key))):
        change = (network(*other, tokens)[0][:, -1] - before[:, -1]).abs().max()
        assert change == 0 if name == unread else change > 1e-4
    assert (network(trajectory, key_distances, 6 - tokens % 7)[0][:, -1] - before[:, -1]).abs().max() > 1e-4


def test_a_width_that_the_heads_cannot_share_is_refused() -> None:
    with pytest.raises(ValueError, match="width 10 must be a multiple of n_heads 3"):
        ModelConfig("ab", width=10, n_heads=3)


def test_a_width_that_has_no_half_is_refused() -> None:
    with pytest.raises(ValueError, match="encoder 'lstm' reads half of the width backwards, got width 9: choose an even one"):
        ModelConfig("ab", width=9, n_heads=3, encoder="lstm")


def test_an_encoder_that_is_not_known() -> None:
    with pytest.raises(ValueError, match=r"encoder 'conformr' is not known: did you mean 'conformer'\?"):
        ModelConfig("ab", encoder="conformr")  # type: ignore[arg-type]
