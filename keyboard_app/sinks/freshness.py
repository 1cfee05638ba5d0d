"""Whether what a program tells of its text is newer than our last edit."""

from __future__ import annotations

import time
from collections.abc import Callable

from keyboard_app.text.sink import Context

LATE_S = 0.3
"""for how long after an edit a program may still tell its text from before. GTK does so within 30 ms"""


class Freshness:
    """Keeps the text that a program has told last, while it can be from after our last edit.

    Shortly after an edit only a text that ends with what was inserted is believed: what GTK tells after a deletion is from before it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._edited_s = float("-inf")
        self._inserted = ""
        self.context: Context | None = None
        """what the program told after the last edit; None: nothing"""

    def reset(self) -> None:
        """Another field has the cursor."""
        self._edited_s, self._inserted, self.context = float("-inf"), "", None

    def edited(self, inserted: str) -> None:
        """An edit was sent."""
        self._edited_s, self._inserted, self.context = self._clock(), inserted, None

    def told(self, context: Context) -> bool:
        """Takes what the program tells; returns whether it is believed."""
        fresh = self._clock() - self._edited_s > LATE_S or (bool(self._inserted) and context.before.endswith(self._inserted))
        if fresh:
            self.context = context
        return fresh
