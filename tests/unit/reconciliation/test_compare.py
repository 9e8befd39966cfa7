"""Both sides key by key: what only one of them knows is compared too, and silence is never zero."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.observations import Balance, BalancesSeen, Position, PositionsSeen
from account_cli.reconciliation import PRESETS, Item, Side, Tolerance, compare, exchange_side, ledger_side
from account_cli.reconciliation.sides import Key
from tests.unit.reports.report_views import deposit, fill, folded

D = Decimal
EXACT = Tolerance()


def stated(*rows: Balance, complete: bool = True) -> BalancesSeen:
    return BalancesSeen(account="main", at_ns=1, complete=complete, rows=rows)


def held(*rows: Position, complete: bool = True) -> PositionsSeen:
    return PositionsSeen(account="main", at_ns=1, complete=complete, rows=rows)


def local_side(balances: dict[str, str] | None = None, positions: dict[str, str] | None = None) -> Side:
    return Side(
        balances={Key("spot", asset): D(amount) for asset, amount in (balances or {}).items()},
        positions={Key("futures", symbol, "both"): D(amount) for symbol, amount in (positions or {}).items()},
        entries={},
    )


def one(items: list[Item], key: str, kind: str = "balance") -> Item:
    (found,) = [item for item in items if (item.kind, item.key) == (kind, key)]
    return found


def test_local_9900_against_10000_is_a_hundred_more() -> None:
    ledger = ledger_side(folded([deposit("USD", "9900")])[0])
    (usd,) = compare(ledger, exchange_side(stated(Balance(asset="USD", total=D(10000))), None), EXACT)
    assert (usd.local, usd.exchange, usd.difference, usd.state) == (D(9900), D(10000), D(100), "pending")


@pytest.mark.parametrize(("drift", "state"), [("0.00001", "clean"), ("0.000011", "pending"), ("-0.00001", "clean")])
def test_the_preset_allows_what_it_names_and_no_more(drift: str, state: str) -> None:
    there = exchange_side(stated(Balance(asset="BTC", total=D(1) + D(drift))), None)
    assert one(compare(local_side({"BTC": "1"}), there, PRESETS["b25"]), "BTC").state == state
    assert one(compare(local_side({"BTC": "1"}), there, EXACT), "BTC").state == "pending"


def test_a_wallet_that_nothing_follows_is_unknown_and_not_zero() -> None:
    ledger = ledger_side(folded([deposit("USD", "5")])[0])
    rows = (Balance(asset="USD", total=D(5)), Balance(asset="BTC", total=D(1)))
    earning = Balance(asset="BTC", total=D(2), wallet="earn")
    earn, spot, usd = compare(ledger, exchange_side(stated(*rows, earning), None), EXACT)
    assert (spot.wallet, spot.local, spot.state) == ("spot", D(0), "pending"), "this one is followed"
    assert (earn.wallet, earn.local, earn.exchange, earn.state) == ("earn", None, D(2), "unknown")
    assert usd.state == "clean"
    moved = deposit("BTC", "2")
    followed = ledger_side(folded([msgspec.structs.replace(moved, wallet="earn")])[0])
    item = one(compare(followed, exchange_side(stated(earning), None), EXACT), "BTC")
    assert item.state == "clean", "a fact named it"


def test_dust_is_a_matter_of_the_asset() -> None:
    dust = Tolerance(dust={"SHIB": D(5)})
    there = exchange_side(stated(Balance(asset="SHIB", total=D(4)), Balance(asset="BTC", total=D("0.1"))), None)
    items = compare(local_side(), there, dust)
    assert [item.state for item in items] == ["pending", "clean"]


def test_what_one_side_alone_knows_is_compared() -> None:
    there = exchange_side(stated(Balance(asset="NEW", total=D(4))), held(Position(symbol="C/B:B", quantity=D(-1))))
    items = compare(local_side({"OLD": "3"}, {"A/B:B": "2"}), there, EXACT)
    assert [(item.key, item.local, item.exchange, item.state) for item in items] == [
        ("NEW", D(0), D(4), "pending"),
        ("OLD", D(3), D(0), "pending"),
        ("A/B:B", D(2), D(0), "pending"),
        ("C/B:B", D(0), D(-1), "pending"),
    ]


def test_silence_is_not_zero() -> None:
    half = exchange_side(stated(Balance(asset="NEW", total=D(4)), complete=False), None)
    assert one(compare(local_side({"OLD": "3"}), half, EXACT), "OLD").state == "unknown"
    nothing = exchange_side(None, None)
    assert one(compare(local_side({"OLD": "3", "GONE": "0"}), nothing, EXACT), "OLD").exchange is None
    assert one(compare(local_side({"GONE": "0"}), nothing, EXACT), "GONE").state == "clean"


def test_a_wallet_that_the_statement_does_not_speak_of_is_unknown() -> None:
    ledger = Side(balances={Key("earn", "ETH"): D(1)}, positions=None, entries={})
    there = exchange_side(stated(Balance(asset="ETH", total=D(2))), None)
    earn = next(item for item in compare(ledger, there, EXACT) if item.wallet == "earn")
    assert (earn.exchange, earn.state) == (None, "unknown")


def test_a_position_of_1_against_one_and_a_half_keeps_its_entry() -> None:
    ledger = ledger_side(folded([fill("1", "BTC/USDT:USDT", "buy", "1", "50000", wallet="futures")])[0])
    there = exchange_side(None, held(Position(symbol="BTC/USDT:USDT", quantity=D("1.5"), entry_price=D("50000.0"))))
    items = compare(ledger, there, EXACT)
    position = one(items, "BTC/USDT:USDT", "position")
    assert (position.difference, position.state) == (D("0.5"), "pending")
    assert one(items, "BTC/USDT:USDT", "entry").state == "clean"


@pytest.mark.parametrize(("told", "state"), [("33333.333", "clean"), ("33333.334", "clean"), ("33333.335", "pending")])
def test_an_average_entry_agrees_to_the_last_digit_that_is_told(told: str, state: str) -> None:
    fills = [fill("1", "A/B:B", "buy", "1", "30000"), fill("2", "A/B:B", "buy", "2", "35000")]
    there = exchange_side(None, held(Position(symbol="A/B:B", quantity=D(3), entry_price=D(told), wallet="spot")))
    assert one(compare(ledger_side(folded(fills)[0]), there, EXACT), "A/B:B", "entry").state == state


AMOUNTS = st.dictionaries(st.sampled_from("ABCD"), st.decimals(-9, 9, places=4), max_size=4)


@given(mine=AMOUNTS, theirs=AMOUNTS)
def test_every_key_of_either_side_is_judged_once_and_by_its_difference(
    mine: dict[str, Decimal], theirs: dict[str, Decimal]
) -> None:
    there = exchange_side(stated(*(Balance(asset=a, total=v) for a, v in theirs.items())), None)
    items = compare(local_side({a: str(v) for a, v in mine.items()}), there, EXACT)
    assert [item.key for item in items] == sorted(mine.keys() | theirs.keys())
    for item in items:
        assert (item.state == "clean") == (mine.get(item.key, 0) == theirs.get(item.key, 0))
