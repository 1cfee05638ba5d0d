"""Nothing leaves the machine: what our commands ask of the system, as docs/PRIVACY.md says."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from engine.telemetry import VARIABLE
from tests.conftest import ROOT
from tests.support import confined
from tests.support.pointer import keyboard, missing_programs, open_hand
from tests.support.watching import CONFINE, STRACE, Watched, watch

ALIVE_S = 20
"""How long a process lives on after its work: onnxruntime's telemetry makes its first attempts within that time."""
EXAMPLES = "examples/swipes.jsonl"
STAYING = """
import runpy, sys, time
sys.argv = {arguments}
ended_with = None
try:
    runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
except SystemExit as ended:
    ended_with = ended.code
time.sleep({alive_s})
sys.exit(ended_with)
"""
"""Runs a command's module as `python -m` does, and stays alive for a while."""
BARE = """
import time, onnxruntime
onnxruntime.InferenceSession("engine/models/universal/encoder.onnx")
time.sleep({alive_s})
"""
"""onnxruntime without us, as pip gives it: what the detectors have to find."""
KEYBOARD = """
from keyboard_app.style.kivy_setup import prepare
prepare((360, 640))
import time
from pathlib import Path
from keyboard_app.app import KeyboardApp, Start
from keyboard_app.screenshots.driven_app import DrivenApp
from keyboard_app.session.practice import swipes_path
from keyboard_app.settings import settings_path
from keyboard_app.style.screenshot import SETTLE_FRAMES

app = KeyboardApp(Start(settings_path(), swipes_path(), ("hello",), "practice"))
driven = DrivenApp(app, Path())

def practise():
    yield from driven.until(lambda: not app.worker.loading)
    practice = app.root.current_screen.practice
    for _ in range(SETTLE_FRAMES):
        yield
    yield from driven.drag("hello")
    yield from driven.lift()
    yield from driven.until(lambda: practice.n_recorded == 1)
    said = []
    app.own_words.add("Wuliangye", said.append)
    yield from driven.until(lambda: said)
    end = time.monotonic() + {alive_s}
    while time.monotonic() < end:
        yield

driven.play(practise())
"""
"""The keyboard in a window that SDL draws offscreen: a swipe is practised and recorded, and a word is added."""

needs_seccomp = pytest.mark.skipif(not confined.is_possible(), reason="seccomp filters: Linux on x86-64 or ARM64 alone")
needs_strace = pytest.mark.skipif(STRACE is None, reason="not installed: strace (Debian: apt install strace)")


def assert_private(watched: Watched) -> None:
    assert watched.returncode == 0, watched.output
    assert (watched.sockets, watched.addresses, watched.strays) == ((), frozenset(), ())


def stay(module: str, *arguments: str | Path) -> list[str]:
    """The command `python -m module`, which lives on when it is done."""
    line = [module, *map(str, arguments)]
    return [sys.executable, "-c", STAYING.format(arguments=line, module=module, alive_s=ALIVE_S)]


# --- whether the detectors detect ---


def run_bare(home: Path, environment: Mapping[str, str], *, confined: bool, traced: bool) -> Watched:
    command = [sys.executable, "-c", BARE.format(alive_s=ALIVE_S)]
    watched = watch(command, home, environment=environment, confined=confined, traced=traced)
    if VARIABLE not in environment and not watched.sockets and not watched.strays and watched.returncode == 0:
        pytest.skip("this onnxruntime has no telemetry: builds before 1.29, and those that other people make")
    return watched


@pytest.mark.slow
@needs_strace
def test_strace_sees_what_onnxruntime_does_without_us(tmp_path: Path) -> None:
    watched = run_bare(tmp_path / "home", {}, confined=False, traced=True)
    assert any("AF_INET" in call for call in watched.sockets)
    assert watched.addresses
    assert {"deviceid", "onnxruntime.db"} <= {path.name for path in watched.strays}


@pytest.mark.slow
@needs_seccomp
def test_without_strace_the_process_is_killed_and_the_files_are_found(tmp_path: Path) -> None:
    watched = run_bare(tmp_path / "home", {}, confined=True, traced=False)
    assert watched.returncode == -signal.SIGSYS
    assert "deviceid" in {path.name for path in watched.strays}


@pytest.mark.slow
@needs_seccomp
def test_the_variable_is_what_keeps_it_quiet(tmp_path: Path) -> None:
    assert_private(run_bare(tmp_path / "home", {VARIABLE: "1"}, confined=True, traced=STRACE is not None))


@needs_seccomp
@pytest.mark.parametrize(
    ("arguments", "returncode"),
    [
        ("AF_INET", -signal.SIGSYS),
        ("AF_INET6, socket.SOCK_DGRAM", -signal.SIGSYS),
        ("AF_NETLINK, socket.SOCK_RAW, 0", -signal.SIGSYS),
        ("AF_NETLINK, socket.SOCK_RAW, 15", 0),
        ("AF_UNIX", 0),
    ],
)
def test_a_network_socket_kills(arguments: str, returncode: int) -> None:
    command = [*CONFINE, sys.executable, "-c", f"import socket; socket.socket(socket.{arguments})"]
    assert subprocess.run(command, check=False).returncode == returncode


# --- what ours do ---


