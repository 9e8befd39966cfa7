"""A schedule says what goes wrong when: ``F03@t=30s,for=20s`` is a stream that falls silent after thirty seconds.

``@``, ``t=`` and ``for=`` may be left out; what lasts by nature lasts ten seconds then. Every fault ends.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from account_cli.simulator.lab import FAULTS, Fault, Local, Machine
from account_cli.simulator.lab.catalogue import CATALOGUE, number_of

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator

_LASTS_S = 10.0
_WORD = re.compile(r"([FL])(\d{1,2})([a-z]?)(?:@(.*))?", re.IGNORECASE)
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)s?")


def venues_of(name: str) -> frozenset[str]:
    """Return the venues that a fault can happen on."""
    return FAULTS[name].venues or CATALOGUE[number_of(name)].venues


def names_for(venue: str, *, local: bool = False, forgetting: bool = False) -> list[str]:
    """Return the names of the faults that can happen on a venue.

    ``local`` adds those of the computer that watches, ``forgetting`` those after which not everything can be known.
    """
    return [
        name
        for name, fault in FAULTS.items()
        if venue in venues_of(name) and (local or isinstance(fault, Fault)) and (forgetting or not fault.forgets)
    ]


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault, when it begins and how long it lasts, in seconds since the schedule began."""

    name: str
    at_s: float
    for_s: float = 0.0

    def __str__(self) -> str:
        """The words that ``planned`` reads."""
        lasts = f",for={self.for_s:g}s" if self.for_s else ""
        return f"{self.name}@t={self.at_s:g}s{lasts}"


def planned(text: str, venue: str, *, local: bool = False) -> Planned:
    """Read one fault of a schedule. Raises ``ValueError`` that says what is wrong."""
    match = _WORD.fullmatch(text.strip())
    name = "" if match is None else f"{match[1].upper()}{match[2]}{match[3].lower()}"
    if match is None or name not in FAULTS:
        raise ValueError(f"no fault {text!r}; there are {', '.join(FAULTS)}")
    if venue not in venues_of(name):
        raise ValueError(f"{name} cannot happen on {venue}: {FAULTS[name].about}")
    if not local and not isinstance(FAULTS[name], Fault):
        raise ValueError(f"{name} befalls the computer that watches, not the exchange: {FAULTS[name].about}")
    times = {"t": 0.0, "for": _LASTS_S if FAULTS[name].end else 0.0}
    for part in filter(None, (match[4] or "").split(",")):
        key, _, value = part.strip().rpartition("=")
        number = _SECONDS.fullmatch(value.strip())
        if key not in {"", *times} or number is None:
            raise ValueError(f"{text!r}: cannot read {part.strip()!r}; write {name}@t=30s or {name}@t=30s,for=10s")
        times[key or "t"] = float(number[1])
    if times["for"] and FAULTS[name].end is None:
        raise ValueError(f"{text!r}: {name} happens at once and does not last")
    return Planned(name, times["t"], times["for"])


def random_schedule(
    venue: str, seed: int, *, seconds: float = 60.0, count: int = 8, local: bool = False
) -> list[Planned]:
    """Return ``count`` faults within ``seconds``, the same ones for the same seed, over by then.

    Those after which one has to wait are left out: several of them add up to hours.
    """
    source = random.Random(f"{seed}:{venue}")  # noqa: S311  # not for secrets
    names = [name for name in names_for(venue, local=local) if not FAULTS[name].wait_s]
    found = []
    for _ in range(count):
        name = source.choice(names)
        at_s = round(source.uniform(0, seconds * 0.8), 1)
        lasts = round(source.uniform(seconds * 0.02, seconds * 0.2), 1) if FAULTS[name].end else 0.0
        found.append(Planned(name, at_s, lasts))
    return sorted(found, key=lambda one: (one.at_s, one.name))


async def play(
    sim: Simulator,
    schedule: Iterable[Planned],
    tell: Callable[[str], None] | None = None,
    machine: Machine | None = None,
) -> None:
    """Let the faults of a schedule happen, beginning now; returns when the last one has ended.

    Where two that last overlap, it lasts until the later end. ``tell`` gets a line for each thing that happens.
    ``machine`` is what local faults befall; without it they raise ``ValueError``.
    """
    schedule = list(schedule)
    moments = [(one.at_s, 1, one.name) for one in schedule]
    moments += [(one.at_s + one.for_s, 0, one.name) for one in schedule if FAULTS[one.name].end is not None]
    active: dict[str, int] = dict.fromkeys(FAULTS, 0)
    began = asyncio.get_running_loop().time()
    try:
        for at_s, begins, name in sorted(moments):
            await asyncio.sleep(max(0.0, began + at_s - asyncio.get_running_loop().time()))
            fault = FAULTS[name]
            active[name] += 1 if begins else -1
            if tell is not None and (begins or not active[name]):
                tell(f"{at_s:g}s {name} {'begins' if fault.end else 'happens'}: {fault.about}" if begins
                     else f"{at_s:g}s {name} ends")  # fmt: skip
            if begins:
                _begin(fault, sim, machine)
            elif not active[name]:
                _end(fault, sim, machine)
    finally:
        for name in {one.name for one in schedule}:
            _end(FAULTS[name], sim, machine)


def _begin(fault: Fault | Local, sim: Simulator, machine: Machine | None) -> None:
    if isinstance(fault, Fault):
        fault.begin(sim)
    elif machine is None:
        raise ValueError(f"nothing here to do it to: {fault.about}")
    else:
        fault.begin(machine)


def _end(fault: Fault | Local, sim: Simulator, machine: Machine | None) -> None:
    if isinstance(fault, Fault):
        if fault.end is not None:
            fault.end(sim)
    elif fault.end is not None and machine is not None:
        fault.end(machine)
