"""What may have caused a difference: what fits the figures comes before what is merely possible; nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from account_cli.domain.health import Contradiction, Coverage
from account_cli.domain.times import SECOND
from account_cli.reconciliation import Clues, Item, explain
from tests.unit.reports.report_views import fill

WHOLE = Coverage(kind="fills", since_ns=0, until_ns=9 * SECOND, from_start=True)


def off(key: str, local: str, exchange: str | None, *, wallet: str = "spot", kind: str = "balance") -> Item:
    told = None if exchange is None else Decimal(exchange)
    state = "unknown" if told is None else "unexplained"
    return Item(kind=kind, wallet=wallet, key=key, local=Decimal(local), exchange=told, state=state)  # type: ignore[arg-type]


def names(clues: Clues, place: int = 0) -> list[tuple[str, str]]:
    return [(cause.name, cause.sure) for cause in explain(clues)[place].causes]


PRICE = {"BTC/USD": Decimal(50000)}


@pytest.mark.parametrize(
    ("wrong", "first"),
    [
        ([off("BTC", "1", "1.5"), off("USD", "50000", "24900")], ("fill", "fits")),
        ([off("USD", "50000", "24900"), off("BTC", "1", "1.5")], ("fill", "fits")),
        ([off("ADA", "10", "2"), off("SOL", "0", "3")], ("conversion", "possible")),
        ([off("MATIC", "10", "0"), off("POL", "0", "10")], ("rename", "fits")),
        ([off("LUNA", "10", "0"), off("SHINY", "0", "1000")], ("rename", "fits")),
        ([off("USD", "10", "4"), off("USD", "1", "7", wallet="futures")], ("transfer", "fits")),
        ([off("USD", "100", "0"), off("USD", "1", "100.5", wallet="earn")], ("transfer", "possible")),
        ([off("BNB", "0", "0.1"), off("ADA", "1", "0"), off("SOL", "1", "0")], ("dust", "fits")),
        ([off("BTC", "1", "1.5")], ("deposit", "possible")),
        ([off("BTC", "1.5", "1")], ("withdrawal", "possible")),
        ([off("BTC", "1.5", "1.501")], ("reward", "possible")),
        ([off("BTC", "1.501", "1.5")], ("interest", "possible")),
        ([off("DOT", "0", "5")], ("deposit", "possible")),
        ([off("BTC/USD", "1", "0", kind="position")], ("liquidation", "possible")),
        ([off("BTC/USD", "1", "0.5", kind="position")], ("fill", "possible")),
        ([off("BTC/USD long", "50", "51", kind="entry")], ("fill", "possible")),
        ([off("O1", "1", "2", kind="order")], ("fill", "fits")),
        ([off("O1", "1", None, kind="order")], ("untold", "found")),
        ([off("BTC/USD 9/10", "1", "2", kind="fill")], ("fill", "fits")),
        ([off("BTC/USD 9/10", "2", "1", kind="fill")], ("fill", "possible")),
        ([off("USD", "1", None, wallet="earn")], ("wallet_not_covered", "found")),
    ],
)
def test_each_pattern_has_its_cause(wrong: Sequence[Item], first: tuple[str, str]) -> None:
    item = explain(Clues(wrong=wrong, prices=PRICE))[0]
    assert (item.causes[0].name, item.causes[0].sure) == first
    assert item.hints == tuple(cause.text for cause in item.causes)


def test_two_assets_that_moved_by_no_price_are_no_trade() -> None:
    wrong = [off("BTC", "1", "1.5"), off("USD", "50000", "49000")]
    assert [cause for cause in names(Clues(wrong=wrong, prices=PRICE)) if cause[0] == "fill"] == []


def test_what_left_one_account_may_have_come_to_another() -> None:
    there = off("BTC", "0", "0.4999")
    (item,) = explain(Clues(wrong=[off("BTC", "1", "0.5")], elsewhere=[("other", there)]))
    assert item.causes[0].name == "transfer"
    assert "account other" in item.hints[0]


def test_a_small_amount_of_an_asset_in_which_fees_were_paid_may_be_one() -> None:
    paid = fill("8", "BTC/USD", "buy", "1", "2", "0.1")
    clues = Clues(wrong=[off("USD", "10", "9.99")], recent=[paid])
    assert ("fee", "possible") in names(clues)
    unpaid = msgspec.structs.replace(fill("9", "BTC/USD", "buy", "1", "2"), fees=None)
    (item,) = explain(Clues(wrong=[off("USD", "10", "9.99")], recent=[unpaid]))
    assert item.hints[0].startswith("the fee of fill 9 (BTC/USD, ")


def test_a_loss_beside_a_position_that_is_gone_is_a_liquidation_and_beside_an_open_one_perhaps_funding() -> None:
    gone = off("BTC/USDT:USDT", "1", "0", wallet="futures", kind="position")
    money = off("USDT", "1000", "400", wallet="futures")
    assert names(Clues(wrong=[money, gone]))[0] == ("liquidation", "possible")
    assert names(Clues(wrong=[money], contracts=frozenset({"BTC/USDT:USDT"})))[0] == ("funding", "possible")


def test_a_fact_that_the_exchange_tells_otherwise_comes_first_when_it_makes_the_difference() -> None:
    body = '{"kind":"transfer","account":"a","id":"D1","time_ns":1,"asset":"USD","amount":"7","type":"deposit"}'
    told = Contradiction(
        account="a", identity="spot|transfer|D1", field="amount", stands="5", told="7", origin="repair", body=body,
        first_ns=1, last_ns=1,
    )  # fmt: skip
    assert names(Clues(wrong=[off("USD", "5", "7")], contradictions=[told]))[0] == ("told_otherwise", "fits")
    assert ("told_otherwise", "possible") in names(Clues(wrong=[off("USD", "5", "8")], contradictions=[told]))
    assert "told_otherwise" not in [
        name for name, _ in names(Clues(wrong=[off("BTC", "5", "7")], contradictions=[told]))
    ]


def test_a_gap_comes_before_what_is_out_of_reach() -> None:
    coverage = [WHOLE, Coverage(kind="fills", since_ns=20 * SECOND, until_ns=30 * SECOND, lacks="old markets")]
    (item,) = explain(Clues(wrong=[off("BTC/USD", "1", "2", kind="position")], coverage=coverage))
    assert [cause.name for cause in item.causes] == ["gap", "fill", "out_of_reach", "not_read"]
    assert item.hints[0] == "fills between 1970-01-01T00:00:09Z and 1970-01-01T00:00:20Z are not known yet"


def test_where_everything_differs_the_figures_are_not_put_together_in_pairs() -> None:
    wrong = [off(f"A{number}", "1", "0") for number in range(40)] + [off("USD", "0", "1")]
    assert [names(Clues(wrong=wrong), place)[0][0] for place in (0, 40)] == ["withdrawal", "deposit"]
