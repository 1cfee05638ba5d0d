"""Numbers on a command line."""

from __future__ import annotations

import argparse

import pytest

from engine.arguments import positive


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("0012", 12), ("1000000", 1_000_000)])
def test_a_positive_number_is_taken(text: str, number: int) -> None:
    assert positive(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e3", "", "many", "²", "+1", " 1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a whole number above 0, got"):
        positive(text)
