"""Makes the grids of grid_name_to_grid.json from the rows of letters in `grids.layouts`.

    python -m grids.generate            writes the file anew
    python -m grids.generate --check    says whether it is what would be written

Grids and second names of the file that are not in `grids.layouts`, such as the two recorded Russian grids, stay as they are.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from grids.layouts import BACKSPACE, LAYOUTS, SHIFT, TITLES, Layout

FILE = Path(__file__).with_name("grid_name_to_grid.json")
WIDTH, ROW, BOTTOM_ROW = 1080, 173, 121
"""Sizes in grid units, which are the pixels of the phone that qwerty_en was recorded on: the grid's width, and the rows' heights."""
BOTTOM = {"toNumberState": 140, "globe": 119, "left": 97, "space": 454, "right": 97, "enter": 173}
"""The bottom row: the keys from the left and their widths."""
ACTIONS = {SHIFT: "shift", BACKSPACE: "backspace"}

Json = dict[str, Any]


def grid(layout: Layout, title: str = "") -> Json:
    """The layout's geometry and title, in the format of the file. Keys share their edges, which are whole units: no gaps, no overlaps."""
    widest = WIDTH / max(len(row) for row in layout.rows)
    rows = [_row(row, widest, top * ROW) for top, row in enumerate(layout.rows)]
    left, right = tuple(layout.beside_space)
    names: dict[str, Json] = {name: {"action": name} for name in BOTTOM} | {"left": {"label": left}, "right": {"label": right}}
    bottom = _keys(names.values(), BOTTOM.values(), 0.0, len(rows) * ROW, BOTTOM_ROW)
    aliases = {letter: key for key, letters in layout.aliases.items() for letter in letters}
    geometry: Json = {"width": WIDTH, "height": len(rows) * ROW + BOTTOM_ROW}
    return (
        ({"title": title} if title else {})
        | geometry
        | ({"aliases": aliases} if aliases else {})
        | {"keys": list(itertools.chain(*rows, bottom))}
    )


def _row(row: str, width: float, top: int) -> list[Json]:
    """A row of keys; letters are `width` wide."""
    n_actions = sum(key in ACTIONS for key in row)
    free = WIDTH - width * (len(row) - n_actions)
    widths = [free / n_actions if key in ACTIONS else width for key in row]
    names = [{"action": ACTIONS[key]} if key in ACTIONS else {"label": key} for key in row]
    return list(_keys(names, widths, 0.0 if n_actions else free / 2, top, ROW))


def _keys(names: Iterable[Json], widths: Iterable[float], left: float, top: int, height: int) -> Iterator[Json]:
    """Keys side by side from `left` on, rounded to whole units at their shared edges."""
    edges = [round(edge) for edge in itertools.accumulate(widths, initial=left)]
    for name, (x, end) in zip(names, itertools.pairwise(edges), strict=True):
        yield name | {"hitbox": {"x": x, "y": top, "w": end - x, "h": height}}


def updated(grids: Mapping[str, Any]) -> dict[str, Any]:
    """The grids of a file with those of LAYOUTS made anew, in their order; first those, then the others."""
    made = {name: grid(layout, TITLES.get(name.rpartition("_")[2], "")) for name, layout in LAYOUTS.items()}
    return made | {name: value for name, value in grids.items() if name not in made}


def as_text(grids: Mapping[str, Any]) -> str:
    """The content of a grid file, with a line for each key."""
    return "{\n" + ",\n".join(f" {_text(name)}: {_grid_text(value)}" for name, value in grids.items()) + "\n}\n"


def _grid_text(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    fields = [f"  {_text(name)}: {_text(part)}" for name, part in value.items() if name != "keys"]
    keys = ",\n".join(f"   {_text(key)}" for key in value["keys"])
    return "{\n" + ",\n".join([*fields, f'  "keys": [\n{keys}\n  ]']) + "\n }"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def run(file: Path, check: bool) -> int:
    """Writes or checks the file; returns the exit status."""
    old = file.read_text(encoding="utf-8")
    new = as_text(updated(json.loads(old)))
    if check and new != old:
        print(f"'{file}' is not what grids.layouts says: run python -m grids.generate", file=sys.stderr)
        return 1
    if not check:
        file.write_text(new, encoding="utf-8")
        print(f"{len(LAYOUTS)} grids made, in '{file}'")
    return 0


def main(argv: list[str] | None = None) -> int:
    """The command. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="grids.generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing: exit with 1 if the file is not what would be written")
    return run(FILE, parser.parse_args(argv).check)


if __name__ == "__main__":
    sys.exit(main())
