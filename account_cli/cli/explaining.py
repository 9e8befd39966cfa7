"""What ``acct explain`` asks, and how an explanation is set in lines that a person reads top down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from account_cli.cli.asking import Question
from account_cli.domain.events import Fill
from account_cli.domain.money import plain
from account_cli.errors import InputError
from account_cli.reports import render
from account_cli.reports.ledger_rows import StepRow
from account_cli.reports.rows import Report
from account_cli.reports.view import AccountView


def position(question: Question, what: str, at_ns: int | None, shown: int) -> Report[StepRow]:
    """Explain cost, value and unrealised P&L of the open positions in one market."""
    from account_cli.reports.explain import explain_position

    views = question.views(at_ns=at_ns)
    _demand(what, {figures.symbol for view in views for figures in view.state.positions()}, "open position in", views)
    return explain_position(
        views,
        now_ns=at_ns or question.now_ns,
        symbol=what,
        fills=_fills(question, what, at_ns),
        pegged=question.config.pegged,
        price_then=question.price_then(),
        shown=shown,
    )


def pnl(question: Question, what: str, at_ns: int | None, shown: int) -> Report[StepRow]:
    """Explain all that one market ever made."""
    from account_cli.reports.explain import explain_pnl

    views = question.views(at_ns=at_ns)
    _demand(what, {figures.symbol for view in views for figures in view.state.totals()}, "profit or loss of", views)
    found = question.reading.closings(question.names, until_ns=_until(at_ns)) if question.names else []
    return explain_pnl(
        views,
        now_ns=at_ns or question.now_ns,
        symbol=what,
        fills=_fills(question, what, at_ns),
        closings=[one for one in found if one.symbol == what],
        pegged=question.config.pegged,
        price_then=question.price_then(),
        shown=shown,
    )


def balance(question: Question, what: str, at_ns: int | None, shown: int) -> Report[StepRow]:  # noqa: ARG001 -- one shape
    """Explain how much of one asset is held, by everything that moved it."""
    from account_cli.reports.explain_balance import explain_balance

    views = question.views(at_ns=at_ns)
    held = {asset for view in views for _, asset in view.state.balances()}
    held |= {row.asset for view in views if view.balances is not None for row in view.balances.rows}
    _demand(what, held, "balance of", views)
    closings = question.reading.closings(question.names, until_ns=_until(at_ns)) if question.names else []
    return explain_balance(
        views,
        now_ns=at_ns or question.now_ns,
        asset=what,
        events=question.events(until_ns=_until(at_ns)),
        closings=closings,
    )


def _until(at_ns: int | None) -> int | None:
    return None if at_ns is None else at_ns + 1


def _fills(question: Question, symbol: str, at_ns: int | None) -> list[Fill]:
    found = question.events(kinds=("fill",), symbol=symbol, until_ns=_until(at_ns))
    return [event for event in found if isinstance(event, Fill)]


def _demand(what: str, known: Iterable[str], kind: str, views: Sequence[AccountView]) -> None:
    names = sorted(known)
    if what in names or not views:
        return
    from account_cli.config.nearest import did_you_mean

    some = ", ".join(names[:8])
    hint = did_you_mean(what, names) or (f"there is {some}" if some else "nothing has been collected yet")
    raise InputError(f"no {kind} {what!r}", hint=hint)


def step_lines(rows: Sequence[StepRow], *, exact: bool = False) -> list[str]:
    """Return the steps as lines: what, how much (with ``exact`` to the last digit), and why; accounts as headings."""
    several = len({row.account for row in rows}) > 1
    labels = [f"{'  ' * row.depth}{render.clean_text(row.label)}" for row in rows]
    values = [plain(row.value) if exact and row.value is not None else render.amount(row.value) for row in rows]
    units = [render.clean_text(row.currency, missing="") for row in rows]
    widths = [max((len(text) for text in column), default=0) for column in (labels, values, units)]
    lines: list[str] = []
    account = None
    for row, label, value, unit in zip(rows, labels, values, units, strict=True):
        if several and row.account != account:
            lines += ["", f"{render.clean_text(row.account)}:"] if lines else [f"{render.clean_text(row.account)}:"]
        account = row.account
        why = f"= {render.clean_text(row.formula)}" + (f"  ({render.clean_text(row.note)})" if row.note else "")
        lines.append(f"{label:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {why}".rstrip())
    return lines
