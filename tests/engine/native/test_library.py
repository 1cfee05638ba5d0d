"""Compiled kernels as Python functions: what they read, what they give back, and who does what they cannot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.common.memory import resident_mb
from engine import jit, kernels
from engine.native import place
from engine.native.library import Library, address_of

pytestmark = pytest.mark.skipif(jit.way() != "ahead", reason="nothing is compiled ahead in this run")
NAME = "engine.kernels.see_ancestors"
PARENTS = np.array([-1, 0, 1])


@pytest.fixture
def library() -> Library:
    path = place.find()
    assert path
    return Library(path)


def otherwise(*arguments: object) -> tuple[object, ...]:
    return arguments


def test_a_kernel_gives_arrays_that_own_their_memory() -> None:
    lengths, mask = kernels.see_ancestors(PARENTS, 1, -60.0)
    assert (lengths.tolist(), lengths.dtype) == ([1, 2], np.int64)
    assert (mask.tolist(), mask.dtype) == ([[0.0, 0.0, -60.0], [0.0, 0.0, 0.0]], np.float32)
    for array in (lengths, mask):
        assert array.flags.owndata
        assert array.flags.writeable
        assert sys.getrefcount(array) == 4  # here, in the loop, in its tuple, and in the call


def test_a_kernel_that_returns_nothing_returns_none() -> None:
    rows = np.array([[1.0, 3.0]], np.float32)
    assert kernels.standardize(rows) is None
    np.testing.assert_allclose(rows, [[-1.0, 1.0]], rtol=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [
        (PARENTS, 1),
        (PARENTS, 1, -60.0, 0),
        (PARENTS.tolist(), 1, -60.0),
        (PARENTS.astype(np.int32), 1, -60.0),
        (PARENTS.astype(np.float64), 1, -60.0),
        (PARENTS.astype(">i8"), 1, -60.0),
        (PARENTS[None], 1, -60.0),
        (PARENTS[::-1], 1, -60.0),
        (np.zeros(25, np.uint8)[1:].view(np.int64), 1, -60.0),
        (PARENTS.view(np.recarray), 1, -60.0),
        (PARENTS, 1.0, -60.0),
        (PARENTS, 2**70, -60.0),
        (PARENTS, 1, "-60.0"),
        (None, None, None),
    ],
)
def test_what_a_kernel_was_not_compiled_for_goes_to_plain_python(library: Library, arguments: tuple[Any, ...]) -> None:
    given = library.function(NAME, otherwise)(*arguments)
    assert len(given) == len(arguments)
    assert all(one is other for one, other in zip(given, arguments, strict=True))


def test_numbers_of_any_type_are_numbers(library: Library) -> None:
    kernel = library.function(NAME, otherwise)
    expected = kernel(PARENTS, 1, -60.0)
    for n_before, hidden in ((np.int32(1), np.float32(-60.0)), (True, -60)):
        for one, other in zip(kernel(PARENTS, n_before, hidden), expected, strict=True):
            assert one.tolist() == other.tolist()


def test_what_a_kernel_writes_to_must_be_writable(library: Library) -> None:
    rows = np.array([[1.0, 3.0]], np.float32)
    rows.flags.writeable = False
    (given,) = library.function("engine.kernels.standardize", otherwise)(rows)
    assert given is rows
    assert rows.tolist() == [[1.0, 3.0]]


def test_a_tuple_with_other_fields_goes_to_plain_python(library: Library) -> None:
    row = np.zeros(4, np.float32)
    for cell in ((), (row,) * 6, [row] * 6, None):
        assert library.function("engine.context.kernels.step", otherwise)(cell, row, row)[0] is cell


def test_an_exception_of_plain_python_comes_through(library: Library) -> None:
    def fail(*_: object) -> None:
        raise LookupError("as planned")

    with pytest.raises(LookupError, match="as planned"):
        library.function(NAME, fail)(None)


def test_no_memory_is_lost() -> None:
    chain = np.arange(-1, 999)
    kernels.see_ancestors(chain, 0, -60.0)
    before = resident_mb()["now"]
    for _ in range(200):
        kernels.see_ancestors(chain, 0, -60.0)  # 4 MB
    assert resident_mb()["now"] < before + 400  # of 800; other threads of this process may need some, too
    assert sys.getrefcount(chain) == 2


def test_a_kernel_has_its_name_and_its_words(library: Library) -> None:
    kernel = library.function(NAME, jit.KERNELS[NAME].plain)
    assert kernel.__name__ == "see_ancestors"
    assert kernel.__doc__ == jit.KERNELS[NAME].function.__doc__


def test_what_is_not_there_is_named(library: Library) -> None:
    with pytest.raises(ValueError, match=r"no kernel 'engine\.kernels\.dance' was compiled"):
        library.function("engine.kernels.dance", otherwise)
    with pytest.raises(ValueError, match=r"need 'no_such_function', which is not known"):
        address_of("no_such_function")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = place.find()
    assert path
    content, damaged = path.read_bytes(), tmp_path / "damaged.o"
    for bad in (b"", b"not ELF", content[:64], *(content[: len(content) * i // 9] for i in range(1, 9))):
        damaged.write_bytes(bad)
        with pytest.raises(ValueError, match=r"ELF file|object file"):
            Library(damaged)
