"""What may come of the file of a person's words."""

from __future__ import annotations

import sqlite3


class DamagedError(Exception):
    """The file is not a store of words, or not any more."""


class NewerError(Exception):
    """A newer Keyglide wrote the file."""


TROUBLE = (sqlite3.Error, OSError, DamagedError, NewerError)
"""What may come of a file: a full disk, a folder that cannot be written, damage."""
