"""``acct close`` locks a period's figures: what changes them afterwards is listed against them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from account_cli.bootstrap import ClosedFigure
    from account_cli.reports.ledger_rows import ClosedRow

EXAMPLES = (
    ("acct close 2025", "once its figures are reported: what changes later is listed"),
    ("acct close 2025-11 kraken", "a month of one account"),
    ("acct close --list", "what was locked, and what has changed since"),
)
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="PERIOD [ACCOUNT]...", help="A year, month or day; the accounts, all when none is named."),
]
List = Annotated[bool, typer.Option("--list", help="List what was locked; arguments are then accounts.")]


def command(
    ctx: typer.Context, words: Words = None, listing: List = False, json: JsonFlag = False, csv: CsvFlag = False
) -> int:
    """Lock the figures of a period, and list what has changed since.

    Locking changes no fact and stops none: a late one still counts. What was locked stays beside what is, figure by
    figure. Unrealised profit rests on prices and is not locked. With --list the exit status is 3 when anything differs.
    """
    from account_cli.cli.words import closed_period
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    if listing:
        return _list(session, words or (), csv=csv)
    if not words:
        raise InputError("which period?", hint="acct close 2025, or acct close --list")
    since_ns, until_ns = closed_period(words[0], "PERIOD", zone=session.shape.zone)
    return _close(session, words[0], words[1:], since_ns, until_ns, csv=csv)


def _close(session: Session, label: str, names: Sequence[str], since_ns: int, until_ns: int, *, csv: bool) -> int:
    from account_cli import bootstrap
    from account_cli.cli.asking import ask
    from account_cli.cli.diagnostics import note

    with ask(session, names or None) as question:
        chosen, empty = question.names, question.empty
    if not chosen:
        note(empty, session)
        return 0
    figures = bootstrap.close_period(session.config, chosen, since_ns, until_ns, label)
    return _write(session, figures, f"{label} is locked: nothing was realised, paid or received in it", csv=csv)


def _list(session: Session, names: Sequence[str], *, csv: bool) -> int:
    from account_cli import bootstrap
    from account_cli.cli.asking import ask

    with ask(session, names or None) as question:
        chosen = question.names
    figures = bootstrap.closed_periods(session.config, chosen) if chosen else []
    _write(session, figures, "no period is locked: acct close 2025", csv=csv)
    return 3 if any(one.differences for one in figures) else 0


def _write(session: Session, figures: Sequence[ClosedFigure], empty: str, *, csv: bool) -> int:
    import time

    from account_cli.cli import ledger_tables
    from account_cli.cli.output import write_report
    from account_cli.reports.ledger_rows import ClosedRow
    from account_cli.reports.rows import Report

    report = Report(name="close", as_of=time.time_ns(), items=tuple(_row(one) for one in figures))
    return write_report(report, ClosedRow, ledger_tables.CLOSED, session, csv=csv, empty=empty)


def _row(one: ClosedFigure) -> ClosedRow:
    from account_cli.reports.ledger_rows import ChangedFigure, ClosedRow

    locked = one.locked
    return ClosedRow(
        account=one.period.account,
        period=one.period.label,
        since_at=one.period.since_ns,
        until_at=one.period.until_ns,
        closed_at=one.period.closed_ns,
        symbol=one.symbol,
        currency=one.currency,
        gross_realized_pnl=None if locked is None else locked.gross_realized_pnl,
        fees=None if locked is None else locked.fees,
        realized_pnl=None if locked is None else locked.realized_pnl,
        fees_paid=None if locked is None else locked.fees_paid,
        funding=None if locked is None else locked.funding,
        other_income=None if locked is None else locked.other_income,
        changed=tuple(
            ChangedFigure(figure=name, locked=_said(old), now=_said(new))
            for name, (old, new) in one.differences.items()
        ),
    )


def _said(figure: object) -> str:
    from decimal import Decimal

    from account_cli.domain.money import plain

    return plain(figure) if isinstance(figure, Decimal) else str(figure)
