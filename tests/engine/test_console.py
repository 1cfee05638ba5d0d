"""What commands make of a standard output that cannot take what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.lexicon import Entry, build_lexicon, write_lexicon
from engine.swipe_file import as_line, read_good_swipes
from tests.conftest import LATIN, ROOT

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ENVIRONMENTS = {"a strict ASCII locale": ASCII, "PYTHONIOENCODING": {"PYTHONIOENCODING": "ascii"}}
FULL = Path("/dev/full")

needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full: Linux has one")


@pytest.fixture(scope="module")
def accented(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Swipes of "hello", meant as a word that no encoding has whole, and a lexicon in which their letters are written with an accent."""
    folder = tmp_path_factory.mktemp("accented")
    some = [record for record in read_good_swipes(EXAMPLES) if record.word == "hello"]
    (folder / "swipes.jsonl").write_text("".join(map(as_line, some)).replace('"hello"', '"h\\ud800llo"'), encoding="utf-8")
    write_lexicon(build_lexicon([Entry("hello", 0.5, ("héllo",))], LATIN, "made up"), folder / "some.lexicon")
    return folder / "swipes.jsonl", folder / "some.lexicon"


def run(arguments: Sequence[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | dict(options.pop("environment", {}))  # type: ignore[call-overload]
    line = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE, check=False, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
@pytest.mark.parametrize("command", [["engine.decode", "--explain"], ["keyboard_app.harness", "--list"]], ids=["decoding", "the harness"])
def test_letters_that_the_locale_lacks_are_spelt_out(command: list[str], environment: dict[str, str], accented: tuple[Path, Path]) -> None:
    swipes, lexicon = accented
    done = run([*command, swipes, "--lexicon", lexicon], environment=environment, stdout=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"h\xe9llo" in done.stdout
    assert r"h\ud800llo" in done.stdout


@needs_full
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["tables", "json"])
def test_a_full_disk_is_not_said_to_be_unreadable(options: list[str]) -> None:
    with FULL.open("w") as full:
        done = run(["engine.decode", EXAMPLES, *options], stdout=full)
    assert (done.returncode, done.stderr) == (1, "error: standard output cannot be written: No space left on device\n")


OTHERS = [
    (["training.train", "--show"], "training.train: [Errno 28] No space left on device"),
    (["keyboard_app.harness", EXAMPLES, "--list"], "error: standard output cannot be written: No space left on device"),
]


@needs_full
@pytest.mark.parametrize(("command", "message"), OTHERS, ids=["training", "harness"])
def test_other_commands_name_the_full_disk_in_one_line(command: list[str | Path], message: str) -> None:
    with FULL.open("w") as full:
        done = run(command, stdout=full)
    assert (done.returncode, done.stderr) == (1, f"{message}\n")


def test_a_reader_that_leaves_is_no_fault() -> None:
    line = [sys.executable, "-m", "engine.decode", "--json", "-"]
    swipes = 50 * EXAMPLES.read_bytes()
    with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(swipes[: len(EXAMPLES.read_bytes())])
        process.stdin.flush()
        assert "candidates" in json.loads(process.stdout.readline())
        process.stdout.close()
        try:
            process.stdin.write(swipes)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert (process.stderr.read(), process.wait()) == (b"", 1)
