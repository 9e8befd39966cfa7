"""Money, times, identity and order states: exact, total, and the same in any order of telling."""

from __future__ import annotations

import itertools
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.events import Amount, Event, Fill, RewardReceived, TransferArrived
from account_cli.domain.identity import Conflict, identity, merge
from account_cli.domain.instruments import from_symbol
from account_cli.domain.money import decimal, plain
from account_cli.domain.observations import Order, update_order
from account_cli.domain.times import format_time, from_seconds, parse_time


@given(st.integers(-(10**38), 10**38), st.integers(-38, 12))
def test_plain_digits_give_the_value_back_and_are_canonical(digits: int, exponent: int) -> None:
    value = Decimal(digits).scaleb(exponent)
    text = plain(value)
    assert decimal(text) == value
    assert "e" not in text.lower()
    assert text == plain(decimal(text))
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize("wrong", ["", "abc", "NaN", "Infinity", "1e999", "1,5", 1.5, True, None])
def test_what_is_no_exact_number_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"not|too many"):
        decimal(wrong)  # type: ignore[arg-type]


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_times_are_written_and_read_to_the_nanosecond(ns: int) -> None:
    assert parse_time(format_time(ns)) == ns


def test_a_zone_is_taken_into_account_and_seconds_keep_their_digits() -> None:
    assert parse_time("2024-01-01T01:00:00+01:00") == parse_time("2024-01-01T00:00:00Z")
    assert from_seconds("1700000000.1234") == 1_700_000_000_123_400_000
    with pytest.raises(ValueError, match="zone"):
        parse_time("2024-01-01T00:00:00")


def test_a_symbol_says_what_it_is() -> None:
    assert from_symbol("BTC/USD").settle is None
    assert from_symbol("BTC/USDT:USDT").inverse is False
    assert from_symbol("BTC/USD:BTC").inverse is True
    for wrong in ("BTCUSD", "/USD", "BTC/", "BTC/USD:"):
        with pytest.raises(ValueError, match="symbol"):
            from_symbol(wrong)


def fill(**changes: object) -> Fill:
    base = Fill(
        account="a", id="T1", time_ns=1_000_000_000_123_456_000, order_id="O1", symbol="BTC/USD", side="buy",
        price=Decimal(100), quantity=Decimal(1),
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


PARTS = st.tuples(*[st.text("a|\\\0", max_size=2)] * 3)


@given(PARTS, PARTS)
def test_two_names_are_one_only_where_all_that_makes_them_is(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    names = [identity(fill(id=name, symbol=symbol, order_id=order)) for name, symbol, order in (one, other)]
    assert (names[0] == names[1]) == (one == other)
    assert not any("\0" in name for name in names)


def test_the_two_sides_of_a_self_trade_are_two_facts_and_separators_cannot_be_forged() -> None:
    assert identity(fill()) != identity(fill(side="sell"))
    assert identity(fill(id="T1|X", symbol="Y")) != identity(fill(id="T1", symbol="X|Y"))


def test_a_fact_is_named_by_its_wallet_kind_and_id_and_a_fill_by_its_symbol_order_and_side_too() -> None:
    one = TransferArrived(account="a", id="T1", time_ns=1, asset="USD", amount=Decimal(1), type="deposit")
    names = [
        *(identity(one), identity(msgspec.structs.replace(one, wallet="usd-m")), identity(fill())),
        identity(RewardReceived(account="a", id="T1", time_ns=1, asset="USD", amount=Decimal(1), type="staking")),
        *(identity(fill(wallet="usd-m")), identity(fill(symbol="ETH/USD")), identity(fill(order_id="O2"))),
    ]
    assert len(set(names)) == len(names)
    assert identity(msgspec.structs.replace(one, amount=Decimal(2), time_ns=9)) == identity(one)


def test_times_that_differ_by_more_than_the_digits_left_out_contradict() -> None:
    with pytest.raises(Conflict) as caught:
        merge(fill(), fill(time_ns=1_000_000_000_125_456_000))
    assert caught.value.field == "time_ns"


def test_a_fill_that_one_telling_calls_forced_was_forced() -> None:
    for first, second in ((fill(), fill(type="liquidation")), (fill(type="liquidation"), fill())):
        merged = merge(first, second)
        assert isinstance(merged, Fill)
        assert merged.type == "liquidation"


def test_merging_is_the_same_in_every_order() -> None:
    tellings: list[Event] = [
        fill(),
        fill(fees=(Amount("USD", Decimal("0.10")),)),
        fill(liquidity="maker", time_ns=1_000_000_000_123_000_000),
        fill(seq=7, fees=(Amount("USD", Decimal("0.1")),)),
    ]
    results = set()
    for order in itertools.permutations(tellings):
        merged: Event = order[0]
        for telling in order[1:]:
            merged = merge(merged, telling)
        assert isinstance(merged, Fill)
        assert merged.fees is not None
        results.add((merged.time_ns, merged.seq, merged.liquidity, merged.fees[0].amount.normalize()))
    assert results == {(1_000_000_000_123_456_000, 7, "maker", Decimal("0.1"))}


def test_what_contradicts_is_named() -> None:
    with pytest.raises(Conflict) as caught:
        merge(fill(), fill(price=Decimal("100.01")))
    assert caught.value.field == "price"
    with pytest.raises(Conflict):
        merge(fill(), TransferArrived(account="a", id="T1", time_ns=1, asset="USD", amount=Decimal(1), type="deposit"))
    assert merge(fill(), fill(price=Decimal("100.000"))) == fill()


def test_an_ended_order_does_not_open_again_and_fills_never_shrink() -> None:
    open_ = Order(id="1", symbol="BTC/USD", quantity=Decimal(2), filled=Decimal(1), status="open", updated_ns=5)
    closed = update_order(open_, Order(id="1", status="closed", filled=Decimal(2), updated_ns=9))
    assert (closed.status, closed.filled, closed.quantity) == ("closed", Decimal(2), Decimal(2))
    late = update_order(closed, Order(id="1", status="open", filled=Decimal(1), updated_ns=7, type="limit"))
    assert (late.status, late.filled, late.type) == ("closed", Decimal(2), "limit")
