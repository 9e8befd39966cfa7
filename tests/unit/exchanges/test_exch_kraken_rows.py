"""Kraken's rows, entries and frames, element by element."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.domain.events import (
    Adjustment,
    Amount,
    FeePaid,
    Fill,
    InterestPaid,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.observations import BalancesSeen, OrdersSeen
from account_cli.errors import KeyRejected, Temporary
from account_cli.exchanges.kraken.frames import Frames
from account_cli.exchanges.kraken.ledgers import facts_of, read_entry
from account_cli.exchanges.kraken.rows import rest_balances, rest_fill, rest_order, stream_fill
from account_cli.exchanges.kraken.sequence import Sequence
from account_cli.exchanges.tee import Frame, loads
from account_cli.ports import Beat, Closing, Declined, Gap, Heard, Subscribed
from tests.unit.exchanges.exch_rows import kraken_names, leg, trade, wrap

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "recorded" / "kraken"
NAMES = kraken_names()


def told(row: dict[str, Any]) -> list[Any]:
    return facts_of("a", read_entry("L1", row, NAMES))


@pytest.mark.parametrize(
    ("row", "kind", "fields"),
    [
        (leg("r", "1.5", "ZUSD", "100", type="deposit"), TransferArrived, {"type": "deposit", "fee": None}),
        (
            leg("r", "1", "XXBT", "-1", "0.0005", type="withdrawal"),
            TransferArrived,
            {"type": "withdrawal", "amount": Decimal(-1), "fee": Amount("BTC", Decimal("0.0005"))},
        ),
        (
            leg("r", "1", "DOT28.S", "5", type="transfer", subtype="stakingfromspot"),
            TransferArrived,
            {"type": "internal", "asset": "DOT", "wallet": "earn"},
        ),
        (leg("r", "1", "XBT.M", "1", type="earn", subtype="allocation"), TransferArrived, {"wallet": "earn"}),
        (leg("r", "1", "XBT.M", "1", type="earn", subtype="reward"), RewardReceived, {"type": "staking"}),
        (leg("r", "1", "DOT.S", "1", type="staking"), RewardReceived, {"type": "staking", "asset": "DOT"}),
        (leg("r", "1", "ZUSD", "0", "0.02", type="rollover"), InterestPaid, {"amount": Decimal("-0.02")}),
        (leg("r", "1", "ZUSD", "12", type="margin"), Settled, {"amount": Decimal(12)}),
        (leg("r", "1", "ZUSD", "1", type="mystery", subtype="x"), Adjustment, {"raw_type": "kraken/mystery/x"}),
    ],
)
def test_each_ledger_entry_is_one_fact(row: dict[str, Any], kind: type, fields: dict[str, object]) -> None:
    (fact,) = told(row)
    assert type(fact) is kind
    assert {name: getattr(fact, name) for name in fields} == fields
    assert getattr(fact, "id", None) == "L1"


def test_the_fee_of_a_reward_is_a_fee_of_its_own() -> None:
    reward, fee = told(leg("r", "1", "DOT.S", "1", "0.15", type="staking"))
    assert isinstance(reward, RewardReceived)
    assert fee == FeePaid(
        account="a", id="L1", time_ns=1_000_000_000, wallet="earn", asset="DOT", amount=Decimal("-0.15")
    )


def test_the_legs_of_a_trade_are_no_facts() -> None:
    assert told(leg("T1", "1", "ZUSD", "-5", "0.1")) == []


@pytest.mark.parametrize(
    ("code", "holding"),
    [
        ("XXBT", ("BTC", "spot")),
        ("XBT", ("BTC", "spot")),
        ("XBT.F", ("BTC", "earn")),
        ("ZUSD", ("USD", "spot")),
        ("USD.M", ("USD", "earn")),
        ("XDG", ("DOGE", "spot")),
        ("ETH2.S", ("ETH2", "earn")),
        ("DOT28.S", ("DOT", "earn")),
        ("TSLAx", ("TSLAx", "spot")),
    ],
)
def test_names_of_assets_are_unified_and_suffixes_are_wallets(code: str, holding: tuple[str, str]) -> None:
    assert NAMES.holding(code) == holding


def test_balances_of_one_asset_in_several_earn_wallets_add_up() -> None:
    rows = rest_balances(
        [
            ("XXBT", {"balance": "1.5", "hold_trade": "0.5"}),
            ("XBT.F", {"balance": "2", "hold_trade": "0"}),
            ("XBT.B", {"balance": "3"}),
        ],
        NAMES,
    )
    assert [(row.asset, row.wallet, row.total, row.free) for row in rows] == [
        ("BTC", "spot", Decimal("1.5"), Decimal("1.0")),
        ("BTC", "earn", Decimal(5), Decimal(5)),
    ]


def execution(**changed: Any) -> dict[str, Any]:
    return {
        "order_id": "O1",
        "exec_id": "T1",
        "exec_type": "trade",
        "trade_id": 1,
        "symbol": "BTC/USD",
        "side": "buy",
        "last_qty": "0.5",
        "last_price": "100.0",
        "liquidity_ind": "m",
        "order_status": "partially_filled",
        "fees": [{"asset": "USD", "qty": "0.2"}],
        "timestamp": "1970-01-01T00:00:01.500000Z",
    } | changed


def test_one_trade_told_by_rest_and_by_stream_is_one_fact() -> None:
    by_rest = rest_fill("a", "T1", trade("1.5"), "BTC/USD", (Amount("USD", Decimal("0.2")),))
    assert by_rest == stream_fill("a", execution(), NAMES)


def test_several_fees_of_one_trade_are_all_read_and_rebates_are_negative() -> None:
    fees = [{"asset": "USD", "qty": "0.2"}, {"asset": "BTC", "qty": "-0.001"}, {"asset": "USD", "qty": "0.1"}]
    fill = stream_fill("a", execution(fees=fees), NAMES)
    assert fill.fees == (Amount("BTC", Decimal("-0.001")), Amount("USD", Decimal("0.3")))
    assert stream_fill("a", execution(fees=[]), NAMES).fees == ()
    assert stream_fill("a", execution(fees=None), NAMES).fees is None


def test_a_fee_with_more_digits_than_the_ledger_keeps_is_left_to_the_ledger() -> None:
    assert stream_fill("a", execution(fees=[{"asset": "USD", "qty": "0.23456"}]), NAMES).fees is None


def test_an_order_says_what_is_known_and_zero_means_no_price() -> None:
    row = {
        "status": "open",
        "opentm": "1688583840.8648",
        "descr": {"pair": "XBTUSD", "type": "sell", "ordertype": "stop-loss", "price": "0", "order": "nonsense"},
        "vol": "1.0",
        "vol_exec": "0.0",
        "price": "0",
        "userref": 0,
    }
    order = rest_order("O1", row, NAMES)
    assert (order.symbol, order.price, order.average, order.client_id, order.filled) == (
        "BTC/USD",
        None,
        None,
        None,
        Decimal("0.0"),
    )
    assert order.created_ns == 1_688_583_840_864_800_000
    in_quote = rest_order("O1", {**row, "oflags": "fciq,viqc", "vol": "500", "vol_exec": "500", "price": "100"}, NAMES)
    assert (in_quote.quantity, in_quote.filled, in_quote.average) == (None, None, Decimal(100))


def frames() -> Frames:
    kinds = frozenset({"balances", "orders", "fills"})
    return Frames("a", NAMES, {1: "executions", 2: "balances"}, wrap, kinds)  # type: ignore[arg-type]


def frame(data: object) -> Frame:
    text = json.dumps(data)
    return Frame(5, text, loads(text))


def test_a_mixed_batch_is_read_element_by_element() -> None:
    reader = frames()
    filled = {"order_id": "O9", "exec_type": "filled", "order_status": "filled", "timestamp": "2024-01-01T00:00:00Z"}
    batch = [filled, execution(order_id="O9"), {"exec_type": "trade", "symbol": None}]
    (heard,) = reader.read(frame({"channel": "executions", "type": "update", "data": batch, "sequence": 1}))
    assert isinstance(heard, Heard)
    assert [type(event) for event in heard.events] == [Fill]
    (seen,) = heard.observations
    assert isinstance(seen, OrdersSeen)
    assert [order.status for order in seen.rows] == ["closed", None], "a trade does not say how its order stands"
    assert len(heard.unreadable) == 1


def test_a_balance_of_the_earn_wallet_does_not_touch_the_spot_one() -> None:
    reader = frames()
    snapshot = [
        {
            "asset": "BTC",
            "balance": 1.2,
            "wallets": [
                {"type": "spot", "id": "main", "balance": 1.2},
                {"type": "earn", "id": "flex", "balance": 3},
                {"type": "earn", "id": "bonded", "balance": 4},
            ],
        }
    ]
    (heard,) = reader.read(frame({"channel": "balances", "type": "snapshot", "data": snapshot, "sequence": 1}))
    assert isinstance(heard, Heard)
    assert isinstance(heard.observations[0], BalancesSeen)
    assert heard.observations[0].complete
    assert {(row.wallet, row.total) for row in heard.observations[0].rows} == {
        ("spot", Decimal("1.2")),
        ("earn", Decimal(7)),
    }
    update = [{"asset": "BTC", "balance": 5.5, "wallet_type": "earn", "wallet_id": "flex", "type": "deposit"}]
    (heard,) = reader.read(frame({"channel": "balances", "type": "update", "data": update, "sequence": 2}))
    assert isinstance(heard, Heard)
    assert isinstance(heard.observations[0], BalancesSeen)
    assert not heard.observations[0].complete
    assert [(row.wallet, row.total) for row in heard.observations[0].rows] == [("earn", Decimal("9.5"))]


def test_a_wallet_that_a_later_snapshot_leaves_out_holds_nothing_any_more() -> None:
    reader = frames()
    flexible, bonded = {"type": "earn", "id": "flex", "balance": 3}, {"type": "earn", "id": "bonded", "balance": 4}
    for number, wallets, total in ((1, [flexible, bonded], 7), (2, [flexible], 3)):
        data = [{"asset": "BTC", "balance": 0, "wallets": wallets}]
        (heard,) = reader.read(frame({"channel": "balances", "type": "snapshot", "data": data, "sequence": number}))
        assert isinstance(heard, Heard)
        assert isinstance(heard.observations[0], BalancesSeen)
        assert [(row.wallet, row.total) for row in heard.observations[0].rows] == [("earn", Decimal(total))]


@pytest.mark.parametrize(
    ("types", "traded"), [(["trade", "trade"], True), (["trade", "deposit"], False), (["trade", None], False)]
)
def test_only_what_trades_alone_moved_needs_nobody_to_ask_why(types: list[str | None], traded: bool) -> None:
    line = {"asset": "BTC", "balance": 1.5, "wallet_type": "spot", "wallet_id": "main"}
    data = [line | ({} if kind is None else {"type": kind}) for kind in types]
    (heard,) = frames().read(frame({"channel": "balances", "type": "update", "data": data, "sequence": 1}))
    assert isinstance(heard, Heard)
    assert heard.traded is traded


def moved(reader: Frames, number: int, balance: float, second: int, ledger_id: str) -> list[Decimal]:
    """Tell a line of the ledger of BTC; return what is made of it."""
    line = {"asset": "BTC", "balance": balance, "wallet_type": "spot", "wallet_id": "main", "ledger_id": ledger_id}
    data = [{**line, "timestamp": f"1970-01-01T00:00:{second:02d}.000000Z"}]
    (heard,) = reader.read(frame({"channel": "balances", "type": "update", "data": data, "sequence": number}))
    assert isinstance(heard, Heard)
    assert not heard.unreadable
    return [row.total for seen in heard.observations if isinstance(seen, BalancesSeen) for row in seen.rows]


def test_a_balance_that_is_told_again_takes_back_nothing_that_was_told_since() -> None:
    reader = frames()
    held = {"asset": "BTC", "balance": 1, "wallets": [{"type": "spot", "id": "main", "balance": 1}]}
    told = {"channel": "balances", "type": "snapshot", "data": [held], "sequence": 1}
    assert reader.read(frame(told))
    assert moved(reader, 2, 2.0, 1, "A") == [Decimal(2)]
    assert moved(reader, 3, 3.0, 1, "B") == [Decimal(3)]
    assert moved(reader, 2, 2.0, 1, "A") == []
    assert moved(reader, 4, 4.0, 2, "C") == [Decimal(4)]
    assert moved(reader, 3, 3.0, 1, "B") == []
    (heard,) = reader.read(frame(told))
    assert isinstance(heard, Heard)
    assert heard.observations == ()


def acknowledged(channel: str, number: int | None) -> Frame:
    return frame({"method": "subscribe", "success": True, "req_id": number, "result": {"channel": channel}})


def test_each_channel_is_confirmed_by_its_own_acknowledgement() -> None:
    reader = frames()
    (subscribed, _) = reader.read(acknowledged("balances", 2))
    assert subscribed == Subscribed(kinds=frozenset({"balances"}))
    (subscribed, _) = reader.read(acknowledged("executions", 1))
    assert subscribed == Subscribed(kinds=frozenset({"orders", "fills"}))


@pytest.mark.parametrize(("channel", "number"), [("balances", 1), ("ticker", 2), ("ticker", None)])
def test_the_acknowledgement_of_another_channel_confirms_nothing(channel: str, number: int | None) -> None:
    (heard,) = frames().read(acknowledged(channel, number))
    assert isinstance(heard, Heard)
    assert heard.unreadable


def refused(words: str, number: int | None) -> list[object]:
    said = {"method": "subscribe", "success": False, "error": words, "req_id": number}
    return [item for item in frames().read(frame(said)) if not isinstance(item, Heard)]


def test_a_refusal_says_which_channel_and_who_must_act() -> None:
    for words, kind in (("EAccount:Invalid permissions:x", KeyRejected), ("ESession:Invalid session", Temporary)):
        (declined,) = refused(words, 2)
        assert isinstance(declined, Declined)
        assert declined.kinds == {"balances"}
        assert isinstance(declined.error, kind)
        assert "balances" in declined.error.message


def test_a_refusal_of_nobody_knows_what_refuses_all_that_still_waits() -> None:
    declined = refused("EGeneral:Internal error", None)
    assert [sorted(one.kinds) for one in declined if isinstance(one, Declined)] == [["balances"], ["fills", "orders"]]


def test_an_exchange_that_goes_down_for_maintenance_says_that_the_connection_will_close() -> None:
    said = {"channel": "status", "type": "update", "data": [{"system": "maintenance", "api_version": "v2"}]}
    assert [type(item) for item in frames().read(frame(said))] == [Beat, Closing]
    said["data"][0]["system"] = "online"  # type: ignore[index]
    assert [type(item) for item in frames().read(frame(said))] == [Beat]


def test_a_number_left_out_is_told_after_what_the_message_says() -> None:
    reader = frames()
    reader.read(frame({"channel": "executions", "type": "snapshot", "data": [], "sequence": 1}))
    told, gap = reader.read(frame({"channel": "executions", "data": [execution()], "sequence": 3}))
    assert isinstance(told, Heard)
    assert told.events
    assert isinstance(gap, Gap)
    assert gap.kinds == {"orders", "fills"}


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [
        ("e1 e2 b1 b2 e3 b3", 0),  # each channel counts for itself
        ("e1 b2 b3 e4 e5", 0),  # the connection counts
        ("e1 b1 e2 e4", 1),
        ("e1 e2 b3 e4 b6", 1),
        ("e1 e3", 1),
        ("e1 e2 e2 e2 e3", 0),  # told more than once
        ("e1 e3 e2 e4", 1),  # the one left out comes late
        ("e1 e2 e3 e1 e4", 0),  # the first once more
        ("e1 e2 e3 e1 e2 e3", 1),  # counted from the beginning again
        ("e7 e8 e3 e4 e5", 1),
        ("e1 e2000 e1500 e5000", 2),
    ],
)
def test_messages_are_counted_as_the_venue_counts_them(numbers: str, gaps: int) -> None:
    sequence = Sequence()
    found = [sequence.gap(word[0], int(word[1:])) for word in numbers.split()]
    assert len([gap for gap in found if gap is not None]) == gaps


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded samples are not on this machine")
def test_recorded_answers_are_read_without_a_made_up_figure() -> None:
    history = loads((RECORDED / "http_trades_history.json").read_text())["result"]["trades"]
    for trade_id, row in history.items():
        fill = rest_fill("a", trade_id, row, "X/Y", None)
        assert (fill.price, fill.quantity) == (Decimal(row["price"]), Decimal(row["vol"]))
        assert (fill.order_id, fill.seq, fill.fees) == (row["ordertxid"], row["trade_id"], None)
        assert fill.liquidity == ("maker" if row["maker"] else "taker")
    for name, key in (("http_open_orders.json", "open"), ("http_closed_orders.json", "closed")):
        for order_id, row in loads((RECORDED / name).read_text())["result"][key].items():
            order = rest_order(order_id, row, NAMES)
            assert order.status in ("open", "closed")
            assert (order.quantity, order.filled) == (Decimal(row["vol"]), Decimal(row["vol_exec"]))
            assert order.price != 0


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded samples are not on this machine")
def test_recorded_frames_that_tell_no_fact_are_read() -> None:
    def read(name: str) -> list[object]:
        text = (RECORDED / f"ws_{name}.json").read_text()
        return list(frames().read(Frame(1, text, loads(text))))

    assert read("pong") == []
    (heard,) = read("subscribe_response")
    assert isinstance(heard, Heard)
    assert heard.unreadable == ("ticker was confirmed, not executions",)
