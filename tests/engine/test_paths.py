"""Whatever takes a file or a folder takes its name, too."""

from __future__ import annotations

import json
from pathlib import Path

from engine import GridRecognizers, Lexicon, ModelBundle, SwipeRecognizer, load_grids, load_languages, open_lexicon
from engine.lexicon import Entry, build_lexicon, write_lexicon
from engine.swipe_file import append_line, read_good_swipes
from tests.conftest import ROOT


def test_names_stand_for_paths(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path) -> None:
    shipped = json.loads((ROOT / "grids" / "grid_name_to_grid.json").read_text(encoding="utf-8"))
    grids = tmp_path / "grids.json"
    grids.write_text(json.dumps({"mine": shipped["qwerty_en"]}), encoding="utf-8")
    assert list(load_grids(str(grids))) == list(load_grids(grids)) == ["mine"]
    assert list(open_lexicon(str(toy_lexicon)).key_sequences()) == list(Lexicon.open(toy_lexicon).key_sequences())
    assert ModelBundle.load(str(toy_bundle)).manifest == ModelBundle.load(toy_bundle).manifest
    assert SwipeRecognizer.load(str(toy_bundle), str(toy_lexicon)).grid.name == "qwerty_en"
    assert GridRecognizers.load(str(toy_bundle), str(toy_lexicon), str(grids), "mine").grid_of(None).name == "mine"
    assert load_languages(str(ROOT / "languages")) == load_languages(ROOT / "languages")
    write_lexicon(build_lexicon([Entry("in", 1.0, ("in",))], "in", "made up"), str(tmp_path / "own.lexicon"))
    assert Lexicon.open(str(tmp_path / "own.lexicon")).forms("in") == ("in",)
    append_line(str(tmp_path / "deep" / "swipes.jsonl"), {"x": [1, 2], "y": [1, 2], "t": [0, 9]})
    assert [record.where for record in read_good_swipes(str(tmp_path / "deep" / "swipes.jsonl"))] == ["line 1"]
