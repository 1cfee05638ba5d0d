"""The encoder's own opinion of which letter comes next, from its CTC head, without the decoder's knowledge of words.

The search mixes it with the decoder's. The decoder has learnt which letters follow which, and errs towards words that it
has met; the CTC head judges each frame on its own, which mends rare words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engine import kernels

Floats = npt.NDArray[np.float64]
NO_LETTER = -1


@dataclass(frozen=True, eq=False)
class CtcPrefixes:
    """What the CTC head thinks of B prefixes. Source: Graves 2012; as prefix scores, Watanabe et al. 2017."""

    frame_probs: Floats
    """(S, K + 1): the probability of each letter at each frame, of blank last"""
    aligned: Floats
    """(B, 2, S + 1): the probability that the first s frames write exactly the prefix, the last of them its last letter [0] or
    blank [1]"""
    last_letters: npt.NDArray[np.int64]
    """(B,), NO_LETTER for the empty prefix"""
    log_probs: Floats
    """(B,): the log probability of writing something that begins with the prefix"""

    @classmethod
    def empty(cls, ctc_log_probs: npt.NDArray[np.float32]) -> CtcPrefixes:
        """The empty prefix. ctc_log_probs: (S, K + 1), of Memory."""
        frame_probs = np.exp(ctc_log_probs.astype(np.float64))
        return cls(frame_probs, kernels.start_alignment(frame_probs), np.full(1, NO_LETTER), np.zeros(1))

    def log_next(self) -> Floats:
        """(B, K + 1): the log probability of each letter after the prefix, and of the end last, in place of blank."""
        return self._log_reached - self.log_probs[:, None]

    def extend(self, parents: npt.NDArray[np.int64], tokens: npt.NDArray[np.int64]) -> CtcPrefixes:
        """C longer prefixes: number c is prefix parents[c], a row of these, followed by the letter tokens[c]. Both are (C,)."""
        aligned = kernels.align_letters(self.aligned, self.last_letters, self.frame_probs, parents, tokens)
        return CtcPrefixes(self.frame_probs, aligned, tokens, self._log_reached[parents, tokens])

    @cached_property
    def _log_reached(self) -> Floats:
        """(B, K + 1): the log probability of beginning with the prefix and each letter; of being the prefix, last."""
        reached = kernels.reach_letters(self.aligned, self.last_letters, self.frame_probs)
        log_reached: Floats = np.log(np.maximum(reached, kernels.IMPOSSIBLE))
        return log_reached
