"""A context model of a few words with random weights, made without torch."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.context.context_file import Header, Sizes, pack
from engine.context.model import FIRST_CLASS, ContextModel
from engine.lexicon import Entry, Lexicon, build_lexicon, key_sequence

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
WORDS = ("the", "I", "it's", "its", "May", "may", "meet", "at", "could", "we", "station", "nine")
ENDINGS = ("s", "ing")
LEXICON_WORDS = {
    "the": ("the",),
    "i": ("I",),
    "its": ("its", "it's"),
    "may": ("may", "May"),
    "meet": ("meet",),
    "meets": ("meets",),
    "at": ("at",),
    "could": ("could",),
    "we": ("we",),
    "station": ("station",),
    "london": ("London",),
    "paris": ("Paris",),
    "walking": ("walking",),
    "asking": ("asking",),
}
"""key sequence -> written forms"""


def lexicon() -> Lexicon:
    entries = [Entry(sequence, 1.0 / (1 + number), forms) for number, (sequence, forms) in enumerate(LEXICON_WORDS.items())]
    return Lexicon.from_bytes(build_lexicon(entries, ALPHABET, "test"))


def content(words: Sequence[str] = WORDS, width: int = 8, hidden: int = 6, seed: int = 0) -> bytes:
    """The content of the file."""
    rng = np.random.default_rng(seed)
    n_rows = FIRST_CLASS + 2 * (len(ENDINGS) + 1) + len(words)
    texts = [word.encode() for word in words]
    keys = sorted((zlib.crc32((key_sequence(word, ALPHABET) or "").encode()), n_rows - len(words) + i) for i, word in enumerate(words))
    sizes = Sizes(n_rows, len(words), width, hidden, len(keys), sum(map(len, texts)))
    frequency = rng.dirichlet(np.ones(n_rows))
    arrays: dict[str, npt.NDArray[Any]] = {
        "log_frequency": np.log(frequency),
        "bias": np.log(frequency),
        "key_hash": np.array([digest for digest, _ in keys]),
        "key_row": np.array([row for _, row in keys]),
        "text_start": np.cumsum([0, *map(len, texts)]),
        "text": np.frombuffer(b"".join(texts), np.uint8),
    }
    for name, (dtype, shape) in sizes.shapes.items():
        if name not in arrays:
            whole = rng.integers(0, 256, shape) if dtype == "|u1" else rng.integers(-127, 128, shape)
            arrays[name] = whole if dtype in ("|u1", "|i1") else rng.uniform(0.002, 0.02, shape)
    arrays["class_mass"] = np.log(np.full(2 * (len(ENDINGS) + 1), 0.02))
    return pack(Header("en", ALPHABET, "test", ENDINGS, sizes, {"perplexity": 12.5}), arrays)


def model(seed: int = 0) -> ContextModel:
    return ContextModel.from_bytes(content(seed=seed))
