"""Each row of Binance's income history is one fact, or belongs to a fill that tells it better.

Format: USDⓈ-M Futures REST ``income`` (developers.binance.com, "Get Income History"): ``symbol, incomeType, income,
asset, info, time, tranId, tradeId``; ``tranId`` is unique within one ``incomeType``, so where several types are one
kind of fact the id of all but the usual one carries the type. ``REALIZED_PNL`` and ``COMMISSION`` follow from the
fills, so they only say which markets were traded in. A type that is not classified becomes an ``Adjustment`` that names
it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from account_cli.domain.events import (
    Adjustment,
    Event,
    FeePaid,
    FundingPaid,
    RebateReceived,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.exchanges.binance.listing import Contracts
from account_cli.exchanges.binance.rows import WALLET
from account_cli.exchanges.fields import Row, maybe_text, milliseconds, number, text

TOLD_BY_FILLS = frozenset({"REALIZED_PNL", "COMMISSION"})
OF_A_LIQUIDATION = "INSURANCE_CLEAR"

_REBATES = frozenset({"REFERRAL_KICKBACK", "COMMISSION_REBATE", "API_REBATE", "FEE_RETURN"})
_MOVES = frozenset({"TRANSFER", "INTERNAL_TRANSFER", "CROSS_COLLATERAL_TRANSFER", "STRATEGY_UMFUTURES_TRANSFER"})
_SETTLEMENTS = frozenset({OF_A_LIQUIDATION, "DELIVERED_SETTELMENT", "OPTIONS_SETTLE_PROFIT", "OPTIONS_PREMIUM_FEE"})
_REWARDS = frozenset({"WELCOME_BONUS", "CONTEST_REWARD", "BFUSD_REWARD"})
_USUAL = frozenset(
    {"FUNDING_FEE", "TRANSFER", "COMMISSION_REBATE", OF_A_LIQUIDATION, "POSITION_LIMIT_INCREASE_FEE", "WELCOME_BONUS"}
)


class _Common(TypedDict):
    account: str
    id: str
    time_ns: int
    wallet: str


def market_of(row: Row) -> str | None:
    """Return the id of the market that an income row is about."""
    return maybe_text(row, "symbol")


def facts_of(account: str, row: Row, contracts: Contracts) -> list[Event]:
    """Return what an income row tells beside the fills. Raises ``Unreadable``."""
    kind = text(row, "incomeType")
    if kind in TOLD_BY_FILLS:
        return []
    common: _Common = {
        "account": account,
        "id": text(row, "tranId") if kind in _USUAL else f"{text(row, 'tranId')}:{kind}",
        "time_ns": milliseconds(row, "time"),
        "wallet": WALLET,
    }
    name = market_of(row)
    symbol = contracts.instrument(name).symbol if name is not None else None
    return [_fact(kind, common, symbol, text(row, "asset"), number(row, "income"))]


def _fact(kind: str, common: _Common, symbol: str | None, asset: str, amount: Decimal) -> Event:
    if kind == "FUNDING_FEE" and symbol is not None:
        return FundingPaid(**common, symbol=symbol, asset=asset, amount=amount)
    if kind in _MOVES:
        return TransferArrived(**common, asset=asset, amount=amount, type="internal")
    if kind in _REBATES:
        return RebateReceived(**common, asset=asset, amount=amount, symbol=symbol)
    if kind in _SETTLEMENTS:
        return Settled(**common, asset=asset, amount=amount, symbol=symbol)
    if kind == "POSITION_LIMIT_INCREASE_FEE":
        return FeePaid(**common, asset=asset, amount=amount, symbol=symbol)
    if kind in _REWARDS:
        return RewardReceived(**common, asset=asset, amount=amount, type="other")
    return Adjustment(
        **common, asset=asset, amount=amount, symbol=symbol, reason="unclassified", raw_type=f"binanceusdm/{kind}"
    )
