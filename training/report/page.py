"""The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import html
import importlib.resources
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.beam_search import SearchOptions
from engine.grid import Grid
from training.report import charts, drawings
from training.report.findings import LEAST_SWIPES, Findings
from training.report.mistakes import Mistake, Order

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
    """The page."""
    style = (importlib.resources.files("training.report") / "page.css").read_text(encoding="utf-8")
    title = f"{source.bundle} on {source.data}"
    sections = [
        _headline(source, findings),
        _mistakes(source, findings),
        _confusion(source, findings),
        _accuracy(findings),
        _calibration(source, findings),
        _paths(source, findings),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>\n{style}</style></head>\n"
        f"<body>\n<h1>{html.escape(title)}</h1>\n{''.join(sections)}</body></html>\n"
    )


def _headline(source: Source, findings: Findings) -> str:
    tiles = "".join(
        f'<div class="figure">{figure.name}<b>{_of(figure.name, figure.value)}</b>'
        f"<small>{_of(figure.name, figure.interval.low)} to {_of(figure.name, figure.interval.high)}</small></div>"
        for figure in findings.figures
    )
    n_swipes, n_people = len(findings.data), len(np.unique(findings.data.users))
    search = source.search
    ranks = "; ".join(f"{name} {100 * count / n_swipes:.1f} %" for name, count in findings.ranks)
    return (
        f'<p class="soft">Bundle {source.bundle_sha256}, lexicon of {source.n_words:,} words, {n_swipes:,} swipes by {n_people:,} people. '
        f"Search: {search.method}, beam {search.beam_width}, prior weight {search.prior_weight:g}, CTC weight {search.ctc_weight:g}, "
        f"margin {search.margin:g} nats.</p>"
        f'<div class="figures">{tiles}</div>'
        f'<p class="soft">Small: 95 % of the values if the people were drawn again. Where the words that were meant stand: {ranks}.</p>\n'
    )


def _of(name: str, value: float) -> str:
    return f"{value:.4f}" if name == "swipe_mrr" else f"{100 * value:.2f} %"


def _mistakes(source: Source, findings: Findings) -> str:
    cards = "".join(
        _card(f"{number}. ", mistake, _facts(mistake.reading.row, findings), source.grid)
        for number, mistake in enumerate(findings.mistakes, 1)
    )
    return (
        f"<h2>The worst mistakes</h2><p>In this order: {ORDERS[source.order]}. Words that the lexicon lacks are left out. "
        'Broad lines: the polylines of the word that was <b class="meant-word">meant</b> and of the one that was '
        '<b class="read-word">read</b>, dotted; thin with dots: the swipe and its samples, from the green ring on. '
        "Letters in circles: where the decoder looked most for each letter of the word that was read. "
        "Below, its attention for each letter of both words, over the swipe from left to right, under the nearest keys; "
        "at the right the letter's log probability, and before it the likeliest letter where that is another.</p>"
        f"{cards or '<p>None.</p>'}\n"
    )


def _facts(row: int, findings: Findings) -> str:
    """What is known of a swipe beside its word."""
    data, ratio = findings.data, findings.lengths.ratio[row]
    facts = [f"swipe {row + 1} of the data"]
    facts += [f"prompt {html.escape(str(data.prompts[row]))}"] if data.prompts[row] else []
    facts += [f"path {ratio:.2f} times the polyline"] if np.isfinite(ratio) else []
    facts += [] if data.clean[row] else ["not clean"]
    return ", ".join(facts)


def _card(number: str, mistake: Mistake, facts: str, grid: Grid) -> str:
    reading = mistake.reading
    meant, read = html.escape(mistake.meant.word), html.escape(mistake.read.word)
    rank = "not among the candidates" if reading.rank is None else f"candidate {reading.rank + 1}"
    behind = f"{mistake.gap:.2f} nats behind" if mistake.gap >= 0 else f"{-mistake.gap:.2f} nats ahead: the search lost it"
    pictures = "".join(
        f'<figure><figcaption>for <b class="{style}-word">{word}</b></figcaption>{drawings.attention(one, grid, f"{style}-frame")}</figure>'
        for style, word, one in (("read", read, mistake.read), ("meant", meant, mistake.meant))
    )
    return (
        f'<article class="card"><h3>{number}<span class="meant-word">{meant}</span> was meant, '
        f'<span class="read-word">{read}</span> was read with {100 * reading.probability:.1f} %</h3>'
        f'<p class="soft"><b>{meant}</b> is {rank}, {behind}; {facts}.</p>'
        f'<div class="charts"><figure>{drawings.over_keys(mistake, grid)}</figure><div>{drawings.candidates(mistake)}</div>{pictures}</div>'
        "</article>"
    )


def _confusion(source: Source, findings: Findings) -> str:
    confusion = findings.confusion
    rest = "; ".join(
        f"{what}: {', '.join(f'{letter} {count}' for letter, count in letters[:8])}"
        for what, letters in (("left out most", confusion.left_out), ("put in most", confusion.put_in))
        if letters
    )
    return (
        f"<h2>Letters read for others</h2><p>In the {confusion.n_mistakes:,} wrong best candidates {confusion.n_misread:,} letters were "
        f"read for others, {100 * confusion.neighbours_share:.0f} % of them for letters on neighbouring keys, which share part of an edge. "
        f"{rest}.</p>"
        f'<div class="charts"><figure>{charts.confusion_chart(confusion, source.grid, source.alphabet)}'
        "<figcaption>The keys row by row; the darker, the more often. Blue: neighbours, orange: others.</figcaption></figure>"
        f'<div class="scrolls">{charts.confusion_table(confusion, N_MISREADINGS)}</div></div>\n'
    )


def _accuracy(findings: Findings) -> str:
    people = findings.people
    deciles = ", ".join(f"{100 * share:.0f} %" for share in np.percentile(people, (10, 50, 90))) if len(people) else "none"
    return (
        "<h2>Accuracy by group</h2>"
        f'<div class="charts"><figure>{charts.accuracy_chart(findings.rows)}'
        "<figcaption>Filled: top-1, with 95 % of the values if the people were drawn again; hollow: top-4; "
        f"◂: below the axis. The groups with at least {LEAST_SWIPES} swipes.</figcaption></figure>"
        f"<figure>{charts.people_chart(findings)}<figcaption>The {len(people):,} people with at least {LEAST_SWIPES} swipes. "
        f"A tenth of them, a half and nine tenths are at or below {deciles}.</figcaption></figure></div>\n"
    )


def _calibration(source: Source, findings: Findings) -> str:
    n_words = source.search.n_best
    engines = ", which is what the engine calls its probability" if source.search.method == "two_pass" else ""
    return (
        "<h2>Can the probability be believed?</h2>"
        f"<p>The probability is the softmax of the scores of the search's best {n_words} words{engines}. "
        f"Expected calibration error: {100 * findings.calibration.error:.2f} %.</p>"
        f"<figure>{charts.calibration_chart(findings.calibration)}"
        "<figcaption>Dashed: as it should be. Whiskers: 95 % if the people were drawn again.</figcaption></figure>\n"
    )


def _paths(source: Source, findings: Findings) -> str:
    lengths = findings.lengths
    typical = findings.limits.typical(lengths)
    none = int((~lengths.has_polyline).sum())
    unlike = f"; {none:,} of words without a polyline are not shown" if none else ""
    return (
        "<h2>Length of the path</h2>"
        "<p>Against that of the polyline through the word's keys, for polylines of each length. "
        f"Limits of what is typical: from the swipes of {html.escape(source.train or source.data)}. {int((~typical).sum()):,} swipes "
        f"({100 * (~typical).mean():.1f} %) lie beyond{unlike}. The best candidate is right for {_share(findings.right[typical])} of the "
        f"typical ones and {_share(findings.right[~typical])} of the others.</p>"
        f"<figure>{charts.path_chart(findings)}"
        "<figcaption>Large: beyond the limits; blue: read rightly, orange: not. Dashed: the median.</figcaption></figure>\n"
    )


def _share(right: npt.NDArray[np.bool_]) -> str:
    return f"{100 * right.mean():.1f} %" if len(right) else "none"
