"""What several test files share: the shipped grids, and the recordings beside the repository where they are."""

from __future__ import annotations

import gzip
import importlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from engine import decode, jit, recordings
from engine.grid import Grid, GridCollection, load_grids
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from tests import HOME
from tests.support import toy
from tests.support.decoding import Result, Run, Swiped, as_json
from training.data.swipe_data import SwipeData, load_swipes

hypothesis.settings.register_profile("keyglide", hypothesis.settings.get_profile("default"), deadline=None)
if hypothesis.settings.get_current_profile_name() == "default":  # on CI hypothesis chooses a profile of its own
    hypothesis.settings.load_profile("keyglide")

ROOT = Path(__file__).parents[1]
LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
ALPHABETS = {"qwerty_en": LATIN, "yandex_ru": CYRILLIC, "yandex_ru_extra": CYRILLIC}

if os.environ.get("NUMBA_DISABLE_JIT") == "1":
    # The run without the JIT is about kernels. What needs torch or a window, or uses no kernels, is tested by the run with it.
    modules = r"torch|kivy|tests\.support\.(window_driver|pointer|random_network)"
    needs_more = re.compile(rf"^(from|import) ({modules})\b|^from tests\.support import .*_network", re.MULTILINE)
    folder = Path(__file__).parent
    rooms = [folder / room for room in ("engine", "training", "benchmarks")]
    collect_ignore = [
        str(path)
        for path in folder.rglob("test_*.py")
        if not any(room in path.parents for room in rooms) or needs_more.search(path.read_text(encoding="utf-8"))
    ]


def pytest_configure() -> None:
    """Has the kernels compiled ahead if they are not yet: once, before other processes start."""
    if jit.lacks_compiled() and subprocess.run([sys.executable, "-m", "engine.native.build"], check=False).returncode == 0:
        jit.use("ahead")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many processes as there are cores that this one may use; no more than four, for each has a window, torch and kernels in memory."""
    return min(len(os.sched_getaffinity(0)), 4)


def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Opens Kivy's window as the tests need it before a test module imports anything of Kivy, in whatever order."""
    if re.search(r"^from tests\.support\.window_driver import", module_path.read_text(encoding="utf-8"), re.MULTILINE):
        importlib.import_module("tests.support.window_driver")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """A test, and the fixtures that it is the first to need, draw the same random numbers whatever ran before in this process."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(1)


@pytest.fixture(autouse=True)
def own_folders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has settings and recordings of its own, or none: what one writes, no other reads. Nothing is there until it is written."""
    home = Path(HOME) / format(zlib.crc32(request.node.nodeid.encode()), "08x")
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))


@pytest.fixture(scope="session")
def grids() -> GridCollection:
    return load_grids()


@pytest.fixture(scope="session")
def qwerty(grids: dict[str, Grid]) -> Grid:
    return grids["qwerty_en"]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings: what KEYGLIDE_DATA names, or shared/data beside the repository."""
    folder = Path(os.environ.get(recordings.VARIABLE) or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real recordings: '{folder}' is not there, {recordings.VARIABLE} names another folder")
    return folder


@pytest.fixture(scope="session")
def real_swipes(shared_data: Path) -> list[Swipe]:
    """The first 300 swipes of How We Swipe's dev set, on qwerty_en."""
    with gzip.open(shared_data / "how_we_swipe" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        curves = [json.loads(line)["curve"] for line in itertools.islice(lines, 300)]
    return [Swipe.from_points(curve["x"], curve["y"], curve["t"]) for curve in curves]


@pytest.fixture(scope="session")
def real_data(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> SwipeData:
    """The first 300 swipes of How We Swipe's dev set with their words."""
    some = tmp_path_factory.mktemp("data") / "some.jsonl"
    with gzip.open(shared_data / "how_we_swipe" / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        some.write_text("".join(itertools.islice(lines, 300)), encoding="utf-8")
    return load_swipes(some)


@pytest.fixture(scope="session")
def toy_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the toy model bundle. Not to be written to."""
    return toy.write_bundle(tmp_path_factory.mktemp("toy") / "bundle")


@pytest.fixture(scope="session")
def toy_lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the toy lexicon. Not to be written to."""
    return toy.write_lexicon(tmp_path_factory.mktemp("toy") / "toy.lexicon")


@pytest.fixture(scope="session")
def toy_recognizer(toy_bundle: Path, toy_lexicon: Path) -> SwipeRecognizer:
    return SwipeRecognizer.load(toy_bundle, toy_lexicon)


@pytest.fixture
def run(toy_bundle: Path, toy_lexicon: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on content, which is put into a file, or given as standard input where stdin is set."""

    def run(content: object, *options: str | Path, stdin: bool = False) -> Result:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        file = tmp_path / "traj.json"
        file.write_bytes(data)
        if stdin:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        defaults = ["--bundle", toy_bundle, "--lexicon", toy_lexicon]
        code = decode.run(decode.parse_args([str(part) for part in ["-" if stdin else file, *defaults, *options]]))
        out, err = capsys.readouterr()
        return Result(code, out, err.replace(str(file), "traj.json"))

    return run


@pytest.fixture
def swipe_of(qwerty: Grid) -> Swiped:
    def swipe_of(word: str) -> dict[str, Any]:
        return as_json(toy.swipe_of(word, qwerty))

    return swipe_of
