"""Aggregators on hand-made candidate lists, and the command that fits them."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accuracy import Accuracy
from engine.search_options import SearchOptions
from engine.swipe import Swipe
from training import ensemble
from training.data.swipe_data import load_swipes
from training.ensembles.aggregators import RIDGE, Append, Ensemble, Sample, Weighted, mean_swipe_mrr
from training.ensembles.prediction_table import PredictionRow, PredictionTable
from training.ensembles.predictions import Prediction, Ranking, read_predictions, words_digest, write_predictions
from training.ensembles.predictor import Fingerprint, Predictor, data_fingerprint, first_swipes
from training.evaluation.metrics import Interval, swipe_mrr

GOOD: Ranking = (("cat", -1.0), ("car", -2.0), ("cart", -4.0))
BAD: Ranking = (("vat", -0.5), ("cat", -3.0), ("bat", -3.5))

words = st.text("ab", min_size=1, max_size=2)
ranking_lists = st.dictionaries(words, st.integers(-40, 0), max_size=5).map(
    lambda found: tuple(sorted(((word, score / 4) for word, score in found.items()), key=lambda pair: -pair[1]))
)
samples = st.integers(1, 3).flatmap(
    lambda n_members: st.lists(st.tuples(st.none() | words, st.tuples(*[ranking_lists] * n_members)), min_size=1, max_size=8)
)


def sample_of(swipes: Sequence[tuple[str | None, tuple[Ranking, ...]]]) -> Sample:
    return Sample(tuple(word for word, _ in swipes), tuple(rankings for _, rankings in swipes))


def found(ranking: Ranking) -> list[str]:
    return [word for word, _ in ranking]


# --- append ---


def test_appending_keeps_the_best_list_and_adds_what_is_new() -> None:
    assert found(Append((0, 1), 3).combine((GOOD, BAD))) == ["cat", "car", "cart", "vat", "bat"]
    assert found(Append((1, 0), 3).combine((GOOD, BAD))) == ["vat", "cat", "bat", "car", "cart"]


def test_first_candidates_of_all_come_before_the_rest() -> None:
    assert Append((0, 1), 1).combine((GOOD, BAD)) == (("cat", 0.0), ("vat", -1.0), ("car", -2.0), ("cart", -3.0), ("bat", -4.0))
    assert found(Append((1, 0), 2).combine((GOOD, BAD))) == ["vat", "cat", "car", "bat", "cart"]


def test_appending_to_nothing() -> None:
    assert Append((0, 1), 2).combine(((), ())) == ()
    assert found(Append((0, 1), 2).combine(((), BAD))) == ["vat", "cat", "bat"]


def test_the_better_predictor_comes_first() -> None:
    sample = sample_of([("cat", (BAD, GOOD)), ("car", (BAD, GOOD)), ("dog", (BAD, GOOD))])
    assert Append.fit(sample).order == (1, 0)
    assert Append.fit(sample_of([("cat", (GOOD, GOOD))])).order == (0, 1)


def test_how_many_come_first_is_chosen_by_swipe_mrr() -> None:
    """The second is right wherever the first's second candidate is not: its first one belongs behind the first's first."""
    first: Ranking = (("a", -1.0), ("x", -2.0), ("y", -3.0))
    right = [("a", (first, (("b", -1.0),)))] * 3
    assert Append.fit(sample_of([*right, ("b", (first, (("b", -1.0),)))])) == Append((0, 1), 1)
    assert Append.fit(sample_of([*right, ("x", (first, (("b", -1.0),)))])) == Append((0, 1), 3)


# --- weighted ---


def test_scores_are_weighed_and_what_is_missing_counts_as_the_last() -> None:
    combined = Weighted((1.0, 0.5)).combine((GOOD, BAD))
    by_hand = {
        "cat": -1.0 + 0.5 * -3.0,
        "car": -2.0 + 0.5 * -3.5,
        "cart": -4.0 + 0.5 * -3.5,
        "vat": -4.0 + 0.5 * -0.5,
        "bat": -4.0 + 0.5 * -3.5,
    }
    assert dict(combined) == pytest.approx(by_hand)
    assert found(combined) == ["cat", "car", "vat", "cart", "bat"]  # cart and bat tie: the first predictor's stays first


def test_a_predictor_without_candidates_has_no_say() -> None:
    assert Weighted((1.0, 5.0)).combine((GOOD, ())) == GOOD
    assert Weighted((1.0, 5.0)).combine(((), ())) == ()


def noisy(n_swipes: int, spreads: tuple[float, ...], seed: int) -> Sample:
    """Predictors that see the truth, "w0", scored above three others, through noise of their own."""
    random = np.random.default_rng(seed)
    swipes = []
    for _ in range(n_swipes):
        rankings = []
        for spread in spreads:
            scores = np.array([0.0, -1.0, -1.0, -1.0]) + random.normal(0, spread, 4)
            rankings.append(tuple((f"w{word}", float(scores[word])) for word in np.argsort(-scores)))
        swipes.append(("w0", tuple(rankings)))
    return sample_of(swipes)


def test_the_clearer_predictor_weighs_more_and_both_are_better_than_one() -> None:
    fitted = Weighted.fit(noisy(2000, (0.5, 1.0), seed=0))
    assert fitted.weights[0] / fitted.weights[1] == pytest.approx(4, rel=0.3)  # by the inverse of the variances
    others = noisy(2000, (0.5, 1.0), seed=1)
    alone = max(mean_swipe_mrr(others.predictions(member)) for member in (0, 1))
    assert mean_swipe_mrr(others.combined(fitted)) > alone + 0.01


def test_equal_predictors_weigh_the_same() -> None:
    first = noisy(200, (0.7,), seed=2)
    twice = Sample(first.words, tuple(rankings * 2 for rankings in first.rankings))
    weights = Weighted.fit(twice).weights
    assert weights[0] == pytest.approx(weights[1])
    # two pulls of RIDGE to 1/2 together against one to 1: nearly the weight of one alone
    assert sum(weights) == pytest.approx(Weighted.fit(first).weights[0], rel=0.02)


def test_a_predictor_that_misleads_weighs_nothing() -> None:
    """Its weight would be below 0, were that allowed."""
    random = np.random.default_rng(3)
    swipes = []
    for _ in range(300):
        good = sorted(((word, float(random.normal(word == "w0", 0.7))) for word in ("w0", "w1", "w2")), key=lambda pair: -pair[1])
        swipes.append(("w0", (tuple(good), (("w1", 0.0), ("w2", -0.5), ("w0", -1.0)))))
    weights = Weighted.fit(sample_of(swipes)).weights
    assert weights[1] == 0 < weights[0]


def loss_by_hand(sample: Sample, weights: tuple[float, ...]) -> float:
    losses = []
    for word, rankings in zip(sample.words, sample.rankings, strict=True):
        combined = dict(Weighted(weights).combine(rankings))
        if word in combined:
            losses.append(np.log(sum(np.exp(score) for score in combined.values())) - combined[word])
    return float(np.mean(losses)) + RIDGE / 2 * sum((weight - 1 / len(weights)) ** 2 for weight in weights)


@given(samples)
@settings(max_examples=60)
def test_no_weights_nearby_make_the_words_more_probable(swipes: list[tuple[str | None, tuple[Ranking, ...]]]) -> None:
    """The loss is convex, so a minimum among its neighbours is the minimum."""
    sample = sample_of(swipes)
    if not any(word in dict(ranking) for word, rankings in swipes for ranking in rankings):
        with pytest.raises(ValueError, match="no predictor found the word of any swipe"):
            Weighted.fit(sample)
        return
    weights = Weighted.fit(sample).weights
    least = loss_by_hand(sample, weights)
    for step in itertools.product((-0.01, 0.0, 0.01), repeat=len(weights)):
        beside = tuple(max(0.0, weight + change) for weight, change in zip(weights, step, strict=True))
        assert loss_by_hand(sample, beside) >= least - 1e-9


@given(samples)
def test_every_candidate_is_kept_once(swipes: list[tuple[str | None, tuple[Ranking, ...]]]) -> None:
    n_members = len(swipes[0][1])
    for aggregator in (Append(tuple(range(n_members)), 2), Weighted((0.5,) * n_members)):
        for _, rankings in swipes:
            combined = aggregator.combine(rankings)
            assert sorted(found(combined)) == sorted({word for ranking in rankings for word, _ in ranking})
            assert [score for _, score in combined] == sorted((score for _, score in combined), reverse=True)


# --- saved states ---


@pytest.mark.parametrize(
    "fitted",
    [Ensemble("append", ("a", "b"), Append((1, 0), 2), ("ann", "bob")), Ensemble("weighted", ("a", "b"), Weighted((0.25, 1.5)), ("ann",))],
    ids=["append", "weighted"],
)
def test_a_saved_ensemble_comes_back(tmp_path: Path, fitted: Ensemble) -> None:
    fitted.save(tmp_path / "state.json")
    assert Ensemble.load(tmp_path / "state.json") == fitted
    assert list(tmp_path.iterdir()) == [tmp_path / "state.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"kind": "weighted", "members": ["a", "b"], "aggregator": {"weights": [1]}, "people": ["ann"]}',
        '{"kind": "append", "members": ["a", "b"], "aggregator": {"order": [0, 0], "n_first": 1}, "people": ["ann"]}',
        '{"kind": "mean", "members": ["a", "b"], "aggregator": {}, "people": ["ann"]}',
    ],
)
def test_what_is_no_ensemble_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(ValueError, match=r"state.json' is not a saved ensemble: .*; fit it again with"):
        Ensemble.load(tmp_path / "state.json")


def test_an_ensemble_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no saved ensemble at .*state.json': fit it with python -m training.ensemble fit"):
        Ensemble.load(tmp_path / "state.json")


# --- the command ---

N_PEOPLE, N_EACH = 16, 8


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    swipe = Swipe.from_points([0.0, 50.0], [0.0, 50.0], [0.0, 100.0])
    curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist()}
    lines = [json.dumps({"word": "w0", "curve": curve, "user": f"person {row // N_EACH}"}) for row in range(N_PEOPLE * N_EACH)]
    path = tmp_path / "swipes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def table(data: Path, tmp_path: Path) -> Path:
    """Two predictors of the data, of which each knows something."""
    sample, fingerprint = noisy(N_PEOPLE * N_EACH, (0.8, 0.8), seed=4), data_fingerprint(data.name, load_swipes(data))
    rows = []
    for member in (0, 1):
        bundle, lexicon, grid = (Fingerprint(name, name) for name in (f"model {member}", "lexicon", "grid"))
        predictor = Predictor(bundle, lexicon, grid, SearchOptions(4, 0.5))
        predictions, path = sample.predictions(member), tmp_path / f"{member}.jsonl.gz"
        write_predictions(path, predictions)
        accuracy = Accuracy.of_ranks(one.rank for one in predictions)
        rows.append(PredictionRow(predictor, fingerprint, path, words_digest(predictions), accuracy))
    PredictionTable(tmp_path / "predictions.db").add(rows)
    return tmp_path / "predictions.db"


def keep_first(n: int, table: Path, data: Path) -> None:
    """Leaves the predictions of the first n swipes in the table."""
    rows = PredictionTable(table).rows()
    table.unlink()
    for row in rows:
        predictions = read_predictions(row.path)[:n]
        write_predictions(row.path, predictions)
        fingerprint = data_fingerprint(data.name, first_swipes(load_swipes(data), n))
        accuracy = Accuracy.of_ranks(one.rank for one in predictions)
        PredictionTable(table).add([PredictionRow(row.predictor, fingerprint, row.path, words_digest(predictions), accuracy)])


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    monkeypatch.setattr(sys, "argv", ["ensemble", *map(str, arguments)])
    ensemble.main()
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", ["weighted", "append"])
def test_fitting_and_applying(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path, kind: str
) -> None:
    """What fit says of the other people is what apply finds, and what the written predictions hold."""
    state, out = tmp_path / "state.json", tmp_path / "out.jsonl.gz"
    fitted = json.loads(run(monkeypatch, capsys, "fit", table, data, state, "--aggregator", kind, "--json"))
    applied = json.loads(run(monkeypatch, capsys, "apply", state, table, data, out, "--json"))
    assert list(fitted) == ["fitted on", ensemble.OTHERS] and list(applied) == [ensemble.OTHERS]
    assert fitted[ensemble.OTHERS] == applied[ensemble.OTHERS]
    half = ensemble.fitting_half(load_swipes(data).users)
    ranks = np.array([one.rank for one in read_predictions(out)], dtype=object)
    for title, part in (("fitted on", half), (ensemble.OTHERS, ~half)):
        together = fitted[title]["together"]
        assert together["n_swipes"] == part.sum() and together["swipe_mrr"] == pytest.approx(swipe_mrr(ranks[part].tolist()).mean())
        for line in fitted[title]["members"]:
            gain, interval = together["swipe_mrr"] - line["accuracy"]["swipe_mrr"], line["gain"]["interval"]
            assert line["gain"]["mean"] == pytest.approx(gain, abs=1e-12) and interval["low"] <= gain <= interval["high"]
    assert Ensemble.load(state).members == tuple(row.predictor.id for row in PredictionTable(table).rows())


def test_the_other_half_has_no_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path
) -> None:
    """With other predictions for the other people, the same weights are fitted."""
    run(monkeypatch, capsys, "fit", table, data, tmp_path / "first.json")
    half = ensemble.fitting_half(load_swipes(data).users)
    rows = PredictionTable(table).rows()
    table.unlink()
    for row in rows:
        predictions = [
            one if keep else Prediction(one.word, (("wrong", 0.0),)) for keep, one in zip(half, read_predictions(row.path), strict=True)
        ]
        write_predictions(row.path, predictions)
        changed = PredictionRow(row.predictor, row.data, row.path, words_digest(predictions), row.accuracy)
        PredictionTable(table).add([changed])
    run(monkeypatch, capsys, "fit", table, data, tmp_path / "second.json")
    assert (tmp_path / "first.json").read_text() == (tmp_path / "second.json").read_text()


def test_nobody_judges_what_was_fitted_on_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path
) -> None:
    """However the data it is applied to are cut: here as the first half of those it was fitted on."""
    state, users = tmp_path / "state.json", load_swipes(data).users
    run(monkeypatch, capsys, "fit", table, data, state)
    half, n = ensemble.fitting_half(users), len(users) // 2
    assert Ensemble.load(state).people == tuple(sorted(set(users[half].tolist())))
    keep_first(n, table, data)
    applied = json.loads(run(monkeypatch, capsys, "apply", state, table, data, tmp_path / "out.jsonl.gz", "--limit", str(n), "--json"))
    assert {title: report["together"]["n_swipes"] for title, report in applied.items()} == {ensemble.OTHERS: (~half[:n]).sum()}


def test_whole_people_are_held_out() -> None:
    users = np.array([f"person {number}" for number in range(100)] * 3)
    half = ensemble.fitting_half(users)
    assert (half[:100] == half[100:200]).all() and 30 < half[:100].sum() < 70
    assert (ensemble.fitting_half(users[:50]) == half[:50]).all()
    with pytest.raises(ValueError, match="the data has 1 people, all in one half"):
        ensemble.fitting_half(users[:1])


def test_the_table_has_the_same_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path
) -> None:
    first, second = (row.predictor.id for row in PredictionTable(table).rows())
    out = run(monkeypatch, capsys, "fit", table, data, tmp_path / "state.json", "--members", second, first[:8])
    lines = out.splitlines()
    assert [line.split()[0] for line in lines if line] == ["fitted", second, first, "ensemble", "other", second, first, "ensemble", "On"]
    state = Ensemble.load(tmp_path / "state.json")
    assert isinstance(state.aggregator, Weighted) and all(f"weight {weight:.3f}" in out for weight in state.aggregator.weights)
    assert Ensemble.load(tmp_path / "state.json").members == (second, first)


def line_of(name: str, low: float, high: float, n_right: int) -> ensemble.Line:
    gain = ensemble.Gain((low + high) / 2, Interval(low, high))
    return ensemble.Line(name, "place 1", Accuracy.of_ranks([0] * n_right + [None] * (10 - n_right)), gain)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.01, 0.03, "beats"), (-0.03, -0.01, "is worse than"), (-0.01, 0.03, "does not differ beyond chance from")],
)
def test_the_ensemble_is_judged_against_its_best_member(low: float, high: float, verdict: str) -> None:
    members = [line_of("poor", 0.2, 0.3, 5), line_of("good", low, high, 8), line_of("fair", 0.1, 0.2, 7)]
    report = ensemble.Report("other people", members, Accuracy.of_ranks([0] * 10))
    gain = f"{(low + high) / 2:+.4f} [{low:+.4f}, {high:+.4f}]"
    assert report.verdict == f"On other people, the ensemble {verdict} its best member, good: {gain} swipe_mrr."


def test_members_are_told_apart_by_what_differs() -> None:
    def row(model: str, search: SearchOptions, grid: str = "grid") -> PredictionRow:
        predictor = Predictor(Fingerprint(model, model), Fingerprint("lexicon", "lexicon"), Fingerprint(grid, grid), search)
        return PredictionRow(predictor, Fingerprint("dev", "d"), Path("p"), "w", Accuracy.of_ranks([0]))

    rows = [row("one", SearchOptions(4, 0.5)), row("one", SearchOptions(4, 0.7)), row("two", SearchOptions(4, 0.5, n_best=8))]
    told = [name.split(" ", 1) for name in ensemble.names_of(rows)]
    settings = ["one, prior_weight=0.5, n_best=4", "one, prior_weight=0.7, n_best=4", "two, prior_weight=0.5, n_best=8"]
    assert told == [[one.predictor.id, setting] for one, setting in zip(rows, settings, strict=True)]
    assert ensemble.names_of(rows[:1])[0].endswith(" one")
    assert ensemble.names_of([rows[0], row("one", SearchOptions(4, 0.5), "other grid")])[1].endswith(" one, grid=other grid")


def test_the_folder_of_a_table_will_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path
) -> None:
    whole = run(monkeypatch, capsys, "fit", table, data, tmp_path / "state.json")
    assert run(monkeypatch, capsys, "fit", table.parent, data, tmp_path / "state.json") == whole


def test_predictions_of_the_first_swipes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path
) -> None:
    """They are of other data than those of all, and the message says how many there are."""
    n, state = 40, tmp_path / "state.json"
    keep_first(n, table, data)
    with pytest.raises(SystemExit, match=r"no predictions of these swipes of swipes.jsonl, but of 40 swipes of swipes.jsonl: .*--limit"):
        run(monkeypatch, capsys, "fit", table, data, state)
    reports = json.loads(run(monkeypatch, capsys, "fit", table, data, state, "--limit", str(n), "--json"))
    assert sum(report["together"]["n_swipes"] for report in reports.values()) == n
    run(monkeypatch, capsys, "apply", state, table, data, tmp_path / "out.jsonl.gz", "--limit", str(n))
    assert len(read_predictions(tmp_path / "out.jsonl.gz")) == n


def test_what_cannot_be_combined_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Path, data: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    row = PredictionTable(table).rows()[0]
    with pytest.raises(SystemExit, match=r"^training.ensemble: 0 predictors in .* start with 'zzz'; on swipes.jsonl it has [0-9a-f]{16}, "):
        run(monkeypatch, capsys, "fit", table, data, state, "--members", "zzz")
    with pytest.raises(SystemExit, match=r"needs at least two predictors, got only"):
        run(monkeypatch, capsys, "fit", table, data, state, "--members", row.predictor.id)
    with pytest.raises(SystemExit, match=r"has no predictions of these swipes of swipes.jsonl, but of nothing: predict them"):
        run(monkeypatch, capsys, "fit", tmp_path / "none.db", data, state)
    write_predictions(row.path, [Prediction("w0", ())])
    with pytest.raises(SystemExit, match=rf"does not match row {row.id}: predict again"):
        run(monkeypatch, capsys, "fit", table, data, state)
    assert not state.exists()
