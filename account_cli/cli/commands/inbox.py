"""``acct inbox`` shows what is kept of what the exchanges said, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.ports import JournalReader
    from account_cli.reports.inbox import UnreadableRow

EXAMPLES = (
    ("acct inbox", "how much is kept, by kind, age and size"),
    ("acct inbox --unreadable", "what could not be read, and why"),
    ("acct inbox show 1042", "one text as it was received"),
)
Unreadable = Annotated[bool, typer.Option("--unreadable", help="List each text of which something could not be read.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    unreadable: Unreadable = False,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show what is kept as received, and what of it could not be read.

    show ID writes one text, as it was received but for the secrets, which were taken out before it was stored.
    STATE is waiting until what a text says is stored, then done; unreadable when some of it could not be read, which
    acct replay reads again. The exit status is 3 while anything is unreadable.
    """
    from account_cli.cli import tables
    from account_cli.cli.asking import ask
    from account_cli.cli.output import write_report
    from account_cli.reports import inbox as kept

    session = session_of(ctx, json=json)
    shown = (accounts or [])[:1] == ["show"]
    with ask(session, [] if shown else accounts) as question:
        reader = question.reading.reader
        if shown:
            return _show((accounts or [])[1:], reader, session)
        counts = [] if reader is None else [one for one in reader.inbox_counts() if one.account in question.names]
        found = [] if reader is None or not unreadable else _unreadable(reader, question.names, session.shape.newest)
    bad = 3 if any(one.state == "unreadable" for one in counts) else 0
    if unreadable:
        listed = kept.unreadable(found, now_ns=question.now_ns)
        empty = "everything that was received could be read" if question.names else question.empty
        write_report(listed, kept.UnreadableRow, tables.UNREADABLE, session, csv=csv, empty=empty)
        return bad
    rows = [
        kept.InboxRow(
            account=one.account,
            source=one.source,
            channel=one.channel,
            state=one.state,
            texts=one.rows,
            bytes=one.bytes,
            oldest_at=one.oldest_ns,
            newest_at=one.newest_ns,
        )
        for one in counts
    ]
    empty = "nothing is kept yet" if question.names else question.empty
    report = kept.inbox(rows, now_ns=question.now_ns)
    write_report(report, kept.InboxRow, tables.INBOX, session, csv=csv, empty=empty)
    return bad


def _unreadable(reader: JournalReader, names: Sequence[str], limit: int | None) -> list[UnreadableRow]:
    from account_cli.reports.inbox import UnreadableRow

    rows = [row for name in names for row in reader.raws(name, unreadable_only=True, limit=limit or 1_000_000)]
    return [
        UnreadableRow(
            id=row.id,
            account=row.account,
            received_at=row.received_ns,
            source=row.source,
            channel=row.channel,
            bytes=len(row.raw.encode()),
            why=row.unreadable or "",
        )
        for row in sorted(rows, key=lambda row: -row.id)
    ]


def _show(words: list[str], reader: JournalReader | None, session: Session) -> int:
    """Write one text; as JSON with all that is known of it."""
    from account_cli.cli.output import write_json, write_lines
    from account_cli.domain.times import format_time
    from account_cli.errors import InputError
    from account_cli.reports.render import clean_text

    number = int(words[0]) if len(words) == 1 and words[0].isdecimal() and words[0].isascii() else None
    row = None if reader is None or number is None else reader.raw(number)
    if row is None:
        raise InputError(
            f"no text {' '.join(words)!r} is kept", hint="acct inbox --unreadable lists those that could not be read"
        )
    if session.wants_json:
        told = {"id": row.id, "account": row.account, "received_at": format_time(row.received_ns)}
        more = {"source": row.source, "channel": row.channel, "state": row.state, "unreadable": row.unreadable}
        write_json({"schema": "acct.inbox-text/1", **told, **more, "text": row.raw})
        return 0
    heading = f"{row.id}: {row.account}, {row.source}, {row.channel}, {row.state}, {format_time(row.received_ns)}"
    why = [] if row.unreadable is None else row.unreadable.splitlines()
    write_lines([clean_text(line) for line in (heading, *why)])
    write_lines([clean_text(row.raw)])
    return 0
