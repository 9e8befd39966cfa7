"""One run of ``acct export``: what was asked is checked, the rows are found, written, counted and described."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from account_cli.cli import export_forms
from account_cli.cli.asking import Question, ask
from account_cli.cli.commands.export import FORMATS, WHATS
from account_cli.cli.diagnostics import note
from account_cli.cli.export_forms import BOOKS, TAX
from account_cli.cli.options import METHODS
from account_cli.cli.output import tell_reasons
from account_cli.cli.progress import StatusLine
from account_cli.cli.session import Session, is_terminal
from account_cli.cli.words import choice, currency_code, period
from account_cli.cli.zones import Zone, zone_named
from account_cli.errors import InputError
from account_cli.interchange.tables import UTC_CLOCK, Clock
from account_cli.interchange.whole import (
    SCHEMA,
    Meta,
    Sink,
    Through,
    copied,
    meta_path,
    read_meta,
    whole_file,
    write_meta,
)

if TYPE_CHECKING:
    from account_cli.bootstrap.exporting import Wish
    from account_cli.ledger.state import MethodName

TABLES = frozenset({"csv", "ndjson", "json", "parquet"})
CONTINUED = frozenset({"csv", "ndjson"})
ORDERED = frozenset({"fills", "ledger", "closings", "transfers"})
"""Rows that only ever follow one another, so that an export of them can be continued."""
INCOMPLETE = 4


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The options as they were given."""

    accounts: tuple[str, ...] | None
    format: str | None
    csv: bool
    what: str | None
    since: str | None
    until: str | None
    zone: str | None
    method: str
    currency: str | None
    columns: str | None
    output: str | None
    append: bool
    since_last: bool
    require_complete: bool


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be written."""

    format: str
    what: str
    wish: Wish
    clock: Clock
    currency: str
    columns: tuple[str, ...] | None
    settings: dict[str, Any]
    part: str | None = None
    """Which of several files, of a format that has more than one."""
    is_looked_at: bool = False
    """True when it goes to a terminal."""

    @property
    def is_ledger_file(self) -> bool:
        """True for the ledger file, which has a form of its own."""
        return self.format == "ndjson" and self.what == "ledger"


def run(session: Session, asked: Asked) -> int:
    """Do the whole of it; return the exit status. Raises ``InputError`` for options that do not go together."""
    form, what = _form(asked)
    path = None if asked.output is None else Path(asked.output)
    if path is None and form == "parquet" and is_terminal(sys.stdout):
        raise InputError("--format parquet is not text", hint="name a file: -O FILE")
    if (asked.append or asked.since_last) and path is None:
        raise InputError("--append and --since-last need --output FILE", hint="add -O FILE")
    with ask(session, asked.accounts) as found:
        question = replace(found, zone=None if asked.zone is None else zone_named(asked.zone, "--tz"))
        plan = _plan(question, asked, form, what)
        before = None if path is None else _before(path, plan, asked)
        snapshot = nullcontext() if question.reading.reader is None else question.reading.reader.snapshot_view()
        if plan.wish.accounts:
            question.reading.keep(plan.wish.accounts, plan.wish.method)
        with snapshot:
            for part, place in _parts(plan, path):
                incomplete = _written(question, part, place, before, asked, session)
    tell_reasons(incomplete, session)
    return INCOMPLETE if incomplete and asked.require_complete else 0


def _parts(plan: Plan, path: Path | None) -> list[tuple[Plan, Path | None]]:
    """Return the files to be written; of rp2 FILE.in.csv, FILE.out.csv and FILE.intra.csv."""
    if plan.format != "rp2":
        return [(plan, path)]
    from account_cli.interchange.formats.rp2 import PARTS

    if path is None:
        raise InputError(
            "--format rp2 is three files", hint="say how they begin: -O taxes makes taxes.in.csv and so on"
        )
    name = path.name.removesuffix(".csv")
    return [(msgspec.structs.replace(plan, part=part), path.with_name(f"{name}.{part}.csv")) for part in PARTS]


def _form(asked: Asked) -> tuple[str, str]:
    if asked.csv and asked.format not in {None, "csv"}:
        raise InputError(f"--csv and --format {asked.format} exclude each other", hint="choose one")
    form = choice(asked.format or ("csv" if asked.csv else "ndjson"), FORMATS, "--format")
    choice(asked.method, METHODS, "--method")
    if asked.what is not None:
        choice(asked.what, WHATS, "--what")
    if form not in TABLES:
        for given, option in ((asked.what not in {None, "ledger"}, "--what"), (asked.columns, "--columns")):
            if given:
                raise InputError(f"{option} and --format {form} exclude each other", hint=f"leave out {option}")
        return form, "ledger"
    return form, asked.what or ("ledger" if form == "ndjson" and asked.columns is None else "fills")


def _plan(question: Question, asked: Asked, form: str, what: str) -> Plan:
    from account_cli.bootstrap.exporting import Wish

    zone = question.zone
    since_ns, until_ns = period(asked.since, asked.until, now_ns=question.now_ns, zone=zone)
    if form in TAX and zone is not None:
        raise InputError(f"--tz: {form} wants times in UTC", hint="leave out --tz")
    if form in BOOKS and since_ns is not None:
        raise InputError("--since: books begin with the first fact", hint="leave out --since; --until ends them")
    currency = question.config.currency if asked.currency is None else currency_code(asked.currency, "--in")
    columns = None if asked.columns is None else tuple(filter(None, map(str.strip, asked.columns.split(","))))
    if form == "ndjson" and what == "ledger":
        for given, option in ((asked.zone, "--tz"), (columns, "--columns")):
            if given is not None:
                raise InputError(f"{option} is not for the ledger file", hint="name other rows: --what fills")
    wish = Wish(accounts=question.names, since_ns=since_ns, until_ns=until_ns, method=cast("MethodName", asked.method))
    settings = {
        "accounts": list(question.names),
        "since": _moment(since_ns),
        "until": _moment(until_ns),
        "tz": "UTC" if zone is None else zone.name,
        "method": asked.method,
        "currency": currency,
        "columns": None if columns is None else list(columns),
    }
    return Plan(
        format=form,
        what=what,
        wish=wish,
        clock=_clock(zone),
        currency=currency,
        columns=columns,
        settings=settings,
        is_looked_at=asked.output is None and is_terminal(sys.stdout),
    )


def _clock(zone: Zone | None) -> Clock:
    return UTC_CLOCK if zone is None else Clock(zone.written, lambda ns: zone.at(ns).strftime("%Y-%m-%d"))


def _moment(ns: int | None) -> str | None:
    from account_cli.domain.times import format_time

    return None if ns is None else format_time(ns)


# ---- what was written before --------------------------------------------------------------------------------------


def _before(path: Path, plan: Plan, asked: Asked) -> Meta | None:
    """Return the description of the export that this one continues; None where it begins anew."""
    if not (asked.append or asked.since_last):
        return None
    if plan.format not in CONTINUED or plan.what not in ORDERED:
        raise InputError(
            f"an export of {plan.what} as {plan.format} cannot be continued",
            hint=f"--append and --since-last are for csv and ndjson of {', '.join(sorted(ORDERED))}",
        )
    if asked.append and not asked.since_last and asked.since is None:
        raise InputError("--append alone would write every row again", hint="add --since-last, or --since TIME")
    meta = read_meta(path)
    if meta is None:
        if path.exists():
            raise InputError(
                f"{meta_path(path)} is missing: what {path} holds is not known", hint="export the whole again"
            )
        return None
    if not path.exists() and asked.append:
        raise InputError(f"{path} is missing beside its description", hint=f"remove {meta_path(path)}")
    mine = {"format": plan.format, "what": plan.what, **plan.settings}
    theirs = {"format": meta.format, "what": meta.what, **meta.settings}
    free = {"until"} if asked.since_last else {"until", "since"}
    for key, value in mine.items():
        if key not in free and theirs.get(key) != value:
            raise InputError(
                f"{path} was exported with {key} {theirs.get(key)!r}, not {value!r}", hint="use the same settings"
            )
    return meta


# ---- writing ------------------------------------------------------------------------------------------------------


def _written(
    question: Question, plan: Plan, path: Path | None, before: Meta | None, asked: Asked, session: Session
) -> tuple[str, ...]:
    hidden = session.quiet or (path is None and is_terminal(sys.stdout))
    line = None if hidden else StatusLine.on(sys.stderr)
    progress = None if line is None else (lambda rows: line.show("export", f"{rows:,} rows"))
    try:
        if path is None:
            sys.stdout.flush()
            sink = Sink(sys.stdout.buffer, progress)
            _, incomplete = export_forms.write(question, plan, sink, None, header=True)
            sink.flush()
            return incomplete
        with whole_file(path) as out:
            sink = Sink(out, progress)
            if before is not None and asked.append:
                copied(path, sink, before.sha256)
                sink.rows = before.rows
            through, incomplete = export_forms.write(
                question,
                plan,
                sink,
                before.through if before is not None and asked.since_last else None,
                header=before is None or not asked.append,
            )
    finally:
        if line is not None:
            line.clear()
    meta = _meta(question, plan, path, sink, through, incomplete)
    write_meta(path, meta)
    note(f"{path}: {sink.rows} rows, {sink.bytes} bytes, sha256 {sink.sha256}", session)
    return incomplete


def _meta(
    question: Question, plan: Plan, path: Path, sink: Sink, through: Through | None, incomplete: tuple[str, ...]
) -> Meta:
    from account_cli import __version__
    from account_cli.domain.times import format_time
    from account_cli.reports.coverage import coverage
    from account_cli.reports.schema import record

    rows = coverage(question.views(), now_ns=question.now_ns).items
    return Meta(
        schema=SCHEMA,
        acct_version=__version__,
        file=path.name,
        format=plan.format,
        what=plan.what,
        settings=plan.settings,
        written_at=format_time(question.now_ns),
        rows=sink.rows,
        bytes=sink.bytes,
        sha256=sink.sha256,
        complete=not incomplete,
        incomplete=list(incomplete),
        coverage=[record(row) for row in rows],
        through=through,
    )
