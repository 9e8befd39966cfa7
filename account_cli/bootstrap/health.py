"""``acct status`` and ``acct health``: who collects what, and whether what is needed answers within two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from account_cli import __version__
from account_cli.config import Config
from account_cli.domain.times import SECOND
from account_cli.engine.follow import Follower
from account_cli.errors import AcctError, Unavailable
from account_cli.ports import JournalReader
from account_cli.reports.rows import Report
from account_cli.reports.status import HealthCheck, HealthReport, ProcessStatusRow, status
from account_cli.reports.status import health as summed
from account_cli.storage import has_database, open_reader
from account_cli.storage.clocks import later

WITHIN_S = 2.0

T = TypeVar("T")


def status_of(config: Config, names: Sequence[str] = ()) -> Report[ProcessStatusRow]:
    """Return who collects what; of these accounts only, when some are named. Raises ``StorageError``."""
    if not has_database(config.database):
        return status((), (), (), now_ns=time.time_ns())
    reader = open_reader(config.database)
    try:
        found = _status(reader, names)
        reasons = (*found.incomplete, *_untold(config, reader))
        return msgspec.structs.replace(found, incomplete=reasons)
    finally:
        reader.close()


def _untold(config: Config, reader: JournalReader) -> list[str]:
    """Say what keeps others from hearing."""
    if config.redis is None:
        return []
    from account_cli.bootstrap.redis import answers

    counts = reader.outbox_counts()
    said = [f"{counts[state]} messages to others are {state}" for state in ("failed", "dead") if counts.get(state)]
    try:
        answers(config)
    except AcctError as error:
        return [f"{error.message}; {counts.get('pending', 0)} messages to others wait", *said]
    return said


def _status(reader: JournalReader, names: Sequence[str]) -> Report[ProcessStatusRow]:
    with reader.snapshot_view():
        known = [row.account for row in reader.accounts() if not names or row.account in names]
        views = Follower(reader).views(known)
        now_ns = time.time_ns()
        ahead_ns = reader.now_ns() - now_ns
        processes = [later(process, -ahead_ns) for process in reader.processes()]
        found = status(views, processes, reader.leases(), now_ns=now_ns)
    return msgspec.structs.replace(found, incomplete=(*found.incomplete, *_off(ahead_ns)))


def _off(ahead_ns: int) -> list[str]:
    """Say that the database's clock is ahead of this machine's, or behind; liveness and ages allow for it."""
    if abs(ahead_ns) < SECOND:
        return []
    where = "behind" if ahead_ns > 0 else "ahead of"
    return [f"the clock of this machine is {abs(ahead_ns) // SECOND} s {where} the database's: set one of them right"]


def health_of(config: Config, *, ready: bool) -> HealthReport:
    """Look at the database and, unless only readiness is asked for, at the streams; never raises."""
    checks: list[HealthCheck] = []
    report = _timed(checks, "database", lambda: status_of(replace(config, redis=None)), lambda _: "answers")
    if config.redis is not None:
        from account_cli.bootstrap.redis import answers

        _timed(checks, "redis", lambda: answers(config), lambda where: f"answers on {where}", required=False)
    if report is not None and not ready:
        checks += [_stream(row) for row in report.items if row.account is not None]
    alive = [row for row in report.items if row.role == "collecting"] if report is not None else []
    ages = [row.uptime_seconds for row in alive if row.uptime_seconds is not None]
    return summed(checks, version=__version__, uptime_seconds=max(ages, default=None))


def _stream(row: ProcessStatusRow) -> HealthCheck:
    well = row.role == "collecting" and row.liveness == "LIVE"
    who = "nobody collects it" if row.role in {"nobody", "gone"} else f"collected by process {row.pid} on {row.host}"
    detail = f"{row.liveness}; {who}"
    return HealthCheck(name=f"account {row.account}", state="ok" if well else "degraded", detail=detail, milliseconds=0)


def _timed(
    checks: list[HealthCheck], name: str, ask: Callable[[], T], say: Callable[[T], str], *, required: bool = True
) -> T | None:
    """Ask in a thread that is left behind when it takes longer than it may; add what came of it to ``checks``."""
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(ask())
        except BaseException as error:
            errors.append(error)

    began = time.monotonic()
    thread = threading.Thread(target=run, name=f"check {name}", daemon=True)
    thread.start()
    thread.join(WITHIN_S)
    took = int((time.monotonic() - began) * 1000)
    if not answers and not errors:
        errors.append(Unavailable(f"no answer within {WITHIN_S:g} s"))
    if errors:
        said = errors[0].message if isinstance(errors[0], AcctError) else type(errors[0]).__name__
        checks.append(
            HealthCheck(name=name, state="failed" if required else "degraded", detail=said, milliseconds=took)
        )
        return None
    checks.append(HealthCheck(name=name, state="ok", detail=say(answers[0]), milliseconds=took))
    return answers[0]
