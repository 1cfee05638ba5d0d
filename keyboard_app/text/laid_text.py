"""A text broken into lines of a width, and where its characters are in them: x in pixels from the left edge of the lines."""

from __future__ import annotations

from keyboard_app.text.lines import Line, Measure, break_lines, line_of, offset_at
from keyboard_app.text.visual_order import VisualLine, is_plain, runs_left, visual_line


class LaidText:
    """The lines of a text. Lines of a paragraph that runs from right to left end at the right edge."""

    def __init__(self, text: str, width: float, measure: Measure) -> None:
        """measure: the width of a text that is in the order in which it is drawn."""
        self.text, self._width, self._measure = text, width, measure
        self.lines: tuple[Line, ...] = break_lines(text, width, measure)
        self._is_plain = is_plain(text)

    def row_of(self, offset: int) -> int:
        """The index of the line that the cursor is on; at a soft break, the line that starts there."""
        return line_of(self.lines, offset)

    def runs_left(self, row: int) -> bool:
        """Whether the line's paragraph runs from right to left."""
        if self._is_plain:
            return False
        line = self.lines[row]
        start, end = self.text.rfind("\n", 0, line.start) + 1, self.text.find("\n", line.end)
        return runs_left(self.text[start : end if end >= 0 else len(self.text)])

    def shown(self, row: int) -> str:
        """What is drawn on a line, from left to right."""
        line = self.lines[row]
        return self.text[line.start : line.end].rstrip() if self._is_plain else self._visual(row).text

    def indent(self, row: int) -> float:
        """Where the drawn line begins."""
        return self._width - self._measure(self._visual(row).text) if self.runs_left(row) else 0.0

    def x_of(self, row: int, offset: int) -> float:
        """Where a cursor at the offset, which is on that line, stands."""
        line = self.lines[row]
        if self._is_plain:
            return self._measure(self.text[line.start : offset])
        return self.indent(row) + self._visual(row).cursor(offset - line.start, self._measure)

    def offset_at(self, row: int, x: float) -> int:
        """The offset on that line that is nearest to x."""
        line = self.lines[row]
        if self._is_plain:
            return offset_at(self.text, line, x, self._measure)
        return line.start + self._visual(row).offset_at(x - self.indent(row), self._measure)

    def spans(self, row: int, start: int, end: int) -> list[tuple[float, float]]:
        """The left and right edges of what is between two offsets of that line: several where directions mix; one, empty, for nothing."""
        if self._is_plain or start == end:
            return [(self.x_of(row, start), self.x_of(row, end))]
        line, indent = self.lines[row], self.indent(row)
        spans = self._visual(row).spans(start - line.start, end - line.start, self._measure)
        return [(indent + left, indent + right) for left, right in spans]

    def _visual(self, row: int) -> VisualLine:
        line = self.lines[row]
        return visual_line(self.text[line.start : line.end], self.runs_left(row))
