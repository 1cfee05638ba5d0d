"""The encoder: once for each swipe."""

from __future__ import annotations

import numpy as np

from benchmarks.suites.stages import Stage
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord

N_SWIPES = 50


def test_encode(stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord]) -> None:
    features = [recognizer.model.extractor(record.swipe) for record in records[:N_SWIPES]]
    for memory in stage.measure(recognizer.model.encode, features):
        assert memory.ctc_log_probs.shape[1] == len(recognizer.model.alphabet) + 1
        np.testing.assert_allclose(np.exp(memory.ctc_log_probs).sum(axis=1), 1.0, rtol=1e-4)
