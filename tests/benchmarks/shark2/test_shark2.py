"""SHARK2: the ideal trace of a word finds it; the best words and their scores are those of plain Python."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.shark2 import __main__ as shark2
from benchmarks.shark2.templates import PAPER, Shark2, Shark2Options
from benchmarks.shark2.tune import Tuning, tunable
from engine.grid import Grid, load_grids
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.swipe import Swipe
from tests.support import naive, toy

QWERTY = load_grids()["qwerty_en"]
TOY = Lexicon.from_bytes(build_lexicon(toy.ENTRIES, toy.ALPHABET, "toy"))
SMALL = Shark2Options(n_points=12, band=2)
"""Fast without the JIT."""
VARIANTS = {
    "elastic": SMALL,
    "paper": replace(PAPER, n_points=12),
    "weighted ends": replace(SMALL, end_weight=3.0, prior_weight=0.5, power=1.5),
    "elastic with a tunnel": replace(SMALL, tunnel_radius=0.9),
    "wide band": replace(SMALL, band=20, prune_radius=5.0),
    "no pruning, rigid": replace(SMALL, band=0, prune_radius=99.0),
}

points = st.lists(st.tuples(st.floats(-200, 1300), st.floats(-200, 900)), min_size=2, max_size=9)
words = st.lists(st.text("qwertasdfzx", min_size=1, max_size=7), min_size=1, max_size=15, unique=True)


def lexicon_of(words: list[str]) -> Lexicon:
    """The later a word, the rarer."""
    entries = [Entry(word, 0.5**place, (word,)) for place, word in enumerate(words)]
    return Lexicon.from_bytes(build_lexicon(entries, toy.ALPHABET, ""))


def swipe_through(places: list[tuple[float, float]]) -> Swipe:
    x, y = zip(*places, strict=True)
    return Swipe.from_points(x, y, np.arange(len(places)) * 10.0)


def ideal_swipe(word: str, grid: Grid = QWERTY, below: float = 0.0) -> Swipe:
    """Straight from key centre to key centre, `below` key widths under them; a tap's length of time on a single key."""
    letters = word if len(word) > 1 else 2 * word
    keys = [grid.letter_key(letter) for letter in letters]
    return swipe_through([(key.centre_x, key.centre_y + below * grid.key_width) for key in keys])


def naive_scores(lexicon: Lexicon, swipe: Swipe, options: Shark2Options) -> dict[str, float]:
    templates = {word: (QWERTY.centres(word) / QWERTY.key_width, prior) for word, prior in lexicon.key_sequences()}
    return naive.match_templates(np.stack([swipe.x, swipe.y], axis=1) / QWERTY.key_width, templates, options)


def check_against_naive(lexicon: Lexicon, swipe: Swipe, options: Shark2Options) -> None:
    """The same scores in the same order, each that of its word. Words whose scores are equal may change places."""
    found = Shark2(lexicon, QWERTY, options).recognize(swipe)
    expected = naive_scores(lexicon, swipe, options)
    best = sorted(expected.values(), reverse=True)[: options.n_best]
    np.testing.assert_allclose([candidate.score for candidate in found], best, rtol=1e-3, atol=1e-2)
    for candidate in found:
        assert candidate.score == pytest.approx(expected[candidate.key_sequence], rel=1e-3, abs=1e-2)
    assert len({candidate.key_sequence for candidate in found}) == len(found)
    assert sum(candidate.probability for candidate in found) == pytest.approx(1)


@pytest.mark.parametrize("options", [Shark2Options(), replace(PAPER, prior_weight=0.0)], ids=["default", "paper without a prior"])
@pytest.mark.parametrize("entry", toy.ENTRIES, ids=lambda entry: entry.key_sequence)
def test_the_ideal_trace_of_a_word_finds_it(entry: Entry, options: Shark2Options) -> None:
    found = Shark2(TOY, QWERTY, options).recognize(ideal_swipe(entry.key_sequence, below=options.touch_offset))
    assert (found[0].key_sequence, found[0].word, found[0].forms) == (entry.key_sequence, entry.forms[0], entry.forms)
    assert found[0].score == pytest.approx(options.prior_weight * TOY.log_prior(entry.key_sequence), abs=0.05)


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=15)
@given(words, points)
def test_equals_naive_twin(variant: str, words: list[str], points: list[tuple[float, float]]) -> None:
    check_against_naive(lexicon_of(words), swipe_through(points), VARIANTS[variant])


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=15)
@given(words, st.data())
def test_equals_naive_twin_near_a_word(variant: str, words: list[str], data: st.DataObject) -> None:
    ideal = ideal_swipe(data.draw(st.sampled_from(words)))
    moved = data.draw(st.lists(st.floats(-60, 60), min_size=2 * len(ideal), max_size=2 * len(ideal)))
    places = zip(ideal.x + moved[::2], ideal.y + moved[1::2], strict=True)
    check_against_naive(lexicon_of(words), swipe_through(list(places)), VARIANTS[variant])


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=25)
@given(st.lists(st.text("asdwe", max_size=4), min_size=5, max_size=15, unique=True), st.data())
def test_equals_naive_twin_where_all_words_share_their_ends(variant: str, middles: list[str], data: st.DataObject) -> None:
    words = [f"a{middle}d" for middle in middles]
    swipe = ideal_swipe(data.draw(st.sampled_from(words)), below=data.draw(st.floats(-0.5, 0.5)))
    check_against_naive(lexicon_of(words), swipe, replace(VARIANTS[variant], n_best=2))


