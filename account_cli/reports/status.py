"""Who collects what: each account with its process, how live it is, and when it was last compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from account_cli.domain.presence import EXPIRED_NS, WHOLE, Lease, Process
from account_cli.domain.times import SECOND
from account_cli.reports.accounts import POLL_INTERVAL_NS, health_of
from account_cli.reports.rows import Report
from account_cli.reports.view import AccountView

Role = Literal["collecting", "standby", "gone", "nobody"]


class ProcessStatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account and the process that collects it, or a process that collects none.

    ``role``: collecting; standby, a process that waits for others' accounts; gone, its process has not been heard of
    for longer than it may; nobody, an account that no process has. ``lag_seconds`` is the age of the newest message of
    any kind, ``uptime_seconds`` how long the process has run; None is not known.
    """

    account: str | None
    venue: str | None
    user: str | None
    role: Role
    kind: str | None
    host: str | None
    pid: int | None
    version: str | None
    strategy: str | None
    liveness: str | None
    last_message_at: int | None
    lag_seconds: int | None
    reconciled_at: int | None
    reconciled: str | None
    heartbeat_at: int | None
    uptime_seconds: int | None
    fence: int | None
    leads: bool
    """True of the process that does what belongs to all accounts together, where there is such a thing."""


def status(
    views: Sequence[AccountView],
    processes: Sequence[Process],
    leases: Sequence[Lease],
    *,
    now_ns: int,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[ProcessStatusRow]:
    """Return a row for each account, then one for each process without one; all times are by one clock."""
    by_id = {process.id: process for process in processes}
    of_account = {lease.account: lease for lease in leases}
    rows = []
    busy = set()
    for view in views:
        lease = of_account.get(view.account)
        process = by_id.get(lease.process) if lease is not None and lease.process is not None else None
        if process is not None:
            busy.add(process.id)
        row = _row(view, lease, process, now_ns, poll_interval_ns)
        rows.append(msgspec.structs.replace(row, leads=_leads(process, of_account, now_ns)))
    for process in processes:
        if process.id not in busy:
            idle = _of(process, now_ns)
            rows.append(msgspec.structs.replace(idle, leads=_leads(process, of_account, now_ns)))
    reasons = [f"{row.account}: nobody collects it" for row in rows if row.role in {"nobody", "gone"} and row.account]
    return Report(name="status", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))


def _row(
    view: AccountView, lease: Lease | None, process: Process | None, now_ns: int, poll_interval_ns: int
) -> ProcessStatusRow:
    heard = [row.last_message_ns for row in view.streams if row.strategy != "off" and row.last_message_ns is not None]
    newest = max(heard, default=None)
    health = health_of(view.streams, now_ns=now_ns, poll_interval_ns=poll_interval_ns)
    role: Role = "nobody" if process is None else "collecting" if _is_there(process, now_ns) else "gone"
    return msgspec.structs.replace(
        _of(process, now_ns),
        account=view.account,
        venue=view.venue,
        user=view.user,
        role=role,
        strategy=view.derived_strategy,
        liveness=health.liveness,
        last_message_at=newest,
        lag_seconds=None if newest is None else max(now_ns - newest, 0) // SECOND,
        reconciled_at=None if view.reconciled is None else view.reconciled.at_ns,
        reconciled=None if view.reconciled is None else view.reconciled.state,
        fence=None if lease is None else lease.fence,
    )


def _leads(process: Process | None, leases: Mapping[str, Lease], now_ns: int) -> bool:
    lease = leases.get(WHOLE)
    return process is not None and lease is not None and lease.process == process.id and _is_there(process, now_ns)


def _of(process: Process | None, now_ns: int) -> ProcessStatusRow:
    """Return what is to be said of a process alone."""
    return ProcessStatusRow(
        account=None,
        venue=None,
        user=None,
        role="standby" if process is not None and _is_there(process, now_ns) else "gone",
        kind=None if process is None else process.kind,
        host=None if process is None else process.host,
        pid=None if process is None else process.pid,
        version=None if process is None else process.version,
        strategy=None,
        liveness=None,
        last_message_at=None,
        lag_seconds=None,
        reconciled_at=None,
        reconciled=None,
        heartbeat_at=None if process is None else process.beat_ns,
        uptime_seconds=None if process is None else max(now_ns - process.started_ns, 0) // SECOND,
        fence=None,
        leads=False,
    )


def _is_there(process: Process, now_ns: int) -> bool:
    return now_ns - process.beat_ns <= EXPIRED_NS


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: ``ok``, ``degraded`` or ``failed``, with a sentence about it."""

    name: str
    state: Literal["ok", "degraded", "failed"]
    detail: str
    milliseconds: int


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """Healthy; degraded when only streams are down; unhealthy when a store that is required is."""

    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    uptime_seconds: int | None
    """How long the longest running collector has run; None when none does."""
    checks: tuple[HealthCheck, ...]


def health(checks: Sequence[HealthCheck], *, version: str, uptime_seconds: int | None) -> HealthReport:
    """Sum the checks up: a failure of a store outweighs whatever the streams say."""
    states = {check.state for check in checks}
    word: Literal["healthy", "degraded", "unhealthy"] = (
        "unhealthy" if "failed" in states else "degraded" if "degraded" in states else "healthy"
    )
    return HealthReport(status=word, version=version, uptime_seconds=uptime_seconds, checks=tuple(checks))
