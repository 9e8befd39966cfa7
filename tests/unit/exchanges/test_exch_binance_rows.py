"""Binance's rows, income and frames, element by element, and walks through its history."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Event,
    FeePaid,
    Fill,
    FillType,
    FundingPaid,
    RebateReceived,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.health import DataKind
from account_cli.domain.identity import identity, merge
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import BalancesSeen, OrdersSeen, PositionsSeen
from account_cli.errors import Temporary
from account_cli.exchanges.binance.cursors import Cursors
from account_cli.exchanges.binance.frames import Frames
from account_cli.exchanges.binance.history import KEPT_MS, History
from account_cli.exchanges.binance.income import facts_of
from account_cli.exchanges.binance.listing import Contracts
from account_cli.exchanges.binance.rows import forced_type, rest_balance, rest_fill, rest_position, stream_fill
from account_cli.exchanges.fields import Unreadable
from account_cli.exchanges.markets import Listing, Markets
from account_cli.exchanges.tee import Frame, Sign, loads
from account_cli.exchanges.wire import Answer
from account_cli.ports import Beat, Heard, Subscribed
from tests.unit.exchanges.exch_rows import Row, wrap

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "recorded" / "binanceusdm"
KINDS: frozenset[DataKind] = frozenset({"fills", "transfers"})
NOW_MS = 1_700_000_000_000
_INCOME_TYPES = [
    "TRANSFER", "WELCOME_BONUS", "REALIZED_PNL", "FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR", "REFERRAL_KICKBACK",
    "COMMISSION_REBATE", "API_REBATE", "CONTEST_REWARD", "CROSS_COLLATERAL_TRANSFER", "OPTIONS_PREMIUM_FEE",
    "OPTIONS_SETTLE_PROFIT", "INTERNAL_TRANSFER", "AUTO_EXCHANGE", "DELIVERED_SETTELMENT", "COIN_SWAP_DEPOSIT",
    "COIN_SWAP_WITHDRAW", "POSITION_LIMIT_INCREASE_FEE", "STRATEGY_UMFUTURES_TRANSFER", "FEE_RETURN", "BFUSD_REWARD",
]  # fmt: skip
"""Every type that the documentation names."""


def contracts() -> Contracts:
    symbols = {"BTCUSDT": "BTC/USDT:USDT", "ETHUSDT": "ETH/USDT:USDT", "BNBUSDT": "BNB/USDT:USDT"}
    return Contracts(
        Markets(
            at_ns=0,
            listings=tuple(
                Listing(
                    id=name,
                    instrument=Instrument(symbol=symbol, base=symbol.partition("/")[0], quote="USDT", settle="USDT"),
                )
                for name, symbol in symbols.items()
            ),
        )
    )


def trade(number: int, at_ms: int, **changed: Any) -> Row:
    return {
        "symbol": "BTCUSDT",
        "id": number,
        "orderId": 25,
        "side": "SELL",
        "price": "7819.01",
        "qty": "0.002",
        "realizedPnl": "-0.9",
        "quoteQty": "15.6",
        "commission": "0.078",
        "commissionAsset": "USDT",
        "time": at_ms,
        "positionSide": "BOTH",
        "buyer": False,
        "maker": False,
    } | changed


def update(**changed: Any) -> Row:
    return {
        "s": "BTCUSDT", "c": "web", "S": "SELL", "o": "LIMIT", "f": "GTC", "q": "0.002", "p": "7819.01", "sp": "0",
        "ap": "7819.01", "x": "TRADE", "X": "FILLED", "i": 25, "l": "0.002", "z": "0.002", "L": "7819.01", "n": "0.078",
        "N": "USDT", "T": NOW_MS, "t": 7, "m": False, "R": False, "ps": "BOTH", "rp": "-0.9",
    } | changed  # fmt: skip


def income(kind: str, at_ms: int, number: int, **changed: Any) -> Row:
    return {
        "symbol": "BTCUSDT",
        "incomeType": kind,
        "income": "-0.5",
        "asset": "USDT",
        "info": kind,
        "time": at_ms,
        "tranId": number,
        "tradeId": "",
    } | changed


@pytest.mark.parametrize(
    ("rest", "stream"),
    [
        ({}, {}),
        ({"commission": "0"}, {"n": "0", "N": None}),
        ({"positionSide": "SHORT", "maker": True}, {"ps": "SHORT", "m": True}),
        ({"commission": "-0.01", "commissionAsset": "BNB"}, {"n": "-0.01", "N": "BNB"}),
    ],
)
def test_one_trade_told_by_rest_and_by_stream_is_one_fact(rest: Row, stream: Row) -> None:
    by_rest = rest_fill("a", trade(7, NOW_MS, **rest), contracts(), {})
    by_stream = stream_fill("a", update(**stream), contracts())
    assert by_rest == by_stream
    assert (by_rest.contracts, by_rest.quantity, by_rest.settle, by_rest.seq) == (
        Decimal("0.002"),
        Decimal("0.002"),
        "USDT",
        7,
    )


def test_a_fee_that_the_stream_leaves_out_is_not_known_until_rest_tells_it() -> None:
    silent = stream_fill("a", update(n=None, N=None), contracts())
    assert silent.fees is None
    for told, fees in (("0", ()), ("0.078", (Amount("USDT", Decimal("0.078")),))):
        whole = merge(silent, rest_fill("a", trade(7, NOW_MS, commission=told), contracts(), {}))
        assert isinstance(whole, Fill)
        assert whole.fees == fees
    unsaid = rest_fill("a", trade(7, NOW_MS, commission="", maker=None), contracts(), {})
    assert (unsaid.fees, unsaid.liquidity) == (None, None)


def test_a_telling_that_does_not_know_of_a_forced_closing_contradicts_none() -> None:
    plain = rest_fill("a", trade(7, NOW_MS), contracts(), {})
    forced = rest_fill("a", trade(7, NOW_MS), contracts(), {"BTCUSDT:25": "adl"})
    assert merge(plain, forced) == forced
    assert merge(forced, plain) is forced
    other = rest_fill("a", trade(7, NOW_MS, symbol="ETHUSDT"), contracts(), {"BTCUSDT:25": "adl"})
    assert other.type == "trade", "order ids count within a market"


@pytest.mark.parametrize(
    ("client_id", "kind"),
    [
        ("autoclose-1", "liquidation"),
        ("adl_autoclose", "adl"),
        ("settlement_autoclose-1", "settlement"),
        ("x", "trade"),
    ],
)
def test_a_forced_closing_is_one_by_rest_and_by_stream(client_id: str, kind: FillType) -> None:
    assert forced_type(client_id) == kind
    by_stream = stream_fill("a", update(c=client_id), contracts())
    assert by_stream == rest_fill("a", trade(7, NOW_MS), contracts(), {"BTCUSDT:25": kind} if kind != "trade" else {})
    assert stream_fill("a", update(x="CALCULATED"), contracts()).type == "liquidation"


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("FUNDING_FEE", FundingPaid),
        ("TRANSFER", TransferArrived),
        ("INTERNAL_TRANSFER", TransferArrived),
        ("REFERRAL_KICKBACK", RebateReceived),
        ("COMMISSION_REBATE", RebateReceived),
        ("INSURANCE_CLEAR", Settled),
        ("WELCOME_BONUS", RewardReceived),
        ("POSITION_LIMIT_INCREASE_FEE", FeePaid),
        ("SOMETHING_NEW", Adjustment),
    ],
)
def test_each_row_of_income_is_one_fact(kind: str, fact: type) -> None:
    (told,) = facts_of("a", income(kind, NOW_MS, 5), contracts())
    assert type(told) is fact
    assert told.id.partition(":")[0] == "5"
    assert (told.wallet, told.time_ns) == ("futures", NOW_MS * 1_000_000)
    if isinstance(told, Adjustment):
        assert told.raw_type == "binanceusdm/SOMETHING_NEW"


def test_rows_of_two_types_that_share_an_id_are_two_facts() -> None:
    kinds = [*_INCOME_TYPES, "SOMETHING_NEW", "SOMETHING_NEWER"]
    names = [identity(fact) for kind in kinds for fact in facts_of("a", income(kind, NOW_MS, 5), contracts())]
    assert len(set(names)) == len(names) == len(kinds) - 2


def test_what_fills_tell_is_not_told_twice() -> None:
    for kind in ("REALIZED_PNL", "COMMISSION"):
        assert facts_of("a", income(kind, NOW_MS, 5), contracts()) == []


def test_delisted_contracts_are_named_by_their_id() -> None:
    assert contracts().instrument("LUNAUSDT").symbol == "LUNA/USDT:USDT"
    assert contracts().instrument("BTCUSDT_240628").symbol == "BTC/USDT:USDT-240628"
    assert contracts().id("BNB/USDT") == "BNBUSDT"
    assert contracts().id("EUR/GBP") is None
    with pytest.raises(Unreadable):
        contracts().instrument("???")


# ---- frames ----


def frames() -> Frames:
    kinds: frozenset[DataKind] = frozenset({"balances", "orders", "fills", "positions"})
    return Frames("a", contracts(), wrap, kinds, {}, {"BTC/USDT:USDT": Decimal(20)})


def frame(data: object) -> Frame:
    text = json.dumps(data)
    return Frame(5, text, loads(text))


def test_a_trade_told_sooner_and_with_less_is_a_sign_of_life_alone() -> None:
    assert frames().read(frame({"e": "TRADE_LITE", "t": 5, "l": "1", "L": "2"})) == [
        Beat(received_ns=frame({}).received_ns)
    ]


def test_an_open_connection_is_a_subscription_and_a_pong_a_sign_of_life() -> None:
    assert isinstance(frames().read(Sign(1, opened=True))[0], Subscribed)
    assert [type(item) for item in frames().read(Sign(1))] == [Beat]


def test_an_order_update_is_an_order_and_a_fill_when_it_traded() -> None:
    (heard,) = frames().read(frame({"e": "ORDER_TRADE_UPDATE", "o": update()}))
    assert isinstance(heard, Heard)
    assert [type(event) for event in heard.events] == [Fill]
    (seen,) = heard.observations
    assert isinstance(seen, OrdersSeen)
    assert (seen.rows[0].status, seen.rows[0].filled, seen.complete) == ("closed", Decimal("0.002"), False)
    (heard,) = frames().read(frame({"e": "ORDER_TRADE_UPDATE", "o": update(x="NEW", X="NEW", t=0)}))
    assert isinstance(heard, Heard)
    assert heard.events == ()


def test_a_hedged_account_keeps_its_two_sides_apart() -> None:
    rows = [
        {"s": "BTCUSDT", "pa": "20", "ep": "6563.6", "up": "28.5", "mt": "isolated", "iw": "13.2", "ps": "LONG"},
        {"s": "BTCUSDT", "pa": "-10", "ep": "6563.8", "up": "-14.2", "mt": "cross", "iw": "0", "ps": "SHORT"},
    ]
    told = {"m": "ORDER", "B": [{"a": "USDT", "wb": "122.5", "cw": "100", "bc": "0"}, {"a": "BNB"}], "P": rows}
    (heard,) = frames().read(frame({"e": "ACCOUNT_UPDATE", "a": told}))
    assert isinstance(heard, Heard)
    balances, positions = heard.observations
    assert isinstance(balances, BalancesSeen)
    assert isinstance(positions, PositionsSeen)
    assert [(row.asset, row.total) for row in balances.rows] == [("USDT", Decimal("122.5"))]
    assert [(row.side, row.quantity, row.margin_mode, row.leverage) for row in positions.rows] == [
        ("long", Decimal(20), "isolated", Decimal(20)),
        ("short", Decimal(-10), "cross", Decimal(20)),
    ]
    assert len(heard.unreadable) == 1


def test_an_expired_listen_key_is_told_and_ends_the_stream() -> None:
    heard, error = frames().read(frame({"e": "listenKeyExpired"}))
    assert isinstance(heard, Heard)
    assert isinstance(error, Temporary)


def test_a_position_that_is_cross_has_no_isolated_margin() -> None:
    row = {
        "symbol": "BTCUSDT",
        "positionAmt": "-0.5",
        "entryPrice": "100",
        "isolatedMargin": "0",
        "liquidationPrice": "0",
    }
    position = rest_position(row, contracts(), Decimal(5))
    assert (position.quantity, position.margin_mode, position.leverage, position.liquidation_price) == (
        Decimal("-0.5"),
        "cross",
        Decimal(5),
        None,
    )


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded samples are not on this machine")
@pytest.mark.parametrize(
    "name", ["account_update", "order_update_trade", "order_update_trade_partial", "order_update_calculated",
             "order_update_new"],
)  # fmt: skip
def test_recorded_frames_are_read_without_a_made_up_figure(name: str) -> None:
    text = (RECORDED / f"ws_{name}.json").read_text()
    (heard,) = frames().read(Frame(1, text, loads(text)))
    assert isinstance(heard, Heard)
    assert heard.unreadable == ()
    assert heard.observations
    told = loads(text)
    for event in heard.events:
        assert isinstance(event, Fill)
        row = told["o"]
        assert (event.price, event.quantity) == (Decimal(row["L"]), Decimal(row["l"]))
        assert event.fees == (Amount(row["N"], Decimal(row["n"])),)
        assert (event.id, event.order_id) == (str(row["t"]), str(row["i"]))
    assert len(heard.events) == (told["e"] == "ORDER_TRADE_UPDATE" and told["o"]["x"] != "NEW")


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded samples are not on this machine")
def test_recorded_answers_are_read_without_a_made_up_figure() -> None:
    for row in loads((RECORDED / "http_account_info_v2.json").read_text())["assets"]:
        balance = rest_balance(row)
        assert (balance.total, balance.free) == (Decimal(row["walletBalance"]), Decimal(row["availableBalance"]))
    for row in loads((RECORDED / "http_position_risk.json").read_text()):
        position = rest_position(row, contracts(), None)
        assert (position.quantity, position.entry_price) == (Decimal(row["positionAmt"]), Decimal(row["entryPrice"]))
        assert (position.leverage, position.margin, position.margin_mode) == (Decimal(row["leverage"]), None, "cross")


# ---- history ----


class Served:
    """Serves income and trades as Binance does, a thousand a page, oldest first."""

    def __init__(self, rows: list[Row], trades: list[Row]) -> None:
        self.income, self.trades = rows, trades
        self.asked: list[tuple[str, dict[str, object]]] = []

    async def ask(self, path: str, params: dict[str, object], **_: object) -> Answer:
        self.asked.append((path, dict(params)))
        return Answer("raw", self._rows(path, params), 2 * 10**18, 1)

    def _rows(self, path: str, params: dict[str, Any]) -> list[Row]:
        if path == "forceOrders":
            return [{"symbol": "BTCUSDT", "orderId": 25, "clientOrderId": "autoclose-1"}]
        if path == "userTrades":
            mine = [row for row in self.trades if row["symbol"] == params["symbol"]]
            if "fromId" in params:
                return [row for row in mine if row["id"] >= params["fromId"]][:1000]
            return mine[-1000:]
        low, high = params.get("startTime", 0), params.get("endTime", 10**15)
        found = [row for row in self.income if low <= row["time"] <= high]
        if "startTime" not in params:
            return found[-1000:]
        first = (params.get("page", 1) - 1) * 1000
        return found[first : first + 1000]


async def walked(served: Served, cursors: dict[str, str], which: Callable[[History], Any]) -> dict[str, Event]:
    history = History(served.ask, "a", contracts(), Cursors(cursors), {}, wrap, KINDS)
    facts: dict[str, Event] = {}
    async for page in which(history):
        for heard in page.heard:
            assert heard.unreadable == ()
            for event in heard.events:
                name = identity(event)
                facts[name] = merge(facts[name], event) if name in facts else event
        cursors.update(page.cursors)
    return facts


async def test_more_income_in_one_millisecond_than_a_page_holds_is_all_told() -> None:
    rows = [income("FUNDING_FEE", NOW_MS - 5, n) for n in range(2500)] + [income("TRANSFER", NOW_MS, 9999, symbol="")]
    served, cursors = Served(rows, []), {"binance.income": '{"low_ms":1,"high_ms":1,"done":true}'}
    facts = await walked(served, cursors, lambda history: history.newest())
    assert len(facts) == 2501


async def test_all_trades_of_a_market_that_only_the_income_names_are_walked_by_id() -> None:
    trades = [trade(100 + n, NOW_MS - 10**9 + n // 700) for n in range(3300)]
    rows = [income("COMMISSION", NOW_MS - 30 * 86_400_000, 1)]
    served, cursors = Served(rows, trades), dict[str, str]()
    facts = await walked(served, cursors, lambda history: history.newest())
    facts |= await walked(served, cursors, lambda history: history.oldest(NOW_MS))
    assert len([fact for fact in facts.values() if isinstance(fact, Fill)]) == 3300
    assert await walked(served, cursors, lambda history: history.oldest(NOW_MS)) == {}
    more = [*trades, trade(9000, NOW_MS)]
    facts |= await walked(Served(rows, more), cursors, lambda history: history.newest())
    assert len([fact for fact in facts.values() if isinstance(fact, Fill)]) == 3301


async def test_a_trade_without_its_fee_is_asked_for_again_and_what_follows_it_is_told() -> None:
    trades = [trade(100 + n, NOW_MS + n) for n in range(1500)]
    known = '{"low":99,"high":99,"low_ns":1,"done":true}'
    cursors = {"binance.trades.BTCUSDT": known, "binance.markets": '["BTCUSDT"]'}
    late = [row | ({"commission": None} if row["id"] == 105 else {}) for row in trades]
    facts = await walked(Served([], late), cursors, lambda history: history.newest())
    assert [fact.id for fact in facts.values() if isinstance(fact, Fill) and fact.fees is None] == ["105"]
    assert len(facts) == 1500
    again = await walked(Served([], trades), cursors, lambda history: history.newest())
    assert all(isinstance(fact, Fill) and fact.fees for fact in again.values())
    assert "105" in {fact.id for fact in again.values()}
    served = Served([], trades)
    await walked(served, cursors, lambda history: history.newest())
    assert [params.get("fromId") for path, params in served.asked if path == "userTrades"] == [1599]


async def test_a_page_that_lacks_the_trade_it_was_asked_to_begin_with_is_asked_for_again() -> None:
    trades = [trade(100 + n, NOW_MS + n) for n in range(7)]
    known = '{"low":100,"high":100,"low_ns":1,"done":true}'
    cursors = {"binance.trades.BTCUSDT": known, "binance.markets": '["BTCUSDT"]'}
    served, empty = Served([], trades), [3]

    async def ask(path: str, params: dict[str, object], **how: object) -> Answer:
        answer = await served.ask(path, params, **how)
        if path == "userTrades" and empty[0]:
            empty[0] -= 1
            return Answer("", [], answer.received_ns, answer.sent_ns)
        return answer

    history = History(ask, "a", contracts(), Cursors(cursors), {}, wrap, KINDS)
    found = [event.id async for page in history.newest() for heard in page.heard for event in heard.events]
    assert found == [str(100 + n) for n in range(7)]


async def test_an_exchange_that_has_forgotten_the_known_trade_is_believed_and_not_asked_so_often_again() -> None:
    known = '{"low":100,"high":100,"low_ns":1,"done":true}'
    cursors = {"binance.trades.BTCUSDT": known, "binance.markets": '["BTCUSDT"]'}
    served, gone = Served([], []), dict[str, int]()
    asked = []
    for _ in range(2):
        history = History(served.ask, "a", contracts(), Cursors(cursors), {}, wrap, KINDS, gone)
        async for page in history.newest():
            cursors.update(page.cursors)
        asked.append(sum(path == "userTrades" for path, _ in served.asked))
    assert asked == [4, 5]


async def test_of_a_market_whose_past_was_not_walked_no_more_is_proved_than_was_met() -> None:
    trades = [trade(100 + n, NOW_MS - 2000 + n) for n in range(1500)]
    served = Served([income("COMMISSION", NOW_MS - 5000, 1)], trades)
    history, proved = History(served.ask, "a", contracts(), Cursors({}), {}, wrap, KINDS), dict[str | None, int]()
    async for page in history.newest():
        proved |= {one.scope: one.since_ns for one in page.coverage if one.kind == "fills"}
    assert proved["BTC/USDT:USDT"] > (NOW_MS - 1501) * 1_000_000, "the newest page begins at the 501st"
    async for page in history.oldest(NOW_MS):
        proved |= {one.scope: one.since_ns for one in page.coverage if one.kind == "fills"}
    assert proved["BTC/USDT:USDT"] < (NOW_MS - 5000) * 1_000_000


CLOSED = [income("REALIZED_PNL", NOW_MS, 1, tradeId="7"), income("COMMISSION", NOW_MS, 2)]


@pytest.mark.parametrize("told", [CLOSED, []], ids=["with its profit", "before its profit"])
async def test_an_adl_that_only_rest_tells_is_asked_for_by_the_profit_it_made(told: list[Row]) -> None:
    cursors = {
        "binance.income": f'{{"low_ms":1,"high_ms":{NOW_MS - 10},"done":true}}',
        "binance.markets": '["BTCUSDT"]',
    }
    served = Served(told, [trade(7, NOW_MS)])
    facts = await walked(served, cursors, lambda history: history.newest())
    assert [fact.type for fact in facts.values() if isinstance(fact, Fill)] == ["liquidation"]
    served.income = CLOSED
    await walked(served, cursors, lambda history: history.newest())
    assert [path for path, _ in served.asked].count("forceOrders") == 1, "what is no news is not asked for again"


async def test_a_forced_closing_is_known_as_one_after_a_death_between_its_profit_and_its_trade() -> None:
    cursors = {"binance.income": f'{{"low_ms":1,"high_ms":{NOW_MS - 10},"done":true}}'}
    served = Served(CLOSED, [trade(7, NOW_MS)])
    first = await anext(History(served.ask, "a", contracts(), Cursors(cursors), {}, wrap, KINDS).newest())
    cursors.update(first.cursors)
    assert cursors["binance.income"].count(str(NOW_MS)) == 1, "the profit counts as read"
    facts = await walked(served, cursors, lambda history: history.newest())
    assert [fact.type for fact in facts.values() if isinstance(fact, Fill)] == ["liquidation"]


async def test_no_window_is_wider_than_a_week_and_none_older_than_what_is_kept() -> None:
    served, cursors = Served([income("TRANSFER", NOW_MS - 1, 1, symbol="")], []), dict[str, str]()
    await walked(served, cursors, lambda history: history.newest())
    await walked(served, cursors, lambda history: history.oldest(NOW_MS))
    windows = [(params["startTime"], params["endTime"]) for path, params in served.asked if "startTime" in params]
    assert all(int(str(end)) - int(str(start)) <= 7 * 86_400_000 for start, end in windows)
    assert min(int(str(start)) for start, _ in windows) == NOW_MS - KEPT_MS


async def test_a_liquidation_is_found_by_its_fee_and_named_on_its_fills() -> None:
    rows = [income("COMMISSION", NOW_MS, 1), income("INSURANCE_CLEAR", NOW_MS, 2)]
    facts = await walked(Served(rows, [trade(7, NOW_MS)]), {}, lambda history: history.newest())
    (fill,) = [fact for fact in facts.values() if isinstance(fact, Fill)]
    assert fill.type == "liquidation"
    assert fill.fees == (Amount("USDT", Decimal("0.078")),)
