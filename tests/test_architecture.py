"""What may import what, and what an installation holds."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest
from setuptools import find_packages

from tests.conftest import ROOT

BLOCK = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocker())
import engine
for module in pkgutil.iter_modules(engine.__path__, "engine."):
    if module.name != "engine.__main__":
        importlib.import_module(module.name)
        print(module.name)
"""


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.mark.parametrize(
    "blocked",
    [{"torch", "lightning", "pytorch_lightning", "kivy", "onnx", "onnxscript", "wordfreq", "training", "export"}, {"numba"}],
    ids=["without torch, kivy and training", "without numba"],
)
def test_every_module_of_the_engine_imports(blocked: set[str]) -> None:
    process = run(sys.executable, "-c", BLOCK.format(blocked=blocked))
    assert process.returncode == 0, process.stderr
    assert {"engine.recognizer", "engine.features", "engine.kernels"} <= set(process.stdout.split())


def test_the_blocker_blocks() -> None:
    process = run(sys.executable, "-c", BLOCK.format(blocked={"numpy"}))
    assert process.returncode == 1
    assert "numpy is blocked" in process.stderr


def test_imports_only_go_down() -> None:
    """The import-linter contracts of setup.cfg."""
    process = run(Path(sys.executable).parent / "lint-imports", "--no-cache")
    assert process.returncode == 0, process.stdout + process.stderr


def test_every_package_is_installed() -> None:
    """setup.cfg finds the packages by name: a folder without an __init__.py, or with another name, is missing once it is installed."""
    include = setup_cfg()["options.packages.find"]["include"].split()
    found = set(find_packages(str(ROOT), include=include))
    folders = {Path(name).parent for name in run("git", "ls-files", "*.py").stdout.split()}
    assert {".".join(folder.parts) for folder in folders if folder.parts[0] not in {"benchmarks", "tests"}} == found


def test_every_data_file_is_installed() -> None:
    data = dict(setup_cfg()["options.package_data"])
    everywhere = data.pop("*")
    tracked = run("git", "ls-files", *data)
    if tracked.returncode != 0 or not tracked.stdout:
        pytest.skip("not a git checkout: what belongs to the project is not known")
    files = [Path(name) for name in tracked.stdout.split() if not name.endswith(".py")]
    globs = {package: f"{globs} {everywhere}".split() for package, globs in data.items()}
    packaged = {path for package in globs for glob in globs[package] for path in (ROOT / package.replace(".", "/")).glob(glob)}
    assert [name for name in files if ROOT / name not in packaged] == []


def test_what_starts_the_repo_says_so() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
