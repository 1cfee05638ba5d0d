"""Which words are rude or hateful: those of a list per language, in the folder `offensive`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

FOLDER = Path(__file__).with_name("offensive")
SHARE = 0.5
"""A key sequence is offensive where offensive tokens have at least this share of its frequency."""


@dataclass(frozen=True)
class OffensiveWords:
    """The patterns of a list. Nothing but a whole word matches, unless the list says so with a *."""

    patterns: tuple[str, ...] = ()
    """a word in lower case, in which * stands for any letters; what begins with ! is not offensive, whatever the others say"""

    @classmethod
    def of_language(cls, code: str) -> OffensiveWords:
        """The list of a language; without words where there is none."""
        path = FOLDER / f"{code}.txt"
        return cls.read(path) if path.is_file() else cls()

    @classmethod
    def read(cls, path: Path) -> OffensiveWords:
        """The list in a file: a pattern a line, # before a comment. Raises: OSError, UnicodeDecodeError."""
        lines = (line.partition("#")[0].strip().lower() for line in path.read_text(encoding="utf-8").splitlines())
        return cls(tuple(line for line in lines if line))

    def among(self, groups: Mapping[str, Mapping[str, float]]) -> set[str]:
        """The key sequences that are offensive, of those with their tokens and frequencies."""
        offensive = _any_of([one for one in self.patterns if not one.startswith("!")])
        plain = _any_of([one[1:] for one in self.patterns if one.startswith("!")])
        marked = set()
        for sequence, tokens in groups.items():
            rude = sum(share for token, share in tokens.items() if offensive.match(token) and not plain.match(token))
            if rude and rude >= SHARE * sum(tokens.values()):
                marked.add(sequence)
        return marked


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    """Matches a whole word of any pattern; no word for none."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")
