"""The documents tell the truth, as far as a program can see: links lead somewhere, commands exist, the examples run."""

from __future__ import annotations

import functools
import re
import textwrap
from pathlib import Path
from typing import get_args

import pytest

from engine.features import Column
from tests.conftest import ROOT
from training.config import PRESETS
from training.key_reader.config import PRESETS as KEY_READER_PRESETS
from training.overrides import apply_settings, changed

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
OLD_NAMES = {ROOT / "CHANGELOG.md", ROOT / "docs" / "MOVED.md"}
"""These may name files and options that are gone."""
FOREIGN = {"pip", "venv", "pytest"}
"""Modules that are not ours."""
MADE = (".venv/", "runs/", "pictures/", "how_we_swipe/")
"""Folders that commands write or read, and that are not in the repository."""
ALL_COLUMNS = f"model.features.columns={','.join(get_args(Column))}"
"""For the embeddings that read columns beside the usual ones."""
EXAMPLES = {
    ("README.md", 0): "['world', ",
    ("docs/PYPI.md", 0): "['world', ",
    ("docs/python.md", 0): "['world', ",
    ("docs/python.md", 1): "False [",
    ("docs/python.md", 2): "hello hello\n",
    ("docs/python.md", 3): "hello\nworld\ndon't\n",
    ("docs/python.md", 4): "[('dilemma', 'learnt'), ('tattoo', 'learnt'), ('Wuliangye', 'added')] 1.0\n",
    ("docs/python.md", 5): "",
    ("docs/python.md", 6): "['world', ",
}
"""(page, number of the example in it) -> how what it prints begins"""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_of(page: Path) -> list[str]:
    """The indented blocks of a page, without their indent."""
    return [textwrap.dedent(block) for block in re.findall(r"(?:^ {4}.*\n(?:\n(?= {4}))*)+", text_of(page), re.MULTILINE)]


def commands_of(page: Path) -> list[str]:
    """What is written as code: the lines of indented blocks, those that end in a backslash joined, and what stands between backticks."""
    blocks = [line for block in code_of(page) for line in block.replace("\\\n", " ").splitlines()]
    return [*blocks, *(" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text_of(page)))]


def examples_of(page: Path) -> list[str]:
    """The blocks of Python that use Keyglide."""
    return [block for block in code_of(page) if re.search(r"^(from|import) (keyglide|engine)\b", block, re.MULTILINE)]


def anchors_of(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@functools.cache
def sources() -> str:
    folders = ("engine", "training", "export", "keyboard_app", "benchmarks", "keyglide", "tests/support")
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_file(module: str) -> Path:
    """The file that `python -m module` runs."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__main__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", text_of(page))
    for target in (link or picture for link, picture in targets):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors_of(file), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for command in commands_of(page):
        words = command.partition(" #")[0].split()
        if words[:1] == ["make"]:
            assert {word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)} <= targets, command
        for module in re.findall(r"python -m ([\w.]+)", command):
            if module not in FOREIGN:
                file = module_file(module)
                assert file.is_file(), command
                assert '__name__ == "__main__"' in text_of(file), command


@pytest.mark.parametrize("page", [page for page in PAGES if page not in OLD_NAMES], ids=name_of)
def test_options_exist(page: Path) -> None:
    for command in commands_of(page):
        if re.search(
            r"python -m (engine|training|export|keyboard_app|keyglide|benchmarks|tests)\b|^keyglide", command
        ) or command.startswith("--"):
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", command):
                assert option == "--help" or f'"{option}"' in sources(), command


@pytest.mark.parametrize("page", [page for page in PAGES if page not in OLD_NAMES], ids=name_of)
def test_files_exist(page: Path) -> None:
    for code in re.findall(r"`([^`\s]+/[^`\s]*)`", text_of(page)):
        path = code.partition("::")[0].partition(":")[0]
        if re.fullmatch(r"\.?[\w./-]+", path) and not path.startswith((*MADE, "/", "../")):
            assert (ROOT / path).exists() or (page.parent / path).exists(), code


def test_settings_exist() -> None:
    """Of `training.train --set`, in commands and in the table of research.md."""
    for page in PAGES:
        for command in commands_of(page):
            for setting in re.findall(r"--set (?!NAME)(\S+)", command):
                if "training.key_reader" in command:
                    changed(KEY_READER_PRESETS["universal"], [setting])
                else:
                    apply_settings(PRESETS["english"], [setting])
    rows = re.findall(r"^\| `([\w.]+)`[^|]* \| (.+) \|$", text_of(ROOT / "docs" / "research.md"), re.MULTILINE)
    choices = {name: re.findall(r"\w+", re.sub(r"\(.*?\)|[:;].*", "", values)) for name, values in rows}
    assert choices["model.embedding"][0] == PRESETS["study"].model.embedding
    for name in (
        "model.embedding",
        "model.weighting",
        "model.features.scaling",
        "model.encoder",
        "loss.impossible_letters",
        "mixture.transforms",
    ):
        for value in choices[name]:
            apply_settings(PRESETS["study"], [f"{name}={value}", ALL_COLUMNS])


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_python_examples_run(name: str, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word, from the root of the repository."""
    monkeypatch.chdir(ROOT)
    exec(compile(examples_of(ROOT / name)[number], name, "exec"), {"__name__": "example"})
    assert capsys.readouterr().out.startswith(EXAMPLES[name, number])


def test_no_example_is_left_out() -> None:
    assert [(name_of(page), i) for page in PAGES for i, _ in enumerate(examples_of(page))] == list(EXAMPLES)


def test_the_readme_is_short() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 160
