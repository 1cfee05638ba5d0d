"""The key-reading network: what permuting and adding keys does, and what the decoder may not see."""

from __future__ import annotations

import pytest
import torch

from tests.support.key_reader import SMALL, random_inputs, small_network
from training.key_reader.config import KeyReaderConfig
from training.key_reader.network import KeyReader
from training.key_reader.samples import AWAY


@pytest.fixture(name="network")
def fixture_network() -> KeyReader:
    return small_network()


@pytest.mark.parametrize("n_keys", [9, 26, 33])
@torch.inference_mode()
def test_permuting_the_keys_permutes_the_outputs_exactly(n_keys: int, network: KeyReader) -> None:
    trajectory, keys, present, tokens, seen = random_inputs(n_keys, 4)
    keys[:, 3:6, 1] = keys[:, 3:4, 1]  # a row of keys
    logits, ctc = network(trajectory, keys, present, tokens, seen)
    for seed in range(5):
        order = torch.randperm(n_keys, generator=torch.Generator().manual_seed(seed))
        renamed, last = torch.cat([order.argsort(), torch.tensor([n_keys])]), torch.cat([order, torch.tensor([n_keys])])
        moved_logits, moved_ctc = network(trajectory, keys[:, order], present, renamed[tokens], seen)
        assert torch.equal(moved_logits, logits[..., last])
        assert torch.equal(moved_ctc, ctc[..., last])


@torch.inference_mode()
def test_keys_that_fill_up_a_batch_change_nothing(network: KeyReader) -> None:
    trajectory, keys, present, tokens, seen = random_inputs(9, 4)
    logits, ctc = network(trajectory, keys, present, tokens, seen)
    filled = torch.cat([keys, torch.tensor([AWAY, AWAY, 1.0, 1.0]).expand(2, 3, 4)], dim=1)
    there = torch.cat([present, torch.zeros(2, 3, dtype=torch.bool)], dim=1)
    more_logits, more_ctc = network(trajectory, filled, there, torch.where(tokens == 9, 12, tokens), seen)
    kept = [*range(9), 12]
    torch.testing.assert_close(more_logits.softmax(-1)[..., kept], logits.softmax(-1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(more_ctc.softmax(-1)[..., kept], ctc.softmax(-1), rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_without_the_swipe_the_decoder_says_the_same_of_every_swipe(network: KeyReader) -> None:
    one, other = random_inputs(9, 4, seed=5), random_inputs(9, 4, seed=6)
    nothing = torch.zeros(2)
    expected, _ = network(one.trajectory, one.keys, one.present, one.tokens, nothing)
    found, _ = network(other.trajectory, one.keys, one.present, one.tokens, nothing)
    assert torch.equal(found, expected)
    with_swipe, _ = network(other.trajectory, one.keys, one.present, one.tokens, one.seen)
    assert (with_swipe - expected).abs().max() > 0.01


@torch.inference_mode()
def test_a_token_that_is_not_kept_makes_no_difference(network: KeyReader) -> None:
    inputs = random_inputs(9, 4)
    kept = torch.ones(inputs.tokens.shape, dtype=torch.bool)
    kept[:, 2] = False
    logits, _ = network(*inputs, kept)
    changed = inputs.tokens.clone()
    changed[:, 2] = (changed[:, 2] + 1) % 9
    again, _ = network(*inputs._replace(tokens=changed), kept)
    assert torch.equal(again, logits)
    seen, _ = network(*inputs._replace(tokens=changed))
    assert (seen - logits).abs().max() > 0.01


@torch.inference_mode()
def test_the_decoder_sees_no_letter_before_its_turn(network: KeyReader) -> None:
    inputs = random_inputs(9, 4)
    logits, _ = network(*inputs)
    changed = inputs.tokens.clone()
    changed[:, -1] = (changed[:, -1] + 1) % 9
    again, _ = network(*inputs._replace(tokens=changed))
    torch.testing.assert_close(again[:, :-1], logits[:, :-1], rtol=2e-5, atol=2e-5)
    assert (again[:, -1] - logits[:, -1]).abs().max() > 0.01


@pytest.mark.parametrize(
    ("changes", "what"), [({"width": 15}, "multiple of n_heads"), ({"n_points": 15}, "stride"), ({"key_width": 0}, "1")]
)
def test_an_impossible_shape_is_refused(changes: dict[str, int], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        KeyReaderConfig(**{**vars(SMALL), **changes})
