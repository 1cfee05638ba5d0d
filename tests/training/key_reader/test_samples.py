"""What the key reader is trained on: warps, rates, keyboards, batches; the same ones for the same seed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.features import FeatureExtractor, FeatureSpec
from engine.grid import Grid
from tests.conftest import LATIN, ROOT
from training.data.swipe_data import SwipeData, load_swipes
from training.key_reader import kernels
from training.key_reader.config import PRESETS, KeyReaderConfig, Mixture
from training.key_reader.layouts import TaughtLanguage, any_keys, rows_to_places
from training.key_reader.samples import Batch, Source, empty_batch, features, left_out, plain_batches, pseudo_word, record
from training.key_reader.segments import collapse, cut

CONFIG = KeyReaderConfig(n_points=16)


@pytest.fixture(scope="module", name="examples")
def fixture_examples(tmp_path_factory: pytest.TempPathFactory) -> SwipeData:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return load_swipes(ROOT / "examples" / "swipes.jsonl")


@pytest.fixture(scope="module", name="make_source")
def fixture_make_source(examples: SwipeData, qwerty: Grid) -> Callable[[Mixture], Source]:
    recorded = record(examples, qwerty, LATIN)
    bank = cut(recorded.data, recorded.words, recorded.keys[:, :2].astype(np.float64))
    keys = rows_to_places((10, 9, 7), np.zeros(3))
    language = TaughtLanguage("xx", "qwertyuiopasdfghjklzxcvbnm", keys, ("held", "moon", "a"), np.array([0.5, 0.3, 0.2]))
    return lambda mixture: Source(recorded, bank, [language], CONFIG, mixture)


def test_a_warp_moves_swipe_and_keys_alike() -> None:
    kernels.seed(3)
    keys = rows_to_places((4, 3), np.zeros(2))
    for _ in range(20):
        warp = kernels.draw_warp(0.5, 0.6, 1.0)
        x, y = keys[:, 0].astype(np.float64), keys[:, 1].astype(np.float64)
        kernels.bend_plane(warp, x, y)
        again_x, again_y = keys[2:3, 0].astype(np.float64), keys[2:3, 1].astype(np.float64)
        kernels.bend_plane(warp, again_x, again_y)
        np.testing.assert_allclose([again_x[0], again_y[0]], [x[2], y[2]], rtol=1e-12, atol=1e-12)
        assert len(np.unique(np.round(x, 6))) > 3


def test_another_rate_keeps_the_ends_and_the_spacing() -> None:
    points = np.array([[0.0, 1.0, 4.0], [0.0, 0.0, 2.0], [0.0, 50.0, 200.0]])
    slow = kernels.at_rate(points, 20.0)
    np.testing.assert_allclose(slow[2], [0, 50, 100, 150, 200], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(slow[0], [0, 1, 2, 3, 4], rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("code", dict.fromkeys([*PRESETS["universal"].languages, "ru"]))
def test_a_language_is_taught_on_its_own_grid(code: str) -> None:
    language = TaughtLanguage.load(code, 300)
    assert len(language.keys) == len(language.alphabet) and len(language.words) > 200
    assert len(np.unique(language.keys[:, :2], axis=0)) == len(language.alphabet)  # no two letters on one key
    assert {letter for word in language.words for letter in word} <= set(language.alphabet)
    assert language.frequencies.argmax() < 5 and (np.diff(language.shares) > 0).all()


def test_a_letter_that_shares_a_key_is_written_as_the_other() -> None:
    assert "еще" in TaughtLanguage.load("ru", 2_000).words
    assert "ё" not in TaughtLanguage.load("ru", 2_000).alphabet


def test_a_keyboard_that_nobody_has_has_enough_keys_each_in_its_own_place() -> None:
    random = np.random.default_rng(2)
    for n_letters in (5, 26, 33, 40):
        keys = any_keys(n_letters, random)
        assert len(keys) >= n_letters
        assert len(np.unique(keys[:, :2], axis=0)) == len(keys)


def test_a_spliced_swipe_passes_its_keys(make_source: Callable[[Mixture], Source]) -> None:
    source = make_source(Mixture())
    keys = rows_to_places((6, 6, 6), np.zeros(3))
    kernels.seed(5)
    misses = []
    for word in ([0, 7, 14], [5, 0, 17, 12], [3, 3, 9]):
        runs, doubled = collapse(word)
        places = keys[runs, :2].astype(np.float64)
        x, y, t = kernels.splice(source._bank, places, doubled)
        assert (np.diff(t) >= 0).all()
        misses += [np.hypot(x - at[0], y - at[1]).min() for at in places]
        assert np.hypot(x[0] - places[0, 0], y[0] - places[0, 1]) < 1.3 and np.hypot(x[-1] - places[-1, 0], y[-1] - places[-1, 1]) < 1.3
    assert max(misses) < 1.3  # cut accepts letters that were missed by 1.2 keys


def test_a_batch_fills_up_words_and_keyboards() -> None:
    keys = rows_to_places((4, 3), np.zeros(2))
    batch = empty_batch([[0, 1], [6]], [keys, keys[:5]], CONFIG)
    assert batch.tokens.tolist() == [[7, 0, 1], [7, 6, 7]]
    assert batch.targets.tolist() == [[0, 1, 7], [6, 7, -100]]
    assert batch.present.sum(dim=1).tolist() == [7, 5]


def same(one: Batch, other: Batch) -> bool:
    return all(torch.equal(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def test_a_batch_depends_on_its_number_alone(make_source: Callable[[Mixture], Source]) -> None:
    source = make_source(Mixture(spliced=0.5))
    first = dict(source.pool(6, seed=1, number=3))
    assert list(first) == list(range(24, 32))
    kernels.seed(99)  # what was drawn before makes no difference
    again = dict(make_source(Mixture(spliced=0.5)).pool(6, seed=1, number=3, first=5))
    assert list(again) == [29, 30, 31]
    assert all(same(batch, first[number]) for number, batch in again.items())
    other = dict(source.pool(6, seed=2, number=3))
    assert not any(same(other[number], first[number]) for number in first)


@pytest.mark.parametrize("spliced", [0.0, 1.0])
def test_the_mixture_is_kept(spliced: float, make_source: Callable[[Mixture], Source]) -> None:
    batches = [batch for _, batch in make_source(Mixture(spliced=spliced)).pool(8, seed=1, number=0)]
    assert {bool(real) for batch in batches for real in batch.real} == {spliced == 0.0}
    assert all(torch.isfinite(batch.trajectory).all() and torch.isfinite(batch.keys).all() for batch in batches)


def test_without_variation_a_batch_holds_the_swipes_as_they_are(
    make_source: Callable[[Mixture], Source], examples: SwipeData, qwerty: Grid
) -> None:
    still = Mixture(spliced=0.0, strength=0.0, mirror=0.0, shear=0.0, bend=0.0)
    recorded = record(examples, qwerty, LATIN)
    plain = [(recorded.words[row], batch.trajectory[i]) for rows, batch in plain_batches(recorded, CONFIG, 4) for i, row in enumerate(rows)]
    for _, batch in make_source(still).pool(8, seed=1, number=0):
        for row, length in enumerate(batch.n_letters.tolist()):
            word = batch.tokens[row, 1 : length + 1].tolist()
            nearest = min(float((batch.trajectory[row] - trajectory).abs().max()) for swiped, trajectory in plain if swiped == word)
            assert nearest < 2.0  # kernels.draw_warp shears six in ten keyboards, by nothing here
            if not torch.equal(batch.keys[row], torch.from_numpy(recorded.keys)):
                continue
            assert nearest < 1e-3


def test_the_features_are_the_engines(examples: SwipeData) -> None:
    """On square keys: the engine measures the way in grid units, the key reader in keys."""
    keys = [{"label": letter, "hitbox": {"x": 100 * i, "y": 0, "w": 100, "h": 100}} for i, letter in enumerate("abcdefghij")]
    grid = Grid.from_json("square", {"width": 1000, "height": 100, "keys": keys})
    engine = FeatureExtractor(FeatureSpec(), grid, "abcdefghij")
    for row in range(5):
        swipe = examples.swipe(row)
        x, y = ((axis - middle) / 100 for axis, middle in zip((swipe.x, swipe.y), grid.origin, strict=True))
        found = features(np.stack([x, y, swipe.t]), 64)
        np.testing.assert_allclose(found, engine(swipe).trajectory, rtol=1e-4, atol=1e-4)


def test_a_share_of_the_words_is_the_same_in_every_run() -> None:
    words = [f"word{number}" for number in range(2_000)]
    some, more = ({word for word in words if left_out(word, share)} for share in (0.1, 0.2))
    assert some < more
    assert 120 < len(some) < 280


def test_words_of_no_language_stay_on_the_keyboard() -> None:
    random = np.random.default_rng(1)
    words = [pseudo_word(30, random) for _ in range(200)]
    assert all(1 <= len(word) <= 14 and min(word) >= 0 and max(word) < 30 for word in words)
    assert any(one == other for word in words for one, other in itertools.pairwise(word))


def test_words_outside_the_alphabet_are_refused(examples: SwipeData, qwerty: Grid) -> None:
    with pytest.raises(ValueError, match="letters outside the alphabet 'abc'"):
        record(replace(examples), qwerty, "abc")
