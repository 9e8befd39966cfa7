"""A balance is the sum of everything that ever moved it: explained by kind, with how often and between when.

The parts (``reconciliation.effects``) are added up here and compared with the ledger's own balance: where they differ,
the rest is a line too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import ZERO
from account_cli.domain.times import format_time
from account_cli.ledger.closings import Closing
from account_cli.reconciliation.effects import MOVEMENTS, Movement, legs
from account_cli.reports import render
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly
from account_cli.reports.ledger_rows import StepRow
from account_cli.reports.rows import Report
from account_cli.reports.valuation import sides
from account_cli.reports.view import AccountView


class _Part(msgspec.Struct):
    amount: Decimal = ZERO
    count: int = 0
    first_ns: int = 0
    last_ns: int = 0


@exactly
def explain_balance(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    asset: str,
    events: Iterable[Event],
    closings: Sequence[Closing],
) -> Report[StepRow]:
    """Explain how much of ``asset`` each wallet holds; ``events`` and ``closings`` are all of these accounts."""
    parts: dict[tuple[str, str], dict[Movement, _Part]] = {}
    known = {view.account: view.instruments for view in views}
    beside: dict[tuple[str, str], list[Closing]] = {}
    for one in closings:
        if one.currency == asset:
            beside.setdefault((one.account, one.identity), []).append(one)
    for event in events:

        def market(symbol: str, account: str = event.account) -> Instrument | None:
            return known.get(account, {}).get(symbol) or sides(symbol)

        mine = beside.get((event.account, identity(event)), ()) if beside else ()
        for wallet, moved, why, amount in legs(event, mine, market):
            if moved == asset and amount:
                _add(parts.setdefault((event.account, wallet), {}), why, amount, event.time_ns)
    rows: list[StepRow] = []
    reasons: list[str] = []
    for view in views:
        rows += _account(view, asset, parts, now_ns)
        reasons += stream_reasons(view, ("fills", "transfers", "balances"), now_ns, POLL_INTERVAL_NS)
        reasons += history_reasons(view)
    return Report(name="explain.balance", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def _add(mine: dict[Movement, _Part], why: Movement, amount: Decimal, time_ns: int) -> None:
    part = mine.setdefault(why, _Part(first_ns=time_ns))
    part.amount += amount
    part.count += 1
    part.last_ns = time_ns


def _account(
    view: AccountView, asset: str, parts: dict[tuple[str, str], dict[Movement, _Part]], now_ns: int
) -> list[StepRow]:
    held = {wallet: total for (wallet, name), total in view.state.balances().items() if name == asset}
    seen = view.balances
    stated = {} if seen is None else {row.wallet: row.total for row in seen.rows if row.asset == asset}
    wallets = dict.fromkeys([*held, *(w for account, w in parts if account == view.account), *stated])
    rows: list[StepRow] = []
    for wallet in wallets:
        mine = parts.get((view.account, wallet), {})
        total = held.get(wallet, ZERO)

        def row(depth: int, label: str, value: Decimal, formula: str, note: str | None = None) -> StepRow:
            return StepRow(account=view.account, depth=depth, label=label, value=value, currency=asset,
                           formula=formula, note=note)  # fmt: skip

        rows.append(row(0, f"{asset} in {wallet}, by the ledger", total, "the sum of all that moved it"))
        for why in sorted(mine, key=MOVEMENTS.index):
            part = mine[why]
            facts = "1 fact" if part.count == 1 else f"{part.count} facts"
            when = format_time(part.first_ns)
            if part.last_ns != part.first_ns:
                when += f" to {format_time(part.last_ns)}"
            rows.append(row(1, why, part.amount, facts, when))
        rest = total - sum((part.amount for part in mine.values()), ZERO)
        if rest:
            rows.append(row(1, "other", rest, "what the lines above leave over"))
        if seen is not None and (wallet in stated or seen.complete):
            age = render.age(now_ns - seen.at_ns)
            said = stated.get(wallet, ZERO)
            rows.append(row(0, "stated by the exchange", said, "as it was last told", f"{age} old"))
            if said != total:
                rows.append(row(0, "difference", said - total, "exchange − ledger"))
    return rows
