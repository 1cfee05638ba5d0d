"""`python -m benchmarks.suites.baseline RESULT.json ...`: which stage got slower than the committed baseline says, and by how much.

RESULT.json comes from `pytest benchmarks -o python_files='bench_*.py' --benchmark-json RESULT.json`. Times of different runs or
machines are never compared. Instead, a stage's time is divided by those of three works of fixed size, taken beside it in the same
run (benchmarks.suites.reference), and these ratios are compared. A stage counts as slower, and the exit code is 1, if it is slower by
all three ratios, so that a machine that is good at one of the works blames no stage, and by more than the same code varies from
run to run, which the baseline holds as well. A budget that is exceeded is reported, but is not a failure: a machine
with another ratio of memory to arithmetic may exceed it without anybody's fault. --update writes the baseline from three or
more results of one machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import permutations
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.suites.stages import Budget
from engine.console import survives_its_output
from engine.files import write_whole

BASELINE = Path(__file__).with_name("baseline.json")
FORMAT_VERSION = 1
TOLERANCE = 0.15
"""The least slow-down that counts, as a share."""
SPREADS = 1.5
"""Slow-downs within this many spreads do not count either."""
N_RESULTS = 3
"""The fewest results that make a baseline: fewer say nothing about the spread."""
Ratios = Mapping[str, float]
"""by the name of a work: a stage's time divided by that work's"""
Status = Literal["same", "slower", "faster", "new", "missing", "other swipes"]


@dataclass(frozen=True)
class Measured:
    """A stage in a result."""

    data: str
    """where the swipes came from"""
    ratios: Ratios
    p50_ms: float
    budgets: tuple[Budget, ...]
    facts: Mapping[str, float]
    """what else was measured, by name and unit"""


@dataclass(frozen=True)
class Result:
    """A run of the suites."""

    conditions: Mapping[str, Any]
    """what it was measured on: stages.Conditions"""
    stages: Mapping[str, Measured]

    @classmethod
    def read(cls, path: Path) -> Result:
        """Raises: ValueError if the file is not a result of the suites; OSError."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            conditions = dict(content["machine_info"]["conditions"])
            stages = {_name(one["fullname"]): _measured(one["extra_info"]) for one in content["benchmarks"]}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{path} is not a result of the suites ({_reason(error)}): make one by "
                f"pytest benchmarks -o python_files='bench_*.py' --benchmark-json {path}"
            ) from error
        return cls(conditions, stages)

    @classmethod
    def merge(cls, results: Sequence[Result]) -> Result:
        """The median of what was measured several times. Raises: ValueError for results of different machines or swipes."""
        first = results[0].conditions
        for name in first:
            if any(result.conditions.get(name) != first[name] for result in results):
                raise ValueError(f"the results differ in '{name}': make them on one machine, with one bundle and the same swipes")
        names = dict.fromkeys(name for result in results for name in result.stages)
        return cls(first, {name: _median([result.stages[name] for result in results if name in result.stages]) for name in names})


@dataclass(frozen=True)
class Expected:
    """A stage in the baseline."""

    data: str
    ratios: Ratios
    """median of the runs"""
    spread: float
    """the greatest slow-down of one of its runs against another, as a share"""
    p50_ms: float
    """for people; never compared"""
    facts: Mapping[str, float]
    """likewise"""


@dataclass(frozen=True)
class Baseline:
    """Earlier results of the suites."""

    conditions: Mapping[str, Any]
    n_results: int
    stages: Mapping[str, Expected]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Baseline:
        """The baseline of the stages that enough of the results have. Raises: ValueError for too few results, or as Result.merge."""
        if len(results) < N_RESULTS:
            raise ValueError(f"{len(results)} result(s) given, a baseline needs {N_RESULTS} or more: run the suites again")
        merged, stages = Result.merge(results), {}
        for name, stage in merged.stages.items():
            runs = [result.stages[name].ratios for result in results if name in result.stages]
            if len(runs) >= N_RESULTS:
                spread = max(min(slow_downs(one, other)) for one, other in permutations(runs, 2)) - 1
                stages[name] = Expected(stage.data, stage.ratios, max(spread, 0.0), stage.p50_ms, stage.facts)
        return cls(merged.conditions, len(results), stages)

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Raises: ValueError if the file is not a baseline; OSError."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            version = content["format_version"]
            stages = {
                name: Expected(
                    str(one["data"]), _ratios(one["ratios"]), float(one["spread"]), float(one["p50_ms"]), _facts(one.get("facts", {}))
                )
                for name, one in content["stages"].items()
            }
            baseline = cls(dict(content["conditions"]), int(content["n_results"]), stages)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a baseline ({_reason(error)}): write a new one with --update") from error
        if version != FORMAT_VERSION:
            raise ValueError(f"{path} has format_version {version}, expected {FORMAT_VERSION}: write a new one with --update")
        return baseline

    def as_json(self) -> str:
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=1) + "\n"


