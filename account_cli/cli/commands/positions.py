"""``acct positions`` shows what is held and what it is worth."""

from __future__ import annotations

import typer

from account_cli.cli.options import Accounts, AlsoIn, At, CsvFlag, JsonFlag, Symbol
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct positions", "all accounts"),
    ("acct positions kraken --json", "one account, for programs"),
    ("acct positions | less -S", "every column and every digit"),
    ("acct positions --at 2025", "what was open when 2025 ended"),
    ("acct positions --in EUR", "value and profit in euros too"),
)


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    symbol: Symbol = None,
    at: At = None,
    currency: AlsoIn = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show open positions with their cost, value and profit.

    Spot holdings are positions too. Amounts are in each position's own currency; the entry price is without fees, the
    cost and the profit are with them. Risk figures (leverage, margin, liquidation) are the exchange's; with --at they
    are not known, and positions are rebuilt from the facts up to that time. With --in the value and the unrealised
    profit are also turned into one currency at the prices of that moment; cost and realised profit are not, for they
    are of other times (acct pnl --in).
    """
    from account_cli.cli import tables
    from account_cli.cli.asking import RECONSTRUCTED, ask, nothing_of
    from account_cli.cli.asking_pnl import at_of
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import write_report
    from account_cli.cli.words import currency_code
    from account_cli.reports.positions import positions
    from account_cli.reports.rows import PositionRow

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        at_ns = at_of(at, now_ns=question.now_ns, zone=session.shape.zone)
        views = question.views(at_ns=at_ns)
        report = positions(views, now_ns=at_ns or question.now_ns, symbol=symbol, pegged=question.config.pegged)
        valued = None
        if currency is not None:
            from account_cli.reports.valued import ValuedPositionRow, valued_positions

            code = currency_code(currency, "--in")
            valued = valued_positions(report, views, currency=code, pegged=question.config.pegged)
        empty = nothing_of(question, symbol)
    if at_ns is not None:
        note(RECONSTRUCTED, session)
    if valued is not None:
        valued = question.honest(valued)
        return write_report(valued, ValuedPositionRow, tables.POSITIONS_IN, session, csv=csv, empty=empty)
    return write_report(question.honest(report), PositionRow, tables.POSITIONS, session, csv=csv, empty=empty)
