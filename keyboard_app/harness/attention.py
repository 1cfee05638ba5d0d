"""The decoder's attention as something to draw: how densely each frame is coloured for a letter of a word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine import Explanation, LetterExplanation

Floats = npt.NDArray[np.float64]

END_MARK = "."
TOLERANCE_MS = 1e-6
"""Frames are interpolated: the last may stand a rounding error behind the last point."""


@dataclass(frozen=True, eq=False, repr=False)  # Kivy writes the values of its properties out, which took most of the time
class Attention:
    """Where the decoder looked for one letter, or for all of them."""

    x: Floats
    """(S,), grid units"""
    y: Floats
    """(S,), grid units, downwards"""
    time_ms: Floats
    """(S,), since the swipe's first point"""
    density: Floats
    """(S,), 0 to 1, and 1 where a letter's attention was highest"""
    letters: tuple[str, ...]
    """S: of the chosen letters those whose attention was highest there; the word's end is `END_MARK`"""

    @classmethod
    def of(cls, explanation: Explanation, letter: int | None) -> Attention:
        """letter: its place in explanation.letters, whose last is the word's end; None for all, each frame as dense as for any.

        Raises: IndexError where the word has no such letter.
        """
        chosen = explanation.letters if letter is None else (explanation.letters[letter],)
        x, y, t = explanation.frames
        density = np.array([_density(one) for one in chosen])
        names = [END_MARK if place == len(explanation.letters) - 1 else one.letter for place, one in enumerate(explanation.letters)]
        names = names if letter is None else [names[letter]]
        letters = ["".join(name for name, highest in zip(names, frame == 1, strict=True) if highest) for frame in density.T]
        return cls(x, y, t - t[0], density.max(axis=0), tuple(letters))

    def come(self, time_ms: float) -> Attention:
        """The frames that have come at a time of a replay."""
        come = self.time_ms <= time_ms + TOLERANCE_MS
        letters = tuple(letter for letter, has_come in zip(self.letters, come, strict=True) if has_come)
        return Attention(self.x[come], self.y[come], self.time_ms[come], self.density[come], letters)


def _density(letter: LetterExplanation) -> Floats:
    density: Floats = letter.attention.astype(np.float64) / float(letter.attention.max())
    return density
