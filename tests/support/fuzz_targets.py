"""What reads files, as functions that any bytes may be thrown at.

A target returns for a result or a clear error (ValueError, OSError), and raises for anything else. Inputs that once did are in
tests/finds/TARGET/.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine.context.model import ContextModel
from engine.context.ranking import Ranking
from engine.grid import Grid, load_grids
from engine.grid_recognizers import GridRecognizers
from engine.language import load_languages
from engine.lexicon import Lexicon
from engine.manifest import Manifest
from engine.model import ModelBundle
from engine.onnx_file import check_whole
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, read_swipes
from engine.words.exchange import read_words
from engine.words.pairs import Pair
from engine.words.store import WordStore
from engine.words.word import Change, PersonalWord
from tests.support import toy, toy_context

CLEAR = (ValueError, OSError)
"""What a file that cannot be used may raise."""
FINDS = Path(__file__).parents[1] / "finds"
Target = Callable[[bytes], object]


class Targets:
    """All targets by name, and good files to begin with."""

    def __init__(self, folder: Path) -> None:
        """folder: an empty one, where files are made."""
        self._folder = folder
        self._grid = load_grids()["qwerty_en"]
        self._bundle = ModelBundle.load(toy.write_bundle(folder / "bundle"))
        self._lexicon = Lexicon.open(toy.write_lexicon(folder / "toy.lexicon"))
        self._recognizers = GridRecognizers.load(folder / "bundle", folder / "toy.lexicon")
        self._swipe = toy.swipe_of("cat", self._grid)
        self.by_name: dict[str, Target] = {
            "swipe": self._read_swipes,
            "grid": self._read_grid,
            "lexicon": self._read_lexicon,
            "manifest": self._read_manifest,
            "graph": lambda content: check_whole(self._folder, self._file("encoder.onnx", content).name),
            "language": self._read_language,
            "context": self._read_context,
            "store": self._read_store,
            "words": lambda content: read_words(self._file("words.json", content)),
        }

    def __call__(self, name: str, content: bytes) -> None:
        """Raises: what the target must not raise."""
        with suppress(*CLEAR):
            self.by_name[name](content)

    def seeds(self, name: str) -> list[bytes]:
        """Good files of a target's kind."""
        x, y, t = (getattr(self._swipe, axis).tolist() for axis in "xyt")
        swipe = {"word": "cat", "curve": {"x": x, "y": y, "t": t, "grid_name": "qwerty_en"}}
        key = {"label": "a", "hitbox": {"x": 0, "y": 0, "w": 10, "h": 10}}
        word = {"word": "Wuliangye", "kind": "added", "weight": 1.5}
        made: dict[str, Callable[[], list[bytes]]] = {
            "swipe": lambda: [json.dumps(swipe).encode(), json.dumps([swipe, swipe]).encode(), (json.dumps(swipe) + "\n").encode() * 2],
            "grid": lambda: [
                json.dumps({"mine": {"width": 10, "height": 10, "keys": [key], "aliases": {"b": "a"}}, "old": "mine"}).encode()
            ],
            "lexicon": lambda: [(self._folder / "toy.lexicon").read_bytes()],
            "manifest": lambda: [(self._folder / "bundle" / "manifest.json").read_bytes()],
            "graph": lambda: [(self._folder / "bundle" / "decoder_step.onnx").read_bytes()],
            "language": lambda: [json.dumps({"name": "X", "alphabet": "ab", "grids": {"g": "X"}, "alternates": {"a": "á"}}).encode()],
            "context": lambda: [toy_context.content()],
            "store": lambda: [self._store()],
            "words": lambda: [json.dumps({"format": "keyglide-words", "language": "en", "words": [word]}).encode(), b"# mine\nRotate\n"],
        }
        return made[name]()

    # --- targets ---

    def _read_swipes(self, content: bytes) -> None:
        for record in read_swipes(io.BufferedReader(io.BytesIO(content))):
            if isinstance(record, SwipeRecord):
                with suppress(*CLEAR):
                    self._recognizers.for_record(record).recognize(record.swipe)

    def _read_grid(self, content: bytes) -> None:
        for grid in load_grids(self._file("grids.json", content)).values():
            assert isinstance(grid, Grid)
            grid.key_at(1, 1)
            with suppress(*CLEAR):
                SwipeRecognizer(self._bundle, self._lexicon, grid).recognize(self._swipe)

    def _read_lexicon(self, content: bytes) -> None:
        lexicon = Lexicon.from_bytes(content)
        lexicon.check()
        for sequence, _ in lexicon.key_sequences():
            lexicon.forms(sequence)
        if lexicon.alphabet == toy.ALPHABET:
            SwipeRecognizer(self._bundle, lexicon, self._grid).recognize(self._swipe)

    def _read_manifest(self, content: bytes) -> None:
        Manifest.from_json(content.decode(errors="replace"))
        folder = self._folder / "stranger"
        folder.mkdir(exist_ok=True)
        for graph in ("encoder.onnx", "decoder_step.onnx"):
            if not (folder / graph).exists():
                (folder / graph).write_bytes((self._folder / "bundle" / graph).read_bytes())
        (folder / "manifest.json").write_bytes(content)
        SwipeRecognizer(ModelBundle.load(folder), self._lexicon, self._grid).recognize(self._swipe)

    def _read_language(self, content: bytes) -> None:
        folder = self._folder / "languages"
        folder.mkdir(exist_ok=True)
        (folder / "xx.json").write_bytes(content)
        load_languages(folder)

    def _read_context(self, content: bytes) -> None:
        model = ContextModel.from_bytes(content)
        model.next_words("we could meet at ", 3)
        ranking, lexicon = Ranking(model, toy_context.lexicon()), toy_context.lexicon()
        ranking.words_before("we could meet at ", lexicon).ordered(("its", "it's"), lexicon.find("its") or 0, "its")

    def _read_store(self, content: bytes) -> None:
        for file in self._folder.glob("store*"):
            file.unlink()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = WordStore(self._file("store.db", content))
            assert all(isinstance(one, PersonalWord) for one in store.read("en")[0].values())
            assert all(isinstance(one, Pair) for one in store.read_pairs("en")[0].values())
            store.count_pairs("en", [("meet", "at", 1.0)])
            assert store.write("en", [Change("after", kind="added")]) or b"SQLite" in content[:20]
            store.close()

    # --- inside ---

    def _file(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path

    def _store(self) -> bytes:
        store = WordStore(self._folder / "seed.db")
        store.write("en", [Change("Wuliangye", kind="added"), Change("cat", 1.0)])
        store.count_pairs("en", [("the", "cat", 1.0), ("", "the", 2.5)])
        store.close()
        return (self._folder / "seed.db").read_bytes()
