"""Encoder and decoder in the place of onnxruntime's sessions: each is run by a kernel, or by onnxruntime where that is faster."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine import jit
from engine.fused import kernels
from engine.fused.weight_file import ENCODER_FILE, STEP_FILE, Arrays, Sizes, checked, places, read_arrays

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class Value(NamedTuple):
    """An input or an output."""

    name: str
    shape: list[int | str]
    """free lengths have names"""


class Session(Protocol):
    """What the engine needs of onnxruntime's."""

    def run(self, output_names: list[str], input_feed: Any) -> Any: ...
    def get_inputs(self) -> Any: ...
    def get_outputs(self) -> Any: ...


class EncoderWeights(NamedTuple):
    """Of `kernels.encode`. Products, in the order of the network: the frames' first, of each layer six, the CTC head's."""

    weights: npt.NDArray[np.int8]
    """of all products, tile by tile: (D / GROUP, COLUMNS, GROUP), from -64 to 64"""
    starts: npt.NDArray[np.int32]
    """what each column's sum begins with: it takes off what the inputs' own zero adds"""
    scales: Floats
    biases: Floats
    """of each column"""
    places: Integers
    """(products, 2): where its weights and its columns begin"""
    steps: Floats
    """(products, 2): of its inputs, the length of a step, and how many steps 0 is at"""
    norms: Floats
    """(4 layers + 1, 2, D): weights and biases, in the order of the network"""
    depthwise: Floats
    """(layers, N_TAPS + 1, D): of each channel, the bias last"""
    points: Floats
    """(F + 3 R + 1, P): from what a point sees to what the layers read, the bias last"""
    positions: Floats
    """(S, D)"""
    waves: Floats
    """(2, W)"""


class StepWeights(NamedTuple):
    """Of `kernels.read_tree`, as those of the encoder. Products: the memory's keys and values first, of each layer six."""

    weights: npt.NDArray[np.int8]
    starts: npt.NDArray[np.int32]
    scales: Floats
    biases: Floats
    places: Integers
    steps: Floats
    norms: Floats
    """(3 layers + 1, 2, D)"""
    positions: Floats
    """(max_letters + 1, D)"""


def is_fast() -> bool:
    """Whether the kernels are faster than onnxruntime: they are compiled ahead, for a processor that multiplies several bytes at once."""
    if jit.way() != "ahead":
        return False
    found = np.zeros(1, np.int64)
    kernels.note_speed(found)
    return bool(found[0])


class FusedSession(ABC):
    """Runs as onnxruntime's session of a graph does."""

    def __init__(self, session: Callable[[], Session], inputs: list[Value], outputs: list[Value]) -> None:
        """session: makes onnxruntime's."""
        self._inputs, self._outputs = inputs, outputs
        self.session = functools.cache(session)
        """onnxruntime's, made at the first call"""

    def get_inputs(self) -> list[Value]:
        return self._inputs

    def get_outputs(self) -> list[Value]:
        return self._outputs

    def run(self, output_names: list[str], input_feed: Mapping[str, Any]) -> list[Floats]:
        """The outputs of those names, which are the graph's first ones. Raises: ValueError for inputs of other shapes."""
        if self.covers(output_names, input_feed) and is_fast():
            self._check(input_feed)
            return self._run(input_feed)[: len(output_names)]
        said: list[Floats] = self.session().run(output_names, input_feed)
        return said

    @abstractmethod
    def covers(self, output_names: list[str], input_feed: Mapping[str, Any]) -> bool:
        """Whether the kernel can find these outputs."""

    @abstractmethod
    def _run(self, input_feed: Mapping[str, Any]) -> list[Floats]: ...

    def _check(self, input_feed: Mapping[str, Any]) -> None:
        """Raises: ValueError where lengths are not the graph's, or differ that have the same name: the kernel checks nothing."""
        lengths: dict[int | str, int] = {}
        for name, shape in self._inputs:
            given = input_feed[name].shape
            same = len(given) == len(shape) and all(
                lengths.setdefault(wanted, length) == length if isinstance(wanted, str) else wanted == length
                for wanted, length in zip(shape, given, strict=True)
            )
            if not same or (0 in given and name != "cache"):
                raise ValueError(f"{name} has the shape {given}, expected {shape}, with {lengths}")


