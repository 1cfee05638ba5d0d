"""What a key reader is tried on: real swipes, as they are, transformed with their keys or at another rate, and spliced ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import platformdirs

from engine.files import write_whole
from engine.grid import Grid
from engine.key_places import KeyPlaces
from engine.language import load_languages
from engine.lexicon import Entry, Lexicon, build_lexicon
from training.data.swipe_data import SwipeData
from training.key_reader import kernels
from training.key_reader.kernels import Segments
from training.key_reader.layouts import Places, TaughtLanguage
from training.key_reader.samples import Recorded, record, swipe_points
from training.key_reader.segments import collapse

N_SPLICED = 2_000
"""Swipes of a spliced trial, drawn by the frequency of their words."""
N_LEXICON = 150_000
"""The most frequent words of a language, for a spliced trial's lexicon where none is shipped."""
SEED = 13
"""The same swipes in every run."""


@dataclass(frozen=True, eq=False)
class Trial:
    """Swipes with their keys, and the lexicon that they are searched in."""

    name: str
    recorded: Recorded
    lexicon: Lexicon
    key_of: npt.NDArray[np.int64]
    """(letters of the lexicon's alphabet,): the key of each; letters may share one"""

    def __len__(self) -> int:
        return len(self.recorded.words)

    def every(self, step: int) -> Trial:
        """Each step-th swipe."""
        rows = np.arange(0, len(self), step)
        data, words = self.recorded.data.select(rows), [self.recorded.words[row] for row in rows]
        return replace(self, recorded=Recorded(data, self.recorded.keys, words))


def real(name: str, data: SwipeData, grid: Grid, lexicon: Lexicon) -> Trial:
    """Recorded swipes of a grid. Raises: ValueError, as `record`."""
    return Trial(name, record(data, grid, lexicon.alphabet), lexicon, KeyPlaces.on(grid, lexicon.alphabet).key_of)


def mirrored(trial: Trial) -> Trial:
    """Left and right exchanged, in swipes and keys."""
    return _moved(trial, "mirrored", np.array([[-1.0, 0.0], [0.0, 1.0]]))


def sheared(trial: Trial, slant: float, grid: Grid) -> Trial:
    """Every unit of the grid further down moves everything to the right by `slant` units."""
    return _moved(trial, f"sheared by {slant:g}", np.array([[1.0, slant * grid.key_height / grid.key_width], [0.0, 1.0]]))


def at_rate(trial: Trial, hertz: float) -> Trial:
    """The swipes as a screen with that rate would have recorded them."""
    data = trial.recorded.data
    parts = [kernels.at_rate(swipe_points(data, index), float(hertz)) for index in range(len(data))]
    return replace(trial, name=f"{trial.name}, {hertz:g} Hz", recorded=trial.recorded._replace(data=_with_points(data, parts)))


def spliced(name: str, bank: Segments, lexicon: Lexicon, keys: Places, key_of: npt.NDArray[np.int64]) -> Trial:
    """Swipes of the lexicon's words, drawn by frequency. keys (K, 4); key_of (letters,): the key of each letter of its alphabet."""
    random = np.random.default_rng(SEED)
    kernels.seed(SEED)
    known = list(lexicon.key_sequences())
    frequencies = np.exp([log_prior for _, log_prior in known])
    drawn = random.choice(len(known), size=N_SPLICED, p=frequencies / frequencies.sum())
    spelt = [known[index][0] for index in drawn.tolist()]
    words = [[int(key_of[lexicon.alphabet.index(letter)]) for letter in word] for word in spelt]
    parts = [spliced_swipe(bank, word, keys) for word in words]
    n, nobody = len(words), np.full(len(words), "")
    empty = SwipeData(np.empty((3, 0), np.float32), np.zeros(n + 1, np.int64), np.array(spelt), nobody, np.ones(n, np.bool_), nobody)
    return Trial(f"spliced {name}", Recorded(_with_points(empty, parts), keys, words), lexicon, key_of)


def spliced_swipe(bank: Segments, word: list[int], keys: Places) -> npt.NDArray[np.float64]:
    """(3, n): a swipe for the word's keys out of pieces of real ones."""
    runs, doubled = collapse(word)
    places = keys[runs, :2].astype(np.float64)
    made = kernels.splice(bank, places, doubled) if len(runs) > 1 else kernels.dwell(bank, places[0], bool(doubled[0]))
    swipe: npt.NDArray[np.float64] = made
    return swipe


def language_lexicon(code: str) -> Lexicon:
    """The language's shipped lexicon; where there is none, one of wordfreq's words, which is made once and kept in our cache.

    Raises: ValueError, as TaughtLanguage.load; OSError if the cache cannot be written.
    """
    shipped = load_languages().get(code)
    if shipped and shipped.lexicon:
        return Lexicon.open(shipped.lexicon)
    path = platformdirs.user_cache_path("keyglide") / f"wordfreq-{code}-{N_LEXICON}.lexicon"
    if not path.exists():
        language = TaughtLanguage.load(code, N_LEXICON)
        rows = zip(language.words, language.frequencies.tolist(), strict=True)
        entries = [Entry(word, frequency, (word,)) for word, frequency in rows if frequency > 0]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, build_lexicon(entries, language.alphabet, f"wordfreq, {code}"))
    return Lexicon.open(path)


def _moved(trial: Trial, how: str, matrix: npt.NDArray[np.float64]) -> Trial:
    """Swipes and keys through the same linear map of the plane, and back to the middle."""
    data, keys = trial.recorded.data, trial.recorded.keys.copy()
    keys[:, :2] = keys[:, :2] @ matrix.T.astype(np.float32)
    middle = kernels.centre(keys).astype(np.float32)
    points = data.points.copy()
    points[:2] = matrix.astype(np.float32) @ points[:2] - middle[:2, None]
    keys[:, :2] -= middle
    return replace(trial, name=f"{trial.name}, {how}", recorded=trial.recorded._replace(data=replace(data, points=points), keys=keys))


def _with_points(data: SwipeData, parts: list[npt.NDArray[np.float64]]) -> SwipeData:
    offsets = np.concatenate([[0], np.cumsum([part.shape[1] for part in parts])])
    return replace(data, points=np.concatenate(parts, axis=1).astype(np.float32), offsets=offsets)
