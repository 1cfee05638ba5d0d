"""The texts of the harness's window; with Kivy's markup only if the docstring says so."""

from __future__ import annotations

from engine import Candidate
from keyboard_app.harness.collection import Show, count_changes
from keyboard_app.harness.replay import Replay
from keyboard_app.harness.session import Session

END = "end"
"""the last letter of an explanation: the end of the word"""

SHORTCUTS = (
    ("Space", "play, stop"),
    ("Comma  Full stop", "previous point, next point"),
    ("Home  End", "start, end of the swipe"),
    ("Left  Right", "letter"),
    ("Up  Down", "candidate"),
    ("Tab", "the other model"),
    ("Page up  Page down", "swipe"),
    ("S", "speed"),
    ("R", "record with the mouse"),
    ("A  W  C", "list all, wrong, changed"),
    ("Slash", "search"),
    ("Esc", "cancel"),
    ("Ctrl+Q", "close"),
)


def title_of(session: Session) -> str:
    """The word of the chosen swipe, or why there is none."""
    if session.entry is None:
        return "No swipe yet: record one" if session.is_settled and not session.problems else ""
    return session.entry.record.word or "Word unknown"


def facts_of(session: Session, replay: Replay | None, grid_name: str) -> str:
    """Which swipe is chosen, and how far it has come."""
    if session.entry is None or session.place is None:
        return ""
    is_right = session.outcomes[0].is_right if session.outcomes else None
    mark = "" if is_right is None else "right" if is_right else "wrong"
    facts = [mark, f"{session.place + 1:,} of {len(session.entries):,}"]
    if replay is not None:
        facts.append(f"point {replay.n_come} of {len(replay.swipe)}")
        facts.append(f"{replay.time_ms:,.0f} of {replay.duration_ms:,.0f} ms")
    return " \u00b7 ".join(filter(None, [*facts, grid_name, session.entry.record.where]))


def summary_of(session: Session) -> str:
    """How much has been decoded, how often each model was right, and what changes from one to the other."""
    n_read, n_entries = session.n_read, len(session.entries)
    lines = [f"{n_entries:,} swipes" if n_read == n_entries else f"{n_read:,} of {n_entries:,} swipes read"]
    for name, accuracy in zip(session.model_names, session.accuracies(), strict=False):
        lines.append(f"{name}: {accuracy.top_1:.1%} right, {accuracy.top_4:.1%} among 4")
    if session.compares:
        counts = count_changes(session.entries)
        lines.append(", ".join(f"{counts[change]:,} {change}" for change in ("gained", "lost", "other word", "other candidates")))
    return "\n".join(lines)


def nothing_of(session: Session, show: Show, query: str) -> str:
    """Why no swipe is listed."""
    if query:
        return f"No word contains '{query}'"
    return f"No swipe is {show}" if session.n_read == len(session.entries) else f"No swipe is {show} so far"


def live_of(candidates: list[Candidate]) -> str:
    """What the swipe so far is read as."""
    best = [f"{candidate.word} {candidate.probability:.0%}" for candidate in candidates]
    return f"so far: {', '.join(best)}" if best else ""


def letter_of(session: Session) -> str:
    """About the chosen letter: how probable it was, and where the decoder looked; or about all letters. With markup."""
    explanation, record = session.explanation, session.record
    if explanation is None or record is None:
        return ""
    if session.letter is None:
        letters, prior = explanation.score - explanation.weighted_log_prior, explanation.weighted_log_prior
        sums = f"[b]{explanation.word}[/b]: {explanation.score:.2f} = letters {letters:.2f} + prior {prior:.2f}"
        return f"{sums}\nChoose a letter to see where the decoder looked for it."
    letter = explanation.letters[session.letter]
    at, time = letter.looked_at, letter.looked_at.t - record.swipe.t[0]
    name = "End of the word" if letter.letter == END else letter.letter
    return "\n".join(
        [
            f"[b]{name}[/b]: {letter.log_prob:.3f}",
            f"looked most at point {at.index + 1}, after {time:,.0f} ms, near {at.key}",
            f"instead, in the lexicon: {_listed(letter.allowed)}",
            f"of all letters: {_listed(letter.others)}",
        ]
    )


def _listed(alternatives: tuple[tuple[str, float], ...]) -> str:
    return ", ".join(f"{letter} {log_prob:.2f}" for letter, log_prob in alternatives) or "none"
