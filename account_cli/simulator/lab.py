"""The fault lab: what goes wrong on exchanges, each by its number, alone or many at once, the same again by one line.

A schedule says what goes wrong when: ``F03@t=30s,for=20s`` is a stream that falls silent after thirty seconds, for
twenty. ``@``, ``t=`` and ``for=`` may be left out; what lasts by nature lasts ten seconds then. Every fault ends, and
changes how the truth is told, never the truth: when the schedule is over, whoever watches must come to the exact truth.

The numbers are those of the fault catalogue (``reference/faults.md`` of the specifications).
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator

_LASTS_S = 10.0
_WORD = re.compile(r"([A-Z]\d\d[a-z]?)(?:@(.*))?", re.IGNORECASE)
_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)s?")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table. ``end`` is for what lasts; ``venues`` those that it can happen on, all when empty."""

    about: str
    begin: Callable[[Simulator], object]
    end: Callable[[Simulator], object] | None = None
    venues: frozenset[str] = frozenset()


def _cut_while_it_fills(sim: Simulator) -> None:
    sim.drop_connections()
    sim.burst(3)


def _refuse_at_reconnect(sim: Simulator) -> None:
    sim.reject_next_subscription()
    sim.drop_connections()


FAULTS: Mapping[str, Fault] = {
    "F02": Fault("1,200 fills in one instant, more than the client library keeps", lambda sim: sim.burst(1200)),
    "F03": Fault(
        "the stream answers pings and says nothing", lambda sim: sim.silence(True), lambda sim: sim.silence(False)
    ),
    "F04": Fault(
        "a black hole: the stream takes and gives nothing, not even pongs",
        lambda sim: sim.black_hole(True),
        lambda sim: sim.black_hole(False),
    ),
    "F05": Fault("every stream is cut without a word", lambda sim: sim.drop_connections()),
    "F06": Fault("an order fills while the stream is down", _cut_while_it_fills),
    "F08": Fault("the subscription is refused once after a cut", _refuse_at_reconnect),
    "F11": Fault("twenty frames come twice", lambda sim: sim.duplicate_frames(20)),
    "F15": Fault("a frame that is no JSON", lambda sim: sim.malformed_frame()),
    "F15b": Fault("a page of HTML as a frame", lambda sim: sim.malformed_frame("<html><body>502</body></html>")),
    "F16": Fault("a frame whose every field is null", lambda sim: sim.malformed_frame('{"channel":null,"data":null}')),
    "F17": Fault(
        "an order's last word and its last trade share a frame",
        lambda sim: sim.mix_frames(True),
        lambda sim: sim.mix_frames(False),
        frozenset({"kraken"}),
    ),
    "F18": Fault("listen key or tokens expire before their time", lambda sim: sim.expire_session()),
    "F20": Fault("the exchange closes every stream in order", lambda sim: sim.close_connections()),
    "F24": Fault("REST shows what was three seconds ago", lambda sim: sim.rest_lag(3), lambda sim: sim.rest_lag(0)),
    "F31": Fault("three answers are 429", lambda sim: sim.http_fault(3, "429")),
    "F32": Fault("three answers are 503 and a page of HTML", lambda sim: sim.http_fault(3, "503html")),
    "F32b": Fault("three answers are cut off in the middle", lambda sim: sim.http_fault(3, "badjson")),
    "F35": Fault("a request is accepted and never answered", lambda sim: sim.http_fault(1, "timeout")),
}
"""What can be switched on here, by its number in the catalogue."""


def names_for(venue: str) -> list[str]:
    """Return the numbers of the faults that can happen on a venue."""
    return [name for name, fault in FAULTS.items() if not fault.venues or venue in fault.venues]


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


def planned(text: str, venue: str) -> Planned:
    """Read one fault of a schedule. Raises ``ValueError`` that says what is wrong."""
    match = _WORD.fullmatch(text.strip())
    name = "" if match is None else match[1][:3].upper() + match[1][3:].lower()
    if match is None or name not in FAULTS:
        raise ValueError(f"no fault {text!r}; there are {', '.join(FAULTS)}")
    if name not in names_for(venue):
        raise ValueError(f"{name} cannot happen on {venue}: {FAULTS[name].about}")
    times = {"t": 0.0, "for": _LASTS_S if FAULTS[name].end else 0.0}
    for part in filter(None, (match[2] or "").split(",")):
        key, _, value = part.strip().rpartition("=")
        number = _SECONDS.fullmatch(value.strip())
        if key not in {"", *times} or number is None:
            raise ValueError(f"{text!r}: cannot read {part.strip()!r}; write {name}@t=30s or {name}@t=30s,for=10s")
        times[key or "t"] = float(number[1])
    if times["for"] and FAULTS[name].end is None:
        raise ValueError(f"{text!r}: {name} happens at once and does not last")
    return Planned(name, times["t"], times["for"])


def random_schedule(venue: str, seed: int, *, seconds: float = 60.0, count: int = 8) -> list[Planned]:
    """Return ``count`` faults within ``seconds``, the same ones for the same seed, over by then."""
    source = random.Random(f"{seed}:{venue}")  # noqa: S311  # not for secrets
    found = []
    for _ in range(count):
        name = source.choice(names_for(venue))
        at_s = round(source.uniform(0, seconds * 0.8), 1)
        lasts = round(source.uniform(seconds * 0.02, seconds * 0.2), 1) if FAULTS[name].end else 0.0
        found.append(Planned(name, at_s, lasts))
    return sorted(found, key=lambda one: (one.at_s, one.name))


async def play(sim: Simulator, schedule: Iterable[Planned], tell: Callable[[str], None] | None = None) -> None:
    """Let the faults of a schedule happen, beginning now; returns when the last one has ended.

    Where two that last overlap, it lasts until the later end. ``tell`` gets a line for each thing that happens.
    """
    moments: list[tuple[float, int, str]] = []
    for one in schedule:
        moments.append((one.at_s, 1, one.name))
        if FAULTS[one.name].end is not None:
            moments.append((one.at_s + one.for_s, 0, one.name))
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
                fault.begin(sim)
            elif not active[name] and fault.end is not None:
                fault.end(sim)
    finally:
        for fault in FAULTS.values():
            if fault.end is not None:
                fault.end(sim)
