"""Kraken's ledger says what moved money; each entry becomes one fact, and an entry of an unknown kind a visible one.

Format: Kraken REST ``Ledgers`` (docs.kraken.com/api, "Get Ledgers Info"): ``refid, time, type, subtype, aclass, asset,
amount, fee, balance``; an entry changes the balance by ``amount`` − ``fee``. Entries of one event share ``refid``.

What a type means: ``trade`` entries are the legs of a fill, and their fees are the fill's. ``deposit``, ``withdrawal``
and ``transfer`` move money. ``earn`` and ``staking`` pay rewards or move money between spot and earn. ``spend`` and
``receive`` are the two halves of a conversion. ``margin`` settles a position's profit or loss, ``rollover`` is the
interest on it. Everything else becomes an ``Adjustment`` that names the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Converted,
    Event,
    FeePaid,
    InterestPaid,
    RewardReceived,
    RewardType,
    Settled,
    TransferArrived,
    TransferType,
)
from account_cli.domain.money import MONEY
from account_cli.domain.observations import RunningBalance
from account_cli.exchanges.fields import Row, maybe_number, maybe_text, number, seconds, text
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.kraken.rows import summed

LEGS = frozenset({"trade", "margin"})
"""Entries that carry the fees of a fill."""
HALVES = frozenset({"spend", "receive"})

_MOVES: Mapping[str, TransferType] = {
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "transfer": "internal",
    "custodytransfer": "internal",
}
_REWARDS: Mapping[str, RewardType] = {
    "staking": "staking",
    "dividend": "other",
    "reward": "other",
    "airdrop": "airdrop",
    "referral": "referral",
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger entry, its asset unified."""

    id: str
    refid: str
    time_ns: int
    type: str
    subtype: str
    asset: str
    wallet: str
    amount: Decimal
    fee: Decimal
    book: str = ""
    """The asset in Kraken's word for it: of each there is a balance."""
    balance: Decimal | None = None
    """What was held of it afterwards; None while the entry is not settled."""


def read_entry(ledger_id: str, row: Row, names: Names) -> Entry:
    """Read one entry of ``Ledgers``. Raises ``Unreadable``."""
    book, kind = text(row, "asset"), text(row, "type")
    asset, wallet = names.holding(book)
    return Entry(
        id=ledger_id,
        refid=text(row, "refid") if kind in LEGS | HALVES else maybe_text(row, "refid") or "",
        time_ns=seconds(row, "time"),
        type=kind,
        subtype=maybe_text(row, "subtype") or "",
        asset=asset,
        wallet=wallet,
        amount=number(row, "amount"),
        fee=number(row, "fee"),
        book=book,
        balance=maybe_number(row, "balance"),
    )


def running(entries: Iterable[Entry]) -> list[RunningBalance]:
    """Return what was held after each of these entries, as far as Kraken says so."""
    return [
        RunningBalance(
            book=entry.book,
            id=entry.id,
            wallet=entry.wallet,
            asset=entry.asset,
            time_ns=entry.time_ns,
            change=MONEY.subtract(entry.amount, entry.fee),
            balance=entry.balance,
        )
        for entry in entries
        if entry.balance is not None
    ]


def facts_of(account: str, entry: Entry) -> list[Event]:
    """Return the facts an entry tells by itself; none for the legs of a trade and the halves of a conversion."""
    if entry.type == "trade" or entry.type in HALVES:
        return []
    kind = _MOVES.get(entry.type) or ("internal" if entry.type == "earn" and entry.subtype != "reward" else None)
    if kind is not None:
        return [_transfer(account, entry, kind)]
    if entry.type == "rollover":
        return [_interest(account, entry)]
    if entry.type == "margin":
        return [_settled(account, entry)] if entry.amount else []
    reward: RewardType | None = "staking" if entry.type == "earn" else _REWARDS.get(entry.type)
    fact = _adjustment(account, entry) if reward is None else _reward(account, entry, reward)
    return [fact, *_fee(account, entry)]


def conversion(account: str, refid: str, halves: list[Entry]) -> list[Event]:
    """Return the conversion that these entries of one ``refid`` are, or each one named where it is not one."""
    spent = [half for half in halves if half.amount < 0]
    received = [half for half in halves if half.amount > 0]
    if len(spent) != 1 or len(received) != 1:
        return [event for half in halves for event in (_adjustment(account, half), *_fee(account, half))]
    return [
        Converted(
            account=account,
            id=refid,
            time_ns=min(half.time_ns for half in halves),
            wallet=received[0].wallet,
            from_=Amount(spent[0].asset, -spent[0].amount),
            to=Amount(received[0].asset, received[0].amount),
            fees=summed(Amount(half.asset, half.fee) for half in halves),
        )
    ]


def fees_of(legs: list[Entry], base: str | None, quote: str | None) -> tuple[Amount, ...] | None:
    """Return what a trade cost by its ledger legs; None while a leg is missing, because the fee may be on that one."""
    told = {leg.asset for leg in legs}
    spot_legs = {leg.asset for leg in legs if leg.type == "trade"}
    whole = {base, quote} <= told if spot_legs else any(leg.type == "margin" for leg in legs)
    return summed(Amount(leg.asset, leg.fee) for leg in legs) if whole else None


def symbol_of(legs: list[Entry], side: str | None) -> str | None:
    """Return the symbol of a trade in a pair nobody lists any more, by what its legs moved."""
    came = {leg.asset for leg in legs if leg.amount > 0}
    went = {leg.asset for leg in legs if leg.amount < 0}
    if side not in ("buy", "sell") or len(came) != 1 or len(went) != 1:
        return None
    base, quote = (came, went) if side == "buy" else (went, came)
    return f"{base.pop()}/{quote.pop()}"


def _transfer(account: str, entry: Entry, kind: TransferType) -> TransferArrived:
    return TransferArrived(
        account=account,
        id=entry.id,
        time_ns=entry.time_ns,
        wallet=entry.wallet,
        asset=entry.asset,
        amount=entry.amount,
        type=kind,
        fee=Amount(entry.asset, entry.fee) if entry.fee else None,
    )


def _reward(account: str, entry: Entry, kind: RewardType) -> RewardReceived:
    return RewardReceived(
        account=account,
        id=entry.id,
        time_ns=entry.time_ns,
        wallet=entry.wallet,
        asset=entry.asset,
        amount=entry.amount,
        type=kind,
    )


def _interest(account: str, entry: Entry) -> InterestPaid:
    return InterestPaid(
        account=account,
        id=entry.id,
        time_ns=entry.time_ns,
        wallet=entry.wallet,
        asset=entry.asset,
        amount=entry.amount - entry.fee,
    )


def _settled(account: str, entry: Entry) -> Settled:
    return Settled(
        account=account,
        id=entry.id,
        time_ns=entry.time_ns,
        wallet=entry.wallet,
        asset=entry.asset,
        amount=entry.amount,
    )


def _adjustment(account: str, entry: Entry) -> Adjustment:
    return Adjustment(
        account=account,
        id=entry.id,
        time_ns=entry.time_ns,
        wallet=entry.wallet,
        asset=entry.asset,
        amount=entry.amount,
        reason="unclassified",
        raw_type="kraken/" + "/".join(part for part in (entry.type, entry.subtype) if part),
    )


def _fee(account: str, entry: Entry) -> list[Event]:
    if not entry.fee:
        return []
    return [
        FeePaid(
            account=account,
            id=entry.id,
            time_ns=entry.time_ns,
            wallet=entry.wallet,
            asset=entry.asset,
            amount=-entry.fee,
        )
    ]