def test_a_rare_word_does_not_hide_a_common_one() -> None:
    """The swipe begins a little nearer to a than to s, and goes by e to d."""
    frequencies = {"ad": 100.0, "add": 90.0, "sed": 80.0, "saxed": 1e-12}
    lexicon = Lexicon.from_bytes(build_lexicon([Entry(word, count, (word,)) for word, count in frequencies.items()], toy.ALPHABET, ""))
    swipe = swipe_through([(158.0, 260.0), (270.0, 100.0), (324.0, 260.0)])
    options = replace(SMALL, touch_offset=0.0, n_best=2)
    assert Shark2(lexicon, QWERTY, options).recognize(swipe)[0].key_sequence == "sed"
    check_against_naive(lexicon, swipe, options)


@settings(max_examples=30)
@given(words, st.floats(0.3, 3.0))
def test_pruning_never_drops_an_ideal_trace(words: list[str], radius: float) -> None:
    options = Shark2Options(n_points=8, band=1, prune_radius=radius, n_best=len(words))
    peer = Shark2(lexicon_of(words), QWERTY, options)
    for word in words:
        assert word in [candidate.key_sequence for candidate in peer.recognize(ideal_swipe(word))]


def test_pruning_drops_words_that_end_elsewhere() -> None:
    options = Shark2Options(prune_radius=0.5, n_best=20)
    found = Shark2(TOY, QWERTY, options).recognize(ideal_swipe("cat"))
    assert [candidate.key_sequence for candidate in found] == ["cat", "cart", "caught"]


def test_without_a_match_the_words_of_the_nearest_keys() -> None:
    """On p, where no word begins or ends."""
    swipe = swipe_through([(1075.0, 10.0), (1070.0, 20.0)])
    found = Shark2(TOY, QWERTY, replace(SMALL, prune_radius=0.0)).recognize(swipe)
    expected = naive_scores(TOY, swipe, replace(SMALL, prune_radius=0.0))
    assert {candidate.key_sequence for candidate in found} == set(expected) != set()


@pytest.mark.parametrize("place", [(1e6, -1e6), (-1e6, 1e6)])
@pytest.mark.parametrize("options", [SMALL, replace(PAPER, n_points=12)], ids=["default", "paper"])
def test_absurdly_far_swipe(place: tuple[float, float], options: Shark2Options) -> None:
    found = Shark2(TOY, QWERTY, options).recognize(swipe_through([place, (0.0, 0.0), place]))
    assert found and np.isfinite([candidate.score for candidate in found]).all()


def test_single_letter_word() -> None:
    lexicon = lexicon_of(["as", "a", "q", "aa"])
    peer = Shark2(lexicon, QWERTY)
    assert [candidate.key_sequence for candidate in peer.recognize(ideal_swipe("a"))][:2] == ["a", "aa"]
    jittered = swipe_through([(108, 270), (112, 262), (104, 268), (110, 272)])
    assert peer.recognize(jittered)[0].key_sequence == "a"


def test_double_letters_are_the_priors_choice() -> None:
    for order in (["to", "too"], ["too", "to"]):
        found = Shark2(lexicon_of(order), QWERTY).recognize(ideal_swipe("to"))
        assert [candidate.key_sequence for candidate in found] == order


