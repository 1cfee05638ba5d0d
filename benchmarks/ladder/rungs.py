"""The rungs of the comparison: from the predecessor's search to ours, and the classical peer beside them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast, get_args

from benchmarks.common.agreement import Scored, ScoredWord
from benchmarks.common.variants import variant
from benchmarks.ladder import python_search
from benchmarks.ladder.predecessor import Predecessor, TorchDecoder, TorchModel, allowed_tokens
from benchmarks.ladder.uncached import UncachedModel
from benchmarks.shark2.templates import Shark2
from engine.beam_search import search
from engine.features import Features
from engine.model import Decoder, Floats, Memory, ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.search_options import Method, SearchOptions
from engine.swipe import Swipe
from export.restore import restore

OURS = "ours"
"""The rung of the bundle as it is, with its defaults."""
PLAIN_METHOD: Method = "steps"
"""How the others search: one step per letter. Rungs with another method have it in their names."""

Words = Sequence[Scored]
"""Best first."""


class Counted(Protocol):
    """A model that counts the calls of its decoder."""

    @property
    def n_calls(self) -> int: ...


class Model(Decoder, Protocol):
    """Encoder and decoder."""

    def encode(self, features: Features) -> Memory: ...


@dataclass(frozen=True)
class Outcome:
    """A rung's result for a swipe."""

    words: Words
    n_calls: int
    """how often it ran the decoder"""


@dataclass(frozen=True, eq=False)
class Rung:
    """One way from a swipe to its words."""

    name: str
    """in the JSON"""
    title: str
    """in the table"""
    search: Callable[[Swipe], Words]
    model: Counted | None
    """None where there is no decoder"""
    options: SearchOptions | None
    """of the engine's search; None if the rung has a search of its own"""
    base: str
    """the rung of ours that it is compared with"""
    twin: str | None = None
    """the rung of ours that must find the same words"""

    def recognize(self, swipe: Swipe) -> Outcome:
        before = self.model.n_calls if self.model else 0
        words = self.search(swipe)
        return Outcome(words, self.model.n_calls - before if self.model else 0)


class CountedBundle(ModelBundle):
    """A model bundle that counts its decoder's steps."""

    n_calls = 0

    def run_step(self, inputs: Mapping[str, Any]) -> tuple[Floats, Floats, Floats]:
        self.n_calls += 1
        return super().run_step(inputs)


@dataclass(frozen=True, eq=False)
class Parts:
    """What the rungs are made of, each once. `prepare` makes them."""

    shipped: SwipeRecognizer
    """of the bundle as it is"""
    recognizer: SwipeRecognizer
    """of the bundle in fp32, in which every rung but the shipped one computes: with 8 bits, the last digits would not agree"""
    bundle: CountedBundle
    """the recognizer's"""
    torch_model: TorchModel
    uncached: UncachedModel
    allowed: dict[str, set[int]]
    """the lexicon as the predecessor has it"""
    root: python_search.Node
    """the lexicon as the search in plain Python has it"""


def prepare(folder: Path, shipped: SwipeRecognizer) -> Parts:
    """Takes seconds, for the dicts of the lexicon and the export of further graphs. folder: of the shipped recognizer's bundle.

    Raises: ModelBundleError if the bundle's graphs are not those of our network.
    """
    network, lexicon = restore(folder), shipped.lexicon
    with tempfile.TemporaryDirectory() as scratch:
        bundle = cast(CountedBundle, CountedBundle.load(variant(folder, "fp32", Path(scratch) / "fp32")))
    recognizer = SwipeRecognizer(bundle, lexicon, shipped.grid)
    recognizer.warm_up()
    allowed, root = allowed_tokens(lexicon), python_search.build_trie(lexicon)
    return Parts(shipped, recognizer, bundle, TorchModel(network), UncachedModel(network), allowed, root)


def build_ladder(parts: Parts, beam_predecessor: int, beam: int) -> list[Rung]:
    """All rungs: those of the engine's score by every method of its search."""
    recognizer, defaults = parts.recognizer, parts.recognizer.default_options
    predecessor = Predecessor(parts.torch_model, parts.allowed, beam_predecessor, defaults.n_best)
    peer = Shark2(recognizer.lexicon, recognizer.grid)
    rungs = [
        Rung(
            "predecessor",
            f"(a) predecessor's own, beam {beam_predecessor}",
            lambda swipe: predecessor.search(recognizer.model.extractor(swipe)),
            parts.torch_model,
            None,
            _ours(replace(defaults, beam_width=beam_predecessor)),
        )
    ]
    for method in sorted(get_args(Method), key=lambda method: method != PLAIN_METHOD):
        narrow = replace(defaults, beam_width=beam_predecessor, method=method)
        rungs += _of_our_score(parts, narrow, replace(narrow, beam_width=beam))
    rungs.append(Rung("shark2", "SHARK2, templates", peer.recognize, None, None, OURS))
    exact = _ours(defaults)
    rungs.append(Rung(exact, "(d) ours", lambda swipe: recognizer.recognize(swipe, defaults), parts.bundle, defaults, exact))
    shipped = f"(d) as shipped, {parts.shipped.bundle.manifest.precision} encoder"
    rungs.append(Rung(OURS, shipped, parts.shipped.recognize, cast(CountedBundle, parts.shipped.bundle), defaults, exact))
    return list({rung.name: rung for rung in rungs}.values())  # both beams may be one


def _of_our_score(parts: Parts, narrow: SearchOptions, wide: SearchOptions) -> list[Rung]:
    """The rungs of one method. With the same beam, they all find the same words."""
    recognizer, bundle, uncached, torch_decoder = parts.recognizer, parts.bundle, parts.uncached, TorchDecoder(parts.torch_model)
    suffix = "" if narrow.method == PLAIN_METHOD else f"_{narrow.method}"

    def in_python(model: Model, options: SearchOptions) -> Callable[[Swipe], Words]:
        return lambda swipe: python_search.search(model, model.encode(recognizer.model.extractor(swipe)), parts.root, options)

    def without_cache(swipe: Swipe) -> Words:
        hypotheses = search(uncached, uncached.encode(recognizer.model.extractor(swipe)), recognizer.lexicon, wide)
        return [ScoredWord("".join(uncached.alphabet[token] for token in one.tokens), one.score) for one in hypotheses]

    def rung(name: str, title: str, search: Callable[[Swipe], Words], model: Counted, options: SearchOptions) -> Rung:
        shipped = replace(options, method=recognizer.default_options.method)
        return Rung(name, title, search, model, options, _ours(shipped), _ours(options))

    return [
        rung(f"predecessor_our_score{suffix}", "(a') PyTorch, no cache", in_python(torch_decoder, narrow), parts.torch_model, narrow),
        rung(_ours(narrow), "(d) ours", lambda swipe: recognizer.recognize(swipe, narrow), bundle, narrow),
        rung(f"onnx_uncached{suffix}", "(b) ONNX, no cache", without_cache, uncached, wide),
        rung(f"python_search{suffix}", "(c) search in Python", in_python(recognizer.model, wide), bundle, wide),
        rung(_ours(wide), "(d) ours", lambda swipe: recognizer.recognize(swipe, wide), bundle, wide),
    ]


def _ours(options: SearchOptions) -> str:
    """The name of the rung that is the engine with options that are not its defaults."""
    return f"{OURS}_{options.method}_{options.beam_width}"
