"""Ctrl-C ends a long command with a line, not with a page."""

from __future__ import annotations

import importlib
import sys

import pytest

COMMANDS = {
    "training.augment": ("training.augment.__main__", "swipes more"),
    "training.evaluate": ("training.evaluate", "swipes --bundle bundle"),
    "training.predict": ("training.predict", "swipes folder --bundle bundle"),
    "training.report": ("training.report.__main__", "swipes page --bundle bundle"),
    "training.tune": ("training.tune", "swipes --bundle bundle"),
    "benchmarks.experiments": ("benchmarks.experiments.__main__", "swipes others folder"),
    "benchmarks.searches": ("benchmarks.searches.__main__", "swipes"),
}
"""name -> its module and arguments"""


@pytest.mark.parametrize("command", COMMANDS)
def test_an_interrupted_command_says_that_it_stopped(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, arguments = COMMANDS[command]
    module = importlib.import_module(name)

    def interrupted(_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "run", interrupted)
    monkeypatch.setattr(sys, "argv", [command, *arguments.split()])
    with pytest.raises(SystemExit, match=rf"^{command}: stopped"):
        module.main()
