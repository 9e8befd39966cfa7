"""What a soak's files say: downtime outside the injected outages, memory growth, what was lost, and the graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from account_cli.simulator.lab import FAULTS
from tests.reliability.soak_graph import draw

Line = dict[str, Any]
Window = tuple[float, float]

ALLOWED = {"F03": 60.0, "F04": 15.0, "F08": 60.0, "F08b": 20.0, "F08c": 10.0}
"""How long noticing may take, in seconds: a stream that answers pings and says nothing, a peer that is dead. A key that
is refused (F08) is tried again after a minute, on purpose; a subscription that is not confirmed (F08b: two in a row) is
given up after ten seconds."""
READ_BACK = {("kraken", "F27"): 36.0}
"""How long the exchange itself makes reading back last what was missed: Kraken lets one ask for a page every six
seconds, and these are six."""
RECOVERY = 15.0
"""How long after a fault's end (and after it was noticed) a stream may take to be live; counted as its outage."""
UP = frozenset({"live", "polling"})


def lines(file: Path) -> list[Line]:
    """Read what was written line by line; a last line that was cut off is left out."""
    found: list[Line] = []
    if file.exists():
        for text in file.read_text().splitlines():
            try:
                found.append(json.loads(text))
            except ValueError:
                break
    return found


def outages(faults: Iterable[Line]) -> dict[str, list[Window]]:
    """Return from when to when each exchange's streams may be down, because it was made to be unwell."""
    found: dict[str, list[Window]] = {}
    for line in faults:
        if line["what"] in {"fault", "struck"}:
            noticed = max(line["lasts"], ALLOWED.get(line["name"], 0.0))
            asked_for = FAULTS[line["name"]].wait_s if line["name"] in FAULTS else 0.0
            allowed = noticed + asked_for + READ_BACK.get((line["venue"], line["name"]), 0.0) + RECOVERY
            found.setdefault(line["venue"], []).append((line["t"], line["t"] + allowed))
    return {venue: _joined(windows) for venue, windows in found.items()}


def _joined(windows: Iterable[Window]) -> list[Window]:
    found: list[Window] = []
    for begin, end in sorted(windows):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def overlap(window: Window, others: Iterable[Window]) -> float:
    """How many seconds of ``window`` lie in the others, which do not overlap one another."""
    return sum(max(0.0, min(window[1], end) - max(window[0], begin)) for begin, end in others)


def downs(statuses: Sequence[Line], end: float) -> dict[tuple[str, str], list[Window]]:
    """Return when each stream was not live; what it was before it was live for the first time is its start."""
    found: dict[tuple[str, str], list[Window]] = {}
    since: dict[tuple[str, str], float] = {}
    for line in statuses:
        if line["strategy"] != "stream":
            continue
        key = line["account"], line["kind"]
        if line["status"] in UP:
            windows = found.setdefault(key, [])
            if key in since:
                windows.append((since.pop(key), min(line["t"], end)))
        elif key in found and line["t"] < end:
            since.setdefault(key, line["t"])
    for key, begin in since.items():
        found[key].append((begin, end))
    return found


def downtime(statuses: Sequence[Line], faults: Sequence[Line], end: float) -> Line:
    """How long streams were down, in and out of the injected outages, and per cent of the time outside."""
    windows, rows = outages(faults), downs(statuses, end)
    inside = outside = judged = 0.0
    unexplained: list[Line] = []
    for (account, kind), intervals in rows.items():
        allowed = windows.get(account, [])
        first = next(s["t"] for s in statuses if (s["account"], s["kind"]) == (account, kind) and s["status"] in UP)
        judged += (end - first) - overlap((first, end), allowed)
        for interval in intervals:
            within = overlap(interval, allowed)
            inside += within
            beyond = interval[1] - interval[0] - within
            outside += beyond
            if beyond > 0:
                unexplained.append({"account": account, "kind": kind, "from": interval[0], "to": interval[1]})
    return {
        "streams": len(rows),
        "inside_s": round(inside, 1),
        "outside_s": round(outside, 1),
        "judged_s": round(judged, 1),
        "outside_percent": round(100 * outside / judged, 4) if judged else None,
        "unexplained": unexplained,
    }


def growth(samples: Sequence[Line], after: float, speed: float) -> float | None:
    """The slope of the memory in MB an hour of the world's time, by least squares; None with too few samples."""
    points = [(s["t"] * speed / 3600, s["rss"] / 1e6) for s in samples if "rss" in s and s["t"] >= after]
    if len(points) < 10:
        return None
    mean_x, mean_y = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return round(sum((x - mean_x) * (y - mean_y) for x, y in points) / spread, 3) if spread else None


def summarise(folder: Path) -> Line:
    """Work out the figures, draw the graph, write both into the folder and return the figures."""
    settings: Line = json.loads((folder / "settings.json").read_text())
    samples, faults = lines(folder / "samples.ndjson"), lines(folder / "faults.ndjson")
    statuses = lines(folder / "statuses.ndjson")
    at_end: Line = json.loads((folder / "end.json").read_text()) if (folder / "end.json").exists() else {}
    end = min(samples[-1]["t"] if samples else 0.0, settings["seconds"])
    measured = [s for s in samples if "rss" in s]
    judged = [s for s in measured if s["t"] >= settings["warm_up"]]
    accounts: Line = at_end.get("accounts", {})
    summary: Line = {
        "commit": settings["commit"],
        "started": settings["started"],
        "seed": settings["seed"],
        "speed": settings["speed"],
        "hours": round(end * settings["speed"] / 3600, 3),
        "whole": bool(at_end),
        "faults": sum(line["what"] == "fault" for line in faults),
        "fault_kinds": len({line["name"] for line in faults if line["what"] == "fault"}),
        "bursts": sum(line["what"] == "burst" for line in faults),
        "facts": sum(account["facts"] for account in accounts.values()),
        "lost": sum(len(account["lost"]) for account in accounts.values()),
        "extra": sum(len(account["extra"]) for account in accounts.values()),
        "twice": sum(account["twice"] for account in accounts.values()),
        "requests": sum(account["requests"] for account in accounts.values()),
        "not_allowed": sum(len(account["not_allowed"]) for account in accounts.values()) if at_end else None,
        "secrets": at_end.get("secrets"),
        "deaths": at_end.get("deaths", []),
        "converged_s": at_end.get("converged_s"),
        "growth_mb_per_hour": growth(samples, settings["warm_up"], settings["speed"]),
        "rss_mb": [round(s["rss"] / 1e6, 1) for s in (judged[0], judged[-1])] if judged else [],
        "rss_max_mb": round(max((s["rss"] for s in measured), default=0) / 1e6, 1),
        "fds": [judged[0]["fds"], judged[-1]["fds"]] if judged else [],
        "threads": [judged[0]["threads"], judged[-1]["threads"]] if judged else [],
        "cpu_percent": round(100 * (measured[-1]["cpu_s"] - measured[0]["cpu_s"]) / max(1.0, end), 1)
        if measured
        else None,
        "database_mb": round(measured[-1]["database"] / 1e6, 2) if measured else None,
        "downtime": downtime(statuses, faults, end),
    }
    wrong = ("lost", "extra", "twice", "not_allowed", "secrets", "deaths")
    summary["failed"] = [name for name in wrong if summary[name]] + ([] if at_end else ["cut off"])
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    (folder / "soak.svg").write_text(draw(samples, faults, downs(statuses, end), end))
    return summary
