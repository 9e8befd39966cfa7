"""A balance is the sum of everything that ever moved it: explained by kind, with how often and between when.

Theory. A spot fill moves its base and its quote; fees move their own asset; a contract moves nothing but its settle
asset, by what a closing realised before fees, and by its fees. The rest of the facts say themselves what they move.
The parts are added up here and compared with the ledger's own balance: where they differ, the rest is a line too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import assert_never

import msgspec

from account_cli.domain.events import (
    Adjustment,
    Borrowed,
    Converted,
    CostGiven,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    RebateReceived,
    Retracted,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.money import ZERO
from account_cli.domain.times import format_time
from account_cli.ledger.closings import Closing
from account_cli.reports import render
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly
from account_cli.reports.ledger_rows import StepRow
from account_cli.reports.rows import Report
from account_cli.reports.valuation import sides
from account_cli.reports.view import AccountView

Leg = tuple[str, str, str, Decimal]
"""Wallet, asset, what for, signed amount."""

_ORDER = (
    "held before the history", "deposits", "withdrawals", "internal transfers", "bought", "sold", "paid for purchases",
    "received from sales", "realised by contracts", "trading fees", "transfer fees", "other fees", "funding",
    "interest", "rewards", "rebates", "conversions", "conversion fees", "borrowed and paid back", "settlements",
    "adjustments",
)  # fmt: skip


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
    parts: dict[tuple[str, str], dict[str, _Part]] = {}
    for event in events:
        for wallet, moved, why, amount in legs(event):
            if moved == asset and amount:
                _add(parts.setdefault((event.account, wallet), {}), why, amount, event.time_ns)
    for one in closings:
        pair = sides(one.symbol)
        gain = one.gross_realized_pnl
        of_fill = not one.fact  # what other facts settled they say themselves
        if of_fill and gain and one.currency == asset and pair is not None and pair.settle == asset:
            _add(parts.setdefault((one.account, one.wallet), {}), "realised by contracts", gain, one.time_ns)
    rows: list[StepRow] = []
    reasons: list[str] = []
    for view in views:
        rows += _account(view, asset, parts, now_ns)
        reasons += stream_reasons(view, ("fills", "transfers", "balances"), now_ns, POLL_INTERVAL_NS)
        reasons += history_reasons(view)
    return Report(name="explain.balance", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def _add(mine: dict[str, _Part], why: str, amount: Decimal, time_ns: int) -> None:
    part = mine.setdefault(why, _Part(first_ns=time_ns))
    part.amount += amount
    part.count += 1
    part.last_ns = time_ns


def _account(
    view: AccountView, asset: str, parts: dict[tuple[str, str], dict[str, _Part]], now_ns: int
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
        for why in sorted(mine, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
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


def legs(event: Event) -> Iterator[Leg]:
    """Yield what one fact moves; for a contract's fill only its fees."""
    wallet = event.wallet
    match event:
        case Fill():
            yield from _fill_legs(event)
        case TransferArrived():
            names = {"deposit": "deposits", "withdrawal": "withdrawals", "internal": "internal transfers"}
            yield wallet, event.asset, names[event.type], event.amount
            if event.type == "internal" and event.to_wallet is not None and event.to_account in {None, event.account}:
                yield event.to_wallet, event.asset, "internal transfers", -event.amount
            if event.fee is not None:
                yield wallet, event.fee.asset, "transfer fees", -event.fee.amount
        case Converted():
            yield wallet, event.from_.asset, "conversions", -event.from_.amount
            yield wallet, event.to.asset, "conversions", event.to.amount
            for fee in event.fees:
                yield wallet, fee.asset, "conversion fees", -fee.amount
        case Opening():
            if event.symbol is None:
                yield wallet, event.asset, "held before the history", event.amount
        case Adjustment():
            if event.symbol is None or event.raw_type is not None:
                yield wallet, event.asset, "adjustments", event.amount
        case FundingPaid() | InterestPaid() | RewardReceived() | RebateReceived() | FeePaid() | Borrowed() | Settled():
            yield wallet, event.asset, _NAMES[type(event)], event.amount
        case CostGiven() | Retracted():
            pass
        case _:
            assert_never(event)


_NAMES: dict[type, str] = {
    FundingPaid: "funding",
    InterestPaid: "interest",
    RewardReceived: "rewards",
    RebateReceived: "rebates",
    FeePaid: "other fees",
    Borrowed: "borrowed and paid back",
    Settled: "settlements",
}


def _fill_legs(fill: Fill) -> Iterator[Leg]:
    pair = sides(fill.symbol)
    settle = fill.settle or (None if pair is None else pair.settle)
    if settle is None and pair is not None and fill.quantity is not None:
        money = fill.quantity * fill.price
        buys = fill.side == "buy"
        yield fill.wallet, pair.base, "bought" if buys else "sold", fill.quantity if buys else -fill.quantity
        yield (
            fill.wallet,
            pair.quote,
            "paid for purchases" if buys else "received from sales",
            -money if buys else money,
        )
    for fee in fill.fees or ():
        yield fill.wallet, fee.asset, "trading fees", -fee.amount
