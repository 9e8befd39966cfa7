"""Rows as Kraken and Binance document them, made to measure, and an exchange that serves Kraken's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from account_cli.domain.instruments import Instrument
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.markets import Listing, Markets
from account_cli.exchanges.wire import Answer
from account_cli.ports import Heard

Row = dict[str, Any]


def kraken_markets() -> Markets:
    return Markets(
        at_ns=0,
        listings=(
            Listing(
                id="XXBTZUSD",
                names=("XBTUSD", "XBT/USD", "BTC/USD"),
                instrument=Instrument(symbol="BTC/USD", base="BTC", quote="USD"),
            ),
            Listing(
                id="DOTUSD",
                names=("DOTUSD", "DOT/USD"),
                instrument=Instrument(symbol="DOT/USD", base="DOT", quote="USD"),
            ),
        ),
        assets={"XXBT": "BTC", "ZUSD": "USD", "DOT": "DOT", "KFEE": "KFEE", "ETH2": "ETH2"},
        decimals={"BTC": 10, "USD": 4},
    )


def kraken_names() -> Names:
    return Names(kraken_markets())


def trade(at: str, number: int = 1, **changed: Any) -> Row:
    return {
        "ordertxid": "O1",
        "pair": "XXBTZUSD",
        "time": at,
        "type": "buy",
        "ordertype": "limit",
        "price": "100.0",
        "cost": "50.0",
        "fee": "0.2",
        "vol": "0.5",
        "margin": "0.0",
        "misc": "",
        "trade_id": number,
        "maker": True,
    } | changed


def leg(refid: str, at: str, asset: str, amount: str, fee: str = "0", **changed: Any) -> Row:
    return {
        "refid": refid,
        "time": at,
        "type": "trade",
        "subtype": "",
        "aclass": "currency",
        "asset": asset,
        "amount": amount,
        "fee": fee,
        "balance": "0",
    } | changed


def legs(refid: str, at: str, *, fee: str = "0.2") -> dict[str, Row]:
    return {
        f"L-{refid}-1": leg(refid, at, "ZUSD", "-50.0", fee),
        f"L-{refid}-2": leg(refid, at, "XXBT", "0.5"),
    }


class KrakenPages:
    """Serves trades and ledger entries as Kraken does: newest first, fifty a page, ``start`` out, ``end`` in."""

    def __init__(self, trades: Mapping[str, Row], ledger: Mapping[str, Row]) -> None:
        self.rows: dict[str, dict[str, Row]] = {"trades": dict(trades), "ledger": dict(ledger)}
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def ask(
        self, section: str, path: str, params: Mapping[str, object], *, method: str, cost: float, kept: str
    ) -> Answer:
        assert (section, method, cost, kept) == ("private", "POST", 2.0, path)
        self.asked.append((path, dict(params)))
        key = {"TradesHistory": "trades", "Ledgers": "ledger"}[path]
        start, end = float(str(params.get("start", -1))), float(str(params.get("end", 1e12)))
        found = [(name, row) for name, row in self.rows[key].items() if start < float(row["time"]) <= end]
        found.sort(key=lambda item: float(item[1]["time"]), reverse=True)
        offset = int(str(params.get("ofs", 0)))
        page = dict(found[offset : offset + 50])
        return Answer("raw", {"error": [], "result": {key: page, "count": len(found)}}, 2 * 10**18, 1)


def wrap(answer: Any, channel: str, *, traded: bool = False, **told: Sequence[Any]) -> Heard:
    return Heard(
        account="a",
        received_ns=1,
        source="rest",
        channel=channel,
        raw="raw",
        events=tuple(told.get("events", ())),
        observations=tuple(told.get("observations", ())),
        unreadable=tuple(told.get("unreadable", ())),
        running=tuple(told.get("running", ())),
        traded=traded,
    )
