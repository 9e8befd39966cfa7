"""What acct knows about its own watching: how fresh, how complete, what went wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

import msgspec
from msgspec.structs import replace

DataKind = Literal["balances", "orders", "fills", "positions", "transfers"]
DATA_KINDS: tuple[DataKind, ...] = ("balances", "orders", "fills", "positions", "transfers")
StreamStatus = Literal["starting", "catching-up", "live", "polling", "degraded", "offline", "stopped"]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """An interval proved complete: all facts of ``kind`` between ``since_ns`` and ``until_ns`` are known.

    ``scope`` is the part of the account that it speaks of: a market's symbol, a history's name, empty for all that no
    other interval names. Two intervals of one scope have a gap between them. ``until_ns`` is the time of a fact, never
    the time on the wall (None: not told); what came after it is known as far as ``asked_ns`` says, when the exchange
    was last asked for more and told all there was. With ``from_start`` there is nothing older; with ``kept_only`` the
    exchange keeps nothing older. ``lacks`` names what it cannot be asked for at all.
    """

    kind: DataKind
    since_ns: int
    from_start: bool = False
    scope: str = ""
    until_ns: int | None = None
    kept_only: bool = False
    lacks: str = ""
    asked_ns: int | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Between these times facts of ``kind`` may be missing."""

    kind: DataKind
    scope: str
    since_ns: int
    until_ns: int


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far back everything of one kind is known: from ``since_ns`` on without a gap, in every scope.

    ``whole`` when nothing is missing at all; ``kept_only`` when the exchange keeps no more than what is known.
    """

    kind: DataKind
    since_ns: int
    whole: bool
    kept_only: bool
    lacks: tuple[str, ...]
    asked_ns: int | None
    """When the scope that was asked longest ago was asked; None when one was never."""


def claimed(before: Iterable[Coverage], now: Iterable[Coverage]) -> list[Coverage]:
    """Return what is known once ``now`` is claimed: of its kinds nothing else, of other kinds what was known before.

    A scope that was not asked anew was last asked when it was.
    """
    now, kept = list(now), list(before)
    asked: dict[tuple[DataKind, str], int] = {}
    for part in kept:
        if part.asked_ns is not None:
            asked[part.kind, part.scope] = max(part.asked_ns, asked.get((part.kind, part.scope), part.asked_ns))
    kinds = {part.kind for part in now}
    dated = [
        part if part.asked_ns is not None else replace(part, asked_ns=asked.get((part.kind, part.scope)))
        for part in now
    ]
    return [*(part for part in kept if part.kind not in kinds), *dated]


def gaps(coverage: Iterable[Coverage]) -> list[Gap]:
    """Return what is missing between the intervals of each scope, newest first."""
    found: list[Gap] = []
    for (kind, scope), parts in scopes(coverage).items():
        for older, newer in pairwise(parts):
            since_ns = older.since_ns if older.until_ns is None else older.until_ns
            found.append(Gap(kind=kind, scope=scope, since_ns=since_ns, until_ns=newer.since_ns))
    return sorted(found, key=lambda gap: (-gap.until_ns, gap.kind, gap.scope))


def reaches(coverage: Iterable[Coverage]) -> dict[DataKind, Reach]:
    """Return how far back each kind is known; a kind that nothing is claimed of is absent."""
    found = scopes(coverage)
    kinds = dict.fromkeys(kind for kind, _ in found)
    return {kind: _reach(kind, [parts for (its, _), parts in found.items() if its == kind]) for kind in kinds}


def _reach(kind: DataKind, of_scopes: list[list[Coverage]]) -> Reach:
    newest = [parts[-1] for parts in of_scopes]
    lacks = tuple(sorted({part.lacks for part in newest if part.lacks}))
    unbroken = all(len(parts) == 1 for parts in of_scopes)
    asked = [part.asked_ns for part in newest]
    known = [at for at in asked if at is not None]
    return Reach(
        kind=kind,
        since_ns=max(part.since_ns for part in newest),
        whole=unbroken and not lacks and all(part.from_start for part in newest),
        kept_only=unbroken and all(part.from_start or part.kept_only for part in newest),
        lacks=lacks,
        asked_ns=min(known) if len(known) == len(asked) else None,
    )


def scopes(coverage: Iterable[Coverage]) -> dict[tuple[DataKind, str], list[Coverage]]:
    """Return the intervals of each scope, oldest first."""
    found: dict[tuple[DataKind, str], list[Coverage]] = {}
    for part in sorted(coverage, key=lambda part: (part.kind, part.scope, part.since_ns)):
        found.setdefault((part.kind, part.scope), []).append(part)
    return found


class Downtime(msgspec.Struct, frozen=True, kw_only=True):
    """How often a kind of data was not followed as it should be for this cause, and for how long altogether."""

    cause: str
    times: int
    ns: int


class StreamRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of data of one account is being followed; the heartbeat of a collector.

    ``last_message_ns`` is when anything was last heard about this kind, a heartbeat included. ``beat_ns`` is when the
    collector last wrote this row: an old one means that nobody collects. ``down`` counts since ``since_ns``, when this
    collector began; so do ``lags``, the times its process did not get to listen for a quarter of a second or longer.
    """

    account: str
    kind: DataKind
    strategy: Literal["stream", "poll", "off"]
    status: StreamStatus
    beat_ns: int
    last_message_ns: int | None = None
    detail: str | None = None
    since_ns: int | None = None
    down: tuple[Downtime, ...] = ()
    lags: int = 0
    worst_lag_ns: int = 0


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """A telling that says otherwise in ``field`` than the fact that stands; ``body`` is the whole of it as JSON.

    It was told ``times`` times between ``first_ns`` and ``last_ns``.
    """

    account: str
    identity: str
    field: str
    stands: str
    told: str
    origin: str
    body: str
    first_ns: int
    last_ns: int
    times: int = 1


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person should have been told: a connection event, a catch-up, a fact that contradicts another."""

    account: str
    at_ns: int
    severity: Literal["info", "warning", "critical"]
    code: str
    text: str
