"""The accounting book's rows: one currency, periods that add up, prices that are missing by name."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from account_cli.domain.events import Event
from account_cli.domain.identity import order_key
from account_cli.domain.observations import PriceSeen
from account_cli.ledger.accounting import AccountBook, account_book
from account_cli.reports.accounting import Instant, Period, book_pnl, sources_of
from account_cli.reports.rows import PnlRow
from tests.unit.reports.report_views import EARLIER, NOW, Refs, deposit, fill, said, seen, view

PERP = "ETH/USDT:USDT"
START = Instant(at_ns=0)
REFS = Refs({("EUR", "USD"): Decimal("1.1"), ("USDT", "USD"): Decimal("0.9")})
FACTS: list[Event] = [
    deposit("EUR", "1000"),
    fill("1", "BTC/EUR", "buy", "2", "100", "2"),
    fill("2", "BTC/EUR", "sell", "1", "150", at=EARLIER + 10),
    deposit("USDT", "500"),
    fill("3", PERP, "buy", "1", "100", "1", at=EARLIER + 20),
]


def book(facts: Sequence[Event], refs: Refs = REFS) -> AccountBook:
    return account_book("main", sorted(facts, key=order_key), refs, currency="USD", pegged=())


def instant(count: int, at_ns: int, prices: dict[str, PriceSeen]) -> Instant:
    facts = sorted(FACTS, key=order_key)[:count]
    return Instant(at_ns=at_ns, books=[("main", book(facts))], views=[view(*facts, prices=prices)])


PRICES = seen(("BTC/USD", "200"), ("USDT/USD", "0.9"), (PERP, "130"), ("EUR/USD", "1.1"))


def rows_of(periods: Sequence[Period], by: str = "symbol") -> dict[str, PnlRow]:
    report = book_pnl(periods, now_ns=NOW, currency="USD", by=by)  # type: ignore[arg-type]
    return {row.key: row for row in report.items}


def test_every_leg_is_valued_in_the_reporting_currency() -> None:
    # 2 BTC cost (200 + 2 EUR) × 1.1 = 222.2 USD; half of it, 111.1, was sold for 150 EUR = 165 USD.
    rows = rows_of([Period(before=START, after=instant(5, NOW, PRICES))])
    assert said(rows["BTC/USD"].realized_pnl, rows["BTC/USD"].unrealized_pnl) == "53.9 88.9"
    # The contract: worth 130 − 100 − 1 = 29 USDT at 0.9.
    assert said(rows[PERP].unrealized_pnl, rows[PERP].fees_paid) == "26.1 0.9"
    assert {row.currency for row in rows.values()} == {"USD"}


def test_two_neighbouring_periods_add_up_to_the_whole() -> None:
    middle, end = instant(3, EARLIER + 5, PRICES), instant(5, NOW, PRICES)
    parts = [Period(before=START, after=middle, label="a"), Period(before=middle, after=end, label="b")]
    halves = rows_of(parts)
    whole = rows_of([Period(before=START, after=end)], by="account")["main"]
    assert set(halves) == {"a", "b"}
    for field in ("realized_pnl", "fees_paid", "unrealized_pnl", "net_pnl", "gross_realized_pnl", "other_income"):
        assert getattr(halves["a"], field) + getattr(halves["b"], field) == getattr(whole, field), field


def test_a_missing_price_is_named_with_its_fact_and_never_zero() -> None:
    lacking = Instant(at_ns=NOW, books=[("main", book(FACTS, Refs()))], views=[view(*FACTS)])
    report = book_pnl([Period(before=START, after=lacking)], now_ns=NOW, currency="USD")
    said_of = "\n".join(report.incomplete)
    assert "main: no price of EUR in USD at 2026-11-19T13:03:27Z for 200 (spot|fill|1|BTC/EUR|O1|buy)" in said_of
    assert any(row.unrealized_pnl is None and row.net_pnl is None for row in report.items)


def test_the_sources_of_prices_are_counted() -> None:
    assert sum(sources_of([("main", book(FACTS))]).values()) > 0
    pegged = account_book("main", sorted(FACTS[3:], key=order_key), Refs(), currency="USD", pegged=("USDT",))
    assert sources_of([("main", pegged)])["pegged"] > 0


def test_no_facts_give_no_rows() -> None:
    assert book_pnl([], now_ns=NOW, currency="USD").items == ()
