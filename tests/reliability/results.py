"""What the long runs left in the results folder, read back: nothing that was not run is taken for passed.

=====================  ===========================================================================================
``*.ndjson``           a line for each kind of run: level, venue, fault, seeds, failed, commit. Lines about one kind
                       with other first seeds add up; of those with the same first seed the last counts. ``fault`` is
                       a name of the lab or of the model, ``combined``, or ``N random operations``
``kills.json``         ``tests.reliability.kills``
``mutations*.json``    ``tests.reliability.mutations``; of several outcomes of one mutant that of the last file counts
``soak/``              the real time soak's folder, ``soak-24h/`` that of the fast one
``recovery.json``      ``bench/recovery.py`` and ``bench/burst.py``: named figures with their limits
``reconnects.json``    ``tests.reliability.reconnects``
``coverage.json``      ``coverage json``
``note.md``            a paragraph for the page: what a reader has to know of these results, by hand
=====================  ===========================================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from account_cli.simulator.lab.catalogue import number_of

Told = dict[str, Any]
_OPERATIONS = re.compile(r"(\d+) random operations")


@dataclass(frozen=True, slots=True)
class Runs:
    """One kind of run, many seeds of it; of random operations ``seeds`` are the operations."""

    level: str
    venue: str
    fault: str
    seeds: int
    failed: int
    commit: str
    first_seed: int | None = None
    failed_seeds: tuple[int, ...] = ()
    looks: int = 0
    """In how many seconds what acct shows was held beside the truth."""
    wrong_and_live: int = 0
    """In how many of them it was wrong and called live for longer than finding that out may take."""
    longest_s: float = 0.0
    """For how long at most something was wrong and called live, within that time."""


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that is there; what is not is None or empty."""

    runs: tuple[Runs, ...] = ()
    kills: Told | None = None
    mutations: Told | None = None
    soak: Told | None = None
    soak_24h: Told | None = None
    recovery: Told | None = None
    coverage: Told | None = None
    graph: str | None = None
    note: str | None = None
    settings: Told = field(default_factory=dict)

    def of(self, level: str, venue: str | None = None, number: str | None = None) -> list[Runs]:
        """Return the runs of a level, of one venue, of one row of the catalogue."""
        return [
            one
            for one in self.runs
            if one.level == level
            and venue in {None, one.venue}
            and (number is None or number_of(one.fault) == number or one.fault == number)
        ]

    def alone(self, level: str) -> list[Runs]:
        """Return the runs of single faults."""
        return [one for one in self.of(level) if one.fault not in {"combined", "operations"}]


def read(folder: Path) -> Results:
    """Read the folder. Raises ``ValueError`` that names the file for one that is not what it should be."""
    return Results(
        runs=tuple(_runs(sorted(folder.glob("*.ndjson")))),
        kills=_json(folder / "kills.json"),
        mutations=_mutations(sorted(folder.glob("mutations*.json"))),
        soak=_json(folder / "soak" / "summary.json"),
        soak_24h=_json(folder / "soak-24h" / "summary.json"),
        recovery=_merged(_json(folder / "recovery.json"), _json(folder / "reconnects.json")),
        coverage=_json(folder / "coverage.json"),
        graph=_text(folder / "soak" / "soak.svg"),
        note=_text(folder / "note.md"),
        settings=_json(folder / "soak" / "settings.json") or {},
    )


def _runs(files: Iterable[Path]) -> list[Runs]:
    last: dict[tuple[str, str, str, int | None], Runs] = {}
    for file in files:
        for number, text in enumerate(file.read_text().splitlines(), 1):
            try:
                told = json.loads(text)
                operations = _OPERATIONS.fullmatch(told["fault"])
                one = Runs(
                    level=told["level"],
                    venue=told["venue"],
                    fault="operations" if operations else told["fault"],
                    seeds=int(operations[1] if operations else told["seeds"]),
                    failed=int(told["failed"]),
                    commit=str(told.get("commit") or "unknown"),
                    first_seed=told.get("first_seed"),
                    failed_seeds=tuple(told.get("failed_seeds", ())),
                    looks=int(told.get("looks") or 0),
                    wrong_and_live=int(told.get("wrong_and_live") or 0),
                    longest_s=float(told.get("longest_s") or 0.0),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{file}:{number}: no line of results: {error!r}") from error
            last[one.level, one.venue, one.fault, one.first_seed] = one
    return [_added(list(parts)) for _, parts in groupby(sorted(last.values(), key=_kind), _kind)]


def _kind(one: Runs) -> tuple[str, str, str]:
    return one.level, one.venue, one.fault


def _added(parts: Sequence[Runs]) -> Runs:
    """Return the runs of one kind that were made in parts as one."""
    return replace(
        parts[-1],
        seeds=sum(one.seeds for one in parts),
        failed=sum(one.failed for one in parts),
        commit=", ".join(dict.fromkeys(one.commit for one in parts)),
        first_seed=min((one.first_seed for one in parts if one.first_seed is not None), default=None),
        failed_seeds=tuple(sorted(seed for one in parts for seed in one.failed_seeds)),
        looks=sum(one.looks for one in parts),
        wrong_and_live=sum(one.wrong_and_live for one in parts),
        longest_s=max(one.longest_s for one in parts),
    )


def _mutations(files: Iterable[Path]) -> Told | None:
    """Put the outcomes of several runs together: a group may have been run again on its own."""
    runs = [told for file in files if (told := _json(file)) is not None]
    if not runs:
        return None
    last = {(one["group"], one["breaks"]): one for told in runs for one in told["mutants"]}
    return {"of": max(told["of"] for told in runs), "mutants": [last[key] for key in sorted(last)]}


def _merged(*told: Told | None) -> Told | None:
    found = [one for one in told if one is not None]
    return {key: value for one in found for key, value in one.items()} if found else None


def _json(file: Path) -> Told | None:
    text = _text(file)
    if text is None:
        return None
    try:
        told: Told = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{file}: no JSON: {error}") from error
    return told


def _text(file: Path) -> str | None:
    return file.read_text() if file.exists() else None
