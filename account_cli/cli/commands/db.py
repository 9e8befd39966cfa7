"""``acct db`` does to the database as a whole what its owner asks for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from account_cli.cli.options import CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.bootstrap.databases import Tell

EXAMPLES = (
    ("acct db check", "reads all of it; exit status 3 when something is wrong"),
    ("acct db stats --sort=-bytes --limit 5", "what takes the room"),
    ("acct db backup ~/acct-2026-11.db", "while it is written, too"),
    ("acct db copy --to postgresql://me@host/acct", "the whole history, to a server"),
)
_WITH_FILE = ("backup", "restore")
_TABLES = ("check", "stats", "copy")
ACTS = ("upgrade", "check", "backup", "restore", "vacuum", "copy")

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="upgrade | check | backup FILE | restore FILE | vacuum | stats | copy", help="What is to be done."
    ),
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="URL", help="With copy: where to; sqlite:///FILE or postgresql://USER@HOST/NAME."),
]
Force = Annotated[
    bool, typer.Option("--force", help="With restore: also where facts are; they are set aside, not lost.")
]


def command(
    ctx: typer.Context, words: Words, to: To = None, force: Force = False, json: JsonFlag = False, csv: CsvFlag = False
) -> int:
    """Upgrade, check, back up, restore, measure or copy the database.

    upgrade brings it to the schema of this acct. check reads all of it, and names what is wrong. backup writes one
    file, whatever the database is; restore puts it back. vacuum gives unused space back. stats counts what is there.
    copy moves a whole history into an empty database. docs/databases.md says more of each.
    """
    from account_cli.cli.words import choice
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    word, rest = choice(words[0], tuple(_DO), "acct db"), words[1:]
    if len(rest) != (word in _WITH_FILE):
        raise InputError(
            f"{word} needs a FILE" if word in _WITH_FILE else f"{word} takes no further word",
            hint=f"acct db {word}" + (" acct-backup.db" if word in _WITH_FILE else ""),
        )
    if (to is not None) != (word == "copy"):
        raise InputError("--to URL goes with copy, and copy with --to URL", hint="acct db copy --to sqlite:///copy.db")
    if force and word != "restore":
        raise InputError("--force goes with restore", hint=f"acct db {word}")
    if csv and word not in _TABLES:
        raise InputError(f"{word} writes no table", hint=f"--csv goes with {', '.join(_TABLES)}")
    return _DO[word](session, to or "".join(rest), force if word == "restore" else csv)


def _upgrade(session: Session, _: str, __: bool) -> int:
    from account_cli import bootstrap

    before, after = bootstrap.upgrade(session.config)
    said = f"schema {after}: nothing to do" if before == after else f"schema {before} -> {after}"
    return _say(session, "upgrade", said if before else f"made, schema {after}", {"from": before, "to": after})


def _check(session: Session, _: str, csv: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.output import write_now, write_report
    from account_cli.reports.databases import FindingRow
    from account_cli.reports.rows import Report

    with _progress(session) as tell:
        found = bootstrap.check_database(session.config, tell)
    if not found and not session.wants_json and not csv:
        if not session.quiet:
            write_now(f"{_name(session)}: nothing is wrong")
        return 0
    report = Report(name="db-check", as_of=time.time_ns(), items=tuple(found))
    write_report(report, FindingRow, tables.FINDINGS, session, csv=csv)
    return 3 if found else 0


def _backup(session: Session, file: str, _: bool) -> int:
    from account_cli import bootstrap

    path = Path(file).expanduser()
    with _progress(session) as tell:
        bootstrap.back_up(session.config, path, tell)
    size = path.stat().st_size
    return _say(session, "backup", f"{path}: {_size(size)}, checked", {"file": str(path), "bytes": size})


def _restore(session: Session, file: str, force: bool) -> int:
    from account_cli import bootstrap

    path = Path(file).expanduser()
    with _progress(session) as tell:
        aside = bootstrap.restore(session.config, path, tell, force=force)
    said = f"{_name(session)} holds what {path} holds" + (f"; what was there is {aside}" if aside else "")
    return _say(session, "restore", said, {"file": str(path), "set_aside": aside and str(aside)})


def _vacuum(session: Session, _: str, __: bool) -> int:
    from account_cli import bootstrap

    before, after = bootstrap.vacuum(session.config)
    said = f"{_name(session)}: {_size(before)} -> {_size(after)}"
    return _say(session, "vacuum", said, {"bytes_before": before, "bytes": after})


def _stats(session: Session, _: str, csv: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.output import write_lines, write_report, write_rows
    from account_cli.reports.databases import TableRow
    from account_cli.reports.rows import Report
    from account_cli.reports.schema import record

    found = bootstrap.measure_database(session.config)
    alone = session.wants_json or csv or session.shape.is_chosen
    if not alone:
        free = f", {_size(found.free)} of it unused" if found.free else ""
        write_lines([f"{_name(session)}: {found.engine}, schema {found.schema}, {_size(found.bytes)}{free}"])
        share = found.inbox_bytes * 100 // max(found.bytes, 1)
        write_lines([f"texts as received: {_size(found.inbox_bytes)}, {share} % of it", ""])
    more: dict[str, Any] = {"database": _name(session), "engine": found.engine, "schema_number": found.schema}
    more |= {"bytes": found.bytes, "bytes_free": found.free, "inbox_bytes": found.inbox_bytes}
    more["accounts"] = [record(row) for row in found.accounts]
    rows = found.tables if session.wants_json or csv else tuple(row for row in found.tables if row.rows)
    report = Report(name="db-stats", as_of=time.time_ns(), items=rows)
    write_report(report, TableRow, tables.DATABASE_TABLES, session, csv=csv, extra=more)
    if found.accounts and not alone:
        write_lines([""])
        write_rows(found.accounts, tables.KNOWN, session)
    return 0


def _copy(session: Session, url: str, csv: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import write_report
    from account_cli.ports.location import named
    from account_cli.reports.databases import CopiedRow
    from account_cli.reports.rows import Report

    with _progress(session) as tell:
        target, copied = bootstrap.copy_database(session.config, url, tell)
    more = {"from": _name(session), "to": named(target), "facts_since": copied.later}
    told = session.wants_json or csv
    rows = copied.tables if told else tuple(row for row in copied.tables if row.rows)
    if told or not session.quiet:
        report = Report(name="db-copy", as_of=time.time_ns(), items=rows)
        write_report(report, CopiedRow, tables.COPIED, session, csv=csv, extra=more)
    if copied.later:
        note(f"{copied.later} lines were added to {_name(session)} since, and are not in the copy", session)
    note(
        f"every table of {named(target)} was read back and is the same; [storage] database says which is used", session
    )
    return 0


def _say(session: Session, word: str, said: str, told: dict[str, Any]) -> int:
    from account_cli.cli.output import json_line, write_now

    if session.wants_json:
        write_now(json_line({"schema": f"acct.db-{word}/1", "database": _name(session), **told}))
    elif not session.quiet:
        write_now(said)
    return 0


def _name(session: Session) -> str:
    from account_cli.ports.location import named

    return named(session.config.database)


def _size(count: int) -> str:
    """Return a number of bytes as people say it."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count // size}.{count % size * 10 // size} {unit}"
    return f"{count} bytes"


@contextmanager
def _progress(session: Session) -> Iterator[Tell]:
    """Yield what shows how far it has come, where a person looks."""
    from account_cli.cli.progress import StatusLine

    line = None if session.quiet or session.wants_json else StatusLine.on(sys.stderr)

    def tell(doing: str, done: int, total: int) -> None:
        if line is not None:
            line.show("acct db", f"{doing}, {done * 100 // total} %" if total else doing)

    try:
        yield tell
    finally:
        if line is not None:
            line.clear()


_DO: dict[str, Callable[[Session, str, bool], int]] = {
    "upgrade": _upgrade,
    "check": _check,
    "backup": _backup,
    "restore": _restore,
    "vacuum": _vacuum,
    "stats": _stats,
    "copy": _copy,
}
