"""Predictions and their table on the toy bundle, where every answer is known."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accuracy import Accuracy
from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from tests.support import toy
from training import predict
from training.data.swipe_data import load_swipes
from training.ensembles.prediction_table import PredictionRow, PredictionTable, best_first, merge_tables
from training.ensembles.predictions import Prediction, read_predictions, words_digest, write_predictions
from training.ensembles.predictor import Fingerprint, Predictor, canonical, data_fingerprint, grid_fingerprint

ROWS = [("cat", "cat"), ("hello", "hello"), ("wet", "vat"), ("zebra", "cart"), ("we're", "were"), ("don't", "dont")]
"""meant, traced: the third is traced wrongly, the lexicon lacks the fourth"""
DEFAULTS = SearchOptions(8, 0.25, 30.0)

words = st.text("abc", min_size=1, max_size=4)
rankings = st.lists(st.tuples(words, st.floats(allow_nan=False)), max_size=4).map(tuple)
predictions = st.lists(st.builds(Prediction, st.none() | words, rankings), max_size=5)

Predict = Callable[..., PredictionRow]
"""predict_toy(folder, *options): runs the command"""


@pytest.fixture
def data(tmp_path: Path, qwerty: Grid, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    swipes = [(meant, toy.swipe_of(traced, qwerty)) for meant, traced in ROWS]
    lines = [{"word": word, "curve": {"x": one.x.tolist(), "y": one.y.tolist(), "t": one.t.tolist()}, "user": word} for word, one in swipes]
    path = tmp_path / "swipes.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def predict_toy(toy_bundle: Path, toy_lexicon: Path, data: Path) -> Predict:
    def predict_toy(folder: Path, *more: str, bundle: Path = toy_bundle, data: Path = data) -> PredictionRow:
        arguments = [str(data), str(folder), "--bundle", str(bundle), "--lexicon", str(toy_lexicon), *more]
        return predict.run(predict.parse_args(arguments))

    return predict_toy


def row_of(path: Path, search: SearchOptions = DEFAULTS, data: str = "d", words_sha256: str = "w") -> PredictionRow:
    predictor = Predictor(Fingerprint("model", "b"), Fingerprint("words", "l"), Fingerprint("keys", "g"), search)
    return PredictionRow(predictor, Fingerprint("dev", data), path, words_sha256, Accuracy(6, 0.5, 0.75, 0.75, 0.525))


# --- what makes a predictor ---


@pytest.mark.parametrize("settings", [[], ["margin=30"], ["prior_weight=0.250", "beam_width=8"], ["ctc_weight=-0.0", "method=steps"]])
def test_defaults_may_be_spelt_out(settings: list[str]) -> None:
    """Neither more options nor another spelling of a number makes two predictors of one."""
    assert row_of(Path("p"), canonical(DEFAULTS.changed(settings))).id == row_of(Path("p"), canonical(DEFAULTS)).id


def test_whole_numbers_and_floats_are_one() -> None:
    assert row_of(Path("p"), canonical(SearchOptions(8, 1, 30))).id == row_of(Path("p"), canonical(SearchOptions(8, 1.0, 30.0))).id


@pytest.mark.parametrize(
    "setting",
    [
        "beam_width=9",
        "prior_weight=0.26",
        "margin=inf",
        "n_best=5",
        "ctc_weight=0.1",
        "method=two_pass",
        "internal_lm_weight=0.5",
        "letter_bonus=0.5",
        "first_prior=1",
        "look_again_below=-9",
        "left_behind=9",
        "sure_margin=3",
        "temperature=2",
        "none_score=-3",
        "least_probability=0.1",
    ],
)
def test_every_option_makes_another_predictor(setting: str) -> None:
    assert row_of(Path("p"), canonical(DEFAULTS.changed([setting]))).id != row_of(Path("p"), canonical(DEFAULTS)).id


def test_every_option_was_tried() -> None:
    assert {field.name for field in fields(SearchOptions)} == {"beam_width", "prior_weight", "margin", "n_best", "ctc_weight", "method"} | {
        "internal_lm_weight",
        "letter_bonus",
        "first_prior",
        "look_again_below",
        "left_behind",
        "sure_margin",
        "temperature",
        "none_score",
        "least_probability",
    }


def test_every_file_makes_another_predictor() -> None:
    row = row_of(Path("p"))
    for name in ("bundle", "lexicon", "grid"):
        fingerprints = Fingerprint("model", "another"), replace(getattr(row.predictor, name), name="renamed")
        changes: list[dict[str, Any]] = [{name: fingerprint} for fingerprint in fingerprints]
        other, renamed = (replace(row, predictor=replace(row.predictor, **change)) for change in changes)
        assert other.id != row.id == renamed.id, name
    assert row_of(Path("p"), data="another").id != row.id


def test_the_first_pass_leaves_as_many_words_as_are_asked_for(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    """So a narrower beam is the same predictor, and finds the same."""
    narrow, wide = SearchOptions(2, 0.25, n_best=4, method="two_pass"), SearchOptions(4, 0.25, n_best=4, method="two_pass")
    assert canonical(narrow) == canonical(wide) == wide
    swipe = toy.swipe_of("cart", qwerty)
    assert toy_recognizer.recognize(swipe, narrow) == toy_recognizer.recognize(swipe, wide)
    steps = SearchOptions(2, 0.25, n_best=4)
    assert canonical(steps) == steps


def test_data_are_known_by_their_swipes(data: Path, tmp_path: Path) -> None:
    packed, shorter = tmp_path / "packed.jsonl.gz", tmp_path / "shorter.jsonl"
    packed.write_bytes(gzip.compress(data.read_bytes()))
    shorter.write_text("".join(f"{line}\n" for line in data.read_text().splitlines()[:5]))
    whole, again, some = (data_fingerprint(path.name, load_swipes(path)) for path in (data, packed, shorter))
    assert whole == again != some


def test_a_grid_is_known_by_its_keys(qwerty: Grid) -> None:
    assert grid_fingerprint(qwerty) == grid_fingerprint(replace(qwerty, name="mine"))
    assert grid_fingerprint(qwerty) != grid_fingerprint(replace(qwerty, keys=qwerty.keys[1:]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["beam=3"], r"unknown search option 'beam': known are beam_width, .*; did you mean 'beam_width'\?"),
        (["ctc_wieght=3"], r"did you mean 'ctc_weight'\?"),
        (["beam_width"], "search option 'beam_width' has no value: expected NAME=VALUE"),
        (["beam_width=2.5"], "search option beam_width must be a whole number, got '2.5'"),
        (["margin=wide"], "search option margin must be a number, got 'wide'"),
        (["method=greedy"], "method 'greedy' is not known: choose one of two_pass, steps"),
        (["margin=nan"], "margin must be at least 0, got nan"),
        (["margin=1", "margin=2"], "search option margin is given twice"),
    ],
)
def test_options_that_cannot_be_are_refused(settings: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DEFAULTS.changed(settings)


# --- predictions ---


@given(predictions)
def test_predictions_come_back(tmp_path_factory: pytest.TempPathFactory, found: list[Prediction]) -> None:
    path = tmp_path_factory.mktemp("predictions") / "some.jsonl.gz"
    write_predictions(path, found)
    first = path.read_bytes()
    assert read_predictions(path) == found
    write_predictions(path, found)
    assert path.read_bytes() == first and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b'{"id": 1, "word": "a", "candidates": []}\n', mtime=0), gzip.compress(b"{}\n", mtime=0)]
)
def test_damaged_predictions_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"some.jsonl.gz' is not a file of predictions: .*; predict again"):
        read_predictions(path)
    write_predictions(path, [Prediction("cat", (("cat", -0.5),))] * 300)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match="is not a file of predictions"):
        read_predictions(path)


def test_the_command_writes_what_the_engine_says(
    predict_toy: Predict, toy_recognizer: SwipeRecognizer, qwerty: Grid, tmp_path: Path
) -> None:
    row = predict_toy(tmp_path / "out")
    swipes = [toy.swipe_of(traced, qwerty) for _, traced in ROWS]
    expected = [tuple((one.key_sequence, one.score) for one in toy_recognizer.recognize(swipe)) for swipe in swipes]
    found = read_predictions(row.path)
    assert [one.word for one in found] == ["cat", "hello", "wet", "zebra", "were", "dont"]
    assert [one.rank for one in found] == [0, 0, None, None, 0, 0]
    assert [[word for word, _ in one.ranking] for one in found] == [[word for word, _ in ranking] for ranking in expected]
    assert [score for one in found for _, score in one.ranking] == pytest.approx([s for ranking in expected for _, s in ranking], abs=1e-4)
    assert (row.accuracy.n_swipes, row.accuracy.top_1) == (6, 4 / 6)
    assert PredictionTable(tmp_path / "out" / "predictions.db").rows() == [row]


def test_one_row_for_each_predictor(
    predict_toy: Predict, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    first = predict_toy(out)
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(data.read_bytes()))
    for options in (["--search", "margin=30"], ["--limit", "6"], ["--limit", "100", "--search", "n_best=4", "--search", "beam_width=8"]):
        assert predict_toy(out, *options).id == first.id
    assert predict_toy(out, data=packed).id == first.id and "already holds these predictions" in capsys.readouterr().err
    others = [predict_toy(out, *options) for options in (["--search", "beam_width=1"], ["--limit", "5"])]
    table = PredictionTable(out / "predictions.db")
    assert sorted(row.id for row in table.rows()) == sorted({first.id, *(row.id for row in others)})
    assert len(list(out.glob("*.jsonl.gz"))) == 3 and others[1].predictor == first.predictor


def test_two_processes_predict_the_same(predict_toy: Predict, tmp_path: Path) -> None:
    alone, together = (predict_toy(tmp_path / n, "--processes", n) for n in ("1", "2"))
    assert alone.path.read_bytes() == together.path.read_bytes() and replace(alone, path=together.path) == together


def test_lost_predictions_are_made_again(predict_toy: Predict, tmp_path: Path) -> None:
    row = predict_toy(tmp_path / "out")
    content = row.path.read_bytes()
    row.path.write_bytes(content[:20])
    assert predict_toy(tmp_path / "out") == row and row.path.read_bytes() == content


def test_other_answers_of_the_same_predictor_are_refused(predict_toy: Predict, tmp_path: Path) -> None:
    """As a changed engine would give them; the predictions that are there stay."""
    row = predict_toy(tmp_path / "out")
    table = PredictionTable(tmp_path / "out" / "predictions.db")
    table.path.unlink()
    table.add([replace(row, words_sha256="others")])
    content = row.path.read_bytes()
    with pytest.raises(ValueError, match=f"1 contradiction: {row.predictor.id} .*predict again with a single version"):
        predict_toy(tmp_path / "out")
    assert row.path.read_bytes() == content


def test_the_commands_print_rows(
    toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def main(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["predict", *map(str, arguments)])
        predict.main()
        return capsys.readouterr().out

    out = tmp_path / "out"
    row = json.loads(main(data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon, "--json", "--search", "margin=inf"))
    infinite = "margin", "left_behind", "look_again_below", "sure_margin", "none_score"
    assert row["predictor"]["search"] == {**asdict(DEFAULTS), **dict.fromkeys(infinite)}
    assert row["accuracy"]["n_swipes"] == 6 and Path(row["path"]).is_file()
    merged = json.loads(main("merge", out / "predictions.db", tmp_path / "merged.db", "--json"))
    assert merged["id"] == row["id"] and Path(merged["path"]).is_file()
    shown = json.loads(main("show", tmp_path / "merged.db", out, "--json"))
    assert {**shown, "path": ""} == {**merged, "path": ""}
    assert row["predictor_id"] in main("show", out).splitlines()[0]
    with pytest.raises(SystemExit, match=r"^training.predict: no table at .*none.db"):
        main("show", tmp_path / "none.db")
    with pytest.raises(SystemExit, match=r"^training.predict: unknown search option 'beem_width': .* did you mean 'beam_width'\?$"):
        main(data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon, "--search", "beem_width=3")
    with pytest.raises(SystemExit, match=r"^training.predict: '.*merged.db' exists"):
        main("merge", out / "predictions.db", tmp_path / "merged.db")


# --- the table ---


def test_a_table_keeps_its_rows(tmp_path: Path) -> None:
    table = PredictionTable(tmp_path / "new" / "t.db")
    assert table.rows() == []
    rows = [row_of(tmp_path / "new" / "a.gz"), row_of(tmp_path / "new" / "b.gz", replace(DEFAULTS, margin=float("inf")))]
    table.add(rows)
    table.add(rows[:1])
    assert sorted(table.rows(), key=str) == sorted(rows, key=str)
    assert table.find(rows[1].predictor, rows[1].data) == rows[1]
    assert table.find(rows[1].predictor, Fingerprint("dev", "other")) is None


def test_several_may_add_at_a_time(tmp_path: Path) -> None:
    rows = [row_of(tmp_path / "p.gz", data=str(number)) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda row: PredictionTable(tmp_path / "t.db").add([row]), rows))
    assert len(PredictionTable(tmp_path / "t.db").rows()) == 16


def test_tables_of_several_machines_merge(tmp_path: Path) -> None:
    """A row that both have is one; paths still lead to the files, those that are there before those that are not."""
    both, narrow = row_of(tmp_path / "a" / "p.gz"), row_of(tmp_path / "b" / "q.gz", replace(DEFAULTS, beam_width=2))
    there = replace(both, path=tmp_path / "b" / "p.gz")
    for folder, rows in (("a", [both]), ("b", [there, narrow])):
        PredictionTable(tmp_path / folder / "t.db").add(rows)
    there.path.touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    merged = merge_tables([tmp_path / "a" / "t.db", tmp_path / "b" / "t.db"], tmp_path / "deep" / "er" / "t.db")
    read = PredictionTable(tmp_path / "deep" / "er" / "t.db").rows()
    paths = {row.id: row.path.resolve() for row in read}
    assert paths == {both.id: there.path.resolve(), narrow.id: narrow.path.resolve()} == {row.id: row.path.resolve() for row in merged}


def test_the_best_comes_first_on_each_data_set(tmp_path: Path) -> None:
    rows = [
        replace(row_of(tmp_path / "p.gz", replace(DEFAULTS, beam_width=beam), data), accuracy=Accuracy(6, mrr, mrr, mrr, mrr))
        for beam, data, mrr in ((1, "b", 0.5), (2, "a", 0.25), (3, "b", 0.75), (4, "a", 0.5))
    ]
    assert [row.predictor.search.beam_width for row in best_first([*rows, *rows])] == [4, 2, 3, 1]
    with pytest.raises(ValueError, match="1 contradiction"):
        best_first([*rows, replace(rows[0], words_sha256="other")])


def test_a_table_moves_with_its_files(predict_toy: Predict, tmp_path: Path) -> None:
    predict_toy(tmp_path / "out")
    shutil.move(tmp_path / "out", tmp_path / "moved")
    row = PredictionTable(tmp_path / "moved" / "predictions.db").rows()[0]
    assert words_digest(read_predictions(row.path)) == row.words_sha256


@pytest.mark.parametrize(
    "change", [{"words_sha256": "other"}, {"accuracy": Accuracy(6, 0.4, 0.75, 0.75, 0.525)}], ids=["words", "accuracy"]
)
def test_contradictions_name_the_rows(tmp_path: Path, change: dict[str, object]) -> None:
    fine, first = row_of(tmp_path / "f.gz", data="other"), row_of(tmp_path / "p.gz")
    second = replace(first, path=tmp_path / "q.gz", **change)  # type: ignore[arg-type]
    PredictionTable(tmp_path / "a.db").add([fine, first])
    PredictionTable(tmp_path / "b.db").add([second, fine])
    name = first.predictor.id
    with pytest.raises(ValueError, match=rf"^1 contradiction: {name} .*p.gz' and {name} .*q.gz': .*predict again"):
        merge_tables([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "merged.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "b.db"]
    with pytest.raises(ValueError, match="1 contradiction"):
        PredictionTable(tmp_path / "a.db").add([row_of(tmp_path / "n.gz", data="new"), second])
    assert len(PredictionTable(tmp_path / "a.db").rows()) == 2


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("predictions " * 100)
    with pytest.raises(ValueError, match=r"text.db' is not a table of predictions"):
        PredictionTable(tmp_path / "text.db").rows()
    with pytest.raises(FileNotFoundError, match=r"no table at .*none.db: python -m training.predict writes"):
        merge_tables([tmp_path / "none.db"], tmp_path / "merged.db")


def test_an_altered_row_is_refused(tmp_path: Path) -> None:
    table = PredictionTable(tmp_path / "t.db")
    row = row_of(tmp_path / "p.gz")
    table.add([row])
    with sqlite3.connect(table.path) as connection:
        connection.execute("UPDATE predictions SET beam_width = 9")
    connection.close()
    with pytest.raises(ValueError, match=rf"row {row.id} of .* was changed"):
        table.rows()
