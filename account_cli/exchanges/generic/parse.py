"""ccxt's unified structures, read into facts and observations; numbers come as text (``number = str``).

Format: docs.ccxt.com, "Trade structure", "Order structure", "Balance structure", "Position structure", "Transaction
structure", "Funding history structure". One wallet stands for the whole account: what ccxt calls free, used and total
is not told wallet by wallet.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from account_cli.domain.events import Amount, Fill, FundingPaid, Liquidity, Side, TransferArrived
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import ONE, ZERO, decimal
from account_cli.domain.observations import Balance, Order, OrderStatus, Position
from account_cli.domain.times import MILLISECOND
from account_cli.exchanges.fields import (
    Row,
    Unreadable,
    choice,
    maybe_milliseconds,
    maybe_number,
    maybe_text,
    milliseconds,
    nonzero,
    number,
    text,
)

_SIDES: Mapping[str, Side] = {"buy": "buy", "sell": "sell"}
_LIQUIDITY: Mapping[str, Liquidity] = {"maker": "maker", "taker": "taker"}
_STATUS: Mapping[str, OrderStatus] = {
    "open": "open",
    "closed": "closed",
    "canceled": "canceled",
    "canceling": "open",
    "expired": "expired",
    "rejected": "rejected",
    "failed": "rejected",
    "pending": "pending",
}


def instrument_of(market: Mapping[str, Any]) -> Instrument:
    """Return the instrument of one of ccxt's markets. Steps are left out: their meaning differs from venue to venue."""
    contract = bool(market.get("contract"))
    size = market.get("contractSize")
    return Instrument(
        symbol=str(market["symbol"]),
        base=str(market["base"]),
        quote=str(market["quote"]),
        settle=str(market["settle"]) if contract and market.get("settle") else None,
        inverse=contract and market.get("inverse") is True,
        contract_size=decimal(str(size)) if contract and size not in (None, "") else ONE,
    )


def time_ns(row: Row, key: str = "timestamp") -> int:
    """Return the time of a structure. Raises ``Unreadable`` when it has none."""
    return milliseconds(row, key)


def _maybe_time_ns(row: Row, key: str) -> int | None:
    return maybe_milliseconds(row, key)


def fees_of(row: Row) -> tuple[Amount, ...] | None:
    """Return the fees of a trade, however many ccxt tells; None when it tells none or leaves one out."""
    told = row.get("fees") or ([row["fee"]] if row.get("fee") else [])
    if not isinstance(told, list) or not told:
        return None
    totals: dict[str, Decimal] = {}
    for fee in told:
        if not isinstance(fee, dict) or fee.get("cost") in (None, "") or not fee.get("currency"):
            return None
        asset = str(fee["currency"])
        totals[asset] = totals.get(asset, ZERO) + number(fee, "cost")
    return tuple(Amount(asset, amount) for asset, amount in sorted(totals.items()) if amount)


def fill(account: str, wallet: str, row: Row, instruments: Mapping[str, Instrument]) -> Fill:
    """Read a trade structure."""
    symbol = text(row, "symbol")
    instrument = instruments.get(symbol)
    if instrument is None:
        raise Unreadable(f"unknown market {symbol[:40]!r}")
    amount = number(row, "amount")
    size = instrument.contract_size
    return Fill(
        account=account,
        wallet=wallet,
        id=text(row, "id"),
        order_id=maybe_text(row, "order") or "",
        time_ns=time_ns(row),
        symbol=symbol,
        side=choice(maybe_text(row, "side"), _SIDES, "side"),
        price=number(row, "price"),
        quantity=None if instrument.inverse else amount * size,
        fees=fees_of(row),
        liquidity=_LIQUIDITY.get(maybe_text(row, "takerOrMaker") or ""),
        contracts=amount if instrument.is_contract else None,
        contract_size=size if instrument.is_contract else None,
        settle=instrument.settle,
        inverse=instrument.inverse,
    )


