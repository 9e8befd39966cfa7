"""What Binance tells about the account as it is: balances, positions, settings, permissions.

developers.binance.com, USDⓈ-M Futures, Account and Trade; Spot, Wallet, Get API Key Permission. Version 3 lists only
positions that are open or have orders, version 2 lists every contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from account_cli.simulator.protocols.binanceusdm.endpoint import Endpoint, Params, amount, market_of
from account_cli.simulator.protocols.binanceusdm.market import maintenance
from account_cli.simulator.protocols.binanceusdm.setting import DIGITS, SETTING, wire_id
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import fixed, milliseconds
from account_cli.simulator.world.book import State
from account_cli.simulator.world.facts import Market, Position, PositionSide

Row = dict[str, object]
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Figures:
    """What follows from a position at its mark price; amounts in the settle asset."""

    market: Market
    position: Position
    mark: Decimal
    leverage: int
    orders: Decimal
    """Notional of open orders that would enlarge it."""

    @property
    def notional(self) -> Decimal:
        """Signed value at the mark price."""
        return self.position.quantity * self.mark

    @property
    def unrealized(self) -> Decimal:
        """Profit not yet realised, fees left out."""
        return self.notional - self.position.cost

    @property
    def initial(self) -> Decimal:
        """Initial margin of the position."""
        return abs(self.notional) / self.leverage

    @property
    def order_margin(self) -> Decimal:
        """Initial margin of the orders."""
        return self.orders / self.leverage

    @property
    def breakeven(self) -> Decimal:
        """The price at which what is open would have paid its fees."""
        return break_even(self.position)


def break_even(position: Position) -> Decimal:
    """The entry price made worse by the entry fees for each unit, zero when flat."""
    return (position.cost + position.fees) / position.quantity if position.quantity else ZERO


def figures(stage: Stage, state: State, *, every: bool) -> list[Figures]:
    """Return the positions that are open or have orders, or those of every contract."""
    found = []
    sides: tuple[PositionSide, ...] = ("long", "short") if stage.world.book.hedged else ("both",)
    for market in SETTING.markets:
        for side in sides:
            empty = Position(symbol=market.symbol, side=side)
            position = state.positions.get(empty.key, empty)
            mine = (o for o in state.open_orders if (o.symbol, o.position_side) == (market.symbol, side))
            orders = sum((o.remaining * o.price for o in mine), ZERO)
            if every or position.quantity or orders:
                leverage = stage.world.book.leverage[market.symbol]
                found.append(Figures(market, position, stage.world.price(market.symbol), leverage, orders))
    return found


def entry(position: Position, digits: int) -> str:
    """Write an entry price: at least the market's digits, at most ten when it does not end."""
    return fixed(round(position.entry_price, 10), digits)


def _asset(state: State, asset: str, held: list[Figures]) -> Row:
    """An element of ``assets``; only USDT is margin for contracts in USDT."""
    wallet = state.balances.get(asset, ZERO)
    mine = held if asset == "USDT" else []
    unrealized = sum((f.unrealized for f in mine), ZERO)
    initial, orders = sum((f.initial for f in mine), ZERO), sum((f.order_margin for f in mine), ZERO)
    free = max(ZERO, wallet + unrealized - initial - orders)
    return {
        "asset": asset,
        "walletBalance": amount(wallet),
        "unrealizedProfit": amount(unrealized),
        "marginBalance": amount(wallet + unrealized),
        "maintMargin": amount(sum((maintenance(f.notional) for f in mine), ZERO)),
        "initialMargin": amount(initial + orders),
        "positionInitialMargin": amount(initial),
        "openOrderInitialMargin": amount(orders),
        "crossWalletBalance": amount(wallet),
        "crossUnPnl": amount(unrealized),
        "availableBalance": amount(free),
        "maxWithdrawAmount": amount(min(free, wallet)),
        "marginAvailable": True,
        "updateTime": milliseconds(max((e.time_ns for e in state.entries if e.asset == asset), default=0)),
    }


