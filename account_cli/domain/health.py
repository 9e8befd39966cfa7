"""What acct knows about its own watching: how fresh, how complete, what went wrong on the way."""

from __future__ import annotations

from typing import Literal

import msgspec

DataKind = Literal["balances", "orders", "fills", "positions", "transfers"]
DATA_KINDS: tuple[DataKind, ...] = ("balances", "orders", "fills", "positions", "transfers")
StreamStatus = Literal["starting", "catching-up", "live", "polling", "degraded", "offline", "stopped"]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """All facts of ``kind`` from ``since_ns`` on are known; with ``from_start`` there are none older."""

    kind: DataKind
    since_ns: int
    from_start: bool = False


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
