"""Builds the English lexicon from wordfreq.

    python -m training.build_lexicon engine/lexicons/english.lexicon --cased /usr/share/dict/scowl/{english,american,british}-*

The lists of --cased are those of the Debian package scowl; without them names stay in lower case.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.metadata
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import wordfreq
from tqdm import tqdm

from engine.lexicon import Entry, Lexicon, build_lexicon, key_sequence, write_lexicon
from training.casing import CURATED, ORDINARY, Casing, read_written_forms

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
MAX_LETTERS = 32
FRAGMENTS = frozenset({"n't", "ll", "ve"})
"""What wordfreq's tokenizer leaves of contractions."""
ONE_LETTER = frozenset({"a", "i"})
MIN_FREQUENCY = {2: 1.5e-6, 3: 5e-8}
"""Length of a key sequence -> the frequency below which it must be a listed word: short junk (acronyms, initials, typos) lies
on the way of every short word. Of the training swipes 53 in 59,587 are lost by it, and 1 key sequence in 3 of up to 3 letters."""
THRICE = re.compile(r"(.)\1\1")
"""A letter three times in a row cannot be swiped."""

type_of_spellings = dict[str, dict[str, float]]