def order(row: Row) -> Order:
    """Read an order structure."""
    status = maybe_text(row, "status")
    return Order(
        id=text(row, "id"),
        symbol=maybe_text(row, "symbol"),
        client_id=maybe_text(row, "clientOrderId"),
        type=maybe_text(row, "type"),
        side=_SIDES.get(maybe_text(row, "side") or ""),
        price=nonzero(row, "price"),
        quantity=maybe_number(row, "amount"),
        filled=maybe_number(row, "filled"),
        average=nonzero(row, "average"),
        status=None if status is None else choice(status, _STATUS, "order status"),
        created_ns=_maybe_time_ns(row, "timestamp"),
        updated_ns=_maybe_time_ns(row, "lastUpdateTimestamp"),
    )


def balances(wallet: str, told: Row) -> tuple[list[Balance], list[str]]:
    """Read a balance structure; return the rows and a line for each asset that could not be read."""
    totals = told.get("total")
    rows: list[Balance] = []
    bad: list[str] = []
    for asset in totals if isinstance(totals, dict) else ():
        parts = told.get(asset)
        try:
            if not isinstance(parts, dict):
                raise Unreadable("no amounts")
            row = Balance(
                asset=str(asset),
                wallet=wallet,
                total=number(parts, "total"),
                free=maybe_number(parts, "free"),
                used=maybe_number(parts, "used"),
            )
        except ValueError as error:
            bad.append(f"{str(asset)[:40]}: {error}")
        else:
            rows.append(row)
    return rows, bad


def position(wallet: str, row: Row, instruments: Mapping[str, Instrument]) -> Position:
    """Read a position structure; ccxt counts contracts and tells the direction apart."""
    symbol = text(row, "symbol")
    instrument = instruments.get(symbol)
    size = maybe_number(row, "contractSize") or (instrument.contract_size if instrument else ONE)
    contracts = maybe_number(row, "contracts") or ZERO
    short = maybe_text(row, "side") == "short"
    quantity = contracts if instrument is not None and instrument.inverse else contracts * size
    hedged: Literal["both", "long", "short"] = "both" if row.get("hedged") is not True else "short" if short else "long"
    mode = maybe_text(row, "marginMode")
    return Position(
        symbol=symbol,
        quantity=-abs(quantity) if short else quantity,
        side=hedged,
        entry_price=nonzero(row, "entryPrice"),
        mark_price=nonzero(row, "markPrice"),
        unrealized_pnl=maybe_number(row, "unrealizedPnl"),
        leverage=nonzero(row, "leverage"),
        margin=nonzero(row, "collateral") or nonzero(row, "initialMargin"),
        liquidation_price=nonzero(row, "liquidationPrice"),
        margin_mode="isolated" if mode == "isolated" else "cross" if mode == "cross" else None,
        wallet=wallet,
    )


def transaction(account: str, wallet: str, row: Row, kind: Literal["deposit", "withdrawal"]) -> list[TransferArrived]:
    """Read a transaction structure; one that is not through yet is no fact."""
    if maybe_text(row, "status") not in ("ok", None):
        return []
    told = maybe_text(row, "type")
    kind = "withdrawal" if told == "withdrawal" else "deposit" if told == "deposit" else kind
    amount = abs(number(row, "amount"))
    fee = row.get("fee")
    cost = maybe_number(fee, "cost") if isinstance(fee, dict) else None
    currency = maybe_text(fee, "currency") if isinstance(fee, dict) else None
    asset = text(row, "currency")
    return [
        TransferArrived(
            account=account,
            wallet=wallet,
            id=maybe_text(row, "id") or text(row, "txid"),
            time_ns=time_ns(row),
            asset=asset,
            amount=amount if kind == "deposit" else -amount,
            type=kind,
            fee=Amount(currency or asset, cost) if cost else None,
            tx=maybe_text(row, "txid"),
        )
    ]


def funding(account: str, wallet: str, row: Row) -> FundingPaid:
    """Read a funding-history structure; without an id of its own it is named by market and time."""
    symbol, at_ns = text(row, "symbol"), time_ns(row)
    return FundingPaid(
        account=account,
        wallet=wallet,
        id=maybe_text(row, "id") or f"{symbol}@{at_ns // MILLISECOND}",
        time_ns=at_ns,
        symbol=symbol,
        asset=text(row, "code"),
        amount=number(row, "amount"),
    )
