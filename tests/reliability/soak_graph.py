"""The graph of a soak, SVG by hand: memory, processor, descriptors, each account's streams and what was injected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

Line = dict[str, Any]
Window = tuple[float, float]

_LEFT, _WIDTH, _RIGHT = 110, 760, 30
_HIGH, _GAP, _LANE = 90, 34, 22
_STYLE = (
    "<style>text{font:11px sans-serif;fill:#57606a}.h{font-weight:600}.a{stroke:#d0d7de;fill:none}"
    ".l{stroke:#0969da;fill:none;stroke-width:1.2}.up{fill:#2da44e}.down{fill:#cf222e}.f{fill:#bf8700}</style>"
)


def draw(
    samples: Sequence[Line], faults: Sequence[Line], downs: Mapping[tuple[str, str], Sequence[Window]], end: float
) -> str:
    """Return the graph; times in seconds since the run began, the run ending at ``end``."""
    end = max(end, 1.0)
    measured = [s for s in samples if "rss" in s and s["t"] <= end]
    rows: list[str] = []
    top = 24.0
    curves = (
        ("memory, MB", [(s["t"], s["rss"] / 1e6) for s in measured]),
        ("processor, %", _rate(measured)),
        ("descriptors", [(s["t"], float(s["fds"])) for s in measured]),
        ("database, MB", [(s["t"], s["database"] / 1e6) for s in measured]),
    )
    for title, points in curves:
        rows += _curve(title, points, top, end)
        top += _HIGH + _GAP
    rows.append(_text(_LEFT, top, "streams: green live, red not; below each what was injected", bold=True))
    top += 10
    for account in sorted({account for account, _ in downs}):
        mine = [windows for (name, _), windows in downs.items() if name == account]
        rows += _lane(account, mine, [f for f in faults if f.get("venue") == account], top, end)
        top += _LANE + 16
    rows += _hours(top + 4, end)
    width, height = _LEFT + _WIDTH + _RIGHT, int(top + 24)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    return "\n".join([head, _STYLE, f'<rect width="{width}" height="{height}" fill="#fff"/>', *rows, "</svg>", ""])


def _x(t: float, end: float) -> float:
    return round(_LEFT + _WIDTH * t / end, 1)


def _text(x: float, y: float, text: str, *, bold: bool = False, anchor: str = "start") -> str:
    kind = ' class="h"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{kind}>{escape(text)}</text>'


def _rate(measured: Sequence[Line]) -> list[tuple[float, float]]:
    pairs = pairwise(measured)
    return [
        (b["t"], 100 * (b["cpu_s"] - a["cpu_s"]) / (b["t"] - a["t"]))
        for a, b in pairs
        if a["pid"] == b["pid"] and b["t"] > a["t"]
    ]


def _curve(title: str, points: Sequence[tuple[float, float]], top: float, end: float) -> list[str]:
    """One curve from zero to its highest value; each pixel shows the highest of what falls on it."""
    most = max((value for _, value in points), default=1.0) or 1.0
    highest: dict[int, float] = {}
    for t, value in points:
        place = int(_x(t, end))
        highest[place] = max(highest.get(place, 0.0), value)
    path = " ".join(f"{x},{round(top + _HIGH * (1 - value / most), 1):g}" for x, value in sorted(highest.items()))
    return [
        _text(_LEFT, top - 6, title, bold=True),
        f'<path class="a" d="M{_LEFT},{top:g}v{_HIGH}h{_WIDTH}"/>',
        _text(_LEFT - 6, top + 8, f"{most:.4g}", anchor="end"),
        _text(_LEFT - 6, top + _HIGH, "0", anchor="end"),
        f'<polyline class="l" points="{path}"/>',
    ]


def _lane(account: str, downs: Sequence[Sequence[Window]], faults: Sequence[Line], top: float, end: float) -> list[str]:
    rows = [
        _text(_LEFT - 6, top + 11, account, anchor="end"),
        f'<rect class="up" x="{_LEFT}" y="{top:g}" width="{_WIDTH}" height="12"/>',
    ]
    for begin, stop in sorted({window for windows in downs for window in windows}):
        wide = max(0.8, _x(min(stop, end), end) - _x(begin, end))
        rows.append(f'<rect class="down" x="{_x(begin, end):g}" y="{top:g}" width="{wide:.1f}" height="12"/>')
    for fault in faults:
        if fault["what"] == "fault" and fault["t"] <= end:
            x, name = _x(fault["t"], end), escape(f"{fault['name']}: {fault['about']}")
            rows.append(f'<path class="f" d="M{x:g},{top + 14:g}l3,6h-6z"><title>{name}</title></path>')
    return rows


def _hours(y: float, end: float) -> list[str]:
    step = 1800 if end > 5400 else 600 if end > 1200 else 60
    return [_text(_x(t, end), y + 8, f"{t // 60} min", anchor="middle") for t in range(0, int(end) + 1, step)]
