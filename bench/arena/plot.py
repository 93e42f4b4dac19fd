"""A bar chart as SVG, readable on a light and on a dark page: what a reader sees is text and rectangles, no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, ROW, TOP, LEFT, RIGHT = 760, 24, 44, 150, 120

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.note { fill: #59636e; }
.peer { fill: #8c959f; } .fastresp { fill: #0969da; } .floor { fill: #d0d7de; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .note { fill: #9198a1; }
  .peer { fill: #6e7681; } .fastresp { fill: #4493f8; } .floor { fill: #3d444d; }
}
"""


class Bar(NamedTuple):
    """`kind` is the class of its colour: peer, fastresp or floor."""

    name: str
    value: float
    kind: str


def bars(title: str, note: str, rows: Sequence[Bar]) -> str:
    """The chart: one horizontal bar for each row, as long as its value, in the order given."""
    height = TOP + ROW * len(rows) + 8
    longest = max((row.value for row in rows), default=0.0) or 1.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="0" y="16">{escape(title)}</text>',
        f'<text class="note" x="0" y="34">{escape(note)}</text>',
    ]
    for index, row in enumerate(rows):
        top = TOP + ROW * index
        length = (WIDTH - LEFT - RIGHT) * row.value / longest
        parts += [
            f'<text x="{LEFT - 8}" y="{top + 16}" text-anchor="end">{escape(row.name)}</text>',
            f'<rect class="{row.kind}" x="{LEFT}" y="{top + 3}" width="{max(length, 1):.1f}" height="{ROW - 6}"/>',
            f'<text class="note" x="{LEFT + length + 6:.1f}" y="{top + 16}">{_number(row.value)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
