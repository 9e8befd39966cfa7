"""``acct lots`` lists what is held, piece by piece with its cost, and records a cost that nobody knew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from account_cli.cli.options import METHODS, CsvFlag, JsonFlag, Symbol
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from account_cli.cli.asking import Question
    from account_cli.ledger.figures import LotFigures
    from account_cli.ledger.state import MethodName
    from account_cli.reports.ledger_rows import LotRow

EXAMPLES = (
    ("acct lots", "every open lot, oldest first"),
    ("acct lots kraken --method hifo --csv", "one account, the dearest lots leave first"),
    ("acct lots set-cost 'spot|opening|o1' 30000 USD", "what that lot had cost in all"),
)
ACTS = ("set-cost",)
_SET_COST = "set-cost"

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ACCOUNT]... | set-cost LOT COST ASSET", help="The accounts meant; all when none is named."
    ),
]
LotMethod = Annotated[
    str, typer.Option("--method", metavar="|".join(METHODS), help="Which lots have left first; fifo when not given.")
]
Of = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="With set-cost: whose lot, where several have it.")
]


def command(
    ctx: typer.Context,
    words: Words = None,
    symbol: Symbol = None,
    method: LotMethod = "fifo",
    account: Of = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show open lots with their cost, or say what a lot had cost.

    A lot is what one fact brought and is still there; under average cost all of a market is one pool. A cost of ? is
    known to nobody: with set-cost you record it, as a fact of its own, and every figure follows; said again, the later
    word counts. LOT is as listed in the column lot; COST is for the whole lot as it arrived.
    """
    from account_cli.cli.words import choice
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    choice(method, METHODS, "--method")
    if words and words[0] == _SET_COST:
        if len(words) != 4:
            raise InputError("set-cost needs LOT COST ASSET", hint="acct lots set-cost 'spot|opening|o1' 30000 USD")
        return _set_cost(session, words[1], words[2], words[3], account)
    if account is not None:
        raise InputError("--account is for set-cost", hint="name accounts without an option: acct lots NAME")
    return _list(session, words, symbol, method, csv=csv)


def _list(session: Session, names: list[str] | None, symbol: str | None, method: str, *, csv: bool) -> int:
    from account_cli.cli import ledger_tables
    from account_cli.cli.asking import ask, nothing_of
    from account_cli.cli.output import write_report
    from account_cli.reports.ledger_rows import LotRow
    from account_cli.reports.lots import lots

    with ask(session, names) as question:
        report = lots(
            question.views(), now_ns=question.now_ns, held=_held(question, method), method=method, symbol=symbol
        )
        empty = nothing_of(question, symbol)
    return write_report(question.honest(report), LotRow, ledger_tables.LOTS, session, csv=csv, empty=empty)


def _held(question: Question, method: str) -> Sequence[tuple[str, LotFigures]]:
    return question.reading.lots(question.names, method=cast("MethodName", method)) if question.names else ()


def _set_cost(session: Session, lot: str, cost: str, asset: str, account: str | None) -> int:
    from account_cli import bootstrap
    from account_cli.cli.asking import ask
    from account_cli.cli.output import json_line, write_now
    from account_cli.cli.words import currency_code, quantity
    from account_cli.domain.money import plain

    amount, code = quantity(cost, "COST"), currency_code(asset, "ASSET")
    with ask(session, None if account is None else [account]) as question:
        row = _one(question, lot)
    assert row.lot is not None
    bootstrap.set_cost(session.config, row.account, row.lot, amount, code, row.opened_at)
    told = {
        "schema": "acct.lots.set-cost/1",
        "account": row.account,
        "lot": row.lot,
        "quantity": plain(row.quantity),
        "cost": plain(amount),
        "asset": code,
    }
    if session.wants_json:
        write_now(json_line(told))
    elif not session.quiet:
        write_now(f"{row.account}: the lot {row.lot} ({told['quantity']} {row.asset} left) had cost {cost} {code}")
    return 0


def _one(question: Question, lot: str) -> LotRow:
    """Return the one lot of that name. Raises ``InputError`` when there is none, or several."""
    from account_cli.config.nearest import did_you_mean
    from account_cli.errors import InputError
    from account_cli.reports.lots import lot_row

    given = [lot_row(account, one, "fifo") for account, one in _held(question, "fifo") if one.identity is not None]
    found = [row for row in given if lot in {row.lot, (row.lot or "").rpartition("|")[2]}]
    if len(found) == 1:
        return found[0]
    if found:
        whose = ", ".join(f"{row.lot} of {row.account}" for row in found)
        raise InputError(f"several lots are called {lot!r}: {whose}", hint="write it as listed, with --account NAME")
    names = [row.lot for row in given if row.lot is not None]
    hint = did_you_mean(lot, names) or "acct lots lists them; what was bought has the cost of its fill"
    raise InputError(f"no lot {lot!r} that a cost can be given to", hint=hint)