@pytest.mark.slow
@needs_seccomp
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("engine.decode", [EXAMPLES, "--json"]),
        ("keyboard_app.harness", [EXAMPLES, "--list"]),
        ("training.evaluate", [EXAMPLES, "--processes", "2"]),
    ],
    ids=["decoding", "the harness's list", "evaluation in worker processes"],
)
def test_commands_ask_for_nothing(module: str, arguments: Sequence[str], tmp_path: Path) -> None:
    assert_private(watch(stay(module, *arguments), tmp_path / "home"))


@pytest.mark.slow
@needs_seccomp
def test_training_and_export_ask_for_nothing(tmp_path: Path) -> None:
    (given := tmp_path / "given").mkdir()
    options = ["--preset", "tiny", "--steps", "2", "--processes", "1"]
    no_restart = {"MALLOC_TOP_PAD_": "0"}
    assert_private(watch(stay("training.train", EXAMPLES, given / "run", *options), tmp_path / "home", [given], no_restart))
    export: list[str | Path] = [
        given / "run" / "last.ckpt",
        given / "bundle",
        "--swipes",
        EXAMPLES,
        "--n-swipes",
        "2",
        "--precision",
        "fp32",
    ]
    assert_private(watch(stay("export", *export), tmp_path / "home2", [given, ROOT / ".git"]))  # git describe locks its index
    assert (given / "bundle" / "manifest.json").is_file()


@pytest.mark.slow
@needs_strace
def test_the_processes_of_a_training_talk_over_the_loopback_device_alone(tmp_path: Path) -> None:
    (given := tmp_path / "given").mkdir()
    many = given / "many.jsonl"
    many.write_text(100 * (ROOT / EXAMPLES).read_text(encoding="utf-8"), encoding="utf-8")
    command = stay("training.train", many, given / "run", "--preset", "tiny", "--steps", "2", "--processes", "2", "--threads", "1")
    watched = watch(command, tmp_path / "home", [given], {"MALLOC_TOP_PAD_": "0"}, confined=False)
    assert watched.returncode == 0, watched.output
    assert watched.addresses == {"127.0.0.1"} and not watched.strays
    assert list((given / "run").glob(".processes*")) == []


@pytest.mark.slow
@needs_seccomp
def test_the_keyboard_asks_for_nothing_and_keeps_what_is_practised_in_its_folder(tmp_path: Path) -> None:
    assert_private(watch([sys.executable, "-c", KEYBOARD.format(alive_s=ALIVE_S)], tmp_path / "home"))
    kept = sorted(path.relative_to(tmp_path / "home") for path in (tmp_path / "home").rglob("*") if path.is_file())
    own = Path(".local/share/keyglide")
    assert [path for path in kept if "mesa" not in str(path)] == [own / "swipes.jsonl", own / "words.db"]
    assert b"Wuliangye" in (tmp_path / "home" / own / "words.db").read_bytes()


# --- where it is switched off ---


def switched_off(code: str) -> bool:
    """Whether the variable is set before onnxruntime is looked for, in a process that begins without it."""
    watcher = f"""
import os, sys
class Watcher:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            print("set" if os.environ.get({VARIABLE!r}) == "1" else "not set")
sys.meta_path.insert(0, Watcher())
{code}
"""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run([sys.executable, "-c", watcher], env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(("set", "not set")), done.stdout
    return done.stdout.startswith("set")


@pytest.mark.parametrize("module", ["engine", "engine.model", "engine.decode", "export.quantize", "benchmarks.ladder.uncached"])
def test_whatever_is_imported_first_telemetry_is_off(module: str) -> None:
    assert switched_off(f"import {module}")


def test_the_check_of_that_notices_an_import_before_ours() -> None:
    assert not switched_off("import onnxruntime")


def test_an_onnxruntime_that_was_there_first_is_told_to_stop() -> None:
    code = (
        "import onnxruntime\ncalls = []\nonnxruntime.disable_telemetry_events = lambda: calls.append(1)\n"
        "import engine\nimport os\nprint(calls, os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[1] 1\n"


def test_every_module_that_imports_onnxruntime_has_the_engine_imported_before() -> None:
    """By its package: Python imports that first, whatever the order of the lines in the module."""
    names = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not names:
        pytest.skip("not a git checkout: what belongs to the project is not known")
    users = [Path(name) for name in names if "onnxruntime" in imported(ROOT / name) and not name.startswith("tests/")]
    assert Path("engine/model.py") in users
    late = [user for user in users if not any("engine" in imported(ROOT / above / "__init__.py") for above in user.parents[:-1])]
    assert late == []


def imported(path: Path) -> set[str]:
    """The packages that a module imports anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


# --- the keyboard before a real display ---


@pytest.mark.slow
@needs_seccomp
@pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())} (Debian: apt install xvfb xdotool)")
def test_swiping_with_a_real_pointer_survives_the_filter(tmp_path: Path) -> None:
    """A socket other than that to the display would kill the keyboard, and it would print nothing."""
    with open_hand(tmp_path / "display", seed=11) as hand, keyboard(hand, tmp_path, "--print", before=CONFINE) as lines:
        time.sleep(ALIVE_S / 2)
        hand.swipe("hello")
        time.sleep(ALIVE_S / 2)
    assert lines == ["Hello"]
