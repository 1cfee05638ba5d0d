"""Products in tiles: compiled in any of the ways that processors have, they have the same sums as in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import jit
from engine.fused import products
from engine.fused.products import COLUMNS, ROWS
from engine.fused.weight_file import tiled
from engine.native import place

pytestmark = pytest.mark.skipif(not jit.has_numba(), reason="nothing is compiled: numba is switched off or missing")
WAYS = [("avx512_vnni", "+avx512vnni"), ("avx_vnni", "+avxvnni"), ("avx512_vnni", "+avxvnni"), (None, "+sse2")]
"""What the processor must have, as Linux calls it, and what LLVM is told that it has."""


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[1]} on {way[0]}")
def compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Compiles a function as for that processor."""
    import numba

    from engine.fused import instructions

    needed, features = request.param
    if needed is not None and needed not in place.processor()[1]:
        pytest.skip(f"this processor has no {needed}")
    chosen = instructions.multiplier(features)
    monkeypatch.setattr(instructions, "multiplier", lambda _: chosen)

    def compile_(function: Any) -> Any:
        return numba.njit(function)

    return compile_


@pytest.mark.parametrize("depth", [4, 64, 480])
def test_bytes(compiled: Any, depth: int) -> None:
    random = np.random.default_rng(depth)
    weights, values = (
        random.integers(-64, 65, (depth, 2 * COLUMNS)).astype(np.int8),
        random.integers(0, 256, (3 * ROWS, depth)).astype(np.uint8),
    )
    values[0], weights[:, 0], weights[:, 1] = 255, 64, -64  # the largest sums
    starts = random.integers(-(10**6), 10**6, 2 * COLUMNS).astype(np.int32)
    scales, biases = random.random(2 * COLUMNS).astype(np.float32), random.normal(size=2 * COLUMNS).astype(np.float32)
    expected = (values.astype(np.int64) @ weights + starts).astype(np.float32) * scales + biases
    multiply, packed = products.multiply_bytes, tiled(weights)

    def whole(out: Any) -> None:
        for left in range(0, out.shape[1], COLUMNS):
            for top in range(0, out.shape[0], ROWS):
                multiply(values, top, packed, left * depth, starts, scales, biases, left, out, left)

    plain, out = (np.full((3 * ROWS, 2 * COLUMNS), np.nan, np.float32) for _ in range(2))
    whole(plain)
    np.testing.assert_array_equal(plain, expected)
    compiled(whole)(out)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("turned", [False, True])
def test_floats_are_added(compiled: Any, turned: bool) -> None:
    random = np.random.default_rng(1)
    left, right = random.normal(size=(ROWS + 5, 50)).astype(np.float32), random.normal(size=(50, COLUMNS + 9)).astype(np.float32)
    if turned:
        left = np.asfortranarray(left)
    before = random.normal(size=(ROWS + 3, COLUMNS + 7)).astype(np.float32)
    expected = before.copy()
    expected[2 : 2 + ROWS, 4 : 4 + COLUMNS] += left[5 : 5 + ROWS, 1:44] @ right[3:46, 6 : 6 + COLUMNS]
    multiply = products.multiply_floats

    def tile(out: Any) -> None:
        multiply(left, 5, 1, right, 3, 6, 43, out, 2, 4)

    for way in (tile, compiled(tile)):
        out = before.copy()
        way(out)
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


def test_no_products_leave_a_tile_as_it_was(compiled: Any) -> None:
    left, right, out = np.zeros((ROWS, 4), np.float32), np.zeros((4, COLUMNS), np.float32), np.ones((ROWS, COLUMNS), np.float32)
    multiply = products.multiply_floats

    def none(out: Any) -> None:
        multiply(left, 0, 0, right, 0, 0, 0, out, 0, 0)

    compiled(none)(out)
    assert (out == 1).all()


def test_powers_and_rows(compiled: Any) -> None:
    power, row = products.to_the_power_of_two, products.flat

    def both(x: Any, exponents: Any, out: Any) -> None:
        items = row(x)
        for i in range(len(items)):
            out[i] = items[i] * power(np.int32(exponents[i]))

    x, exponents, out = np.arange(1, 7, dtype=np.float32).reshape(2, 3), np.array([-126, -1, 0, 1, 5, 124]), np.empty(6, np.float32)
    compiled(both)(x, exponents, out)
    np.testing.assert_array_equal(out, np.ldexp(np.arange(1, 7, dtype=np.float32), exponents))
