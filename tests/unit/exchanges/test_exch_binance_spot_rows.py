"""Binance spot's own rows and frames, as recorded and as documented, become facts and observations."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.events import Amount, Converted, Event, Fill, RewardReceived, TransferArrived
from account_cli.domain.health import DataKind
from account_cli.domain.instruments import from_symbol
from account_cli.domain.observations import Balance, BalancesSeen, OrdersSeen
from account_cli.errors import KeyRejected, Temporary
from account_cli.exchanges.binance.spot.discovery import Discovery
from account_cli.exchanges.binance.spot.frames import Frames
from account_cli.exchanges.binance.spot.listing import Pairs
from account_cli.exchanges.binance.spot.money import SOURCES
from account_cli.exchanges.binance.spot.rows import rest_balance, rest_fill, rest_order
from account_cli.exchanges.fields import Unreadable
from account_cli.exchanges.markets import Listing, Markets
from account_cli.exchanges.tee import Frame, loads
from account_cli.ports import Heard, Subscribed
from tests.unit.exchanges.exch_rows import wrap

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "recorded" / "binance"
KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills"})


def pairs() -> Pairs:
    symbols = ("BNB/BTC", "LTC/BTC", "ETH/BTC", "ETH/USDT")
    listings = tuple(Listing(id=symbol.replace("/", ""), instrument=from_symbol(symbol)) for symbol in symbols)
    return Pairs(Markets(at_ns=0, listings=listings))


def recorded(name: str) -> Any:
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded samples at {RECORDED}")
    return loads((RECORDED / f"{name}.json").read_text())


def read(data: object, traded: list[str] | None = None) -> list[Any]:
    frames = Frames("a", pairs(), wrap, KINDS, (traded if traded is not None else []).append)
    return list(frames.read(Frame(5, json.dumps(data), data)))


def told(name: str, row: dict[str, Any]) -> list[Event]:
    source = next(source for source in SOURCES if source.name == name)
    return list(source.read("a", row))


def test_a_recorded_trade_is_a_fill_with_its_fee_in_bnb() -> None:
    fill = rest_fill("a", recorded("http_account_trades_response")[0], pairs())
    assert fill == Fill(
        account="a",
        id="28457",
        order_id="100234",
        time_ns=1_499_865_549_590_000_000,
        seq=28457,
        symbol="BNB/BTC",
        side="buy",
        price=Decimal("4.000001"),
        quantity=Decimal(12),
        fees=(Amount("BNB", Decimal("10.1")),),
        liquidity="taker",
    )


def test_recorded_orders_and_balances_are_read() -> None:
    for name in ("http_open_orders_response", "http_all_orders_response"):
        order = rest_order(recorded(name)[0], pairs())
        assert (order.id, order.symbol, order.status, order.average) == ("1", "LTC/BTC", "open", None)
        assert (order.price, order.quantity, order.filled) == (Decimal("0.1"), Decimal(1), Decimal(0))
    balance = rest_balance(recorded("http_account_response")["balances"][0], pairs())
    assert balance == Balance(
        asset="BTC", total=Decimal("4723846.89208129"), free=Decimal("4723846.89208129"), used=Decimal(0)
    )


def test_what_is_held_in_simple_earn_is_its_asset_in_another_wallet() -> None:
    def held(code: str) -> tuple[str, str]:
        balance = rest_balance({"asset": code, "free": "1", "locked": "0"}, pairs())
        return balance.asset, balance.wallet

    assert held("LDBTC") == ("BTC", "earn")
    assert held("LDO") == ("LDO", "spot"), "an asset of its own"
    assert held("LDXYZ") == ("LDXYZ", "spot"), "no asset is called XYZ"


def test_recorded_frames_are_read_wrapped_and_bare() -> None:
    traded: list[str] = []
    for name in ("new", "canceled", "trade", "wrapped"):
        (heard,) = read(recorded(f"ws_execution_report_{name}"), traded)
        assert isinstance(heard, Heard)
        assert heard.unreadable == ()
        (seen,) = heard.observations
        assert isinstance(seen, OrdersSeen)
        assert len(heard.events) == (name == "trade")
    assert traded == ["ETHUSDT", "ETHUSDT", "ETHUSDT", "ETHBTC"]
    (heard,) = read(recorded("ws_execution_report_trade"))
    (fill,) = heard.events
    assert isinstance(fill, Fill)
    assert (fill.id, fill.liquidity, fill.fees) == ("98765432", "maker", (Amount("ETH", Decimal("0.001")),))


def test_a_recorded_position_is_absolute_and_a_difference_is_no_fact() -> None:
    (heard,) = read(recorded("ws_account_position_wrapped"))
    (seen,) = heard.observations
    assert isinstance(seen, BalancesSeen)
    assert not seen.complete
    assert [(row.asset, row.total) for row in seen.rows] == [("ETH", Decimal(10000))]
    (heard,) = read(recorded("ws_balance_update"))
    assert (heard.events, heard.observations, heard.unreadable) == ((), (), ())


def test_the_answer_to_the_subscription_confirms_or_refuses() -> None:
    assert isinstance(read({"id": "1", "status": 200, "result": {"subscriptionId": 0}})[0], Subscribed)
    refused = {"id": "1", "status": 400, "error": {"code": -1022, "msg": "Signature for this request is not valid."}}
    assert isinstance(read(refused)[-1], KeyRejected)
    busy = {"id": "1", "status": 429, "error": {"code": -1003, "msg": "Too many requests"}}
    assert isinstance(read(busy)[-1], Temporary)


def test_a_market_that_is_not_listed_is_unreadable_and_not_guessed() -> None:
    with pytest.raises(Unreadable, match="unknown market"):
        pairs().instrument("LUNABUSD")


def test_money_counts_when_it_is_there_and_not_before() -> None:
    deposit = {"id": "7", "coin": "ETH", "amount": "1.5", "status": 1, "insertTime": 1_700_000_000_000}
    assert told("deposits", {**deposit, "status": 0}) == []
    (event,) = told("deposits", deposit)
    assert isinstance(event, TransferArrived)
    assert (event.amount, event.type, event.wallet) == (Decimal("1.5"), "deposit", "spot")
    (named,) = told("deposits", {**deposit, "txId": "0xaaad4654"})
    assert (getattr(event, "tx", ""), getattr(named, "tx", "")) == (None, "0xaaad4654")
    withdrawal = {"id": "b6", "coin": "USDT", "amount": "8.91", "transactionFee": "0.004", "status": 6}
    withdrawal |= {"applyTime": "2019-10-12 11:12:02", "txId": "0xb5ef8c13"}
    (event,) = told("withdrawals", withdrawal)
    assert isinstance(event, TransferArrived)
    assert (event.amount, event.fee, event.time_ns) == (
        Decimal("-8.91"),
        Amount("USDT", Decimal("0.004")),
        1_570_878_722_000_000_000,
    )
    assert event.tx == "0xb5ef8c13", "so the two sides of a transfer between own accounts know each other"
    assert told("withdrawals", {**withdrawal, "status": 4}) == []


def test_a_conversion_and_dust_are_conversions_of_their_own() -> None:
    conversion = {"orderId": 940708407462087195, "orderStatus": "SUCCESS", "fromAsset": "USDT", "fromAmount": "20"}
    conversion |= {"toAsset": "BNB", "toAmount": "0.06154036", "createTime": 1_624_248_872_184}
    (event,) = told("conversions", conversion)
    assert isinstance(event, Converted)
    assert (event.from_, event.to) == (Amount("USDT", Decimal(20)), Amount("BNB", Decimal("0.06154036")))
    assert told("conversions", {**conversion, "orderStatus": "FAIL"}) == []
    detail = {"transId": 4359321, "serviceChargeAmount": "0.00000005", "amount": "0.000006", "fromAsset": "LTC"}
    detail |= {"operateTime": 1_615_985_535_000, "transferedAmount": "0.00000267"}
    sweep = {"userAssetDribbletDetails": [detail, {**detail, "fromAsset": "GBP"}]}
    first, second = told("dust", sweep)
    assert isinstance(first, Converted)
    assert first.to == Amount("BNB", Decimal("0.00000272"))
    assert first.fees == (Amount("BNB", Decimal("0.00000005")),)
    assert {first.id, second.id} == {"4359321:LTC", "4359321:GBP"}


def test_dividends_and_transfers_have_their_sign_and_kind() -> None:
    dividend = {"id": 1, "amount": "10", "asset": "BHFT", "divTime": 1_563_189_166_000, "enInfo": "BHFT distribution"}
    (event,) = told("dividends", {**dividend, "direction": 1})
    assert isinstance(event, RewardReceived)
    assert (event.amount, event.type) == (Decimal(10), "airdrop")
    row = {"asset": "USDT", "amount": "1", "type": "MAIN_UMFUTURE", "status": "CONFIRMED", "tranId": 11415955596}
    row["timestamp"] = 1_544_433_328_000
    (out,) = told("transfers.MAIN_UMFUTURE", row)
    (back,) = told("transfers.UMFUTURE_MAIN", {**row, "type": "UMFUTURE_MAIN"})
    assert isinstance(out, TransferArrived)
    assert isinstance(back, TransferArrived)
    assert (out.amount, back.amount) == (Decimal(-1), Decimal(1))


def test_an_asset_whose_amount_changed_is_looked_into_once_even_when_it_is_gone() -> None:
    discovery = Discovery()
    discovery.seen([Balance(asset="ETH", total=Decimal(1))])
    discovery.met({"LTC"})
    assert discovery.candidates(pairs(), {"ETHBTC"}) == ["ETHUSDT", "LTCBTC"]
    discovery.looked()
    discovery.seen([Balance(asset="ETH", total=Decimal(1))])
    discovery.met({"LTC"})
    assert discovery.candidates(pairs(), set()) == []
    discovery.seen([])
    assert discovery.candidates(pairs(), set()) == ["ETHBTC", "ETHUSDT"]
