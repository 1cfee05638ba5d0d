"""A picture of a grid as SVG, with its faults marked."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape

from engine.grid import Grid, Key
from grids.checks import Fault

FONT = 0.7
"""Size of the messages, in lines."""
LETTER = 0.6
"""Width of a letter, in font sizes; a wide guess."""
STYLE = """
  rect { fill: #f4f4f6; stroke: #8a8f98; }
  rect.faulty { fill: #d2332a; fill-opacity: 0.35; stroke: #b3120a; }
  text { font-family: sans-serif; text-anchor: middle; dominant-baseline: central; fill: #1c1d20; }
  text.fault { text-anchor: start; fill: #b3120a; white-space: pre; }
"""


def picture(grid: Grid, faults: Sequence[Fault]) -> str:
    """An SVG of the keys: those with a fault are red and numbered, and the faults stand below with their numbers."""
    unit = max(grid.height / 16, grid.width / 40)
    numbers: dict[Key, list[int]] = {}
    for number, fault in enumerate(faults, 1):
        for key in fault.keys:
            numbers.setdefault(key, []).append(number)
    keys = [_key(key, numbers.get(key, []), unit) for key in grid.keys]
    n_letters = int(grid.width / unit / (FONT * LETTER)) - 2
    lines = [
        line for at, fault in enumerate(faults, 1) for line in textwrap.wrap(f"{at}. {fault.message}", n_letters, subsequent_indent="   ")
    ]
    says = [
        f'<text class="fault" x="{unit / 2:g}" y="{grid.height + unit * (at + 1):g}" font-size="{unit * FONT:g}">{escape(line)}</text>'
        for at, line in enumerate(lines)
    ]
    height = grid.height + unit * (len(lines) + 1)
    title = escape(f"{grid.name}: {len(faults)} faults")
    box = f"0 0 {grid.width:g} {height:g}"
    parts = "\n".join([f"<title>{title}</title>", f"<style>{STYLE}</style>", *keys, *says])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{grid.width:g}" height="{height:g}">\n{parts}\n</svg>\n'


def _key(key: Key, numbers: Sequence[int], unit: float) -> str:
    name = key.label if key.label is not None else key.action or ""
    style = ' class="faulty"' if numbers else ""
    size = min(unit, key.w / max(len(name), 1) * 1.4)
    marks = f'<text x="{key.x + key.w / 2:g}" y="{key.y + key.h * 0.85:g}" font-size="{unit * 0.6:g}">{", ".join(map(str, numbers))}</text>'
    return (
        f'<rect{style} x="{key.x:g}" y="{key.y:g}" width="{max(key.w, 0):g}" height="{max(key.h, 0):g}" rx="{unit / 4:g}"/>'
        f'<text x="{key.centre_x:g}" y="{key.centre_y:g}" font-size="{size:g}">{escape(name)}</text>{marks if numbers else ""}'
    )