class FusedEncoder(FusedSession):
    """encoder.onnx: memory (B, S, D) and ctc_log_probs (B, S, K + 1)."""

    def __init__(self, sizes: Sizes, arrays: Arrays, session: Callable[[], Session]) -> None:
        """arrays: of ENCODER_FILE. Raises: ModelBundleError for arrays of other sizes."""
        waves = arrays.get("waves")
        n_waves = waves.shape[-1] if waves is not None and waves.ndim else 0
        kept = checked(ENCODER_FILE, arrays, sizes.encoder_shapes(n_waves), sizes)
        self.weights = EncoderWeights(**kept, places=places(sizes.encoder_products(n_waves)))
        inputs = [
            Value("trajectory", ["B", sizes.n_points, sizes.n_columns]),
            Value("around", ["K", 4]),
            Value("near", ["K", sizes.point_width]),
            Value("asked", ["K", sizes.asked(n_waves)]),
        ]
        outputs = [Value("memory", ["B", sizes.n_frames, sizes.width]), Value("ctc_log_probs", ["B", sizes.n_frames, "K_blank"])]
        super().__init__(session, inputs, outputs)

    @classmethod
    def read(cls, path: Path, config: Mapping[str, Any], session: Callable[[], Session]) -> FusedEncoder:
        """config: the manifest's. Raises: ModelBundleError for a file that is damaged or does not fit it; OSError."""
        return cls(Sizes.of(config), read_arrays(path), session)

    def covers(self, output_names: list[str], input_feed: Mapping[str, Any]) -> bool:
        return True

    def _run(self, input_feed: Mapping[str, Any]) -> list[Floats]:
        trajectories, *of_keys = (np.ascontiguousarray(input_feed[name], np.float32) for name, _ in self._inputs)
        read = [kernels.encode(self.weights, one, *of_keys) for one in trajectories]
        return [np.stack(parts) for parts in zip(*read, strict=True)]


class FusedStep(FusedSession):
    """decoder_step.onnx: log_probs (B, P, K + 1), new_rows, attention. The kernel finds the first, of prefixes that continue no cache."""

    def __init__(self, sizes: Sizes, arrays: Arrays, session: Callable[[], Session]) -> None:
        """arrays: of STEP_FILE. Raises: ModelBundleError for arrays of other sizes."""
        self.weights = StepWeights(**checked(STEP_FILE, arrays, sizes.step_shapes(), sizes), places=places(sizes.step_products()))
        rows = sizes.n_decoder_layers * 2 * sizes.n_heads, sizes.width // sizes.n_heads
        inputs = [
            Value("tokens", ["B", "P"]),
            Value("lengths", ["B", "P"]),
            Value("mask", ["B", "P", "P_after"]),
            Value("cache", ["B", rows[0], "P_before", rows[1]]),
            Value("memory", ["B", sizes.n_frames, sizes.width]),
            Value("read", ["K_tokens", sizes.width]),
            Value("pointed", ["K_tokens", sizes.width]),
        ]
        outputs = [
            Value("log_probs", ["B", "P", "K_tokens"]),
            Value("new_rows", ["B", rows[0], "P", rows[1]]),
            Value("attention", ["B", sizes.n_heads, "P", sizes.n_frames]),
        ]
        super().__init__(session, inputs, outputs)

    @classmethod
    def read(cls, path: Path, config: Mapping[str, Any], session: Callable[[], Session]) -> FusedStep:
        """config: the manifest's. Raises: ModelBundleError for a file that is damaged or does not fit it; OSError."""
        return cls(Sizes.of(config), read_arrays(path), session)

    def covers(self, output_names: list[str], input_feed: Mapping[str, Any]) -> bool:
        return output_names == [self._outputs[0].name] and not input_feed["cache"].shape[2]

    def _check(self, input_feed: Mapping[str, Any]) -> None:
        super()._check(input_feed)
        mask, tokens, lengths = (input_feed[name] for name in ("mask", "tokens", "lengths"))
        if mask.shape[1] != mask.shape[2]:
            raise ValueError(f"mask has the shape {mask.shape}, expected a square for each swipe")
        for name, numbers, end in (("tokens", tokens, len(input_feed["read"])), ("lengths", lengths, len(self.weights.positions))):
            if numbers.min() < 0 or numbers.max() >= end:
                raise ValueError(f"{name} has numbers from {numbers.min()} to {numbers.max()}, expected 0 to {end - 1}")

    def _run(self, input_feed: Mapping[str, Any]) -> list[Floats]:
        tokens, lengths = (np.ascontiguousarray(input_feed[name], np.int64) for name in ("tokens", "lengths"))
        masks, memories, *of_keys = (np.ascontiguousarray(input_feed[name], np.float32) for name in ("mask", "memory", "read", "pointed"))
        rows = zip(tokens, lengths, masks, memories, strict=True)
        return [np.stack([kernels.read_tree(self.weights, *row, *of_keys) for row in rows])]
