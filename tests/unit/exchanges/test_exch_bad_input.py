"""What fuzzing found, one by one: each of these once ended a collector, lost a fact or made one up."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from account_cli.domain.health import DataKind
from account_cli.errors import BadAnswer
from account_cli.exchanges.binance.cursors import Cursors
from account_cli.exchanges.binance.frames import Frames as FuturesFrames
from account_cli.exchanges.binance.history import History
from account_cli.exchanges.binance.listing import Contracts
from account_cli.exchanges.binance.spot.frames import Frames as SpotFrames
from account_cli.exchanges.binance.spot.listing import Pairs
from account_cli.exchanges.binance.trades import list_of
from account_cli.exchanges.fields import Unreadable, milliseconds, moment, row_of, whole
from account_cli.exchanges.generic.parse import time_ns
from account_cli.exchanges.kraken.frames import Frames as KrakenFrames
from account_cli.exchanges.kraken.ledgers import read_entry
from account_cli.exchanges.kraken.rows import rest_balances
from account_cli.exchanges.markets import Markets
from account_cli.exchanges.tee import Frame, parse
from account_cli.exchanges.wire import Answer
from account_cli.ports import Heard
from tests.unit.exchanges.exch_rows import kraken_names, leg, wrap

KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills", "positions"})
NOTHING = Markets(at_ns=0, listings=())
EXECUTION = {
    "order_id": "O1", "exec_id": "T1", "exec_type": "trade", "trade_id": 1, "symbol": "BTC/USD", "side": "buy",
    "last_qty": "0.5", "last_price": "100", "order_status": "filled", "timestamp": "2026-01-01T00:00:00.5Z",
}  # fmt: skip
UPDATE = {
    "s": "BTCUSDT", "S": "BUY", "x": "TRADE", "X": "FILLED", "i": 1, "t": 2, "l": "0.5", "L": "100",
    "T": 1_700_000_000_000,
    "n": "0.1", "N": "USDT", "ps": "BOTH", "m": True, "q": "0.5", "z": "0.5", "p": "100", "o": "LIMIT", "c": "x",
}  # fmt: skip


def frame(text: str) -> Frame:
    data, trouble, _ = parse(text)
    return Frame(10, text, data, trouble)


def told(venue: str, text: str) -> Heard:
    frames: Any = {
        "kraken": KrakenFrames("a", kraken_names(), {1: "executions", 2: "balances"}, wrap, KINDS),
        "binanceusdm": FuturesFrames("a", Contracts(NOTHING), wrap, KINDS, {}, {}),
        "binance": SpotFrames("a", Pairs(NOTHING), wrap, KINDS, lambda _: None),
    }[venue]
    (heard,) = frames.read(frame(text))
    assert isinstance(heard, Heard)
    return heard


@pytest.mark.parametrize(
    ("venue", "text"),
    [
        ("kraken", '{"channel":["executions"],"data":[]}'),
        ("kraken", '{"channel":{"a":1}}'),
        (
            "kraken",
            json.dumps({"channel": "executions", "data": [{**EXECUTION, "symbol": "B\ufffd/USD"}]}, ensure_ascii=False),
        ),
        ("binanceusdm", '{"e":{}}'),
        ("binanceusdm", '{"e":[]}'),
        ("binanceusdm", '{"e":"ACCOUNT_UPDATE","a":{"m":"ORDER","B":{"a":1},"P":[]}}'),
        ("binanceusdm", '{"e":"ACCOUNT_UPDATE","a":{"m":"ORDER","B":[],"P":null}}'),
        ("binanceusdm", '{"e":"ACCOUNT_UPDATE","a":{"m":"ORDER"}}'),
        ("binance", '{"e":[[]]}'),
        ("binance", '{"e":"outboundAccountPosition","B":7}'),
        ("binance", '{"e":"outboundAccountPosition"}'),
    ],
)
def test_a_frame_of_another_shape_is_kept_as_unreadable(venue: str, text: str) -> None:
    heard = told(venue, text)
    assert heard.unreadable
    assert not heard.events


def test_a_fill_whose_kind_is_not_told_is_unreadable_and_not_passed_over() -> None:
    for kind in (None, "traded"):
        heard = told("kraken", json.dumps({"channel": "executions", "data": [EXECUTION | {"exec_type": kind}]}))
        assert (heard.events, len(heard.unreadable)) == ((), 1)
        heard = told("binanceusdm", json.dumps({"e": "ORDER_TRADE_UPDATE", "o": UPDATE | {"x": kind}}))
        assert (heard.events, len(heard.unreadable)) == ((), 1)


def test_half_a_character_makes_a_frame_unreadable_and_whole_ones_do_not() -> None:
    assert parse('{"a":"\\ud800"}')[1] is not None
    assert parse('{"a":"\\u0000"}')[1] is not None
    assert parse('{"a":"\\ud83d\\ude00"}') == ({"a": "😀"}, None, True)


def test_a_time_that_no_database_can_hold_is_unreadable() -> None:
    for row in ({"T": 10**30}, {"T": 0}, {"T": -1}, {"T": "9e70"}):
        with pytest.raises(Unreadable):
            milliseconds(row, "T")
    for text in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2023-13-45T99:99:99Z", "1969-12-31T23:59:59Z"):
        with pytest.raises(Unreadable):
            moment({"t": text}, "t")


def test_a_time_that_ccxt_made_of_nonsense_is_unreadable() -> None:
    for value in (-(10**30), 10**30, 0):
        with pytest.raises(Unreadable):
            time_ns({"timestamp": value})


def test_an_id_that_counts_is_whole() -> None:
    assert whole({"t": "12"}, "t") == 12
    for value in ("12.5", "-1", 10**20, "x", None, True):
        with pytest.raises(Unreadable):
            whole({"t": value}, "t")


def test_an_answer_of_another_shape_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        row_of([], "result")


def test_a_ledger_entry_without_its_fee_is_unreadable_and_not_free() -> None:
    row = leg("T1", "1700000000", "ZUSD", "-50", "0.2")
    assert read_entry("L1", row, kraken_names()).fee == Decimal("0.2")
    with pytest.raises(Unreadable):
        read_entry("L1", row | {"fee": None}, kraken_names())


def test_a_leg_that_does_not_say_of_which_trade_it_is_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_entry("L1", leg("", "1700000000", "KFEE", "0", "5"), kraken_names())


def test_a_balance_that_does_not_say_what_is_held_for_orders_is_not_all_free() -> None:
    (row,) = rest_balances([("ZUSD", {"balance": "5"})], kraken_names())
    assert (row.total, row.used, row.free) == (Decimal(5), None, None)
    (row,) = rest_balances([("XXBT", {"balance": "5", "hold_trade": "2"}), ("XBT", {"balance": "1"})], kraken_names())
    assert (row.total, row.used, row.free) == (Decimal(6), None, None)


def test_a_row_that_is_no_row_counts_among_those_of_its_page() -> None:
    assert len(list_of(Answer("", [{}, None, "x"], 1, 1), "userTrades")) == 3


async def walked(rows: list[object]) -> tuple[list[Heard], Cursors]:
    async def ask(path: str, params: dict[str, object], **_: object) -> Answer:
        return Answer("", rows if path == "income" and "page" not in params else [], 1_700_000_100 * 10**9, 1)

    history = History(ask, "a", Contracts(NOTHING), Cursors({}), {}, wrap, frozenset({"transfers"}))
    return [heard async for page in history.newest() for heard in page.heard], history.cursors


async def test_one_bad_row_of_the_income_neither_stops_the_walk_nor_moves_it_into_the_future() -> None:
    good = {
        "incomeType": "TRANSFER",
        "income": "5",
        "asset": "USDT",
        "time": 1_700_000_000_000,
        "tranId": 1,
        "symbol": "",
    }
    bad: list[object] = [
        good | {"time": True},
        good | {"time": 10**30},
        None,
        good | {"symbol": "no contract", "tranId": 3},
    ]
    late = good | {"time": 4_000_000_000_000, "tranId": 2}
    heard, cursors = await walked([good, *bad, late])
    assert [event.id for one in heard for event in one.events] == ["1", "2"]
    assert sum(len(one.unreadable) for one in heard) == len(bad)
    assert cursors.income.high_ms == 1_700_000_000_000
    assert cursors.markets == set()
