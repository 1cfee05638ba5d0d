"""Letters that the lexicon forbids: which they are, in batches, and in the loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from tests.conftest import LATIN
from tests.support import toy
from training.config import PRESETS
from training.data.batches import IGNORED, Collator
from training.data.impossible import ImpossibleLetters
from training.loop.lightning_module import cross_entropy

TINY = PRESETS["tiny"]


def lexicon_of(words: set[str], alphabet: str = LATIN) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, 1.0, (word,)) for word in words], alphabet, "test"))


@given(st.sets(st.text("abc", min_size=1, max_size=5), min_size=1), st.text("abc", max_size=5))
def test_what_no_word_goes_on_with_is_impossible(words: set[str], other: str) -> None:
    impossible = ImpossibleLetters(lexicon_of(words, "abc"), "abc")
    for word in words:
        for at, row in enumerate(impossible(word).tolist()):
            prefix = word[:at]
            possible = [any(one.startswith(prefix + letter) for one in words) for letter in "abc"]
            assert row == [not one for one in possible] + [prefix not in words]
    if other not in words:
        assert impossible(other).shape == (len(other) + 1, 4) and not impossible(other).any()


def test_another_alphabet_is_refused(qwerty: Grid) -> None:
    with pytest.raises(ValueError, match="the lexicon's alphabet is 'abc', the model's 'abcdefg"):
        Collator(TINY.model, qwerty, lexicon_of({"ab"}, "abc"))


def test_a_batch_is_masked_where_there_is_a_lexicon(qwerty: Grid) -> None:
    swipes, words = [toy.swipe_of(word, qwerty) for word in ("cat", "carts")], ["cat", "carts"]
    assert Collator(TINY.model, qwerty)(swipes, words).impossible is None
    lexicon = lexicon_of({"cat", "car", "do"})
    mask = Collator(TINY.model, qwerty, lexicon)(swipes, words).impossible
    assert isinstance(mask, torch.Tensor)
    possible = [["".join((LATIN + ".")[i] for i in np.flatnonzero(~place)) for place in row.numpy()] for row in mask]
    everything = LATIN + "."
    assert possible == [["cd", "a", "rt", ".", everything, everything], [everything] * 6]


def naive_cross_entropy(logits: list[float], target: int, smoothing: float, impossible: list[bool]) -> float:
    possible = [i for i, one in enumerate(impossible) if not one]
    total = sum(math.exp(logits[i]) for i in possible)
    losses = {i: -math.log(math.exp(logits[i]) / total) for i in possible}
    return (1 - smoothing) * losses[target] + smoothing * sum(losses.values()) / len(possible)


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_the_masked_loss_knows_possible_letters_alone(smoothing: float) -> None:
    torch.manual_seed(0)
    logits = torch.randn(3, 4, 6, requires_grad=True)
    targets = torch.tensor([[1, 5, IGNORED, IGNORED], [0, 2, 3, 5], [4, 4, 5, IGNORED]])
    impossible = (torch.rand(3, 4, 6) < 0.5).scatter(-1, targets.clamp_min(0)[..., None], False)
    loss = cross_entropy(logits, targets, smoothing, impossible)
    expected = [
        naive_cross_entropy(logits[row, at].tolist(), int(targets[row, at]), smoothing, impossible[row, at].tolist())
        for row, at in (targets != IGNORED).nonzero().tolist()
    ]
    assert loss.item() == pytest.approx(sum(expected) / len(expected), rel=1e-5)
    loss.backward()
    gradient = logits.grad
    assert isinstance(gradient, torch.Tensor)
    assert gradient.isfinite().all() and (gradient[impossible] == 0).all() and (gradient[~impossible][:4] != 0).any()


@pytest.mark.parametrize("smoothing", [0.0, 0.05])
def test_where_all_is_possible_the_loss_is_as_it_was(smoothing: float) -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(3, 4, 6), torch.randint(0, 6, (3, 4))
    targets[0, 2:] = IGNORED
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, label_smoothing=smoothing)
    torch.testing.assert_close(cross_entropy(logits, targets, smoothing, torch.zeros(3, 4, 6, dtype=torch.bool)), expected)
    assert torch.equal(cross_entropy(logits, targets, smoothing), expected)