@dataclass(frozen=True)
class Verdict:
    """How one stage compares with the baseline."""

    stage: str
    status: Status
    times: float | None
    """how many times as long as before, by the most favourable work; None if it cannot be compared"""
    allowed: float | None
    """above this it counts as slower"""
    p50_ms: float | None
    """now"""


@dataclass(frozen=True)
class Comparison:
    """A result beside the baseline."""

    verdicts: list[Verdict]
    budgets: dict[str, tuple[Budget, ...]]
    """by stage"""
    facts: dict[str, Mapping[str, float]]
    """by stage"""
    facts_before: dict[str, Mapping[str, float]]
    """the baseline's"""
    differences: list[str]
    """between the conditions of the runs, in words"""

    @property
    def slower(self) -> list[Verdict]:
        return [one for one in self.verdicts if one.status == "slower"]

    @property
    def overdrawn(self) -> list[str]:
        return [f"{stage}: {_of(one)}" for stage, budgets in self.budgets.items() for one in budgets if not one.is_kept]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "slower": [one.stage for one in self.slower], "overdrawn": self.overdrawn}

    def as_table(self) -> str:
        lines = [f"{'stage':58}{'p50 ms':>11}{'times before':>14}{'allowed':>9}"]
        for one in self.verdicts:
            figures = zip((one.p50_ms, one.times, one.allowed), ("11.4f", "14.2f", "9.2f"), strict=True)
            columns = "".join(" " * int(form.partition(".")[0]) if figure is None else f"{figure:{form}}" for figure, form in figures)
            lines.append(f"{one.stage:58}{columns}  {one.status if one.status != 'same' else ''}".rstrip())
        lines += ["", *(f"{stage}: {', '.join(self._facts_of(stage))}" for stage in self.facts)]
        kept = [f"{stage}: {_of(one)}" for stage, budgets in self.budgets.items() for one in budgets if one.is_kept]
        lines += ["", *(f"kept  {line}" for line in kept), *(f"OVER  {line}" for line in self.overdrawn)]
        lines += [f"note: {difference}" for difference in self.differences]
        compared = [one.times for one in self.verdicts if one.times is not None]
        lines += [f"{one.stage} got slower: {one.times:.2f} times as long, {one.allowed:.2f} allowed" for one in self.slower]
        return "\n".join([*lines, f"{len(self.slower)} of {len(compared)} stages got slower"])

    def _facts_of(self, stage: str) -> Iterator[str]:
        before = self.facts_before.get(stage, {})
        for name, value in self.facts[stage].items():
            yield f"{name} {_amount(value)}" + (f" ({_amount(before[name])} before)" if name in before else "")


def compare(result: Result, baseline: Baseline, tolerance: float = TOLERANCE) -> Comparison:
    """Raises: ValueError where the baseline and the result have no stage in common, or other works."""
    names = dict.fromkeys((*baseline.stages, *result.stages))
    verdicts = [_judge(name, result.stages.get(name), baseline.stages.get(name), tolerance) for name in names]
    if not any(one.times is not None for one in verdicts):
        raise ValueError("the result and the baseline have no stage in common that was run on the same swipes: nothing was compared")
    differences = [
        f"{name} is {result.conditions.get(name)}, the baseline's was {before}"
        for name, before in baseline.conditions.items()
        if result.conditions.get(name) != before
    ]
    budgets = {name: stage.budgets for name, stage in result.stages.items() if stage.budgets}
    facts = {name: stage.facts for name, stage in result.stages.items() if stage.facts}
    before = {name: stage.facts for name, stage in baseline.stages.items() if stage.facts}
    return Comparison(verdicts, budgets, facts, before, differences)


