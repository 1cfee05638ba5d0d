"""Where what numba compiles is kept: beside the code, in our own folder, or nowhere."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.jit import has_numba
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not has_numba(), reason="nothing is compiled: numba is switched off or missing")

PROGRAM = """
import engine, numpy
from engine import kernels
print(kernels.see_ancestors(numpy.array([-1, 0]), 0, -60.0)[0].tolist())
"""
UNWRITABLE = "/dev/null"
"""No folder can be made below it, not even by root."""


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """A folder with the engine in which nothing can be compiled beside the code: `__pycache__` is a file."""
    for package in ("engine", "grids", "languages"):
        if (ROOT / package).is_dir():
            shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "models", "lexicons"))
    (tmp_path / "engine" / "__pycache__").touch()
    return tmp_path


def run(installation: Path, home: Path | str, program: str = PROGRAM, kernels: str = "jit") -> subprocess.CompletedProcess[str]:
    """kernels: how they run; "" leaves that to the engine."""
    known = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(installation), "KEYGLIDE_KERNELS": kernels}
    return subprocess.run([sys.executable, "-c", program], env=known, cwd=installation, capture_output=True, text=True, check=False)


def test_a_read_only_installation_without_a_home_works_uncached_and_says_so_once(installation: Path) -> None:
    done = run(installation, UNWRITABLE, kernels="")
    assert (done.returncode, done.stdout) == (0, "[0, 1]\n"), done.stderr
    assert done.stderr.count("Keyglide cannot keep its compiled kernels") == 1
    assert f"neither {installation}/engine/__pycache__ nor /dev/null/.cache/keyglide/numba can be written" in done.stderr


def test_kernels_of_a_read_only_installation_are_kept_in_our_own_folder(installation: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = run(installation, home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0, 1]\n", "")
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".nbi", ".nbc"}
    assert all(path.is_relative_to(home / ".cache" / "keyglide" / "numba") for path in kept)


@pytest.mark.parametrize("kept", [b"cengine.moved\nTrie\n.", b"", b"\x80\x05K"], ids=["of a class that has moved", "nothing", "cut off"])
def test_a_cache_that_cannot_be_read_is_made_anew(installation: Path, tmp_path: Path, kept: bytes) -> None:
    first = run(installation, tmp_path / "home")
    (index,) = (tmp_path / "home").rglob("kernels.see_ancestors*.nbi")
    with index.open("rb") as file:
        version = pickle.load(file)
    index.write_bytes(pickle.dumps(version) + kept)
    for _ in range(2):
        done = run(installation, tmp_path / "home")
        assert (done.returncode, done.stdout, done.stderr) == (0, first.stdout, "")
    assert len(index.read_bytes()) > 200


def test_a_full_disk_does_not_end_what_compiles(installation: Path, tmp_path: Path) -> None:
    """Files may be made there, and nothing written to them."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    done = run(installation, tmp_path / "home", full + PROGRAM)
    assert (done.returncode, done.stdout) == (0, "[0, 1]\n"), done.stderr
    assert done.stderr.count("Keyglide cannot keep its compiled kernels (File too large)") == 1


def test_a_numba_that_does_not_fit_this_numpy_is_as_good_as_none(installation: Path, tmp_path: Path) -> None:
    (installation / "numba").mkdir()
    (installation / "numba" / "__init__.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')")
    done = run(installation, tmp_path / "home")
    assert (done.returncode, done.stdout) == (0, "[0, 1]\n"), done.stderr
    assert done.stderr.count("numba cannot be used, so everything runs as plain Python, slowly: Numba needs NumPy 1.0 or less") == 1
    built = run(installation, tmp_path / "home", "from engine.native import build; print(build.run(build.parse_args([])))", kernels="")
    assert built.stdout == "1\n" and "Traceback" not in built.stderr, built.stderr
    assert run(installation, tmp_path / "home", kernels="").stdout == "[0, 1]\n"
