"""A model that notes how long its network takes, and what its decoder is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from engine.model import Cache, Floats, Integers, Memory, Model, StepOutput, Tree


class TimedSession:
    """A session, of onnxruntime or the engine's own, that adds up how long it runs."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.ms = 0.0

    def run(self, *arguments: Any) -> Any:
        begin = time.perf_counter_ns()
        outputs = self._session.run(*arguments)
        self.ms += (time.perf_counter_ns() - begin) / 1e6
        return outputs


class TimedModel:
    """A bundle that counts what it is asked, and how long its graphs take. A search.Decoder."""

    def __init__(self, model: Model) -> None:
        self.model, self.bundle, self.nothing = model, model.bundle, model.nothing
        self.alphabet, self.max_letters, self.empty_cache = model.alphabet, model.max_letters, model.empty_cache
        self.steps: list[tuple[int, int]] = []
        """of each step: prefixes read before, and now"""
        self.graph_ms = 0.0
        """that the graphs took while they were last timed"""

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        self.steps.append((len(cache), len(tokens)))
        return self.model.step(tokens, parents, cache, memory)

    def read_trees(self, trees: Sequence[Tree], memories: Sequence[Memory]) -> list[Floats]:
        self.steps += [(0, len(tree.tokens)) for tree in trees]
        return self.model.read_trees(trees, memories)

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Times the bundle's graphs, whoever runs them meanwhile."""
        sessions = self.bundle.encoder, self.bundle.decoder_step
        timed = [TimedSession(session) for session in sessions]
        self.bundle.encoder, self.bundle.decoder_step = cast(list[Any], timed)
        try:
            yield
        finally:
            self.bundle.encoder, self.bundle.decoder_step = sessions
        self.graph_ms = sum(session.ms for session in timed)