def _judge(name: str, now: Measured | None, before: Expected | None, tolerance: float) -> Verdict:
    if now is None:
        return Verdict(name, "missing", None, None, None)
    if before is None:
        return Verdict(name, "new", None, None, now.p50_ms)
    if now.data != before.data:
        return Verdict(name, "other swipes", None, None, now.p50_ms)
    changes = slow_downs(now.ratios, before.ratios)
    allowed = 1 + max(tolerance, SPREADS * before.spread)
    status: Status = "slower" if min(changes) > allowed else "faster" if max(changes) < 1 / allowed else "same"
    return Verdict(name, status, min(changes), allowed, now.p50_ms)


def slow_downs(now: Ratios, before: Ratios) -> list[float]:
    """How many times as long as before the stage takes, by each of the works. Raises: ValueError if the works are not the same."""
    if set(now) != set(before):
        raise ValueError(f"stages stand beside {', '.join(now)}, before beside {', '.join(before)}: write a new baseline with --update")
    return [now[work] / before[work] for work in before]


def _median(runs: Sequence[Measured]) -> Measured:
    """runs: of one stage, at least one."""
    ratios = {work: float(np.median([run.ratios[work] for run in runs])) for work in runs[0].ratios}
    values: dict[tuple[str, float], list[float]] = {}
    for budget in (one for run in runs for one in run.budgets):
        values.setdefault((budget.name, budget.limit), []).append(budget.value)
    budgets = tuple(Budget(name, float(np.median(found)), limit) for (name, limit), found in values.items())
    facts = {name: float(np.median([run.facts[name] for run in runs if name in run.facts])) for name in runs[0].facts}
    return Measured(runs[0].data, ratios, float(np.median([run.p50_ms for run in runs])), budgets, facts)


def _measured(record: Mapping[str, Any]) -> Measured:
    timing = record["timing"]
    budgets = tuple(Budget(str(one["name"]), float(one["value"]), float(one["limit"])) for one in record["budgets"])
    return Measured(str(record["conditions"]["data"]), _ratios(timing["ratios"]), float(timing["p50_ms"]), budgets, _facts(record["facts"]))


def _facts(facts: Mapping[str, float]) -> dict[str, float]:
    return {str(name): float(value) for name, value in facts.items()}


def _ratios(ratios: Mapping[str, float]) -> dict[str, float]:
    return {str(work): float(ratio) for work, ratio in ratios.items()}


def _name(fullname: str) -> str:
    """A benchmark's name without the folder that pytest was started for."""
    return fullname[fullname.rfind("/", 0, fullname.find("::")) + 1 :]


def _of(budget: Budget) -> str:
    return f"{budget.name} {budget.value:.3g} of {budget.limit:g}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suites.baseline", description=(__doc__ or "").partition("\n\n")[0])
    written = "what pytest --benchmark-json wrote; of several, the median counts"
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULT.json", help=written)
    parser.add_argument("--against", type=Path, default=BASELINE, metavar="FILE", help="the baseline (default: the committed one)")
    parser.add_argument(
        "--tolerance", type=float, default=TOLERANCE, metavar="SHARE", help="slow-down that does not count (default: %(default)s)"
    )
    parser.add_argument("--update", action="store_true", help=f"write the baseline from {N_RESULTS} or more results instead")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    options = parser.parse_args(arguments)
    if not options.tolerance >= 0:
        parser.error(f"--tolerance must be at least 0, got {options.tolerance}")
    return options


def run(options: argparse.Namespace) -> int:
    """Raises: ValueError, OSError."""
    results = [Result.read(path) for path in options.results]
    if options.update:
        baseline = Baseline.of(results)
        write_whole(options.against, baseline.as_json())
        print(f"{options.against}: {len(baseline.stages)} stages from {len(results)} results", file=sys.stderr)
        return 0
    comparison = compare(Result.merge(results), Baseline.read(options.against), options.tolerance)
    print(json.dumps(comparison.as_json()) if options.json else comparison.as_table())
    return 1 if comparison.slower else 0


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        sys.exit(run(options))
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.suites.baseline: {error}")


if __name__ == "__main__":
    main()
