"""BitMEX's wallet history and trade history, as its site saved them and as its API told them, as tables.

The exchange closed on 2026-09-23 at 04:00 UTC; nothing can be asked there any more. Wallet: ``transactTime,
transactType, amount, fee, address, transactStatus, walletBalance`` (the API's also ``transactID, currency, tx``);
trades: ``transactTime, symbol, execType, side, lastQty, lastPx, execCost, commission, execComm, ordType, orderQty,
leavesQty, price, text, orderID`` (the API's also ``execID, settlCurrency, homeNotional, lastLiquidityInd``). Money is
in minor units of its currency (XBt is 1e-8 BTC, USDt 1e-6 USDT). BitMEX API Explorer, "User" and "Execution".

Contracts whose money is neither their base nor their quote (quanto, like ETHUSD) have no place in the ledger; their
rows are passed over and counted. RealisedPNL of a day whose trades are told is what those trades already say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Event,
    Fill,
    FundingPaid,
    RewardReceived,
    Settled,
    TransferArrived,
    TransferType,
)
from account_cli.domain.money import MONEY
from account_cli.domain.times import DAY, MILLISECOND
from account_cli.exchanges.exported.cells import Row
from account_cli.exchanges.exported.told import Ids, Told, ToldFact

WALLET = frozenset({"transactTime", "transactType", "amount", "fee", "transactStatus", "walletBalance"})
TRADES = frozenset({"transactTime", "symbol", "execType", "side", "lastQty", "lastPx", "execCost", "execComm"})
_UNITS = {
    "XBt": ("BTC", Decimal("1e-8")),
    "USDt": ("USDT", Decimal("1e-6")),
    "Gwei": ("ETH", Decimal("1e-9")),
    "LAMp": ("SOL", Decimal("1e-9")),
}
_MOVES: dict[str, TransferType] = {"Deposit": "deposit", "Withdrawal": "withdrawal", "Transfer": "internal"}
_WORDS = ("transactTime", "transactType", "amount", "fee", "currency")
_SIDES = {"Buy": "buy", "Sell": "sell"}
_LIQUIDITY = {"AddedLiquidity": "maker", "RemovedLiquidity": "taker"}
_INVERSE = re.compile(r"XBT(?:USD|[FGHJKMNQUVXZ]\d\d)")
_LINEAR = re.compile(r"([A-Z0-9]+?)USDT")


def read(account: str, wallet: Iterable[Row], trades: Iterable[Row], known_days: Iterable[int] = ()) -> Told:
    """Return what both files tell; ``known_days`` are the times of trades and funding that are known already."""
    told, ids = Told(facts=[], passed_over=Counter()), Ids()
    for row in trades:
        _execution(told, account, row, ids)
    times = sorted([*known_days, *(fact.event.time_ns for fact in told.facts)])
    for row in wallet:
        _transaction(told, account, row, ids, times)
    return told


def _add(told: Told, row: Row, event: Event, own_id: bool, within_ns: int) -> None:
    told.facts.append(
        ToldFact(
            file=row.file, line=row.line, event=event, within_ns=within_ns, own_id=own_id,
            kind="fills" if isinstance(event, Fill) else "transfers",
        )
    )  # fmt: skip


def _transaction(told: Told, account: str, row: Row, ids: Ids, trades: list[int]) -> None:
    kind, status = row.text("transactType"), row.maybe("transactStatus")
    time_ns, within_ns = row.time("transactTime")
    asset, unit = row.choice("currency", _UNITS) if row.maybe("currency") else _UNITS["XBt"]
    amount = MONEY.multiply(row.number("amount"), unit)
    paid = MONEY.multiply(row.maybe_number("fee") or Decimal(0), unit)
    if status not in {None, "Completed"} or kind == "UnrealisedPNL":
        told.passed_over["rows of the wallet that moved nothing: canceled, pending or not realised"] += 1
        return
    if kind == "RealisedPNL" and any(time_ns - DAY <= at <= time_ns for at in trades):
        told.passed_over["RealisedPNL of days whose trades are told"] += 1
        return
    name = row.maybe("transactID")
    base = {
        "account": account,
        "id": name or ids.of(*(row.cells.get(column, "") for column in _WORDS)),
        "time_ns": time_ns,
        "asset": asset,
        "amount": amount,
    }
    event: Event
    if kind in _MOVES:
        fee = Amount(asset, paid) if paid else None
        event = TransferArrived(type=_MOVES[kind], fee=fee, tx=row.maybe("tx"), **base)  # type: ignore[arg-type]
    elif kind == "RealisedPNL":
        event = Settled(**base)  # type: ignore[arg-type]
    elif kind == "AffiliatePayout":
        event = RewardReceived(type="referral", **base)  # type: ignore[arg-type]
    else:
        event = Adjustment(reason="unclassified", raw_type=f"bitmex/{kind}", **base)  # type: ignore[arg-type]
    _add(told, row, event, name is not None, within_ns)


def _execution(told: Told, account: str, row: Row, ids: Ids) -> None:
    kind, symbol = row.text("execType"), row.text("symbol")
    if kind not in {"Trade", "Funding", "Settlement"}:
        told.passed_over["executions that moved nothing: new, canceled, rejected"] += 1
        return
    inverse, linear = _INVERSE.fullmatch(symbol), _LINEAR.fullmatch(symbol)
    if inverse is None and linear is None:
        told.passed_over[f"executions of {symbol}: its money is neither its base nor its quote"] += 1
        return
    time_ns, within_ns = row.time("transactTime")
    name = row.maybe("execID")
    words = ("transactTime", "symbol", "execType", "side", "lastQty", "lastPx", "execComm", "orderID")
    fact_id = name or ids.of(*(row.cells.get(column, "") for column in words))
    settle, unit = _UNITS["XBt"] if inverse else _UNITS["USDt"]
    paid = MONEY.multiply(row.maybe_number("execComm") or Decimal(0), unit)
    unified = _symbol(symbol)
    if kind == "Funding":
        _add(
            told, row,
            FundingPaid(account=account, id=fact_id, time_ns=time_ns, symbol=unified, asset=settle, amount=-paid),
            name is not None, max(within_ns, MILLISECOND),
        )  # fmt: skip
        return
    quantity = None if inverse else _base_units(row, unit)
    fill = Fill(
        account=account,
        id=fact_id,
        order_id=row.maybe("orderID") or "",
        time_ns=time_ns,
        symbol=unified,
        side=row.choice("side", _SIDES),  # type: ignore[arg-type]
        price=row.number("lastPx"),
        quantity=quantity,
        fees=(Amount(settle, paid),) if paid else (),
        liquidity=_LIQUIDITY.get(row.maybe("lastLiquidityInd") or ""),  # type: ignore[arg-type]
        type="settlement" if kind == "Settlement" else "trade",
        contracts=row.number("lastQty"),
        contract_size=Decimal(1) if inverse else MONEY.divide(quantity or Decimal(1), row.number("lastQty")),
        settle=settle,
        inverse=inverse is not None,
    )
    _add(told, row, fill, name is not None, within_ns)


def _symbol(symbol: str) -> str:
    """Return the unified symbol: XBTUSD is BTC/USD:BTC, XBTM25 BTC/USD:BTC-M25, ETHUSDT ETH/USDT:USDT."""
    if symbol == "XBTUSD":
        return "BTC/USD:BTC"
    if _INVERSE.fullmatch(symbol):
        return f"BTC/USD:BTC-{symbol[3:]}"
    base = symbol.removesuffix("USDT")
    return f"{'BTC' if base == 'XBT' else base}/USDT:USDT"


def _base_units(row: Row, unit: Decimal) -> Decimal:
    """Return base units of a linear contract: as told, else by what it was worth at its price, to 8 digits."""
    told = row.maybe_number("homeNotional")
    if told is not None:
        return abs(told)
    worth = MONEY.multiply(abs(row.number("execCost")), unit)
    return MONEY.divide(worth, row.number("lastPx")).quantize(Decimal("1e-8"))
