"""Practice: what is to be swiped, and the file that it is recorded in."""

from __future__ import annotations

import errno
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from engine import Grid, Lexicon, Swipe, SwipeRecord, language_of, read_swipes
from engine.lexicon import Entry, build_lexicon
from keyboard_app.session.practice import Practice, Prompt, prompts_for, swipes_path
from tests.conftest import CYRILLIC, LATIN
from tests.support.decoding import Run
from training.data.swipe_data import load_swipes

PROMPTS = ("I'm in London, aren't I?", "Yes.")
SWIPE = Swipe.from_points([10.04, 20.06, 30], [1, 2.55, 3], [0, 16.7, 33.3])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "swipes.jsonl"


@pytest.fixture
def practice(path: Path) -> Practice:
    return Practice(path, PROMPTS[:1])


def shown(practice: Practice) -> str:
    assert practice.prompt
    return practice.prompt.words[practice.prompt.position]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- prompts ---


def test_the_words_of_a_sentence_come_in_their_order_without_those_of_one_letter(practice: Practice) -> None:
    seen = []
    for _ in range(6):
        seen.append(shown(practice))
        practice.next()
    assert seen == ["I'm", "in", "London,", "aren't", "I'm", "in"]


def test_a_word_is_recorded_as_its_small_letters() -> None:
    assert [Prompt(PROMPTS[0], position).word for position in range(5)] == ["im", "in", "london", "arent", "i"]
    assert Prompt("Всё ещё!", 1).word == "ещё"


def test_sentences_come_in_an_order_that_a_seed_gives(path: Path) -> None:
    sentences = [str(n) * 2 for n in "abcdefgh"]
    orders = {tuple(_order(Practice(path, sentences, seed), len(sentences))) for seed in (1, 1, 2)}
    assert len(orders) == 2
    assert all(sorted(order) == sentences for order in orders)


def _order(practice: Practice, count: int) -> list[str]:
    order = []
    for _ in range(count):
        order.append(shown(practice))
        practice.next()
    return order


@pytest.mark.parametrize(("name", "alphabet"), [("qwerty_en", LATIN), ("yandex_ru", CYRILLIC), ("yandex_ru_extra", CYRILLIC)])
def test_our_prompts_cover_the_alphabet_of_every_grid(grids: dict[str, Grid], name: str, alphabet: str) -> None:
    prompts = prompts_for(language_of(grids[name]), grids[name], None)
    assert len(prompts) > 30
    assert set(alphabet) == {letter for prompt in prompts for letter in prompt.lower() if letter.isalpha()}


def test_another_alphabet_takes_the_commonest_words_of_its_lexicon(qwerty: Grid) -> None:
    greek = "αβγδ"
    keys = tuple(replace(key, label=letter) for key, letter in zip(qwerty.letter_keys, greek, strict=False))
    grid = replace(qwerty, name="greek", keys=keys)
    entries = [Entry("αβ", 1, ("αβ",)), Entry("γδ", 9, ("Γδ",)), Entry("α", 20, ("α",))]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, greek, "test"))
    assert prompts_for(language_of(grid), grid, lexicon) == ("Γδ", "αβ")
    assert prompts_for(language_of(grid), grid, None) == ()


def test_without_prompts_there_is_nothing_to_swipe(path: Path) -> None:
    assert Practice(path, ()).prompt is None
    assert Practice(path, ("I",)).prompt is None


# --- the record ---


def test_swipes_are_kept_in_the_folder_for_data() -> None:
    assert swipes_path() == platformdirs.user_data_path("keyglide") / "swipes.jsonl"


def test_a_swipe_is_recorded_with_its_word(practice: Practice, path: Path, qwerty: Grid) -> None:
    practice.record(2, SWIPE, qwerty, ["London", "lindon", "lunedon", "laden", "loden"])
    assert lines(path) == [
        {
            "word": "london",
            "curve": {"x": [10.04, 20.06, 30], "y": [1, 2.55, 3], "t": [0, 16.7, 33.3], "grid_name": "qwerty_en"},
            "sentence": PROMPTS[0],
            "position": 2,
            "candidates": ["London", "lindon", "lunedon", "laden"],
            "recorded_with": "Keyglide keyboard",
        }
    ]


def test_it_is_counted_how_many_were_recognised(practice: Practice, qwerty: Grid) -> None:
    assert practice.record(0, SWIPE, qwerty, ["I'm", "in"])
    assert not practice.record(1, SWIPE, qwerty, ["I'm", "in"])
    assert not practice.record(2, SWIPE, qwerty, [])
    assert not practice.record(3, SWIPE, qwerty, None)
    assert (practice.n_recorded, practice.n_recognised) == (4, 1)


