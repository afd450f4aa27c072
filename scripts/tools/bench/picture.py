"""The engine's seconds by size as a drawing. Both axes are logarithmic: a straight line is a power."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

Curves = Mapping[str, Mapping[int, float]]

_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 210, 50, 50
_COLOURS = ("#0b6e99", "#d9730d", "#4d6461", "#ad1a72", "#dfab01", "#0f0f0f")
_APART = 16.0
"""Between two names at the right, so that both can be read."""
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.soft{fill:#888}.title{font-weight:600;font-size:15px}"
)


def write(curves: Curves, path: Path) -> None:
    """Draw the curves that have points; each is seconds by size, both above 0."""
    path.write_text(svg({name: points for name, points in curves.items() if points}))


def svg(curves: Curves) -> str:
    """The drawing. At least one curve with a point is needed."""
    sizes = [size for points in curves.values() for size in points]
    seconds = [max(s, 1e-6) for points in curves.values() for s in points.values()]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    high = max(high, low + 1)
    first, last = math.log10(min(sizes)), math.log10(max(sizes))

    def x(size: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (math.log10(size) - first) / ((last - first) or 1.0)

    def y(value: float) -> float:
        share = (math.log10(max(value, 1e-6)) - low) / (high - low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}"'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}"><style>{_STYLE}</style>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        _text(_LEFT, 26, "Seconds by number of members", "title"),
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(_line(_LEFT, at, _WIDTH - _RIGHT, at))
        parts.append(_text(_LEFT - 8, at + 4, _plain(10.0**power), "soft", "end"))
    for size in sorted(set(sizes)):
        parts.append(_line(x(size), _TOP, x(size), _HEIGHT - _BOTTOM))
        parts.append(_text(x(size), _HEIGHT - _BOTTOM + 20, f"{size:,}", "soft", "middle"))

    lowest = math.inf
    order = sorted(curves, key=lambda name: -y(curves[name][max(curves[name])]))
    for place, name in enumerate(order):
        colour = _COLOURS[list(curves).index(name) % len(_COLOURS)]
        points = sorted(curves[name].items())
        path = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in points)
        width = 3 if "+" in name else 1.8
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts += [
            f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="3" fill="{colour}"/>'
            for size, value in points
        ]
        # From the lowest curve upwards; a name makes room for the one below it.
        lowest = min(y(points[-1][1]) + 4, lowest - _APART if place else math.inf)
        told, at = escape(f"{name} {points[-1][1]:.3g} s"), x(points[-1][0]) + 10
        parts.append(f'<text x="{at:.1f}" y="{lowest:.1f}" style="fill:{colour}">{told}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#e4e4e4"/>'


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _plain(value: float) -> str:
    return f"{value:,.0f} s" if value >= 1 else f"{value:g} s"
