"""The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, PackageLoader, StrictUndefined

from engine.grid import Grid
from engine.search_options import SearchOptions
from training.report import charts, drawings
from training.report.findings import LEAST_SWIPES, Findings
from training.report.mistakes import Order

N_MISREADINGS = 20
"""in the table"""
ORDERS: dict[Order, str] = {
    "probability": "the largest probability given to a wrong best candidate first",
    "rank": "those not among the candidates first, then by the rank of the word that was meant; the surest first among equals",
}


@dataclass(frozen=True, eq=False)
class Source:
    """What the report is about."""

    bundle: str
    """its folder's name"""
    bundle_sha256: str
    """of its manifest, the first digits"""
    n_words: int
    """of the lexicon"""
    data: str
    """its file's name"""
    train: str | None
    """the training swipes' file's name, if they were given"""
    grid: Grid
    alphabet: str
    search: SearchOptions
    order: Order
    """of the mistakes"""


def write_page(source: Source, findings: Findings) -> str:
    """The page, which training/report/page.html lays out."""
    page = Environment(loader=PackageLoader("training.report", ""), autoescape=True, undefined=StrictUndefined)
    page.filters["figure"] = lambda value, name: f"{value:.4f}" if name == "swipe_mrr" else f"{100 * value:.2f} %"
    page.tests["finite"] = lambda value: bool(np.isfinite(value))
    people, typical = findings.people, findings.limits.typical(findings.lengths)
    return page.get_template("page.html").render(
        source=source,
        findings=findings,
        charts=charts,
        drawings=drawings,
        n_people=len(np.unique(findings.data.users)),
        order=ORDERS[source.order],
        n_misreadings=N_MISREADINGS,
        least_swipes=LEAST_SWIPES,
        deciles=", ".join(f"{100 * share:.0f} %" for share in np.percentile(people, (10, 50, 90))) if len(people) else "none",
        n_untypical=int((~typical).sum()),
        n_without_polyline=int((~findings.lengths.has_polyline).sum()),
        right_typical=_share(findings.right[typical]),
        right_untypical=_share(findings.right[~typical]),
    )


def _share(right: npt.NDArray[np.bool_]) -> str:
    return f"{100 * right.mean():.1f} %" if len(right) else "none"