def test_ties_by_shortness_then_alphabet() -> None:
    entries = [Entry(word, 1.0, (word,)) for word in ("too", "to", "ttoo", "tto", "too" + "o")]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, toy.ALPHABET, ""))
    found = Shark2(lexicon, QWERTY, Shark2Options(n_best=5)).recognize(ideal_swipe("to"))
    assert len({candidate.score for candidate in found}) == 1
    assert [candidate.key_sequence for candidate in found] == ["to", "too", "tto", "tooo", "ttoo"]
    fewer = Shark2(lexicon, QWERTY, Shark2Options(n_best=2)).recognize(ideal_swipe("to"))
    assert [candidate.key_sequence for candidate in fewer] == ["to", "too"]


def test_letter_aliases(grids: dict[str, Grid]) -> None:
    entries = [Entry("ёж", 1, ("ёж",)), Entry("еж", 1, ("еж",)), Entry("дом", 3, ("дом",))]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, "абвгдеёжзийклмнопрст", ""))
    found = Shark2(lexicon, grids["yandex_ru"], replace(SMALL, prune_radius=0.4)).recognize(ideal_swipe("ёж", grids["yandex_ru"]))
    assert [candidate.key_sequence for candidate in found] == ["еж", "ёж"]


def test_grid_without_a_letter(grids: dict[str, Grid]) -> None:
    with pytest.raises(ValueError, match="grid 'yandex_ru' has no key for 'a'"):
        Shark2(TOY, grids["yandex_ru"])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("n_points", 1, "n_points is 1: it must be at least 2"),
        ("n_best", 0, "n_best is 0: it must be at least 1"),
        ("band", -1, "band is -1: it must be at least 0"),
        ("power", 0.5, "power is 0.5: it must be at least 1"),
        ("shape_scale", 0.0, "shape_scale is 0.0: it must be above 0"),
        ("prune_radius", float("nan"), "prune_radius is nan: it must be at least 0"),
    ],
)
def test_bad_option(field: str, value: float, message: str) -> None:
    changed: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=message):
        replace(Shark2Options(), **changed)


def test_template_memory() -> None:
    """Two int16 for each point of each word."""
    peer = Shark2(TOY, QWERTY)
    assert 14 * 32 * 2 * 2 < peer.n_bytes < 14 * 32 * 2 * 2 + 14 * 20 + 27 * 27 * 8


# --- the commands ---


def write_swipes(path: Path, words: list[str | None]) -> Path:
    lines = []
    for word in words:
        swipe = ideal_swipe(word or "cat")
        curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist()}
        lines.append(json.dumps({"curve": curve} | ({"word": word} if word else {})))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_command(toy_lexicon: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_swipes(tmp_path / "swipes.jsonl", ["cat", "were", None, "zoo"])
    monkeypatch.setattr(sys, "argv", ["shark2", str(data), "--lexicon", str(toy_lexicon), "--json"])
    shark2.main()
    report = json.loads(capsys.readouterr().out)
    assert (report["lexicon_words"], report["data"], report["options"]["n_points"]) == (14, "swipes.jsonl", 32)
    assert report["accuracy"]["n_swipes"] == 3 and report["accuracy"]["top_1"] == pytest.approx(2 / 3)
    assert set(report["milliseconds"]) == {"p50", "p95", "p99"}
    measurement = shark2.run(shark2.parse_args([str(data), "--lexicon", str(toy_lexicon), "--paper", "--n", "2"]))
    assert measurement.options == PAPER
    assert measurement.accuracy.n_swipes == 2 and "top-1 50.00%" in measurement.as_table()


def test_command_without_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_swipes(tmp_path / "swipes.jsonl", [None])
    monkeypatch.setattr(sys, "argv", ["shark2", str(data)])
    with pytest.raises(SystemExit, match=r"benchmarks\.shark2: none of the swipes of"):
        shark2.main()


def test_tuning_climbs_from_bad_options(tmp_path: Path) -> None:
    records = shark2.labelled_records(write_swipes(tmp_path / "swipes.jsonl", ["cat", "cart", "vat", "car", "hell"]), None)
    tuning = Tuning(records, TOY, QWERTY)
    bad = replace(SMALL, location_scale=0.5, shape_scale=0.8)
    start, best = tuning.attempt(bad), tuning.climb(bad)
    assert best.accuracy.swipe_mrr > start.accuracy.swipe_mrr
    assert tuning.attempt(best.options) == best


def test_what_is_switched_off_is_not_tuned() -> None:
    assert tunable(PAPER) == ["location_scale", "shape_scale", "end_weight", "tunnel_radius"]
    assert tunable(Shark2Options()) == ["location_scale", "shape_scale", "start_scale", "end_scale", "touch_offset", "end_weight"]