def _account(stage: Stage, *, version: int) -> Row:
    state = stage.account()
    held = figures(stage, state, every=version == 2)
    assets = [_asset(state, asset, held) for asset in sorted(state.balances, reverse=True)]
    margin = next((row for row in assets if row["asset"] == "USDT"), _asset(state, "USDT", held))
    totals = {
        "totalInitialMargin": "initialMargin", "totalMaintMargin": "maintMargin", "totalWalletBalance": "walletBalance",
        "totalUnrealizedProfit": "unrealizedProfit", "totalMarginBalance": "marginBalance",
        "totalPositionInitialMargin": "positionInitialMargin",
        "totalOpenOrderInitialMargin": "openOrderInitialMargin", "totalCrossWalletBalance": "crossWalletBalance",
        "totalCrossUnPnl": "crossUnPnl", "availableBalance": "availableBalance",
        "maxWithdrawAmount": "maxWithdrawAmount",
    }  # fmt: skip
    row: Row = {total: margin[key] for total, key in totals.items()}
    if version == 2:
        head: Row = {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": True,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }
        return head | row | {"assets": assets, "positions": [_position_v2(f) for f in held]}
    return row | {"assets": assets, "positions": [_position_v3(f) for f in held]}


def _position_v2(f: Figures) -> Row:
    """An element of ``positions`` in Account Information V2."""
    return {
        "symbol": wire_id(f.market.symbol), "initialMargin": amount(f.initial + f.order_margin),
        "maintMargin": amount(maintenance(f.notional)), "unrealizedProfit": amount(f.unrealized),
        "positionInitialMargin": amount(f.initial), "openOrderInitialMargin": amount(f.order_margin),
        "leverage": str(f.leverage), "isolated": False, "entryPrice": entry(f.position, f.market.price_digits),
        "maxNotional": "50000000", "bidNotional": "0", "askNotional": "0", "positionSide": f.position.side.upper(),
        "positionAmt": fixed(f.position.quantity, f.market.lot_digits),
        "updateTime": milliseconds(f.position.updated_ns),
    }  # fmt: skip


def _position_v3(f: Figures) -> Row:
    """An element of ``positions`` in Account Information V3."""
    return {
        "symbol": wire_id(f.market.symbol), "positionSide": f.position.side.upper(),
        "positionAmt": fixed(f.position.quantity, f.market.lot_digits), "unrealizedProfit": amount(f.unrealized),
        "isolatedMargin": "0", "notional": amount(f.notional), "isolatedWallet": "0",
        "initialMargin": amount(f.initial + f.order_margin), "maintMargin": amount(maintenance(f.notional)),
        "updateTime": milliseconds(f.position.updated_ns),
    }  # fmt: skip


def _balance(stage: Stage, _params: Params) -> object:
    """Futures Account Balance, V2 and V3."""
    state = stage.account()
    held = figures(stage, state, every=False)
    keys = (
        "crossWalletBalance",
        "crossUnPnl",
        "availableBalance",
        "maxWithdrawAmount",
        "marginAvailable",
        "updateTime",
    )
    rows = []
    for asset in sorted(state.balances, reverse=True):
        row = _asset(state, asset, held)
        rows.append(
            {"accountAlias": "SgsR", "asset": asset, "balance": row["walletBalance"]} | {key: row[key] for key in keys}
        )
    return rows


def _risk_v3(stage: Stage, params: Params) -> object:
    """Position Information V3."""
    market = market_of(params)
    return [
        {
            "symbol": wire_id(f.market.symbol), "positionSide": f.position.side.upper(),
            "positionAmt": fixed(f.position.quantity, f.market.lot_digits),
            "entryPrice": entry(f.position, f.market.price_digits),
            "breakEvenPrice": fixed(round(f.breakeven, 10), f.market.price_digits), "markPrice": fixed(f.mark, DIGITS),
            "unRealizedProfit": amount(f.unrealized), "liquidationPrice": _liquidation(stage, f),
            "isolatedMargin": "0", "notional": amount(f.notional), "marginAsset": f.market.settle,
            "isolatedWallet": "0", "initialMargin": amount(f.initial + f.order_margin),
            "maintMargin": amount(maintenance(f.notional)), "positionInitialMargin": amount(f.initial),
            "openOrderInitialMargin": amount(f.order_margin), "adl": 2, "bidNotional": "0", "askNotional": "0",
            "updateTime": milliseconds(f.position.updated_ns),
        }
        for f in figures(stage, stage.account(), every=False)
        if market is None or f.market == market
    ]  # fmt: skip


def _risk_v2(stage: Stage, params: Params) -> object:
    """Position Information V2."""
    market = market_of(params)
    return [
        {
            "symbol": wire_id(f.market.symbol), "positionAmt": fixed(f.position.quantity, f.market.lot_digits),
            "entryPrice": entry(f.position, f.market.price_digits),
            "breakEvenPrice": fixed(round(f.breakeven, 10), f.market.price_digits), "markPrice": fixed(f.mark, DIGITS),
            "unRealizedProfit": amount(f.unrealized), "liquidationPrice": _liquidation(stage, f),
            "leverage": str(f.leverage), "maxNotionalValue": "50000000", "marginType": "cross",
            "isolatedMargin": "0.00000000", "isAutoAddMargin": "false", "positionSide": f.position.side.upper(),
            "notional": amount(f.notional), "isolatedWallet": "0",
            "updateTime": milliseconds(f.position.updated_ns),
        }
        for f in figures(stage, stage.account(), every=True)
        if market is None or f.market == market
    ]  # fmt: skip


def _liquidation(stage: Stage, f: Figures) -> str:
    """The mark price at which the wallet alone could no longer carry this position; ``0`` when there is none."""
    quantity = f.position.quantity
    if not quantity:
        return "0"
    wallet = stage.world.book.balance("USDT")
    rate = Decimal("0.004") if quantity > 0 else Decimal("-0.004")
    price = (f.position.cost - wallet) / (quantity * (1 - rate))
    return fixed(round(price, DIGITS), DIGITS) if price > 0 else "0"


def _symbol_config(stage: Stage, params: Params) -> object:
    """Symbol Configuration."""
    market = market_of(params)
    return [
        {
            "symbol": wire_id(each.symbol),
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": stage.world.book.leverage[each.symbol],
            "maxNotionalValue": "50000000",
        }
        for each in ([market] if market else SETTING.markets)
    ]


def restrictions(stage: Stage, _params: Params) -> object:
    """Spot, Wallet, Get API Key Permission: what the key may do."""
    key = stage.key
    return {
        "ipRestrict": False, "createTime": milliseconds(stage.world.start_ns), "enableReading": True,
        "enableSpotAndMarginTrading": key.trade, "enableWithdrawals": key.withdraw, "enableInternalTransfer": False,
        "enableMargin": False, "enableFutures": key.trade, "permitsUniversalTransfer": False,
        "enableVanillaOptions": False, "enableFixApiTrade": False, "enableFixReadOnly": True,
        "enablePortfolioMarginTrading": False,
    }  # fmt: skip


ENDPOINTS: Mapping[str, Endpoint] = {
    "/fapi/v2/account": Endpoint(lambda stage, _: _account(stage, version=2)),
    "/fapi/v3/account": Endpoint(lambda stage, _: _account(stage, version=3)),
    "/fapi/v2/balance": Endpoint(_balance),
    "/fapi/v3/balance": Endpoint(_balance),
    "/fapi/v2/positionRisk": Endpoint(_risk_v2),
    "/fapi/v3/positionRisk": Endpoint(_risk_v3),
    "/fapi/v1/symbolConfig": Endpoint(_symbol_config),
    "/fapi/v1/positionSide/dual": Endpoint(lambda stage, _: {"dualSidePosition": stage.world.book.hedged}, weight=30),
    "/fapi/v1/multiAssetsMargin": Endpoint(lambda _stage, _params: {"multiAssetsMargin": False}, weight=30),
    "/fapi/v1/feeBurn": Endpoint(lambda _stage, _params: {"feeBurn": True}, weight=30),
    "/sapi/v1/account/apiRestrictions": Endpoint(restrictions, weight=1),
}
