"""``acct explain`` takes a figure apart: the formula in words, and every input with its source and age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, At, CsvFlag, JsonFlag, UnknownCost
from account_cli.cli.session import Session, session_of
from account_cli.errors import InputError

if TYPE_CHECKING:
    from account_cli.cli.asking import Question
    from account_cli.reports.ledger_rows import StepRow
    from account_cli.reports.rows import Report

EXAMPLES = (
    ("acct explain pnl BTC/USD", "how much it made, and from what"),
    ("acct explain position BTC/USD kraken", "what it cost, what it is worth, by which price"),
    ("acct explain balance USD", "everything that ever moved it"),
    ("acct explain balance USD --at 2025", "as it stood at the end of 2025"),
    ("acct explain E-KEY-REJECTED", "what an error means, how it comes, and what to do; errors lists them all"),
)
_FIGURES = ("pnl", "position", "balance")
_TITLES = {"pnl": "Profit and loss of", "position": "The position in", "balance": "The balance of"}

Figure = Annotated[
    str, typer.Argument(metavar="pnl|position|balance|errors", help="Which figure; or the id of an error, E-CONFIG.")
]
What = Annotated[
    str | None, typer.Argument(metavar="SYMBOL|ASSET", help="Of which market, like BTC/USD, or which asset.")
]
Inputs = Annotated[
    int | None, typer.Option("--inputs", metavar="N", help="List so many fills and closings; 10 when not given.")
]


def command(
    ctx: typer.Context,
    figure: Figure,
    what: What = None,
    accounts: Accounts = None,
    at: At = None,
    unknown_cost: UnknownCost = "exclude",
    inputs: Inputs = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Explain a figure: the formula with its inputs, down to the fills.

    pnl and position want a market, balance an asset. The newest inputs are listed one by one, those before them are
    summed up, so that every sum can be checked by hand. An error ends with its id, which is explained too.
    """
    from account_cli.cli import explaining
    from account_cli.cli.asking import ask
    from account_cli.cli.asking_pnl import at_of
    from account_cli.cli.words import choice, counted

    session = session_of(ctx, json=json)
    if figure == "errors" or figure.upper().startswith("E-"):
        return _explain_error(figure, what)
    choice(figure, _FIGURES, "the figure")
    if what is None:
        raise InputError("SYMBOL|ASSET is missing", hint=f"acct explain {figure} BTC/USD")
    shown = counted(inputs, "--inputs") or 10
    with ask(session, accounts, unknown_cost) as question:
        at_ns = at_of(at, now_ns=question.now_ns, zone=session.shape.zone)
        explain = {"pnl": explaining.pnl, "position": explaining.position, "balance": explaining.balance}[figure]
        report = explain(question, what, at_ns, shown)
        return _write(question.honest(report), session, question, f"{_TITLES[figure]} {what}", csv=csv)


def _explain_error(given: str, what: str | None) -> int:
    from account_cli.cli.error_pages import list_lines, page_lines
    from account_cli.cli.output import write_lines

    if what is not None:
        raise InputError(f"nothing comes after {given}: {what!r}", hint=f"acct explain {given}")
    write_lines(list_lines() if given == "errors" else page_lines(given))
    return 0


def _write(report: Report[StepRow], session: Session, question: Question, title: str, *, csv: bool) -> int:
    from account_cli.cli.diagnostics import note
    from account_cli.cli.explaining import step_lines
    from account_cli.cli.output import tell_reasons, write_lines, write_report
    from account_cli.domain.times import format_time
    from account_cli.reports.ledger_rows import StepRow
    from account_cli.reports.render import clean_text

    if csv or session.wants_json:
        return write_report(report, StepRow, (), session, csv=csv)
    if not report.items:
        note(question.empty, session)
    else:
        write_lines([f"{clean_text(title)}, as of {format_time(report.as_of)}", "", *step_lines(report.items)])
    tell_reasons(report.incomplete, session)
    return 0
