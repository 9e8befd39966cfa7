"""An account is only as live as what was last heard of it, never as its socket.

Theory of liveness. Each kind of data has a row that its collector rewrites every few seconds (``beat_ns``):

1. OFFLINE when there is no row at all, or every beat is older than 15 s: nobody collects. A beat from the future is no
   better: the clock was set back since, and whoever wrote it has not written again.
2. OFFLINE too when all rows that are followed are down: they are ``offline`` or ``stopped`` by their own word.
3. STALE, with the age, when any row is silent: its last message is older than 60 s for a stream (heartbeats are
   messages), 2.5 poll intervals for a poll. STALE at once, and before rule 2, when no stream is left while its
   collector goes on trying, for ten minutes from the last message on: what is shown was true a moment ago.
4. DEGRADED when a row that should stream is not ``live``, one that polls is not ``polling``, one was never heard, or
   one is down beside others that are not.
5. LIVE otherwise.

While the database itself cannot be read nothing is known of whoever collects: STALE, with the time since it was read.

Kinds with strategy ``off`` count for nothing. Ages are whole seconds, rounded down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

import msgspec

from account_cli.domain.health import Reach, StreamRow, gaps, reaches
from account_cli.domain.times import MILLISECOND, SECOND, format_time
from account_cli.reports.rows import AccountStatusRow, Outage, Report, StreamState
from account_cli.reports.view import AccountView

Liveness = Literal["LIVE", "DEGRADED", "STALE", "OFFLINE"]

BEAT_LIMIT_NS = 15 * SECOND
STREAM_SILENCE_NS = 60 * SECOND
POLL_INTERVAL_NS = 60 * SECOND

_LOST_NS = 600 * SECOND

_DOWN = frozenset({"offline", "stopped"})
_STARTING = "starting"
_POLLS_WELL = frozenset({"polling", "live"})


class Health(msgspec.Struct, frozen=True):
    """How live something is; ``seconds`` is the age that made it stale, None otherwise."""

    liveness: Liveness
    seconds: int | None = None


def health_of(
    streams: Iterable[StreamRow],
    *,
    now_ns: int,
    poll_interval_ns: int = POLL_INTERVAL_NS,
    kinds: Collection[str] | None = None,
) -> Health:
    """Judge the rows of one account by the rules above; with ``kinds`` only those."""
    rows = [row for row in streams if row.strategy != "off" and (kinds is None or row.kind in kinds)]
    lost_for = _lost_for(rows, now_ns)
    if lost_for is not None:
        return Health("STALE", lost_for // SECOND)
    if not rows or all(is_down(row, now_ns) for row in rows):
        return Health("OFFLINE")
    silences = [age for row in rows if (age := silence(row, now_ns, poll_interval_ns)) is not None]
    if silences:
        return Health("STALE", max(silences) // SECOND)
    if any(is_down(row, now_ns) or not _is_well(row) for row in rows):
        return Health("DEGRADED")
    return Health("LIVE")


def health_of_view(view: AccountView, *, now_ns: int, poll_interval_ns: int = POLL_INTERVAL_NS) -> Health:
    """Judge an account by all its rows, and by when they were read."""
    if view.unread is not None:
        return Health("STALE", max(now_ns - view.unread.since_ns, 0) // SECOND)
    return health_of(view.streams, now_ns=now_ns, poll_interval_ns=poll_interval_ns)


def _lost_for(rows: Sequence[StreamRow], now_ns: int) -> int | None:
    """Return for how long all streams have been lost, where that was a moment ago and they may be found again."""
    streams = [row for row in rows if row.strategy == "stream"]
    if not streams or any(row.status != "offline" or _is_silent(row, now_ns) for row in streams):
        return None
    heard = max((row.last_message_ns for row in streams if row.last_message_ns is not None), default=None)
    return None if heard is None or now_ns - heard > _LOST_NS else max(now_ns - heard, 0)


def is_down(row: StreamRow, now_ns: int) -> bool:
    """True when nobody follows this kind: it says so itself, or its collector has gone silent."""
    return row.status in _DOWN or _is_silent(row, now_ns)


def _is_silent(row: StreamRow, now_ns: int) -> bool:
    return abs(now_ns - row.beat_ns) > BEAT_LIMIT_NS


def silence(row: StreamRow, now_ns: int, poll_interval_ns: int = POLL_INTERVAL_NS) -> int | None:
    """Return the nanoseconds since the last message where these are too many, else None."""
    if row.last_message_ns is None:
        return None
    limit = STREAM_SILENCE_NS if row.strategy == "stream" else poll_interval_ns * 5 // 2
    age = now_ns - row.last_message_ns
    return age if age > limit else None


def _is_well(row: StreamRow) -> bool:
    if row.last_message_ns is None:
        return False
    return row.status == "live" if row.strategy == "stream" else row.status in _POLLS_WELL


def stream_reasons(
    view: AccountView, kinds: Collection[str], now_ns: int, poll_interval_ns: int = POLL_INTERVAL_NS
) -> list[str]:
    """Say why what rests on these kinds of data may be old; empty when all of them are live.

    An account without a venue (a file was imported) is followed by nobody and owes nobody news: no reason.
    """
    if view.unread is not None:
        age = max(now_ns - view.unread.since_ns, 0) // SECOND
        return [f"{view.account}: {view.unread.why}; what is shown was read {age} s ago"]
    if view.venue is None and not view.streams:
        return []
    if not view.streams or all(_is_silent(row, now_ns) for row in view.streams):
        return [f"{view.account}: nobody collects{_last_heard(view, now_ns)}"]
    reasons = []
    for row in view.streams:
        if row.strategy == "off" or row.kind not in kinds:
            continue
        health = health_of((row,), now_ns=now_ns, poll_interval_ns=poll_interval_ns)
        if health.liveness == "STALE":
            reasons.append(f"{view.account}: {row.kind} silent for {health.seconds} s")
        elif health.liveness != "LIVE":
            reasons.append(f"{view.account}: {row.kind} {row.status}")
    return reasons


def _last_heard(view: AccountView, now_ns: int) -> str:
    heard = max((row.last_message_ns for row in view.streams if row.last_message_ns is not None), default=None)
    return "" if heard is None else f", last heard {max(now_ns - heard, 0) // SECOND} s ago"


def history_reasons(view: AccountView, kinds: Sequence[str] = ("fills", "transfers")) -> list[str]:
    """Say which facts before a time may be missing; empty when the history is known from its start."""
    reasons = []
    known = reaches(view.coverage)
    followed = followed_kinds(view, kinds)
    for kind in followed:
        reach = known.get(kind)  # type: ignore[call-overload]
        if reach is None:
            reasons.append(f"{view.account}: history of {kind} is not read yet")
        elif not reach.whole:
            reasons += [f"{view.account}: {what}" for what in _short_of(reach)]
    for gap in gaps(view.coverage):
        if gap.kind in followed:
            between = f"between {format_time(gap.since_ns)} and {format_time(gap.until_ns)}"
            of = f" of {gap.scope}" if gap.scope else ""
            reasons.append(f"{view.account}: {gap.kind}{of} {between} are not known yet")
    return reasons


def _short_of(reach: Reach) -> list[str]:
    """Say what a history that is not whole lacks at its far end."""
    told = [f"{reach.kind} of {what} cannot be asked for" for what in reach.lacks]
    if reach.since_ns:
        why = "are not known: the exchange keeps no older" if reach.kept_only else "are not known"
        told.append(f"{reach.kind} before {format_time(reach.since_ns)} {why}")
    return told


def followed_kinds(view: AccountView, kinds: Sequence[str] = ("fills", "transfers")) -> list[str]:
    """Return those of ``kinds`` that this account is followed for at all."""
    if view.venue is None and not view.streams and not view.coverage:
        return []
    off = {row.kind for row in view.streams if row.strategy == "off"}
    return [kind for kind in kinds if kind not in off]


def accounts(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    poll_interval_ns: int = POLL_INTERVAL_NS,
    generic: Collection[str] = (),
) -> Report[AccountStatusRow]:
    """Return one row per account: how it is followed, how fresh, how far back; ``generic`` names generic adapters."""
    reasons: list[str] = []
    for view in views:
        kinds = [row.kind for row in view.streams]
        reasons += stream_reasons(view, kinds, now_ns, poll_interval_ns) + history_reasons(view)
    rows = tuple(status_row(view, now_ns, poll_interval_ns, generic=view.account in generic) for view in views)
    return Report(name="accounts", as_of=now_ns, items=rows, incomplete=tuple(reasons))


def status_row(
    view: AccountView, now_ns: int, poll_interval_ns: int = POLL_INTERVAL_NS, *, generic: bool = False
) -> AccountStatusRow:
    """Return the one row of ``accounts`` for this account."""
    health = health_of_view(view, now_ns=now_ns, poll_interval_ns=poll_interval_ns)
    counting = [row for row in view.streams if row.since_ns is not None and row.strategy != "off"]
    known = reaches(view.coverage).values()
    # A history that is whole begins with its first fact, not with the zero from which the exchange counts.
    unfinished = [reach.since_ns for reach in known if not reach.whole and reach.since_ns]
    starts = [reach.since_ns for reach in known if reach.since_ns]
    return AccountStatusRow(
        account=view.account,
        venue=view.venue,
        user=view.user,
        strategy=view.derived_strategy,
        liveness=health.liveness,
        stale_seconds=health.seconds,
        streams=tuple(_state(row) for row in view.streams),
        facts=view.n,
        history_from=max(unfinished) if unfinished else min(starts, default=None),
        history_complete=not history_reasons(view),
        history_gaps=len(gaps(view.coverage)),
        unreadable=view.unreadable,
        reconciled=None if view.reconciled is None else view.reconciled.state,
        reconciled_at=view.compared_ns,
        drifting=sum(1 for item in view.reconciled.items if item.is_break) if view.reconciled else 0,
        reading_history=view.reconciled is not None and view.reconciled.waits_for_history,
        generic=generic,
        key=view.key,
        lags=max((row.lags for row in counting), default=None),
        worst_lag_ms=max((row.worst_lag_ns // MILLISECOND for row in counting), default=None),
    )


def _state(row: StreamRow) -> StreamState:
    counts = row.since_ns is not None and row.strategy != "off"
    return StreamState(
        kind=row.kind,
        strategy=row.strategy,
        status=row.status,
        last_message_at=row.last_message_ns,
        detail=row.detail,
        since_at=row.since_ns if counts else None,
        down_ms=sum(one.ns for one in row.down if one.cause != _STARTING) // MILLISECOND if counts else None,
        outages=tuple(Outage(cause=one.cause, times=one.times, ms=one.ns // MILLISECOND) for one in row.down),
    )
