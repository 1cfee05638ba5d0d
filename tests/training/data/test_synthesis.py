"""Cutting real swipes and splicing new ones."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid
from tests.conftest import LATIN
from tests.support import naive
from training.data import kernels
from training.data.swipe_data import SwipeData
from training.data.synthesis import build_segment_bank, to_symbols


def traced(word: str, grid: Grid, offset: tuple[float, float] = (0.0, 0.0), per_gap: int = 6) -> npt.NDArray[np.float32]:
    """(3, n): a swipe along the straight lines between the word's keys, moved by `offset`, 16 ms between its points."""
    centres = grid.centres(word) + np.array(offset)
    at = np.linspace(0, len(word) - 1, (len(word) - 1) * per_gap + 1)
    x, y = (np.interp(at, np.arange(len(word)), column) for column in centres.T)
    return np.array([x, y, 16.0 * np.arange(len(at))], dtype=np.float32)


def collection(swipes: dict[str, npt.NDArray[np.float32]]) -> SwipeData:
    offsets = np.concatenate([[0], np.cumsum([points.shape[1] for points in swipes.values()])])
    words = np.array(list(swipes))
    clean = np.ones(len(words), dtype=bool)
    return SwipeData(np.concatenate(list(swipes.values()), axis=1), offsets, words, words, clean, words)


def test_symbols_collapse_runs() -> None:
    assert to_symbols("hello", LATIN).tolist() == [7, 4, 11 + 26, 14]
    assert to_symbols("aaab", LATIN).tolist() == [26, 1]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=8), st.data())
def test_align_finds_the_least_sum(points: list[tuple[int, int]], data: st.DataObject) -> None:
    n_letters = data.draw(st.integers(2, min(4, len(points))))
    centres = data.draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=n_letters, max_size=n_letters))
    x, y = np.array(points, dtype=np.float64).T
    anchors = kernels.align(x, y, np.array(centres, dtype=np.float64))
    assert anchors[0] == 0 and anchors[-1] == len(points) - 1
    assert all(one < other for one, other in itertools.pairwise(anchors))
    cost = sum((points[i][0] - c[0]) ** 2 + (points[i][1] - c[1]) ** 2 for i, c in zip(anchors[1:], centres[1:], strict=True))
    assert cost == pytest.approx(naive.least_alignment_cost(points, centres))


def test_splicing_a_word_from_its_own_swipe_gives_that_swipe(qwerty: Grid) -> None:
    points = traced("table", qwerty, (7.0, 21.0))
    bank = build_segment_bank(collection({"table": points}), qwerty, LATIN)
    kernels.seed(3)
    spliced = kernels.splice(bank, to_symbols("table", LATIN))
    np.testing.assert_allclose(spliced, points, atol=1e-3)


@pytest.mark.parametrize("word", ["cable", "bee", "lab", "tattle"])
def test_spliced_swipes_pass_their_keys_in_order(word: str, qwerty: Grid) -> None:
    sources = ["table", "beetle", "cattle", "label", "battle"]
    bank = build_segment_bank(collection({w: traced(w, qwerty, (0.0, 15.0)) for w in sources}), qwerty, LATIN)
    kernels.seed(5)
    symbols = to_symbols(word, LATIN)
    for _ in range(10):
        x, y, t = kernels.splice(bank, symbols)
        anchors = kernels.align(x, y, bank.centres[symbols])
        misses = np.hypot(x[anchors] - bank.centres[symbols, 0], y[anchors] - bank.centres[symbols, 1])
        assert misses.max() < 0.5 * qwerty.key_width
        assert np.all(np.diff(t) >= 0) and np.isfinite(x + y).all()


@pytest.mark.parametrize("factor", [0.01, 1 / 128, 1000.0])
def test_a_grid_in_other_units_gives_the_same_swipes(factor: float, qwerty: Grid) -> None:
    """Told apart by units of qwerty_en, none of these five came out the same on a grid of a hundredth of the size."""
    random = np.random.default_rng(1)
    sources = [word for word in ("table", "beetle", "cattle", "label", "battle") for _ in range(8)]
    swipes = [traced(word, qwerty, tuple(random.normal(0, 20, 2)), per_gap=int(random.integers(3, 12))) for word in sources]
    units = (1.0, factor)
    banks = []
    for unit in units:
        points = [part * np.array([[unit], [unit], [1]], dtype=np.float32) for part in swipes]
        offsets = np.concatenate([[0], np.cumsum([part.shape[1] for part in points])])
        words, clean = np.array(sources), np.ones(len(sources), dtype=bool)
        data = SwipeData(np.concatenate(points, axis=1), offsets, words, words, clean, words)
        banks.append(build_segment_bank(data, in_units(qwerty, unit), LATIN))
    for word in ("cable", "bee", "lab", "tattle", "elect"):
        made = []
        for bank in banks:
            kernels.seed(11)
            made.append(kernels.splice(bank, to_symbols(word, LATIN)))
        one, other = made
        assert one.shape == other.shape, word
        np.testing.assert_allclose(other[:2] / factor, one[:2], rtol=1e-4, atol=1e-2, err_msg=word)
        np.testing.assert_allclose(other[2], one[2], rtol=1e-6)


def in_units(grid: Grid, factor: float) -> Grid:
    """The same keyboard with other grid units."""
    keys = [dataclasses.replace(k, x=factor * k.x, y=factor * k.y, w=factor * k.w, h=factor * k.h) for k in grid.keys]
    return dataclasses.replace(grid, width=factor * grid.width, height=factor * grid.height, keys=tuple(keys))


def test_swipes_that_miss_their_keys_are_not_cut(qwerty: Grid) -> None:
    good, bad = traced("table", qwerty), traced("label", qwerty, (0.0, 200.0))
    bank = build_segment_bank(collection({"table": good, "label": bad}), qwerty, LATIN)
    assert len(bank.first) == len("table") - 1
    unclean = dataclasses.replace(collection({"table": good}), clean=np.array([False]))
    with pytest.raises(ValueError, match="no swipe"):
        build_segment_bank(unclean, qwerty, LATIN)


def test_the_speed_profile_of_spliced_swipes_is_that_of_real_ones(real_data: SwipeData, qwerty: Grid) -> None:
    bank = build_segment_bank(real_data, qwerty, LATIN)
    kernels.seed(7)
    words = [to_symbols(word, LATIN) for word in real_data.words]
    spliced = [kernels.splice(bank, word) for word in words if len(word) > 1]
    real = [real_data.points[:, a:b] for a, b in itertools.pairwise(real_data.offsets)]
    assert quartiles_of_speed(spliced) == pytest.approx(quartiles_of_speed(real), rel=0.2)


def quartiles_of_speed(swipes: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float64]:
    """(3,), grid units per millisecond, over all pairs of neighbouring points."""
    speeds = [np.hypot(*np.diff(points[:2], axis=1)) / np.maximum(np.diff(points[2]), 1) for points in swipes]
    result: npt.NDArray[np.float64] = np.percentile(np.concatenate(speeds), [25, 50, 75])
    return result
