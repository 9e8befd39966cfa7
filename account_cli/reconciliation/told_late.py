"""A difference that is gone is explained by the facts that came since, if they happened before it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from account_cli.domain.identity import identity
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.reconciliation.records import Cause, CauseName, Item

_APART = 3
"""So many facts of one kind are told one by one; more are summed up."""
_NAMED = 100
"""Facts that are named in a run, at most."""
_KINDS: dict[type, CauseName] = {
    FundingPaid: "funding",
    InterestPaid: "interest",
    RewardReceived: "reward",
    RebateReceived: "rebate",
    FeePaid: "fee",
    Borrowed: "borrowing",
    Settled: "settlement",
    Converted: "conversion",
    Opening: "before_history",
    Adjustment: "unclassified",
}


def explained(was: Item, told: Iterable[tuple[Event, bool]], seen_ns: int) -> Item | None:
    """Return ``was``, which agrees now, as explained by what was told since; None when nothing of that is about it.

    ``told`` are facts, each with whether it was known before and only completed. ``seen_ns`` is when the exchange
    stated the difference: what happened later is no explanation.
    """
    mine = [
        (event, completed)
        for event, completed in told
        if event.time_ns <= seen_ns and touches(event, was) and not _is_ours(event, was)
    ]
    if not mine:
        return None
    found = _causes(mine)
    hints = tuple(cause.text for cause in found)
    return msgspec.structs.replace(was, state="explained", causes=found, hints=hints)


def touches(event: Event, item: Item) -> bool:
    """True when a fact moves what this figure is about."""
    if item.kind == "order":
        return isinstance(event, Fill) and event.order_id == item.key
    if item.kind == "fill":  # of one market, or of all
        return isinstance(event, Fill) and item.name in {event.symbol, item.key}
    if item.kind != "balance":
        return item.wallet == event.wallet and item.name == getattr(event, "symbol", None)
    wallets = {event.wallet}
    if isinstance(event, TransferArrived) and event.to_wallet is not None:
        wallets.add(event.to_wallet)
    return item.wallet in wallets and item.key in assets_of(event)


def assets_of(event: Event) -> set[str]:
    """Return the assets that a fact may move."""
    match event:
        case Fill():
            base, _, rest = event.symbol.partition("/")
            quote, _, settle = rest.partition(":")
            settle = event.settle or settle
            return {fee.asset for fee in event.fees or ()} | ({settle} if settle else {base, quote})
        case Converted():
            return {event.from_.asset, event.to.asset, *(fee.asset for fee in event.fees)}
        case TransferArrived():
            return {event.asset, *(() if event.fee is None else (event.fee.asset,))}
        case CostGiven() | Retracted():
            return set()
        case _:
            return {event.asset}


def name_of(event: Event) -> CauseName:
    """Return what kind of cause a fact is."""
    match event:
        case Fill():
            return "fill" if event.type == "trade" else "settlement" if event.type == "settlement" else "liquidation"
        case TransferArrived():
            return "transfer" if event.type == "internal" else event.type
        case CostGiven() | Retracted():
            return "unclassified"
        case (
            Adjustment() | Borrowed() | Converted() | FeePaid() | FundingPaid() | InterestPaid() | Opening()
            | RebateReceived() | RewardReceived() | Settled()
        ):  # fmt: skip
            return _KINDS[type(event)]
        case _:
            assert_never(event)


def sentence(event: Event, completed: bool = False) -> str:
    """Return one fact in words; of a fill that was completed what it was completed by."""
    match event:
        case Fill() if completed:
            fees = " and ".join(f"{plain(fee.amount)} {fee.asset}" for fee in event.fees or ()) or "nothing"
            return f"fee of fill {event.id} ({event.symbol}, {format_time(event.time_ns)}): {fees}, told late"
        case Fill():
            amount = event.quantity if event.quantity is not None else event.contracts
            said = "bought" if event.side == "buy" else "sold"
            what = f"{said} {'?' if amount is None else plain(amount)} {event.symbol} at {plain(event.price)}"
        case Converted():
            what = f"{plain(event.from_.amount)} {event.from_.asset} became {plain(event.to.amount)} {event.to.asset}"
        case CostGiven() | Retracted():
            what = ""
        case _:
            what = f"{plain(event.amount)} {event.asset}"
    word = name_of(event).replace("_", " ")
    return f"{word} {event.id}: {what} at {format_time(event.time_ns)}, told late"


def _causes(told: Sequence[tuple[Event, bool]]) -> tuple[Cause, ...]:
    kinds: dict[CauseName, list[tuple[Event, bool]]] = {}
    for event, completed in told:
        name = "fee" if completed and isinstance(event, Fill) else name_of(event)
        kinds.setdefault(name, []).append((event, completed))
    found = []
    for name, mine in sorted(kinds.items(), key=lambda pair: len(pair[1])):
        facts = tuple(identity(event) for event, _ in mine[:_NAMED])
        if len(mine) <= _APART:
            texts = [sentence(*one) for one in mine]
            found += [
                Cause(name=name, sure="found", text=text, facts=(fact,))
                for text, fact in zip(texts, facts, strict=True)
            ]
            continue
        times = [event.time_ns for event, _ in mine]
        when = f"between {format_time(min(times))} and {format_time(max(times))}"
        text = f"{len(mine)} facts of the kind {name.replace('_', ' ')} {when}, told late"
        found.append(Cause(name=name, sure="found", text=text, facts=facts))
    return tuple(found)


def _is_ours(event: Event, was: Item) -> bool:
    """True for what no exchange told, and for what lay before history where the figure agreed since."""
    if isinstance(event, Opening):
        return was.clean_ns is not None
    return isinstance(event, (CostGiven, Retracted)) or (isinstance(event, Adjustment) and event.raw_type is None)
