"""The figures that were promised, beside what was measured; whatever lacks a run says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from account_cli.simulator.lab import FAULTS
from account_cli.simulator.lab.schedule import names_for
from tests.reliability.results import Results, Runs, Told

Verdict = Literal["reached", "MISSED", "in part", "not run"]
VENUES = ("kraken", "binanceusdm", "binance")
NOT_RUN: tuple[str, Verdict] = ("not run", "not run")


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise: what is to be reached, what was measured, and what that means."""

    name: str
    target: str
    measured: str
    verdict: Verdict


def figures(results: Results) -> list[Figure]:
    """Return all of them, in the order of the page."""
    return [Figure(name, target, *measured) for name, target, measured in _rows(results)]


def _rows(r: Results) -> Iterator[tuple[str, str, tuple[str, Verdict]]]:
    yield "each fault alone, model level", "20 seeds a venue: none lost, extra or wrong", _alone(r, "model", 20)
    yield "each fault alone, on the wire", "3 seeds a venue: none lost, extra or wrong", _alone(r, "wire", 3)
    yield (
        "faults combined, model level",
        "1,000 seeds of a simulated hour, 0 failed",
        _many(r, "model", "combined", 1000),
    )
    yield (
        "faults combined, on the wire",
        "100 seeds of ten simulated minutes, 0 failed",
        _many(r, "wire", "combined", 100),
    )
    yield "random operations", "1,000,000, 0 violations", _operations(r)
    yield "kills (SIGKILL)", "1,000, 0 divergences", _kills(r.kills)
    for name, target, key in (
        ("recovery after a clean drop", "99 of 100 in 10 s", "clean_drop_p99_s"),
        ("last fill of a burst of 5,000 committed", "within 1 s", "burst_last_fill_s"),
        ("dead peer noticed", "within 15 s", "dead_peer_s"),
        ("silent stream noticed", "within 60 s", "zombie_s"),
        ("growth over 10,000 reconnects: tasks and descriptors", "0", "reconnects_growth"),
    ):
        yield name, target, _recovery(r.recovery, key)
    yield "instants with a wrong figure called live", "0 beyond the time that finding it out may take", _honest(r)
    yield "secrets found in files", "0", _counted(_named(r, "secrets"))
    yield "requests outside the allowlist", "0", _counted(_named(r, "not_allowed"))
    yield "memory, soak of 24 simulated hours", "grows ≤ 1 MB an hour", _growth(r.soak_24h, 24, 1.0)
    yield "soak in real time", "2 hours, nothing lost, extra or twice", _soak(r.soak, 2)
    yield "streams down outside injected outages", "< 0.1 % of the time", _downtime(r.soak)
    yield "deliberate breakages that turn the tests red", "all", _mutations(r.mutations)
    yield "line coverage of the package", "≥ 80 %", _coverage(r.coverage)


def expected(venue: str) -> set[str]:
    """Return every fault that the lab can play on a venue, variants and those of this computer included."""
    return set(names_for(venue, local=True))


def _alone(results: Results, level: str, seeds: int) -> tuple[str, Verdict]:
    runs = results.alone(level)
    if not runs:
        return NOT_RUN
    missing = [(venue, name) for venue in VENUES for name in expected(venue) if not _ran(runs, venue, name, seeds)]
    text = f"{_sum(runs):,} runs of {len({one.fault for one in runs})} faults, {_failed(runs)} failed"
    if _failed(runs):
        return text, "MISSED"
    of = sum(len(expected(venue)) for venue in VENUES)
    return (text, "reached") if not missing else (f"{text}; {len(missing)} of {of} with fewer seeds or none", "in part")


def _ran(runs: Iterable[Runs], venue: str, name: str, seeds: int) -> bool:
    return any(one.venue == venue and one.fault == name and one.seeds >= seeds for one in runs)


def _many(results: Results, level: str, fault: str, seeds: int) -> tuple[str, Verdict]:
    runs = [one for one in results.of(level) if one.fault == fault]
    if not runs:
        return NOT_RUN
    text = f"{_sum(runs):,} seeds, {_failed(runs)} failed"
    return text, "MISSED" if _failed(runs) else "reached" if _sum(runs) >= seeds else "in part"


def _operations(results: Results) -> tuple[str, Verdict]:
    runs = [one for one in results.runs if one.fault == "operations"]
    if not runs:
        return NOT_RUN
    text = f"{_sum(runs):,} operations, {_failed(runs)} failed"
    return text, "MISSED" if _failed(runs) else "reached" if _sum(runs) >= 1_000_000 else "in part"


def _kills(kills: Told | None) -> tuple[str, Verdict]:
    if kills is None:
        return NOT_RUN
    text = (
        f"{kills['kills']:,} kills ({kills['after_a_write']:,} just after a write), {kills['checks']} comparisons, "
        f"{kills['diverged']} diverged"
    )
    return text, "MISSED" if kills["diverged"] else "reached" if kills["kills"] >= 1000 else "in part"


