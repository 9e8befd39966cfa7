"""Names that a book accepts, and what a tax program is told of contracts."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.events import Amount, Event, Fill, FundingPaid, Side, TransferArrived
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.interchange.books.names import Names
from account_cli.interchange.formats import cointracker, koinly, rp2
from account_cli.interchange.formats.hledger import commodity
from account_cli.interchange.movements import Movement, movements
from account_cli.ledger.double_entry import book
from account_cli.ledger.state import empty

COMMODITY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]|[A-Z]")
PART = re.compile(r"[A-Z0-9][A-Za-z0-9-]*")


def test_an_asset_keeps_its_name_where_it_can_and_gets_a_like_one_where_not() -> None:
    names = Names()
    assert [names.commodity(asset) for asset in ("BTC", "USDT.E", "1INCH", "A")] == ["BTC", "USDT.E", "X.1INCH", "A"]
    assert names.commodity("stETH").startswith("X.STETH.")
    assert names.commodity("STETH") == "STETH"
    assert names.commodity("X.1INCH") != names.commodity("1INCH")
    assert [names.part(name) for name in ("kraken", "spot", "Kraken")][:2] == ["Kraken", "Spot"]
    assert names.part("Kraken") != names.part("kraken")
    assert [commodity(asset) for asset in ("BTC", "1INCH", 'a"b')] == ["BTC", '"1INCH"', '"a<U+0022>b"']


@given(st.sets(st.text(min_size=1, max_size=40), max_size=30))
def test_any_names_become_accepted_ones_and_never_each_other(texts: set[str]) -> None:
    names = Names()
    commodities = {names.commodity(text) for text in texts}
    parts = {names.part(text) for text in texts}
    assert len(commodities) == len(parts) == len(texts)
    assert all(COMMODITY.fullmatch(name) for name in commodities)
    assert all(PART.fullmatch(name) for name in parts)


class _NoPrices:
    def instrument(self, symbol: str) -> Instrument | None:
        return from_symbol(symbol)

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> None:
        return None


def _told(*events: Event) -> list[Movement]:
    state, found = empty("a"), []
    for event in events:
        state, booking = book(state, event, _NoPrices())
        found += list(movements(booking))
    return found


def _fill(number: int, side: Side, price: str, fee: str) -> Fill:
    return Fill(
        account="a", id=f"T{number}", order_id="o", time_ns=number * 10**9, symbol="BTC/USDT:USDT", settle="USDT",
        side=side, price=Decimal(price), quantity=Decimal(1), fees=(Amount("USDT", Decimal(fee)),), wallet="futures",
    )  # fmt: skip


def test_of_contracts_only_money_is_told() -> None:
    funding = FundingPaid(
        account="a", id="F", time_ns=5, symbol="BTC/USDT:USDT", asset="USDT", amount=Decimal(-1), wallet="futures"
    )
    told = _told(_fill(1, "buy", "100", "0.1"), funding, _fill(2, "sell", "110", "-0.05"))
    rows = [(*row[1:5], row[9]) for row in koinly.table(told).rows]
    assert rows == [
        (Decimal("0.1"), "USDT", None, None, "futures fee"),
        (Decimal(1), "USDT", None, None, "funding fee"),
        (None, None, Decimal(10), "USDT", "realized gain"),
        (None, None, Decimal("0.05"), "USDT", "fee refund"),
    ]
    assert [row[-1] for row in cointracker.table(told).rows] == [
        "margin fee",
        "margin fee",
        "margin gain",
        "margin rebate",
    ]


def test_a_transfer_is_for_rp2_to_pair_and_money_of_a_state_is_none() -> None:
    moved = TransferArrived(
        account="a", id="W", time_ns=0, asset="BTC", amount=Decimal(-2), type="withdrawal", tx="0xabc",
        fee=Amount("BTC", Decimal("0.1")),
    )  # fmt: skip
    paid = TransferArrived(account="a", id="D", time_ns=0, asset="USD", amount=Decimal(5), type="deposit")
    told = _told(paid, moved)
    (row,) = rp2.table(told, "intra").rows
    assert (row[0], row[3], row[5], row[8]) == ("0xabc", "a", "__unknown", Decimal(2))
    (fee,) = rp2.table(told, "out").rows
    assert (fee[5], fee[8]) == ("FEE", Decimal("0.1"))
    assert list(rp2.table(told, "in").rows) == []


def test_rp2_is_told_what_a_sale_brought_after_its_fee_for_it_takes_none_off_itself() -> None:
    sides: tuple[tuple[Side, str], ...] = (("buy", "100"), ("sell", "150"))
    bought, sold = (
        Fill(
            account="a", id=side, order_id="O", time_ns=0, symbol="BTC/USD", side=side, price=Decimal(price),
            quantity=Decimal(1), fees=(Amount("USD", Decimal(1)),),
        )
        for side, price in sides
    )  # fmt: skip
    told = _told(bought, sold)
    (came,) = rp2.table(told, "in").rows
    (went,) = rp2.table(told, "out").rows
    assert dict(zip(rp2.HEADERS["in"].split(","), came, strict=True))["Fiat Fee"] == 1
    columns = dict(zip(rp2.HEADERS["out"].split(","), went, strict=True))
    assert (columns["Spot Price"], columns["Fiat Out No Fee"], columns["Fiat Fee"]) == ("150", 149, 1)
