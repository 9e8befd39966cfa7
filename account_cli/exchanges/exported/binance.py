"""Binance's transaction history (Orders, Transaction History, Export): every change of every balance, without any id.

Columns: ``User_ID, UTC_Time, Account, Operation, Coin, Change, Remark`` (also ``User ID`` and ``Time``). The rows of
one trade share a second and nothing else, and a second may hold many. So what was traded within one second and account
is one conversion: what was given, what was received, what was paid in fees. That is exact in sum; prices of single
fills are not in this file. A second in which several assets were exchanged for several cannot be taken apart: its rows
are kept as adjustments, named and counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Borrowed,
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
from account_cli.domain.health import DataKind
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.times import SECOND
from account_cli.exchanges.exported.cells import Row
from account_cli.exchanges.exported.told import Ids, Told, ToldFact

HISTORY = frozenset({"Account", "Operation", "Coin", "Change", "Remark"})
_TRADED = frozenset(
    {
        "Buy", "Sell", "Transaction Related", "Transaction Buy", "Transaction Spend", "Transaction Sold",
        "Transaction Revenue", "Large OTC trading", "Small assets exchange BNB", "Small Assets Exchange BNB",
        "Binance Convert", "Asset Conversion Transfer", "Liquid Swap Buy/Sell", "Auto-Invest Transaction",
    }
)  # fmt: skip
_FEES = frozenset({"Fee", "Transaction Fee"})
_MOVES: dict[str, TransferType] = {
    "Deposit": "deposit",
    "Fiat Deposit": "deposit",
    "Crypto Deposit": "deposit",
    "Withdraw": "withdrawal",
    "Fiat Withdraw": "withdrawal",
    "Crypto Withdrawal": "withdrawal",
    "transfer_in": "internal",
    "transfer_out": "internal",
    "Main and Funding Account Transfer": "internal",
    "Simple Earn Flexible Subscription": "internal",
    "Simple Earn Flexible Redemption": "internal",
    "Simple Earn Locked Subscription": "internal",
    "Simple Earn Locked Redemption": "internal",
    "Staking Purchase": "internal",
    "Staking Redemption": "internal",
    "Savings purchase": "internal",
    "Savings Principal redemption": "internal",
}
_REWARDS: dict[str, RewardType] = {
    "Staking Rewards": "staking",
    "ETH 2.0 Staking Rewards": "staking",
    "Simple Earn Locked Rewards": "staking",
    "Distribution": "airdrop",
    "Airdrop Assets": "airdrop",
    "Token Swap - Distribution": "airdrop",
    "Launchpool Airdrop": "airdrop",
    "Cash Voucher Distribution": "cashback",
    "Cashback Voucher": "cashback",
    "Commission History": "referral",
    "Commission Rebate": "referral",
    "Referral Kickback": "referral",
    "Referral Commission": "referral",
}
_INTEREST = frozenset(
    {
        "Simple Earn Flexible Interest",
        "Savings Interest",
        "Savings Distribution",
        "Margin Interest",
        "BNB Vault Rewards",
    }
)
_LOANS = frozenset({"Margin Loan", "Margin Repayment", "Isolated Margin Loan", "Isolated Margin Repayment"})
_CASH = frozenset({"Realized Profit and Loss", "Realize profit and loss", "Funding Fee", "Insurance Fund Compensation"})
_TANGLED = "rows of seconds in which several assets were exchanged at once: kept as adjustments"
_WALLETS = {
    "spot": "spot",
    "funding": "funding",
    "earn": "earn",
    "cross margin": "margin",
    "isolated margin": "isolated",
    "usdt-futures": "futures",
    "usd-m futures": "futures",
    "usd-mfutures": "futures",
    "coin-m futures": "coinm",
    "coin-mfutures": "coinm",
}

ELSEWHERE = frozenset({"futures", "coinm", "margin", "isolated"})
"""Wallets that an account of Binance spot is not told of."""


def read(account: str, rows: Iterable[Row]) -> Told:
    """Return what a transaction history tells."""
    told, ids = Told(facts=[], passed_over=Counter()), Ids()
    seconds: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        time_ns, _ = row.time("UTC_Time" if "UTC_Time" in row.cells else "Time")
        row.number("Change")
        row.text("Coin")
        operation = row.text("Operation")
        wallet = _WALLETS.get(row.text("Account").lower(), row.text("Account").lower())
        if operation in _TRADED or (operation in _FEES and wallet not in {"futures", "coinm"}):
            seconds[time_ns, wallet].append(row)
        else:
            _add(told, row, _single(account, row, ids.of(*_words(row)), time_ns, wallet))
    for (time_ns, wallet), found in seconds.items():
        _exchanged(told, account, found, ids, time_ns, wallet)
    return told


def _words(row: Row) -> tuple[str, ...]:
    return tuple(row.cells.get(name, "") for name in ("UTC_Time", "Time", "Account", "Operation", "Coin", "Change"))


def _add(
    told: Told, row: Row, event: Event, kind: DataKind = "transfers", scopes: tuple[str, ...] | None = None
) -> None:
    told.facts.append(
        ToldFact(file=row.file, line=row.line, event=event, within_ns=SECOND, own_id=False, kind=kind, scopes=scopes)
    )


def _single(account: str, row: Row, name: str, time_ns: int, wallet: str) -> Event:
    operation, asset, amount = row.text("Operation"), row.text("Coin"), row.number("Change")
    base = {"account": account, "id": name, "time_ns": time_ns, "wallet": wallet, "asset": asset, "amount": amount}
    if operation in _MOVES or operation.startswith("Transfer Between "):
        return TransferArrived(type=_MOVES.get(operation, "internal"), **base)  # type: ignore[arg-type]
    if operation in _REWARDS:
        return RewardReceived(type=_REWARDS[operation], **base)  # type: ignore[arg-type]
    if operation in _INTEREST:
        return InterestPaid(**base)  # type: ignore[arg-type]
    if operation in _LOANS:
        return Borrowed(**base)  # type: ignore[arg-type]
    if operation in _CASH:
        return Settled(**base)  # type: ignore[arg-type]
    if operation in _FEES:
        return FeePaid(**base)  # type: ignore[arg-type]
    return Adjustment(reason="unclassified", raw_type=f"binance/{operation}", **base)  # type: ignore[arg-type]


def _exchanged(told: Told, account: str, rows: list[Row], ids: Ids, time_ns: int, wallet: str) -> None:
    """Add what was exchanged within one second as one conversion, or row by row where it is not one."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    fees: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        mine = fees if row.text("Operation") in _FEES else sums
        mine[row.text("Coin")] = MONEY.add(mine[row.text("Coin")], row.number("Change"))
    given = [(asset, amount) for asset, amount in sums.items() if amount < ZERO]
    got = [(asset, amount) for asset, amount in sums.items() if amount > ZERO]
    words = sorted("\x1e".join(_words(row)) for row in rows)
    if len(given) != 1 or len(got) != 1:
        told.passed_over[_TANGLED] += len(rows)
        for row in rows:
            name = ids.of(*_words(row))
            _add(
                told, row,
                Adjustment(
                    account=account, id=name, time_ns=time_ns, wallet=wallet, asset=row.text("Coin"),
                    amount=row.number("Change"), reason="unclassified", raw_type=f"binance/{row.text('Operation')}",
                ),
                "fills",
            )  # fmt: skip
        return
    (sold, paid), (bought, received) = given[0], got[0]
    event = Converted(
        account=account,
        id=ids.of(*words),
        time_ns=time_ns,
        wallet=wallet,
        from_=Amount(sold, -paid),
        to=Amount(bought, received),
        fees=tuple(Amount(asset, -amount) for asset, amount in sorted(fees.items()) if amount),
    )
    _add(told, rows[0], event, "fills", (f"{bought}/{sold}", f"{sold}/{bought}"))
