"""The recognizer: the whole engine behind one call, from a swipe to candidates."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING

from engine.beam_search import Hypothesis, search, search_many
from engine.familiarity import GridDistance, distance_by_keys, distance_by_letters
from engine.features import Features
from engine.grid import Grid, load_grids, pick_grid
from engine.internal_lm import InternalLm
from engine.language import default_language, language_of, load_languages, pick_language
from engine.lexicon import Lexicon, OverlayWord
from engine.model import KeyModel, Memory, ModelBundle
from engine.search_options import SearchOptions
from engine.shipped import DEFAULT_GRID
from engine.swipe import Swipe

if TYPE_CHECKING:
    from engine.context.model import NextWord
    from engine.context.ranking import Ranking, WordsBefore
    from engine.words.personal import PersonalWords

BATCH = 256
"""Swipes that are read together where there are many."""
ENCODED_AT_ONCE = 16
"""Swipes of a batch that the encoder reads in one call. Measured: see docs/SPEED.md"""


@dataclass(frozen=True)
class Candidate:
    """A word that the swipe may mean."""

    word: str
    """the written form that is commonest, or likeliest after the words before"""
    score: float
    """log probability plus the weighted log prior; higher is better"""
    probability: float
    """how probable it is that this word was meant: over many swipes, of those with 0.8, four in five are right"""
    key_sequence: str
    """the letters that were swiped; no two candidates of a swipe share it"""
    forms: tuple[str, ...]
    """all written forms, in that order"""


@dataclass(frozen=True)
class StageTimes:
    """Milliseconds that the stages of one swipe took."""

    features: float
    encode: float
    search: float
    total: float
    """from the swipe to its candidates"""


def share_out(moments: tuple[int, int, int, int], n_swipes: int = 1) -> StageTimes:
    """Each swipe's share. moments: in nanoseconds, the start, and after the features, the encoder and the search."""
    start, featured, encoded, end = moments
    return StageTimes(*(span / n_swipes / 1e6 for span in (featured - start, encoded - featured, end - encoded, end - start)))


@dataclass(frozen=True)
class Recognition:
    """The candidates of one swipe, and the time they took."""

    candidates: list[Candidate]
    """best first; empty if no word was found"""
    milliseconds: StageTimes
    likely: bool = True
    """whether the best candidate is at least as probable as the options ask (least_probability); False where there is none"""

    @classmethod
    def of(cls, candidates: list[Candidate], milliseconds: StageTimes, options: SearchOptions) -> Recognition:
        return cls(candidates, milliseconds, bool(candidates) and candidates[0].probability >= options.least_probability)


