"""Numbers that are nearly equal, in the place of numbers."""

from __future__ import annotations

from typing import Any

import pytest


def about(expected: float, rel: float | None = None, abs: float | None = None) -> Any:  # noqa: A002 (pytest's name)
    """pytest.approx of one number; of type Any, since it stands where a number belongs: in a tuple, or in a dataclass."""
    return pytest.approx(expected, rel=rel, abs=abs)
