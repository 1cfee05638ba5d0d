"""What all tests of the keyboard share."""

from __future__ import annotations

import pytest

from keyboard_app.session import worker
from tests.support.recognizing import TIMEOUT_S


@pytest.fixture(autouse=True)
def patient_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is stopped does what it has begun, however busy the machine is: a test leaves no thread that works into the next."""
    monkeypatch.setattr(worker, "STOP_S", TIMEOUT_S)