class SwipeRecognizer:
    """Decodes the swipes of one grid. Cheap to make from loaded parts. Use it from one thread at a time."""

    def __init__(
        self,
        bundle: ModelBundle,
        lexicon: Lexicon,
        grid: Grid,
        overlay: Iterable[OverlayWord] = (),
        context: Path | str | None = None,
        offensive: bool = False,
    ) -> None:
        """overlay: words beside the lexicon's, or in their place; see `lay_over`. context: the file of a context model, which is
        opened when it is first needed. offensive: whether the words that the lexicon marks as rude or hateful are offered; without
        it, one is offered if the overlay has it.

        Raises: ValueError as `ModelBundle.on`, `Lexicon.check` and `lay_over`.
        """
        lexicon.check()
        self.bundle = bundle
        self.model = bundle.on(grid, lexicon.alphabet)
        self.internal_lm = InternalLm.find(self.model, lexicon) if isinstance(self.model, KeyModel) else None
        self.lexicon = lexicon
        self.lay_over(overlay)
        if offensive:
            self.lexicon = self.lexicon.with_offensive()
        self.grid = grid
        self.context = context
        self.own: PersonalWords | None = None
        """the person's words, once somebody has asked for `words`"""
        self.default_options = bundle.manifest.search

    @classmethod
    def load(
        cls,
        bundle: ModelBundle | Path | str | None = None,
        lexicon: Lexicon | Path | str | None = None,
        grid: Grid | str | None = None,
        language: str | None = None,
        context: Path | str | None = None,
        offensive: bool = False,
    ) -> SwipeRecognizer:
        """A recognizer that is warm: kernels compiled, graphs run once.

        bundle: a folder, or one that is loaded already and that recognizers share; lexicon: a file, or one that is open; context: a file;
        grid: one of Keyglide's by name, or any Grid; language: the code of one of Keyglide's, as in "en", which gives what is left out of
        the other four, or of two at once, as in "en+de" (`TwoLanguages`). Without it: the language of the grid; without a grid either: the
        default language. A lexicon of your own comes without a context model unless you name one. offensive: whether rude and hateful words
        are offered, too.
        Raises: ModelBundleError, ValueError (lexicon, unknown grid or language, a language without a model, alphabets that
        differ, a grid whose letters no language has), OSError.
        """
        if language is not None and "+" in language:
            from engine.two_languages import TwoLanguages

            return TwoLanguages.of(language, bundle, lexicon, grid, context, offensive)
        if language is not None:
            spoken = pick_language(load_languages(), language)
            chosen = _grid(spoken.default_grid if grid is None else grid)
        else:
            chosen = _grid(DEFAULT_GRID if grid is None else grid)
            spoken = language_of(chosen) or default_language()
        if context is None and lexicon is None:
            context = spoken.context
        if not isinstance(bundle, ModelBundle):
            bundle = ModelBundle.load(bundle if bundle is not None else spoken.require_bundle())
        if language is None and lexicon is None:
            _check_language(chosen)
        if not isinstance(lexicon, Lexicon):
            lexicon = Lexicon.open(lexicon if lexicon is not None else spoken.require_lexicon())
        recognizer = cls(bundle, lexicon, chosen, context=context, offensive=offensive)
        recognizer.warm_up()
        return recognizer

    def lay_over(self, words: Iterable[OverlayWord]) -> None:
        """Lays words over the lexicon from the next swipe on: new ones, or ones in the place of those that it has.

        Earlier ones stay. Raises: ValueError as `Lexicon.overlaid`; then nothing has changed.
        """
        self.lexicon = self.lexicon.overlaid(words)

    @cached_property
    def words(self) -> PersonalWords:
        """The person's own words, which count from the next swipe on. In memory alone until `words.open` names a file for them."""
        from engine.words.personal import PersonalWords

        self.own = PersonalWords(self, language_of(self.grid).code)
        return self.own

    def warm_up(self, before: str | None = None) -> None:
        """Decodes a made-up swipe, so that the first real one is as fast as the rest. before: as `recognize`."""
        keys = [self.grid.letter_key(letter) for letter in self.model.alphabet]
        ends = keys[0], keys[-1]
        self.decode(Swipe.from_points([key.centre_x for key in ends], [key.centre_y for key in ends], [0.0, 200.0]), before=before)

    def recognize(self, swipe: Swipe, options: SearchOptions | None = None, before: str | None = None) -> list[Candidate]:
        """The candidates, best first; an empty list if the search found no word.

        options: by default those of the model; whether the best is likely enough for them, `decode` says. before: the text before the
        swipe, "" at the very beginning; it counts if the recognizer has a context model. None: nothing is known of it, and the swipe
        stands alone.
        """
        return self.decode(swipe, options, before).candidates

    def next_words(self, before: str, n: int = 3, temperature: float = 0.0, top_k: int = 40) -> list[NextWord]:
        """The n words that the text before makes most probable, as `ContextModel.next_words`. Blocked words are not offered, and
        offensive ones only where swipes can mean them.

        Raises: ValueError if the recognizer has no context model, or for values out of range; OSError.
        """
        if self.ranking is None:
            raise ValueError("this recognizer has no context model, which tells the next words: load it with one, context=FILE")
        from engine.context.words import unfinished_sentence

        overlay = self.lexicon.overlay
        hidden = [word for word in overlay.values() if word.log_prior is None]
        hidden += [word for sequence, word in self.lexicon.offensive.items() if sequence not in overlay]
        blocked = [form for word in hidden for form in (word.key_sequence, *word.forms)]
        blocked += [one.word for one in self.words if one.kind == "blocked"]
        followers = None if self.own is None else self.own.pairs.after(unfinished_sentence(before).last)
        return self.ranking.model.next_words(before, n, temperature, top_k, blocked, followers)

    @cached_property
    def grid_distance(self) -> GridDistance:
        """How far the grid is from those that the model was trained on, and in what."""
        if isinstance(self.model, KeyModel):
            return distance_by_keys(self.model.places)
        known = load_grids()
        learnt = [known[name] for name in self.bundle.manifest.grids if name in known]
        alphabet = self.model.alphabet
        return distance_by_letters(self.grid, alphabet, [grid for grid in learnt if all(map(grid.has_letter, alphabet))])

    @cached_property
    def ranking(self) -> Ranking | None:
        """The context model beside the lexicon, opened when it is first asked for; None if there is none.

        Raises: ValueError for a file that is not a context model, or one of another alphabet; OSError.
        """
        if self.context is None:
            return None
        from engine.context.model import ContextModel
        from engine.context.ranking import Ranking

        return Ranking(ContextModel.open(self.context), self.lexicon)

    def decode(self, swipe: Swipe, options: SearchOptions | None = None, before: str | None = None) -> Recognition:
        """The candidates, as from `recognize`, and how long each stage took; the words before count as part of the search."""
        start = perf_counter_ns()
        features = self.model.extractor(swipe)
        featured = perf_counter_ns()
        memory = self.model.encode(features)
        encoded = perf_counter_ns()
        said, options = self.words_before(before), options or self.default_options
        hypotheses = search(self.model, memory, self.lexicon, options, said, self.internal_lm)
        candidates = [self._candidate(hypothesis, said) for hypothesis in hypotheses]
        return Recognition.of(candidates, share_out((start, featured, encoded, perf_counter_ns())), options)

    def recognize_many(
        self, swipes: Iterable[Swipe], options: SearchOptions | None = None, before: Iterable[str | None] | None = None
    ) -> Iterator[list[Candidate]]:
        """The candidates of each swipe, in their order, as from `recognize`, but faster: the networks read many swipes at once.

        swipes: any number, of which BATCH are held at a time. before: the text before each of them.
        Raises: ValueError, while they are read, if there are fewer texts than swipes, or more.
        """
        for recognition in self.decode_many(swipes, options, before):
            yield recognition.candidates

    def decode_many(
        self, swipes: Iterable[Swipe], options: SearchOptions | None = None, before: Iterable[str | None] | None = None
    ) -> Iterator[Recognition]:
        """As `recognize_many`, with times: each swipe's are its share of its batch's. Raises: as `recognize_many`."""
        pairs = zip(swipes, itertools.repeat(None)) if before is None else zip(swipes, before, strict=True)
        while batch := list(itertools.islice(pairs, BATCH)):
            some, texts = zip(*batch, strict=True)
            yield from self._decode_batch(some, options or self.default_options, texts)

    def sides_with(self, key_sequence: str) -> tuple[SwipeRecognizer, ...]:
        """The recognizers of one language each that can find a word: this one, or none."""
        return (self,) if key_sequence in self.lexicon else ()

    def log_prior(self, key_sequence: str, before: str | None = None, *, own: bool = True) -> float:
        """Natural log of a word's probability as the search counts it; -inf for one that the lexicon lacks.

        before: the text before, which says here at most what language is written. own: with what the person's words do to it.
        """
        lexicon = self.lexicon if own or self.own is None else self.own.base
        return lexicon.log_prior(key_sequence) if key_sequence in lexicon else -math.inf

    def _decode_batch(self, swipes: Sequence[Swipe], options: SearchOptions, before: Sequence[str | None]) -> list[Recognition]:
        start = perf_counter_ns()
        features = [self.model.extractor(swipe) for swipe in swipes]
        featured = perf_counter_ns()
        memories = [self.model.lettered(memory) for memory in self._encode(features)]
        encoded = perf_counter_ns()
        said = [self.words_before(text) for text in before]
        found = search_many(self.model, memories, self.lexicon, options, said, self.internal_lm)
        candidates = [[self._candidate(one, words) for one in some] for some, words in zip(found, said, strict=True)]
        times = share_out((start, featured, encoded, perf_counter_ns()), len(swipes))
        return [Recognition.of(some, times, options) for some in candidates]

    def _encode(self, features: Sequence[Features]) -> list[Memory]:
        """What `Model.encode_many` says, ENCODED_AT_ONCE at a time."""
        parts = (features[start : start + ENCODED_AT_ONCE] for start in range(0, len(features), ENCODED_AT_ONCE))
        return [memory for part in parts for memory in self.model.encode_many(part)]

    def words_before(self, text: str | None) -> WordsBefore | None:
        """What a text before a swipe says of the lexicon's words; None where nothing is known of it, or there is no context model."""
        return None if text is None or self.ranking is None else self.ranking.words_before(text, self.lexicon, self.own)

    def _candidate(self, hypothesis: Hypothesis, said: WordsBefore | None) -> Candidate:
        sequence = "".join(self.model.alphabet[token] for token in hypothesis.tokens)
        forms = self.lexicon.forms_of(hypothesis.node, sequence)
        if said is not None and len(forms) > 1:
            forms = said.ordered(forms, hypothesis.node, sequence)
        return Candidate(forms[0], hypothesis.score, hypothesis.probability, sequence, forms)


def open_lexicon(path: Path | str | None = None) -> Lexicon:
    """The lexicon in a file; without one, that of Keyglide's default language. Raises: ValueError, OSError."""
    return Lexicon.open(path if path is not None else default_language().require_lexicon())


def _check_language(grid: Grid) -> None:
    """Raises: ValueError unless a language is written on the grid."""
    if not language_of(grid):
        letters = [key.name for key in grid.letter_keys]
        some = ", ".join(f"'{letter}'" for letter in letters[:3]) + (f" and {len(letters) - 3} more" if len(letters) > 3 else "")
        names = ", ".join(one.name for one in load_languages().values())
        raise ValueError(
            f"grid '{grid.name}' has the letters of no language that Keyglide knows ({names}): {some}. "
            "Add its language with 'keyglide language add', or name a lexicon of your own"
        )


def _grid(grid: Grid | str) -> Grid:
    return pick_grid(load_grids(), grid) if isinstance(grid, str) else grid
