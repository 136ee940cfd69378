"""A plot of lines on two logarithmic scales, as SVG that reads in light and in dark."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH_PX: Final = 800
HEIGHT_PX: Final = 430
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 70, 265, 40, 55

STROKES: Final = ("#0b7a5e", "#b4530a", "#3b5bdb", "#a5281b", "#7048a8", "#5f6b00", "#00788c")
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "4 4", "12 4", "1 4")
"""Lines differ in colour and in dash: some see no colour."""

STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1d2522}.g{stroke:#d8ddd9}.b{fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#e8ece9}.g{stroke:#3c4742}.b{fill:#1b211f}}"
)


class Line(NamedTuple):
    name: str
    points: Sequence[tuple[float, float]]


class Axis(NamedTuple):
    name: str
    least: float
    most: float
    marks: Sequence[tuple[float, str]]

    def at(self, value: float, start: float, end: float) -> float:
        share = math.log(max(value, self.least) / self.least) / math.log(self.most / self.least)
        return start + min(1.0, share) * (end - start)


def plot(title: str, across: Axis, up: Axis, lines: Sequence[Line]) -> str:
    """Return the plot."""
    right, bottom = WIDTH_PX - RIGHT_PX, HEIGHT_PX - BOTTOM_PX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style>'
        f'<rect class="b" width="{WIDTH_PX}" height="{HEIGHT_PX}"/>'
        f'<text x="{LEFT_PX}" y="22" font-weight="600">{escape(title)}</text>'
    ]
    for value, text in across.marks:
        x = across.at(value, LEFT_PX, right)
        parts.append(f'<line class="g" x1="{x:.0f}" x2="{x:.0f}" y1="{TOP_PX}" y2="{bottom}"/>')
        parts.append(
            f'<text x="{x:.0f}" y="{bottom + 19}" text-anchor="middle">{escape(text)}</text>'
        )
    for value, text in up.marks:
        y = up.at(value, bottom, TOP_PX)
        parts.append(f'<line class="g" x1="{LEFT_PX}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(
            f'<text x="{LEFT_PX - 8}" y="{y + 4:.0f}" text-anchor="end">{escape(text)}</text>'
        )
    parts.append(f'<text x="{LEFT_PX}" y="{HEIGHT_PX - 12}">{escape(across.name)}</text>')
    parts += _drawn(across, up, lines)
    return "\n".join([*parts, "</svg>\n"])


def _drawn(across: Axis, up: Axis, lines: Sequence[Line]) -> list[str]:
    """Return each line with its name at its end, the names kept apart."""
    right, bottom = WIDTH_PX - RIGHT_PX, HEIGHT_PX - BOTTOM_PX
    parts, ends = [], []
    for number, line in enumerate(lines):
        at = [(across.at(x, LEFT_PX, right), up.at(y, bottom, TOP_PX)) for x, y in line.points]
        points = " ".join(f"{x:.0f},{y:.0f}" for x, y in at)
        dash = DASHES[number % len(DASHES)]
        stroke = STROKES[number % len(STROKES)]
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/>'
        )
        ends.append((at[-1][1], line.name, stroke, dash))
    lowest = TOP_PX - 12.0
    for y, name, stroke, dash in sorted(ends):
        lowest = max(y, lowest + 18)
        parts.append(
            f'<line x1="{right + 8}" x2="{right + 30}" y1="{lowest:.0f}" y2="{lowest:.0f}" '
            f'stroke="{stroke}" stroke-width="2.5" stroke-dasharray="{dash}"/>'
            f'<text x="{right + 36}" y="{lowest + 4:.0f}">{escape(name)}</text>'
        )
    return parts
