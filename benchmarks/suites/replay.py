"""Decoders that record what a search asks of the model, or answer it from such a record, at no cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.model import Cache, Decoder, Integers, Memory, ReadsBySteps, StepOutput


@dataclass(frozen=True, eq=False)
class Call:
    """One step: what was asked, and the answer."""

    tokens: Integers
    parents: Integers
    cache: Cache
    memory: Memory
    output: StepOutput


class RecordingDecoder(ReadsBySteps):
    """Asks another decoder and keeps the calls."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self.calls: list[Call] = []

    @property
    def alphabet(self) -> str:
        return self._decoder.alphabet

    @property
    def max_letters(self) -> int:
        return self._decoder.max_letters

    @property
    def nothing(self) -> Memory | None:
        return self._decoder.nothing

    @property
    def empty_cache(self) -> Cache:
        return self._decoder.empty_cache

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        output = self._decoder.step(tokens, parents, cache, memory)
        self.calls.append(Call(tokens.copy(), parents.copy(), cache, memory, output))
        return output


class ReplayingDecoder(RecordingDecoder):
    """Answers the calls of one search, which must come as they were recorded, any number of times."""

    def __init__(self, decoder: Decoder, calls: Sequence[Call]) -> None:
        super().__init__(decoder)
        self._recorded = calls
        self._left: Iterator[Call] = iter(())

    @property
    def empty_cache(self) -> Cache:
        """Every search begins by asking for it, so the record starts anew."""
        self._left = iter(self._recorded)
        return super().empty_cache

    def step(self, tokens: Integers, parents: Integers, cache: Cache, memory: Memory) -> StepOutput:
        return next(self._left).output
