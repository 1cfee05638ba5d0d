"""Prepares the decoder's attention for drawing: how strongly each frame is coloured for a letter of a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine import Explanation, LetterExplanation

Floats = npt.NDArray[np.float64]

END_MARK = "."
TOLERANCE_MS = 1e-6
"""Frames are interpolated, so the last one may come a rounding error after the last point."""


@dataclass(frozen=True, eq=False, repr=False)  # Kivy takes the repr of property values, which took most of the time
class Attention:
    """Where the decoder looked, for one letter or for all of them."""

    x: Floats
    """(S,), grid units"""
    y: Floats
    """(S,), grid units, downwards"""
    time_ms: Floats
    """(S,), since the swipe's first point"""
    density: Floats
    """(S,), 0 to 1; 1 where a letter's attention was highest"""
    letters: tuple[str, ...]
    """S of them: the chosen letters whose attention was highest there; the end of the word is `END_MARK`"""

    @classmethod
    def of(cls, explanation: Explanation, letter: int | None) -> Attention:
        """The attention for a letter, by its index in explanation.letters, whose last one is the end of the word.

        None means all letters: then each frame has the highest density that it has for any of them.
        Raises: IndexError if the word has no such letter.
        """
        chosen = explanation.letters if letter is None else (explanation.letters[letter],)
        x, y, t = explanation.frames
        density = np.array([_density(one) for one in chosen])
        names = [END_MARK if place == len(explanation.letters) - 1 else one.letter for place, one in enumerate(explanation.letters)]
        names = names if letter is None else [names[letter]]
        letters = ["".join(name for name, highest in zip(names, frame == 1, strict=True) if highest) for frame in density.T]
        return cls(x, y, t - t[0], density.max(axis=0), tuple(letters))

    def come(self, time_ms: float) -> Attention:
        """The frames up to a time of a replay."""
        come = self.time_ms <= time_ms + TOLERANCE_MS
        letters = tuple(letter for letter, has_come in zip(self.letters, come, strict=True) if has_come)
        return Attention(self.x[come], self.y[come], self.time_ms[come], self.density[come], letters)


def _density(letter: LetterExplanation) -> Floats:
    density: Floats = letter.attention.astype(np.float64) / float(letter.attention.max())
    return density