def _recovery(recovery: Told | None, key: str) -> tuple[str, Verdict]:
    """A figure of ``bench/recovery.py``: {key: {"value": …, "limit": …, "unit": …, "of": how many, "whole": all}}."""
    told: Any = (recovery or {}).get(key)
    if not isinstance(told, dict):
        return NOT_RUN
    of = f" (of {told['of']})" if told.get("of") else ""
    text = f"{told['value']:g} {told.get('unit', '')}".strip() + of
    if told["value"] > told["limit"]:
        return text, "MISSED"
    return text, "reached" if told.get("whole", True) else "in part"


def _honest(results: Results) -> tuple[str, Verdict]:
    """Every second in which the model held what acct shows beside the truth, in the combined hours and alone."""
    runs = [one for one in results.of("model") if one.looks]
    if not runs:
        return NOT_RUN
    wrong, looks = sum(one.wrong_and_live for one in runs), sum(one.looks for one in runs)
    longest = max(one.longest_s for one in runs)
    text = f"{wrong:,} of {looks:,} seconds in {_sum(runs):,} runs; found out after {longest:g} s at most"
    whole = _sum(one for one in runs if one.fault == "combined") >= 1000
    return text, "MISSED" if wrong else "reached" if whole else "in part"


def _named(results: Results, name: str) -> dict[str, int]:
    """Count what each run that looked for it found."""
    found: dict[str, int] = {}
    for run, told in (("soak", results.soak), ("24 h soak", results.soak_24h), ("kills", results.kills)):
        if told is not None and told.get(name) is not None:
            value = told[name]
            found[run] = value if isinstance(value, int) else len(value)
    return found


def _counted(found: dict[str, int]) -> tuple[str, Verdict]:
    if not found:
        return NOT_RUN
    text = ", ".join(f"{name} {count}" for name, count in found.items())
    return text, "MISSED" if any(found.values()) else "reached"


def _growth(soak: Told | None, hours: float, most: float) -> tuple[str, Verdict]:
    if soak is None or soak["growth_mb_per_hour"] is None:
        return NOT_RUN
    growth = soak["growth_mb_per_hour"]
    text = f"{growth:+.3f} MB an hour over {soak['hours']:.1f} hours"
    return text, "MISSED" if growth > most else "reached" if _whole(soak, hours) else "in part"


def _soak(soak: Told | None, hours: float) -> tuple[str, Verdict]:
    if soak is None:
        return NOT_RUN
    if not soak["whole"]:
        return f"cut off after {soak['hours']:.2f} hours, truth not compared", "in part"
    text = (
        f"{soak['hours']:.2f} hours, {soak['facts']:,} facts, {soak['faults']} faults: {soak['lost']} lost, "
        f"{soak['extra']} extra, {soak['twice']} twice"
    )
    return text, "MISSED" if soak["failed"] else "reached" if _whole(soak, hours) else "in part"


def _whole(soak: Told, hours: float) -> bool:
    return bool(soak["whole"]) and soak["hours"] >= hours * 0.99


def _downtime(soak: Told | None) -> tuple[str, Verdict]:
    if soak is None or soak["downtime"]["outside_percent"] is None:
        return NOT_RUN
    down = soak["downtime"]
    text = f"{down['outside_percent']:.3f} % ({down['outside_s']:g} s of {down['judged_s']:,.0f} s)"
    return text, "reached" if down["outside_percent"] < 0.1 else "MISSED"


def _mutations(mutations: Told | None) -> tuple[str, Verdict]:
    if mutations is None:
        return NOT_RUN
    all_of = mutations["mutants"]
    red = sum(one["killed_by"] is not None for one in all_of)
    text = f"{red} of {len(all_of)} run, of {mutations['of']} there are"
    return text, "MISSED" if red < len(all_of) else "reached" if len(all_of) == mutations["of"] else "in part"


def _coverage(coverage: Told | None) -> tuple[str, Verdict]:
    if coverage is None:
        return NOT_RUN
    percent = coverage["totals"]["percent_covered"]
    return f"{percent:.1f} %", "reached" if percent >= 80 else "MISSED"


def _sum(runs: Iterable[Runs]) -> int:
    return sum(one.seeds for one in runs)


def _failed(runs: Iterable[Runs]) -> int:
    return sum(one.failed for one in runs)


def variants(number: str, venue: str) -> list[str]:
    """Return the lab's names for one row on a venue: ``F15``, ``F15b``."""
    from account_cli.simulator.lab.catalogue import number_of

    return [name for name in FAULTS if number_of(name) == number and name in expected(venue)]
