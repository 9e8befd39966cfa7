"""What Kraken tells about an account over REST: fifty rows a page, newest first, after ``start`` and up to ``end``.

docs.kraken.com, Spot REST, Account Data and Funding; the page of each method is named at it. Times are seconds as JSON
numbers, amounts are strings. ``consolidate_taker`` is accepted and changes nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from account_cli.simulator.protocols.kraken import names, rows
from account_cli.simulator.protocols.kraken.errors import Refused
from account_cli.simulator.protocols.kraken.setting import DIGITS
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import SECOND, fixed
from account_cli.simulator.world.book import State
from account_cli.simulator.world.facts import Entry, EntryKind, Fill, Order

Params = Mapping[str, str]
Method = Callable[[Stage, State, Params], object]
Row = TypeVar("Row", Fill, Entry, Order)
PAGE = 50
_TYPES: Mapping[EntryKind, str] = {
    "trade": "trade",
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "transfer": "transfer",
    "reward": "staking",
    "interest": "rollover",
    "earn": "earn",
}


def _type(entry: Entry) -> str:
    """A conversion is two entries: one spends, the other receives."""
    if entry.kind in {"conversion", "dust"}:
        return "spend" if entry.amount < 0 else "receive"
    return _TYPES[entry.kind]


def _page(stage: Stage, found: Sequence[Row], params: Params) -> list[Row]:
    """Return the rows from ``ofs`` on, at most a page; ``found`` is newest first."""
    text = params.get("ofs", "0") or "0"
    if not text.isdigit():
        raise Refused("EGeneral:Invalid arguments:ofs")
    return stage.faults.page(list(found[int(text) : int(text) + PAGE]), unique=True)


def _moment(params: Params, key: str, ids: Mapping[str, int]) -> int | None:
    """Return a bound in nanoseconds; it may be Unix seconds or the id of a row."""
    text = params.get(key)
    if not text:
        return None
    if text in ids:
        return ids[text]
    try:
        return int(Decimal(text) * SECOND)
    except InvalidOperation:
        raise Refused(f"EGeneral:Invalid arguments:{key}") from None


def _between(found: Iterable[Row], params: Params, time: Callable[[Row], int]) -> list[Row]:
    """Return the rows after ``start`` and up to ``end``, newest first; later ones of an instant come first."""
    kept = list(found)
    ids = {row.id: time(row) for row in kept}
    start, end = _moment(params, "start", ids), _moment(params, "end", ids)
    kept = [row for row in kept if (start is None or time(row) > start) and (end is None or time(row) <= end)]
    return sorted(kept, key=time)[::-1]


def _counted(params: Params, body: dict[str, object], count: int) -> dict[str, object]:
    return body if params.get("without_count") == "true" else body | {"count": count}


def _trades_history(stage: Stage, state: State, params: Params) -> object:
    """Get Trades History."""
    if params.get("type", "all") not in {"all", "any position", "closed position", "closing position", "no position"}:
        raise Refused("EGeneral:Invalid arguments:type")
    found = _between(state.fills, params, lambda fill: fill.time_ns)
    page = _page(stage, found, params)
    ledgers = params.get("ledgers") == "true"
    return _counted(params, {"trades": {fill.id: rows.trade(fill, ledgers=ledgers) for fill in page}}, len(found))


def _ledgers(stage: Stage, state: State, params: Params) -> object:
    """Get Ledgers Info."""
    kind = params.get("type", "all")
    if kind not in {
        "all",
        *_TYPES.values(),
        "spend",
        "receive",
        "margin",
        "adjustment",
        "rollover",
        "credit",
        "settled",
        "dividend",
        "sale",
        "conversion",
        "nft_rebate",
    }:
        raise Refused("EGeneral:Invalid arguments:type")
    wanted = params.get("asset", "all") or "all"
    assets = None if wanted == "all" else {names.find_asset(name) for name in wanted.split(",")}
    if assets is not None and None in assets:
        raise Refused("EQuery:Unknown asset")
    found = _between(
        (
            entry
            for entry in stage.faults.money.told(state.entries)
            if (kind == "all" or _type(entry) == kind) and (assets is None or entry.asset in assets)
        ),
        params,
        lambda entry: entry.time_ns,
    )
    page = _page(stage, found, params)
    return _counted(params, {"ledger": {entry.id: rows.ledger(entry, _type(entry)) for entry in page}}, len(found))


def _open_orders(_stage: Stage, state: State, params: Params) -> object:
    """Get Open Orders."""
    trades = params.get("trades") == "true"
    return {"open": {order.id: rows.order(order, trades=trades) for order in reversed(state.open_orders)}}


def _closed_orders(stage: Stage, state: State, params: Params) -> object:
    """Get Closed Orders: bounds are about ``closetime`` (open, close, both)."""
    which = params.get("closetime", "both")
    if which not in {"open", "close", "both"}:
        raise Refused("EGeneral:Invalid arguments:closetime")
    ended = [order for order in state.orders.values() if order.status != "open"]
    found = _between(ended, params, (lambda order: order.created_ns) if which == "open" else _closed_at)
    if which == "both" and params.get("start"):
        known = {order.id for order in found}
        opened = _between(ended, params, lambda order: order.created_ns)
        found = sorted([*found, *(o for o in opened if o.id not in known)], key=_closed_at, reverse=True)
    trades = params.get("trades") == "true"
    closed = {order.id: rows.order(order, trades=trades) for order in _page(stage, found, params)}
    return _counted(params, {"closed": closed}, len(found))


def _closed_at(order: Order) -> int:
    return order.closed_ns or order.updated_ns


def _named(params: Params, key: str, most: int) -> list[str]:
    ids = [name for name in params.get(key, "").split(",") if name]
    if not ids or len(ids) > most:
        raise Refused(f"EGeneral:Invalid arguments:{key}")
    return ids


def _query_orders(_stage: Stage, state: State, params: Params) -> object:
    """Query Orders Info: at most fifty ids."""
    trades = params.get("trades") == "true"
    return {i: rows.order(state.orders[i], trades=trades) for i in _named(params, "txid", 50) if i in state.orders}


def _query_trades(_stage: Stage, state: State, params: Params) -> object:
    """Query Trades Info: at most twenty ids."""
    wanted = set(_named(params, "txid", 20))
    return {fill.id: rows.trade(fill, ledgers=True) for fill in state.fills if fill.id in wanted}


def _query_ledgers(stage: Stage, state: State, params: Params) -> object:
    """Query Ledgers: at most twenty ids."""
    wanted = set(_named(params, "id", 20))
    return {
        entry.id: rows.ledger(entry, _type(entry))
        for entry in stage.faults.money.told(state.entries)
        if entry.id in wanted
    }


def _balance(_stage: Stage, state: State, _params: Params) -> object:
    """Get Account Balance."""
    return {names.asset(asset): fixed(amount, DIGITS) for asset, amount in state.balances.items()}


def _balance_ex(_stage: Stage, state: State, _params: Params) -> object:
    """Get Extended Balance: what open orders hold is inside ``balance``."""
    held: dict[str, Decimal] = {}
    for order in state.open_orders:
        market = names.by_symbol(order.symbol)
        asset, amount = (
            (market.quote, order.remaining * order.price) if order.side == "buy" else (market.base, order.remaining)
        )
        held[asset] = held.get(asset, Decimal(0)) + amount
    return {
        names.asset(asset): {
            "balance": fixed(amount, DIGITS),
            "hold_trade": fixed(held.get(asset, Decimal(0)), DIGITS),
        }
        for asset, amount in state.balances.items()
    }


def _trade_balance(stage: Stage, state: State, _params: Params) -> object:
    """Get Trade Balance: without margin positions all of it is equity."""
    total = Decimal(0)
    for asset, amount in state.balances.items():
        if asset == "USD" or f"{asset}/USD" in stage.world.walks:
            total += amount * (Decimal(1) if asset == "USD" else stage.world.price(f"{asset}/USD"))
    text = format(total, ".4f")
    return {"eb": text, "tb": text, "m": "0.0000", "n": "0.0000", "c": "0.0000", "v": "0.0000", "e": text, "mf": text}


def _open_positions(_stage: Stage, _state: State, params: Params) -> object:
    """Get Open Positions: none, as the account never trades on margin; a list when consolidated by market."""
    return [] if params.get("consolidation") == "market" else {}


def _transfers(kind: EntryKind, listed: str, most: int) -> Method:
    def status(stage: Stage, state: State, params: Params) -> object:
        """Get Status of Recent Deposits, Get Status of Recent Withdrawals; ``cursor`` asks for pages."""
        if not stage.key.transfers:
            raise Refused("EGeneral:Permission denied")
        wanted = names.find_asset(params["asset"]) if params.get("asset") else None
        found = _between(
            (
                e
                for e in stage.faults.money.told(state.entries)
                if e.kind == kind and (wanted is None or e.asset == wanted)
            ),
            params,
            lambda entry: entry.time_ns,
        )
        told = [rows.transfer(entry, confirmed=entry.id not in stage.faults.money.unconfirmed) for entry in found]
        cursor = params.get("cursor", "")
        if not cursor or cursor == "false":
            return told
        size, first = int(params.get("limit", most)), int(cursor) if cursor.isdigit() else 0
        more = first + size < len(told)
        return {listed: told[first : first + size], "next_cursor": str(first + size) if more else None}

    return status


def _trade_volume(_stage: Stage, _state: State, _params: Params) -> object:
    """Get Trade Volume."""
    return {"currency": "ZUSD", "volume": "0.0000", "volume_subaccounts": []}


METHODS: Mapping[str, Method] = {
    "Balance": _balance,
    "BalanceEx": _balance_ex,
    "TradeBalance": _trade_balance,
    "OpenOrders": _open_orders,
    "ClosedOrders": _closed_orders,
    "QueryOrders": _query_orders,
    "TradesHistory": _trades_history,
    "QueryTrades": _query_trades,
    "OpenPositions": _open_positions,
    "Ledgers": _ledgers,
    "QueryLedgers": _query_ledgers,
    "TradeVolume": _trade_volume,
    "DepositStatus": _transfers("deposit", "deposits", 25),
    "WithdrawStatus": _transfers("withdrawal", "withdrawals", 500),
}
