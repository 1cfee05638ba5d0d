"""Which recorded swipes to measure with, or to prove an export on, where nobody names a file."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "KEYGLIDE_DATA"
"""the environment variable that names the folder of recordings"""
DEV = Path("how_we_swipe", "dev.jsonl.gz")
"""the swipes to measure with, in that folder"""
EXAMPLES = Path(__file__).parents[1] / "examples" / "swipes.jsonl"
"""a few swipes that a checkout has"""
DEFAULT = f"{DEV} of the folder that {VARIABLE} names, else the examples"
"""for help texts"""


def default_recordings() -> Path:
    """The file. Raises: FileNotFoundError where it is not there, with what to do."""
    folder = os.environ.get(VARIABLE)
    file = Path(folder) / DEV if folder else EXAMPLES
    if not file.is_file():
        why = f"{VARIABLE} is '{folder}'" if folder else f"{VARIABLE} is not set, and this is not a checkout"
        raise FileNotFoundError(f"no recorded swipes at '{file}': {why}. Name a file, or set {VARIABLE} to a folder with {DEV}")
    return file
