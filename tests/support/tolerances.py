"""A pytest plugin that says how near each float comparison came to failing: `make test-tolerances`.

It watches every `np.testing.assert_allclose`, `torch.testing.assert_close`, `allclose` and `pytest.approx` in tests/. What it reports is
the share of the tolerance that was used: the largest |found - expected| / (atol + rtol |expected|) at that line. Where rounded floats
are compared it should be at most LIMIT, so that a processor that rounds differently does not fail the test. The lines that use more are
printed. That is fine where the tolerance is a fact of the test: half of a rounding step, or the error of a share drawn with a fixed seed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LIMIT = 0.05
TESTS = str(Path(__file__).parents[1])

used: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers may be apart: atol + rtol |expected|."""

    rtol: float
    atol: float

    def share(self, found: Any, expected: Any) -> float:
        """The largest used share of the tolerance; what is equal, infinities and NaN too, uses none."""
        found, expected = np.broadcast_arrays(np.asarray(found), np.asarray(expected))
        found, expected = (one.astype(np.promote_types(one.dtype, float)) for one in (found, expected))
        apart = ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
        if not apart.any():
            return 0.0
        with np.errstate(all="ignore"):
            shares = np.abs(found[apart] - expected[apart]) / (self.atol + self.rtol * np.abs(expected[apart]))
        return float(np.nan_to_num(shares, nan=math.inf).max())


def note(share: float) -> None:
    """Keeps the share for the line of the test, or of tests/support, that compares."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (not frame.f_code.co_filename.startswith(TESTS) or frame.f_code.co_filename == __file__):
        frame = frame.f_back
    line = f"{Path(frame.f_code.co_filename).relative_to(TESTS)}:{frame.f_lineno}" if frame.f_code.co_filename.startswith(TESTS) else "?"
    used[line] = max(used.get(line, 0.0), share)


def watch(module: Any, name: str, shares: Callable[..., float]) -> None:
    compare = getattr(module, name)

    @wraps(compare)
    def watched(found: Any, expected: Any, *args: Any, **kwargs: Any) -> Any:
        note(shares(found, expected, *args, **kwargs))
        return compare(found, expected, *args, **kwargs)

    setattr(module, name, watched)


def numpy_share(found: Any, expected: Any, rtol: float = 1e-7, atol: float = 0.0, **_: Any) -> float:
    return Tolerance(rtol, atol).share(found, expected)


def allclose_share(found: Any, expected: Any, rtol: float = 1e-5, atol: float = 1e-8, **_: Any) -> float:
    """Of numpy's arrays or torch's tensors."""
    found, expected = (one.detach() if hasattr(one, "detach") else one for one in (found, expected))
    share = numpy_share(found, expected, rtol, atol)
    return share if share <= 1 else 0.0  # asked in order to find a difference


def torch_share(found: Any, expected: Any, rtol: float | None = None, atol: float | None = None, **_: Any) -> float:
    """As torch.testing.assert_close compares: sequences item by item, with torch's tolerances for each dtype."""
    if found is None:
        return 0.0
    if isinstance(found, (list, tuple)):
        return max((torch_share(one, other, rtol, atol) for one, other in zip(found, expected, strict=True)), default=0.0)
    import torch
    from torch.testing._comparison import default_tolerances

    found, expected = torch.as_tensor(found), torch.as_tensor(expected)
    if rtol is None or atol is None:
        rtol, atol = default_tolerances(found, expected)
    found, expected = (one.detach().cpu().double().numpy() for one in (found, expected))
    return Tolerance(rtol, atol).share(found, expected)


def watch_approx() -> None:
    approx = type(pytest.approx(1.0))
    equal = approx.__eq__

    def watched(self: Any, actual: Any) -> bool:
        same = equal(self, actual)
        if same and isinstance(actual, (int, float, np.number)):
            apart = abs(actual - self.expected) if actual != self.expected else 0.0
            note(apart / self.tolerance if apart and math.isfinite(apart) else 0.0)
        return same

    approx.__eq__ = watched  # type: ignore[method-assign]


def pytest_configure() -> None:
    watch(np.testing, "assert_allclose", numpy_share)
    watch(np, "allclose", allclose_share)
    watch_approx()


def pytest_collection_finish() -> None:
    """torch only where a test has imported it: plain engine tests run without."""
    if "torch" in sys.modules:
        import torch

        watch(torch.testing, "assert_close", torch_share)
        watch(torch, "allclose", allclose_share)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section(f"comparisons that use more than {LIMIT:.0%} of their tolerance, of {len(used)}")
    for line, share in sorted(used.items(), key=lambda item: -item[1]):
        if share > LIMIT:
            terminalreporter.write_line(f"{share:8.1%}  {line}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker of pytest-xdist has seen."""
    for line, share in getattr(node, "workeroutput", {}).get("tolerances", {}).items():
        used[line] = max(used.get(line, 0.0), share)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tolerances"] = used
