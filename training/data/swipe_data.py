"""Recorded swipes with their words: read from JSON lines once, then from a cache of flat arrays."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs
from tqdm import tqdm

from engine.files import whole_file
from engine.lexicon import key_sequence
from engine.swipe import Swipe
from engine.swipe_file import read_good_swipes

CACHE_VERSION = 3
MIN_PEOPLE = 20
"""Holding out whole people needs this many."""


@dataclass(frozen=True, eq=False)
class SwipeData:
    """n swipes as flat arrays. Swipe i is points[:, offsets[i]:offsets[i + 1]]."""

    points: npt.NDArray[np.float32]
    """(3, all points): x, y in grid units, t in milliseconds"""
    offsets: npt.NDArray[np.int64]
    """(n + 1,)"""
    words: npt.NDArray[np.str_]
    """(n,)"""
    users: npt.NDArray[np.str_]
    """(n,)"""
    clean: npt.NDArray[np.bool_]
    """(n,), whether the swipe passed the collection's geometric test; True where the file does not say"""

    prompts: npt.NDArray[np.str_]
    """(n,), what kind of text the person was asked for; empty where the file does not say"""

    def __len__(self) -> int:
        return len(self.words)

    def swipe(self, index: int) -> Swipe:
        x, y, t = self.points[:, self.offsets[index] : self.offsets[index + 1]].astype(np.float64)
        return Swipe(x, y, t)

    def select(self, indices: npt.NDArray[np.int64]) -> SwipeData:
        """The swipes at these indices, in their order."""
        lengths = (self.offsets[1:] - self.offsets[:-1])[indices]
        columns = np.concatenate([np.arange(self.offsets[i], self.offsets[i + 1]) for i in indices])
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        words, users, clean, prompts = self.words[indices], self.users[indices], self.clean[indices], self.prompts[indices]
        return SwipeData(self.points[:, columns], offsets, words, users, clean, prompts)

    def key_sequences(self, alphabet: str, n_letters: int) -> SwipeData:
        """The swipes with their words' key sequences for words ("dont" for "don't"); what is left out is named on stderr.

        Left out are words that the alphabet cannot spell, or with more than n_letters letters. Raises: ValueError where that is all.
        """
        found = [key_sequence(word, alphabet) for word in self.words.tolist()]
        kept = np.array([sequence is not None and len(sequence) <= n_letters for sequence in found])
        if not kept.all():
            first = f"no key sequence of at most {n_letters} letters of '{alphabet}', '{self.words[~kept][0]}' the first of them"
            if not kept.any():
                raise ValueError(f"the words of all {len(self):,} swipes have {first}: choose an alphabet that spells them")
            print(f"{(~kept).sum():,} of {len(self):,} swipes are left out: their words have {first}", file=sys.stderr)
        usable = self if kept.all() else self.select(np.flatnonzero(kept))
        return replace(usable, words=np.array([sequence for sequence, keep in zip(found, kept, strict=True) if keep]))

    def split_by_user(self, held_out_share: float) -> tuple[SwipeData, SwipeData]:
        """(the rest, the held out), as `held_out` says. Raises: ValueError where there is a single swipe."""
        held_out = self.held_out(held_out_share)
        return self.select(np.flatnonzero(~held_out)), self.select(np.flatnonzero(held_out))

    def held_out(self, share: float) -> npt.NDArray[np.bool_]:
        """(n,) which swipes are held out: those of whole people, chosen by the hash of their name, the same ones in every run.

        With fewer than MIN_PEOPLE people, single swipes are held out, by the hash of their place in the file.
        Raises: ValueError where there is a single swipe.
        """
        if len(self) < 2:
            raise ValueError("the data hold a single swipe, expected two or more: one is held out")
        names, person = np.unique(self.users, return_inverse=True)
        if len(names) < MIN_PEOPLE:
            names, person = np.arange(len(self)).astype(str), np.arange(len(self))
        hashes = np.array([int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32 for name in names])
        chosen: npt.NDArray[np.bool_] = (hashes <= max(share, hashes.min()))[person]
        return chosen


def load_swipes(path: Path | str, labelled: bool = True) -> SwipeData:
    """The swipes of a file, in any shape that `engine.swipe_file` reads. The first time takes seconds; a cache serves the next ones.

    labelled: whether every swipe has to have its word; else all words are empty. Raises: ValueError that says where and why for
    what is no such swipe; OSError where the file is not readable.
    """
    path = Path(path)
    stat = path.stat()
    key = hashlib.sha256(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns} {CACHE_VERSION}".encode()).hexdigest()[:16]
    if not labelled:
        key += "-unlabelled"
    cache = platformdirs.user_cache_path("keyglide") / f"swipes-{key}.npz"
    if cache.exists():
        with np.load(cache) as arrays:
            return SwipeData(**{name: arrays[name] for name in arrays.files})
    data = _parse(path, labelled)
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(cache) as unfinished:
            np.savez(unfinished, **vars(data))
    except OSError as error:  # the swipes are there all the same
        print(f"{path.name} will be parsed again next time: its cache {cache} cannot be written ({error.strerror})", file=sys.stderr)
    return data


def _parse(path: Path, labelled: bool) -> SwipeData:
    points, words, users, clean, prompts = [], [], [], [], []
    for record in tqdm(read_good_swipes(path, labelled), desc=f"reading {path.name}", disable=not sys.stderr.isatty()):
        points.append(np.array([record.swipe.x, record.swipe.y, record.swipe.t], dtype=np.float32))
        words.append((record.word or "") if labelled else "")
        users.append(str(record.fields.get("user", "")))
        clean.append(bool(record.fields.get("clean", True)))
        prompts.append(str(record.fields.get("prompt") or ""))
    offsets = np.concatenate([[0], np.cumsum([part.shape[1] for part in points])])
    columns = np.concatenate(points, axis=1)
    return SwipeData(columns, offsets, np.array(words), np.array(users), np.array(clean), np.array(prompts))
