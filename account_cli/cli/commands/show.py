"""``acct show`` shows all of one account: what it is worth, holds, has open and has made, and how fresh that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from account_cli.cli.options import At, CsvFlag, Currency, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.cli.asking import Question
    from account_cli.reports.rows import Report

EXAMPLES = (
    ("acct show kraken", "equity, balances, positions, profit and loss, streams"),
    ("acct show kraken --json", "all of it in one object"),
    ("acct show kraken --at 2025", "as it stood at the end of 2025"),
    ("acct show kraken --csv", "every figure a line: part, row, field, value"),
)
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account meant.")]


def command(
    ctx: typer.Context,
    account: Account,
    at: At = None,
    currency: Currency = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show all of one account: what it is worth, holds and has made.

    Equity and risk, balances, positions, profit and loss, and how fresh each kind of data is. With --at it is rebuilt
    from the facts up to that time and the prices stored of it: what the exchange stated then is not known any more.
    With --csv its tables are one: a line for every figure, with the part and the row that it belongs to.
    """
    from account_cli.cli.asking import ask
    from account_cli.cli.asking_pnl import at_of
    from account_cli.cli.words import currency_code
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    if json and csv:
        raise InputError("--json and --csv exclude each other", hint="choose one")
    with ask(session, [account]) as question:
        code = question.config.currency if currency is None else currency_code(currency, "--in")
        at_ns = at_of(at, now_ns=question.now_ns, zone=session.shape.zone)
        parts = _parts(question, code, at_ns)
        reasons = tuple(dict.fromkeys(reason for part in parts.values() for reason in part.incomplete))
        waiting = tuple(f"{name}: nothing has been collected yet" for name in question.unknown)
        write = _write_csv if csv else _write
        return write(account, parts, (*reasons, *waiting), at_ns or question.now_ns, session, question.empty)


def _parts(question: Question, currency: str, at_ns: int | None) -> dict[str, Report[Any]]:
    from account_cli.cli.asking import generic_accounts
    from account_cli.reports.accounts import accounts
    from account_cli.reports.balances import balances
    from account_cli.reports.equity import equity
    from account_cli.reports.pnl import pnl
    from account_cli.reports.positions import positions

    views = question.views(at_ns=at_ns)
    now_ns, pegged = at_ns or question.now_ns, question.config.pegged
    return {
        "equity": equity(views, now_ns=now_ns, currency=currency, pegged=pegged),
        "balances": balances(views, now_ns=now_ns, currency=currency, pegged=pegged),
        "positions": positions(views, now_ns=now_ns, pegged=pegged),
        "pnl": pnl(views, now_ns=now_ns, pegged=pegged),
        "streams": accounts(views if at_ns is None else (), now_ns=now_ns, generic=generic_accounts(views)),
    }


def _write(
    account: str, parts: dict[str, Report[Any]], reasons: tuple[str, ...], now_ns: int, session: Session, empty: str
) -> int:
    from account_cli.cli import ledger_tables, tables
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import tell_reasons, write_json, write_lines, write_rows
    from account_cli.domain.times import format_time
    from account_cli.reports.render import clean_text
    from account_cli.reports.schema import record

    if session.wants_json:
        rows = {name: [record(row) for row in part.items] for name, part in parts.items()}
        status = rows.pop("streams")
        known = {
            "account": account,
            "equity": rows.pop("equity")[0] if rows["equity"] else None,
            **rows,
            "status": status[0] if status else None,
            "streams": status[0]["streams"] if status else [],
        }
        write_json(
            {
                "schema": "acct.show/1",
                "as_of": format_time(now_ns),
                "complete": not reasons,
                "incomplete": list(reasons),
                "items": [known] if parts["equity"].items else [],
            }
        )
        return 0
    if not parts["equity"].items:
        note(empty, session)
        return 0
    shown = {
        "equity": ledger_tables.EQUITY,
        "balances": tables.BALANCES,
        "positions": tables.POSITIONS,
        "pnl": tables.PNL,
        "streams": tables.ACCOUNTS,
    }
    write_lines([f"{clean_text(account)} as of {format_time(now_ns)}"])
    for name, part in parts.items():
        if part.items:
            write_lines(["", f"{'profit and loss' if name == 'pnl' else name}:"])
            write_rows(part.items, [column for column in shown[name] if column.field != "account"], session)
    tell_reasons(reasons, session)
    return 0


def _write_csv(
    _account: str, parts: dict[str, Report[Any]], reasons: tuple[str, ...], _now_ns: int, session: Session, empty: str
) -> int:
    """Write every figure on a line of its own; what several tables hold is one table only so."""
    import sys
    from csv import writer

    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import tell_reasons, time_writer
    from account_cli.reports.schema import csv_rows

    lines = writer(sys.stdout, lineterminator="\n")
    if session.shape.round == 0:
        lines.writerow(("part", "row", "field", "value"))
    for name, part in parts.items():
        if not part.items:
            continue
        head, *rows = csv_rows(type(part.items[0]), part.items, None, time_writer(session))
        lines.writerows(
            (name, number, field, cell)
            for number, row in enumerate(rows, start=1)
            for field, cell in zip(head, row, strict=True)
        )
    if not parts["equity"].items:
        note(empty, session)
    tell_reasons(reasons, session)
    return 0
