"""``acct orders`` shows orders as the exchange last told of them."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag, Symbol
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct orders", "what is open"),
    ("acct orders --all --limit 20", "the newest twenty, whatever became of them"),
    ("acct orders --symbol BTC/USD --json", ""),
)
OpenFlag = Annotated[bool, typer.Option("--open", help="Only open orders; this is the default.")]
AllFlag = Annotated[bool, typer.Option("--all", help="Every order that was ever seen.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    only_open: OpenFlag = False,
    everything: AllFlag = False,
    symbol: Symbol = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show open orders, or all that were ever seen."""
    from account_cli.cli import tables
    from account_cli.cli.asking import ask, nothing_of
    from account_cli.cli.output import write_report
    from account_cli.errors import InputError
    from account_cli.reports.orders import orders
    from account_cli.reports.rows import OrderRow

    session = session_of(ctx, json=json)
    if only_open and everything:
        raise InputError("--open and --all exclude each other", hint="choose one")
    with ask(session, accounts) as question:
        views = question.views(all_orders=everything)
        report = orders(views, now_ns=question.now_ns, only_open=not everything, symbol=symbol)
        empty = nothing_of(question, symbol)
    if empty == question.empty and question.names and not everything:
        empty = "no open orders; --all shows every one"
    return write_report(question.honest(report), OrderRow, tables.ORDERS, session, csv=csv, empty=empty)
