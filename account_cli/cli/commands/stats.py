"""``acct stats`` shows how trading went and what the equity returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import METHODS, Accounts, CsvFlag, JsonFlag, Method, Since, UnknownCost, Until
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.reports.ledger_rows import PerformanceRow, StatRow
    from account_cli.reports.rows import Report

EXAMPLES = (
    ("acct stats", "win rate, profit factor, expectancy, Sharpe, drawdown"),
    ("acct stats kraken --since ytd --json", "one account, this year, for programs"),
    ("acct stats --returns --csv", "only what the equity returned"),
)
Returns = Annotated[bool, typer.Option("--returns", help="Only what the equity returned, by its daily history.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    since: Since = None,
    until: Until = None,
    method: Method = "average",
    unknown_cost: UnknownCost = "exclude",
    returns: Returns = False,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show how trading went: wins, losses, returns and ratios.

    Counted twice: per closing, which is what one fill realised, and per round trip, from flat to flat with funding.
    Break-even is neither won nor lost. Returns and ratios (365 days a year) are of the equity at the end of each day;
    with fewer than 30 days they mean little, and are marked. A withdrawal is not a drawdown.
    """
    from account_cli.cli.asking import ask
    from account_cli.cli.asking_pnl import Span, closings_of, points_of
    from account_cli.cli.words import choice, period
    from account_cli.reports.stats import fees_by_liquidity, performance, stats

    session = session_of(ctx, json=json)
    choice(method, METHODS, "--method")
    with ask(session, accounts, unknown_cost) as question:
        span = Span(*period(since, until, now_ns=question.now_ns, zone=session.shape.zone))
        fees = question.events(kinds=("fill",), since_ns=span.since_ns, until_ns=span.until_ns)
        traded = stats(
            question.views(),
            now_ns=question.now_ns,
            closings=closings_of(question, span, method),
            fees=fees_by_liquidity(fees, question.price_then()),
        )
        returned = performance(
            question.names,
            now_ns=question.now_ns,
            points=points_of(question, span, "1d", symbol=""),
            currency=question.config.currency,
        )
        return _write(question.honest(traded), question.honest(returned), session, returns, csv, question.empty)


def _write(
    traded: Report[StatRow], returned: Report[PerformanceRow], session: Session, returns: bool, csv: bool, empty: str
) -> int:
    from account_cli.cli import ledger_tables
    from account_cli.cli.output import write_lines, write_report
    from account_cli.reports.ledger_rows import PerformanceRow, StatRow
    from account_cli.reports.schema import record

    if returns:
        return write_report(returned, PerformanceRow, ledger_tables.PERFORMANCE, session, csv=csv, empty=empty)
    if session.wants_json or csv:
        extra = {
            "performance": [record(row) for row in returned.items],
            "performance_incomplete": list(returned.incomplete),
        }
        return write_report(traded, StatRow, ledger_tables.STATS, session, csv=csv, empty=empty, extra=extra)
    write_report(traded, StatRow, ledger_tables.STATS, session, empty=empty)
    if any(row.days for row in returned.items):
        write_lines([""])
        write_report(returned, PerformanceRow, ledger_tables.PERFORMANCE, session)
    return 0
