"""One step of the search, without the model: the best continuations that the trie allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.suites.stages import Stage
from engine import kernels
from engine.beam_search import search
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord

BEAMS = (1, 5, 10, 30, 100)
N_SWIPES = 30


def naive_expand(arguments: tuple[Any, ...]) -> list[tuple[float, int, int]]:
    """Bound, parent and token of each continuation, the best first. arguments: as kernels.expand."""
    trie, prior_scale, nodes, scores, log_probs, leaders, beam_width, margin = arguments
    _, leaders = kernels.finish(trie, prior_scale, nodes, scores, log_probs, leaders)
    found = []
    for parent, node in enumerate(nodes.tolist()):
        for child in range(*trie.first_child[node : node + 2].tolist()):
            token, prior = int(trie.token[child]), int(trie.best_prior[child]) - 1
            found.append((float(scores[parent] + log_probs[parent, token] - prior_scale * prior), parent, token))
    best = max([leaders[0], *(bound for bound, _, _ in found)])
    kept = [one for one in found if one[0] > leaders[-1] and one[0] >= best - margin]
    return sorted(kept, key=lambda one: -one[0])[:beam_width]


@pytest.mark.parametrize("beam_width", BEAMS)
def test_expand(
    stage: Stage, recognizer: SwipeRecognizer, records: list[SwipeRecord], monkeypatch: pytest.MonkeyPatch, beam_width: int
) -> None:
    """On what the steps of a search give it, of all lengths."""
    calls: list[tuple[Any, ...]] = []
    expand = kernels.expand

    def record(*arguments: Any) -> Any:
        calls.append(arguments)
        return expand(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(kernels, "expand", record)
        options = replace(recognizer.default_options, beam_width=beam_width, method="steps")
        for one in records[:N_SWIPES]:
            memory = recognizer.model.encode(recognizer.model.extractor(one.swipe))
            search(recognizer.model, memory, recognizer.lexicon, options)
    outputs = stage.measure(lambda arguments: kernels.expand(*arguments), calls)
    for arguments, (_, _, parents, tokens, _, _) in zip(calls, outputs, strict=True):
        assert list(zip(parents.tolist(), tokens.tolist(), strict=True)) == [one[1:] for one in naive_expand(arguments)]
    stage.note("hypotheses a step", float(np.mean([len(arguments[2]) for arguments in calls])))
