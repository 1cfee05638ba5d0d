"""The state of the harness: its swipes, the chosen one, and what the decoder made of it. The window draws it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from engine import Accuracy, Candidate, Explanation, Grid, GridRecognizers, Swipe, SwipeRecord, default_language
from keyboard_app.harness.attention import Attention
from keyboard_app.harness.collection import Entry
from keyboard_app.harness.engine_thread import EngineThread
from keyboard_app.harness.outcome import Outcome, Record, accuracy_of, explain_candidate, read_record
from keyboard_app.harness.source import Source

CHUNK = 32
"""How many swipes are decoded in one go. A swipe chosen meanwhile waits for no more than these, about 50 ms."""
N_TIMES = 16
"""How often a chosen swipe is decoded, so that its times are not distorted by a busy window."""


class Session:
    """Read its attributes, and change them with its methods, on the window's thread. `on_change` is called after each change."""

    def __init__(self, source: Source, thread: EngineThread, on_change: Callable[[], None]) -> None:
        self.entries: list[Entry] = []
        self.place: int | None = None
        """index of the chosen entry; None if there is none"""
        self.side = 0
        """the model whose candidates are explained: 0 for the first, 1 for the second"""
        self.candidate = 0
        self.letter: int | None = None
        """index of the chosen letter of the candidate, with its end after the last one; None for all"""
        self.explanation: Explanation | None = None
        self.attention: Attention | None = None
        """for the chosen letter"""
        self.n_read = 0
        """how many entries the models have decoded"""
        self.live: list[Candidate] = []
        """candidates for the part of the swipe that has been replayed"""
        self.notice = "Loading..."
        self.problems: list[str] = []
        """what could not be read or loaded"""
        self._source = source
        self._thread = thread
        self._on_change = on_change
        self._recognizers: tuple[GridRecognizers, ...] = ()
        self._watched: Swipe | None = None
        self._is_watching = False
        self._next = 0
        """all entries before this index have been passed to the models"""

    # --- what it knows ---

    @property
    def entry(self) -> Entry | None:
        return self.entries[self.place] if self.place is not None else None

    @property
    def record(self) -> SwipeRecord | None:
        """The chosen record; None if it is a bad one."""
        return self.entry.record if self.entry is not None and isinstance(self.entry.record, SwipeRecord) else None

    @property
    def outcomes(self) -> list[Outcome]:
        """What the models made of the chosen swipe, as far as they have decoded it."""
        both = (self.entry.outcome, self.entry.other) if self.entry is not None else ()
        return [outcome for outcome in both if outcome is not None]

    @property
    def compares(self) -> bool:
        return self._source.other_model is not None

    @property
    def file_name(self) -> str:
        return self._source.file.name if self._source.file is not None else "Recorded now"

    @property
    def model_names(self) -> list[str]:
        """The name of the first model, and of the second if there is one."""
        models = [self._source.model, self._source.other_model] if self.compares else [self._source.model]
        return [model.name or str(model) if model is not None else default_language().name for model in models]

    @property
    def is_settled(self) -> bool:
        """Whether nothing will change any more by itself."""
        return self._thread.is_idle

    def accuracies(self) -> list[Accuracy]:
        """The accuracy of each model over what it has decoded."""
        read = [[entry.outcome for entry in self.entries], [entry.other for entry in self.entries]]
        found = [accuracy_of([outcome for outcome in outcomes if outcome is not None]) for outcomes in read]
        return [accuracy for accuracy in found if accuracy is not None]

    def grid(self) -> Grid | None:
        """The grid of the chosen record, or the default one; None until a model is loaded, or if the grid is unknown or broken."""
        if not self._recognizers:
            return None
        try:
            return self._recognizers[0].grid_of(self.record)
        except ValueError:  # the outcome says why
            return None

    # --- what one can do ---

    def open(self, place: int = 0) -> None:
        """Reads the file, chooses the record at that index, loads the models and has them decode all records."""
        self._thread.ask(self._source.read_records, lambda records: self._opened(records, place), self._fail)
        self._thread.ask(self._source.load_recognizers, self._loaded, self._fail)

    def choose(self, place: int) -> None:
        """Shows the record at that index, or the nearest one that exists."""
        if not self.entries:
            return
        self.place = min(max(place, 0), len(self.entries) - 1)
        self.letter = None
        self.watch(None)
        self.choose_candidate(0, side=0)
        self._read([self.place], N_TIMES)

    def choose_candidate(self, candidate: int, side: int | None = None) -> None:
        """Explains that candidate of the chosen swipe, by default of the same model, for the same letter."""
        self.side = self.side if side is None else side
        n_candidates = len(self.outcomes[self.side].candidates) if self.side < len(self.outcomes) else 0
        self.candidate = min(max(candidate, 0), max(n_candidates - 1, 0))
        self.explanation, self.attention = None, None
        self._explain()
        self._on_change()

    def choose_letter(self, letter: int | None) -> None:
        """Shows the attention for that letter of the chosen candidate, or the nearest one that it has; None for all."""
        if self.explanation is not None:
            self.letter = None if letter is None or letter < 0 else min(letter, len(self.explanation.letters) - 1)
            self.attention = Attention.of(self.explanation, self.letter)
            self._on_change()

    def watch(self, so_far: Swipe | None) -> None:
        """Asks for the candidates of the first part of the chosen swipe. If parts come faster than answers, only the newest is decoded."""
        self._watched = so_far
        if so_far is None:
            self.live = []
            self._on_change()
        elif not self._is_watching:
            self._watch_next()

    def add(self, record: SwipeRecord) -> None:
        """Adds a new record after the others, and chooses it."""
        self.entries.append(Entry(record))
        self.choose(len(self.entries) - 1)

    def replace_last(self, record: SwipeRecord | None) -> None:
        """Replaces the last record, or removes it."""
        self.n_read -= self.entries.pop().outcome is not None
        if record is not None:
            self.add(record)
        elif self.entries:
            self.choose(len(self.entries) - 1)
        else:
            self.place, self.live, self.explanation, self.attention = None, [], None, None
            self._on_change()

    def say(self, notice: str) -> None:
        self.notice = notice
        self._on_change()

    # --- what the engine answers ---

    def _opened(self, records: list[Record], place: int) -> None:
        self.entries = [Entry(record) for record in records]
        if records and not 0 <= place < len(records):
            self._fail(f"there is no swipe {place + 1}: the file has {len(records):,}")
        self.choose(place)
        self._on_change()

    def _loaded(self, recognizers: tuple[GridRecognizers, ...]) -> None:
        self._recognizers = recognizers
        if not self.problems:
            self.notice = ""
        if self.place is not None:
            self._read([self.place], 1)
        self._read_on()
        self._on_change()

    def _fail(self, message: str) -> None:
        self.problems.append(message)
        self.say("  ".join(self.problems))

    def _read_on(self) -> None:
        """A chunk after the other; then the chosen one again, for its times."""
        rest = range(self._next, len(self.entries))
        unread = list(itertools.islice((place for place in rest if self.entries[place].outcome is None), CHUNK))
        if unread:
            self._next = unread[-1] + 1
            self._read(unread, 1, self._read_on)
        elif self.place is not None:
            self._read([self.place], N_TIMES)

    def _read(self, places: list[int], n_times: int, then: Callable[[], None] | None = None) -> None:
        if not self._recognizers:
            return
        records = [self.entries[place].record for place in places]

        def read() -> list[Entry]:
            return [Entry(record, *(read_record(record, model, n_times) for model in self._recognizers)) for record in records]

        def take(entries: list[Entry]) -> None:
            for place, record, entry in zip(places, records, entries, strict=True):
                if place < len(self.entries) and self.entries[place].record is record:
                    self.n_read += self.entries[place].outcome is None
                    self.entries[place] = entry
            if self.place in places and self.explanation is None:
                self._explain()
            if then is not None:
                then()
            self._on_change()

        self._thread.ask(read, take, self._fail)

    def _explain(self) -> None:
        record, outcomes, chosen = self.record, self.outcomes, (self.place, self.side, self.candidate)
        if record is None or self.side >= len(outcomes) or not outcomes[self.side].candidates:
            return
        candidate, recognizers = outcomes[self.side].candidates[self.candidate], self._recognizers[self.side]

        def take(explanation: Explanation) -> None:
            if chosen == (self.place, self.side, self.candidate) and record is self.record:
                self.explanation = explanation
                self.choose_letter(self.letter)

        self._thread.ask(lambda: explain_candidate(record, candidate, recognizers), take, self._fail)

    def _watch_next(self) -> None:
        record, swipe = self.record, self._watched
        if record is None or swipe is None or not self.outcomes or self.outcomes[0].problem:
            return
        recognizers, self._is_watching = self._recognizers[0], True

        def take(candidates: list[Candidate]) -> None:
            self._is_watching = False
            if self._watched is not None:
                self.live = candidates
                self._on_change()
            if self._watched is not swipe:
                self._watch_next()

        self._thread.ask(lambda: recognizers.for_record(record).recognize(swipe), take, self._fail)
