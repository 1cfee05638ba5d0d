"""docs/EXPERIMENTS.md: the results as tables, and which differences are real."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.common.tables import percent, table
from benchmarks.experiments.plan import EXPERIMENTS, PREDECESSOR_ORDER, TITLES, Group
from benchmarks.experiments.results import Result, Results, Rung
from benchmarks.experiments.runs import BEAM, PRIOR_WEIGHT

HEAD = [
    *("", "parameters", "top-1", "top-4", "swipe_mrr", "95 % of it"),
    *("top-1 against", "difference", "95 % of it", "real", "p50 ms", "times study"),
]


def markdown(results: Results, budget: str, picture: str) -> str:
    """The whole file. budget: what each training was given; picture: file name of the plot."""
    lines = [
        "# Experiments",
        "",
        "Made by `python -m benchmarks.experiments TRAIN DEV RUNS`. Do not edit this page: change benchmarks/experiments/ and run the "
        "command again.",
        "",
        budget,
        "",
        "Accuracy: all of dev, in percent, through the exported bundle and the shipped lexicon, with a prior weight of "
        f"{PRIOR_WEIGHT} and a beam of {BEAM}, in two passes; those without a CTC head are searched letter by letter. "
        f"Intervals: what 95 % of the values are within when the {results.n_people} people are drawn again. "
        f"{_criterion(results.seed_spread)} Times: whole recognitions on one thread, paired and in turns.",
        "",
        f"![Top-1 of every experiment]({picture})",
        "",
    ]
    for group, title in TITLES.items():
        rows = [row for row in results.rows if row.experiment.group == group]
        if rows:
            lines += [f"## {title}", "", *_table(rows, results.seed_spread), ""]
    for one in results.ensembles:
        lines += [f"## Ensemble: {one.name}, {one.kind}", "", "```", *one.others.as_table().splitlines(), "```", "", one.others.verdict, ""]
    return "\n".join([*lines, *_findings(results)]) + "\n"


def _criterion(seed_spread: float) -> str:
    """What makes a difference real."""
    people = "A difference is called real if its interval does not contain 0"
    if not seed_spread:
        return f"{people}; what another seed would change is not known yet, so small ones may still be chance."
    return f"{people} and it is larger than the {percent(seed_spread)} points between the best and the worst seed of the same training."


def _table(rows: Sequence[Result], seed_spread: float) -> list[str]:
    return table(HEAD, [_cells(row, seed_spread) for row in rows])


def _cells(row: Result, seed_spread: float) -> list[str]:
    accuracy, gain = row.accuracy, row.gain
    figures = [percent(accuracy.top_1), percent(accuracy.top_4), f"{accuracy.swipe_mrr:.4f}", f"{row.mrr.low:.4f} .. {row.mrr.high:.4f}"]
    difference = ["", "", "", ""]
    if gain:
        real = "yes" if row.is_real(seed_spread) else "no"
        difference = [row.experiment.against, points(gain.mean), f"{points(gain.low)} .. {points(gain.high)}", real]
    return [row.experiment.name, f"{row.n_parameters:,}", *figures, *difference, f"{row.p50_ms:.2f}", str(row.times)]


def points(share: float) -> str:
    return f"{100 * share:+.2f}"


def _findings(results: Results) -> list[str]:
    """What the tables say in words, computed from them."""
    lines = ["## What is real", ""]
    for better, title in ((True, "Better"), (False, "Worse")):
        real = [row for row in results.rows if row.gain and row.is_real(results.seed_spread) and (row.gain.mean > 0) is better]
        real.sort(key=lambda row: -abs(row.gain.mean) if row.gain else 0.0)
        named = "; ".join(f"{row.experiment.name} {points(row.gain.mean)} than {row.experiment.against}" for row in real if row.gain)
        lines.append(f"- {title}: {named or 'none'}.")
    if results.ladder:
        order = [name for name in PREDECESSOR_ORDER if name in {rung.name for rung in results.ladder}]
        same = "The same order" if [rung.name for rung in results.ladder] == order else "Another order"
        leads = [f"{rung.name} {percent(rung.top_1)}{_lead(rung)}" for rung in results.ladder]
        lines.append(f"- The predecessor's order on 5.6 million Russian swipes: {' > '.join(order)}.")
        lines.append(f"  {same} here, by top-1, with the lead over the next: {', '.join(leads)}.")
    if missing := [experiment.name for experiment in EXPERIMENTS if experiment not in {row.experiment for row in results.rows}]:
        lines.append(f"- Not trained yet: {'; '.join(missing)}.")
    return lines


def _lead(rung: Rung) -> str:
    return f" ({points(rung.lead.mean)}, {points(rung.lead.low)} .. {points(rung.lead.high)})" if rung.lead else ""


def groups_of(results: Results) -> list[Group]:
    """Those with results, in the plan's order."""
    return [group for group in TITLES if any(row.experiment.group == group for row in results.rows)]