def test_letters_on_one_key_are_the_same(path: Path, grids: dict[str, Grid]) -> None:
    practice = Practice(path, ["ещё"])
    assert practice.record(0, SWIPE, grids["yandex_ru"], ["еще"])
    assert not practice.record(0, SWIPE, grids["yandex_ru_extra"], ["еще"])
    assert [line["word"] for line in lines(path)] == ["ещё", "ещё"]


def test_the_training_and_the_engine_read_the_file(
    practice: Practice, path: Path, qwerty: Grid, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(path.parent))
    for turn, candidates in enumerate((["I'm"], [], None)):
        practice.record(turn, SWIPE, qwerty, candidates)
    data = load_swipes(path)
    assert data.words.tolist() == ["im", "in", "london"]
    assert data.swipe(0).t.tolist() == pytest.approx([0, 16.7, 33.3])
    result = run(path.read_bytes())
    assert (result.code, result.err) == (0, "")
    assert "accuracy" in result.out


def test_a_grid_of_ones_own_is_recorded_with_the_swipe(practice: Practice, path: Path, qwerty: Grid) -> None:
    mine = replace(qwerty, keys=qwerty.keys[:30], aliases={"é": "e"})
    practice.record(0, SWIPE, mine, None)
    record = next(read_swipes(io.BufferedReader(io.BytesIO(path.read_bytes()))))
    assert isinstance(record, SwipeRecord)
    assert isinstance(record.grid, dict)
    assert Grid.from_json(record.grid["grid_name"], record.grid) == mine


def test_lines_of_before_are_kept(practice: Practice, path: Path, qwerty: Grid) -> None:
    path.parent.mkdir()
    path.write_text('{"cut": "off')
    practice.record(0, SWIPE, qwerty, None)
    practice.record(1, SWIPE, qwerty, None)
    before, *added = path.read_text().splitlines()
    assert before == '{"cut": "off'
    assert [json.loads(line)["word"] for line in added] == ["im", "in"]


# --- undo ---


def test_the_last_swipe_can_be_taken_out(practice: Practice, path: Path, qwerty: Grid) -> None:
    path.parent.mkdir()
    path.write_text("no line feed")
    for _ in range(3):
        practice.record(practice.turn, SWIPE, qwerty, ["in"])
        practice.next()
    practice.next()
    practice.undo_last()
    assert (shown(practice), practice.n_recorded, practice.n_recognised) == ("London,", 2, 1)
    practice.undo_last()
    assert (shown(practice), practice.n_recorded, practice.n_recognised) == ("in", 1, 0)
    practice.record(practice.turn, SWIPE, qwerty, ["in"])
    assert [json.loads(line)["word"] for line in path.read_text().splitlines()[1:]] == ["im", "in"]
    for _ in range(3):
        practice.undo_last()
    assert shown(practice) == "I'm"
    assert path.read_text() == "no line feed"


def test_what_another_program_added_is_not_taken_out(practice: Practice, path: Path, qwerty: Grid) -> None:
    practice.record(0, SWIPE, qwerty, None)
    with path.open("a") as file:
        file.write("more\n")
    content = path.read_bytes()
    with pytest.raises(OSError, match="another program has changed the file"):
        practice.undo_last()
    assert path.read_bytes() == content
    assert practice.n_recorded == 1


# --- files that cannot be written ---


def test_a_full_disk_leaves_the_file_as_it_was(practice: Practice, path: Path, qwerty: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    practice.record(0, SWIPE, qwerty, None)
    content = path.read_bytes()

    class AlmostFull(io.FileIO):
        def write(self, line: bytes) -> int:  # type: ignore[override]
            return super().write(line[:7])

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left") as caught:
        patch.setattr(Path, "open", lambda self, mode, buffering: AlmostFull(self, "a+"))
        practice.record(1, SWIPE, qwerty, None)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == content
    assert practice.n_recorded == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, qwerty: Grid) -> None:
    (tmp_path / "file").touch()
    practice = Practice(tmp_path / "file" / "swipes.jsonl", PROMPTS)
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        practice.record(0, SWIPE, qwerty, None)
    assert practice.n_recorded == 0


def test_dev_full_is_a_full_disk(qwerty: Grid) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    practice = Practice(Path("/dev/full"), PROMPTS)
    with pytest.raises(OSError, match="No space left"):
        practice.record(0, SWIPE, qwerty, None)
