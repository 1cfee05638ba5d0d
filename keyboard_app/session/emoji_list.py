"""Emoji and their names in the person's language. The names are Unicode's CLDR short names, from the package `emoji`. Never Kivy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
FACES = (range(0x1F600, 0x1F650), range(0x1F910, 0x1F980), range(0x1F970, 0x1F97B), (0x263A, 0x2764))
"""What people look for most, and so sees first: faces, hands, hearts."""


@dataclass(frozen=True)
class Emoji:
    """One emoji."""

    text: str
    names: str
    """small, with spaces around each word"""


@lru_cache(maxsize=2)
def all_emoji(language: str) -> tuple[Emoji, ...]:
    """Every emoji but for those with skin tones, faces first. language: a code as in "en"; English names count in any."""
    import emoji  # late: reading its names takes a moment

    if language in emoji.LANGUAGES:
        emoji.config.load_language(language)
    found = [
        Emoji(text, _names(data.get(language, ""), data["en"], *data.get("alias", [])))
        for text, data in emoji.EMOJI_DATA.items()
        if data["status"] == emoji.STATUS["fully_qualified"] and not SKIN_TONES.search(text)
    ]
    return tuple(sorted(found, key=lambda one: (_rank(one.text), len(one.text) > 2, one.text)))


def search(query: str, language: str) -> tuple[Emoji, ...]:
    """The emoji whose names have words that begin with each word of the query; all of them for an empty one."""
    wanted = [" " + word for word in query.lower().split()]
    return tuple(one for one in all_emoji(language) if all(word in one.names for word in wanted))


def _rank(text: str) -> int:
    return next((rank for rank, part in enumerate(FACES) if ord(text[0]) in part), len(FACES))


def _names(*names: str) -> str:
    return " " + " ".join(" ".join(re.split(r"[\W_]+", name.lower())) for name in names) + " "
