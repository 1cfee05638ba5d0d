"""Curves of several trainings: read from TensorBoard logs, and drawn."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from torch.utils.tensorboard import SummaryWriter

from training import curves
from training.curves import COLOURS, Curve, figure_of, names_of, read_curve, shown_range

LOSS = "val/cross_entropy"


def log(run: Path, values: dict[int, float], metric: str = LOSS) -> Path:
    """Adds a log file to the folder, as each start of a training does."""
    number = len(list(run.glob("events*")))
    writer = SummaryWriter(str(run), filename_suffix=f".{number}")
    for step, value in values.items():
        writer.add_scalar(metric, value, step)
    writer.close()
    (log_file,) = run.glob(f"events*.{number}")
    log_file.rename(run / f"events.out.tfevents.{number}")
    return run


def points(curve: Curve) -> dict[int, float]:
    return dict(zip(curve.steps.tolist(), np.round(curve.values, 6).tolist(), strict=True))


def test_all_values_are_read_in_their_order(tmp_path: Path) -> None:
    values = {step: 1 / step for step in range(1, 3000)}
    run = log(log(tmp_path / "one", values), {1: 7.0}, "val/ctc")
    assert points(read_curve(run, LOSS, "one")) == {step: round(value, 6) for step, value in values.items()}
    assert points(read_curve(run, "val/ctc", "one")) == {1: 7.0}


def test_a_resumed_training_counts_as_it_went_the_last_time(tmp_path: Path) -> None:
    run = log(tmp_path / "one", {10: 5.0, 20: 4.0, 30: 3.5, 40: 3.25})
    log(run, {30: 3.0, 50: 2.0})  # it was resumed from a checkpoint after step 20, and step 40 was not logged again
    assert points(read_curve(run, LOSS, "one")) == {10: 5.0, 20: 4.0, 30: 3.0, 50: 2.0}


def test_what_is_not_finite_is_left_out(tmp_path: Path) -> None:
    assert points(read_curve(log(tmp_path / "one", {10: 5.0, 20: math.nan, 30: math.inf}), LOSS, "one")) == {10: 5.0}
    with pytest.raises(ValueError, match="no value of val/cross_entropy is finite"):
        read_curve(log(tmp_path / "two", {10: math.nan}), LOSS, "two")


def test_runs_are_named_by_their_folders_or_what_tells_them_apart(tmp_path: Path) -> None:
    assert names_of([tmp_path / "a" / "one", tmp_path / "b" / "two"]) == ["one", "two"]
    assert names_of([tmp_path / "a" / "one", tmp_path / "b" / "one"]) == ["a/one", "b/one"]


def test_the_axis_leaves_room_for_the_late_steps() -> None:
    falling = Curve("falling", np.arange(6), np.array([100.0, 9.0, 3.0, 2.0, 1.5, 1.0]))
    assert shown_range([falling]) == pytest.approx((1.0 - 0.1, 3.0 + 0.1))  # 1 to 2, and 1 more above, but nothing is below 1
    constant = Curve("constant", np.arange(2), np.array([2.0, 2.0]))
    assert shown_range([constant]) == pytest.approx((1.9, 2.1))


def test_every_curve_is_drawn_and_told_apart() -> None:
    runs = [Curve(f"run {number}", np.arange(3), np.full(3, float(number))) for number in range(2 * len(COLOURS))]
    figure = figure_of(runs, LOSS)
    (axes,), (legend,) = figure.axes, figure.legends
    assert [line.get_ydata()[0] for line in axes.lines] == [float(number) for number in range(len(runs))]  # type: ignore[index]
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == len(runs)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("training step", LOSS)
    highest = len(runs) - 1
    assert [text.get_text() for text in legend.get_texts()][:2] == [f"run {highest}: {highest}", f"run {highest - 1}: {highest - 1}"]


def run_curves(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", ["curves", *map(str, arguments)])
    curves.main()


def test_the_command_writes_a_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one, two, out = log(tmp_path / "one", {1: 2.0, 2: 1.0}), log(tmp_path / "two", {1: 3.0}), tmp_path / "curves.png"
    run_curves(monkeypatch, one, two, out)
    assert out.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.png", "one", "two"]


def test_what_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one, out = log(tmp_path / "one", {1: 2.0}), tmp_path / "curves.png"
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match=r"^training.curves: '.*one': metric 'val/cross' .* did you mean 'val/cross_entropy'\?"):
        run_curves(monkeypatch, one, out, "--metric", "val/cross")
    with pytest.raises(SystemExit, match=r"^training.curves: '.*empty' holds no TensorBoard log"):
        run_curves(monkeypatch, one, tmp_path / "empty", out)
    with pytest.raises(SystemExit, match=r"^training.curves: '.*nothing' is not a folder"):
        run_curves(monkeypatch, tmp_path / "nothing", out)
    with pytest.raises(SystemExit, match=r"^training.curves: .*nosuch"):
        run_curves(monkeypatch, one, tmp_path / "curves.nosuch")
    with pytest.raises(SystemExit, match=r"^2$"):
        run_curves(monkeypatch, out)
    assert not out.exists() and not list(tmp_path.glob(".*"))
