"""The machine's clock is set: nothing that is dead seems alive, and what is told afterwards is taken in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from account_cli.domain.health import StreamRow
from account_cli.domain.observations import Balance, BalancesSeen, Order, OrdersSeen, PriceSeen
from account_cli.domain.times import HOUR, SECOND
from account_cli.ports import Journal
from account_cli.reports.accounts import health_of
from account_cli.storage import open_journal

NOW = 1_700_000_000 * SECOND


def balances(at_ns: int, total: str, *, complete: bool = True, asset: str = "BTC") -> BalancesSeen:
    rows = (Balance(asset=asset, total=Decimal(total)),)
    return BalancesSeen(account="main", at_ns=at_ns, complete=complete, rows=rows)


def see(journal: Journal, *told: BalancesSeen | OrdersSeen, now_ns: int | None = None) -> None:
    with journal.transaction() as tx:
        for seen in told:
            tx.put_observation(seen, now_ns)


def held(journal: Journal) -> dict[str, Decimal]:
    reader = journal.reader()
    try:
        seen = reader.balances("main")
        return {} if seen is None else {row.asset: row.total for row in seen.rows}
    finally:
        reader.close()


def test_what_is_told_after_the_clock_was_set_back_counts(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    try:
        see(journal, balances(NOW + 5 * HOUR, "1"), balances(NOW + 5 * HOUR + 1, "2", complete=False))
        see(journal, balances(NOW, "3", complete=False))
        assert held(journal) == {"BTC": Decimal(3)}
        see(journal, balances(NOW + SECOND, "4"))
        assert held(journal) == {"BTC": Decimal(4)}
        see(journal, balances(NOW, "9"))
        assert held(journal) == {"BTC": Decimal(4)}, "what is only a little late is late"
    finally:
        journal.close()


def test_a_clock_that_was_ahead_by_seconds_shuts_nothing_out(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    try:
        see(journal, balances(NOW + 5 * SECOND, "1"), now_ns=NOW + 5 * SECOND)
        see(journal, balances(NOW + SECOND, "2"), now_ns=NOW + SECOND)
        assert held(journal) == {"BTC": Decimal(2)}
        see(journal, balances(NOW, "9"), now_ns=NOW + 2 * SECOND)
        assert held(journal) == {"BTC": Decimal(2)}, "what is late is late"
    finally:
        journal.close()


def test_an_order_told_after_the_clock_was_set_back_is_open_and_one_left_out_is_not(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    try:
        old, new = Order(id="1", symbol="BTC/USD", status="open"), Order(id="2", symbol="BTC/USD", status="open")
        see(journal, OrdersSeen(account="main", at_ns=NOW + HOUR, complete=True, rows=(old,)))
        see(journal, OrdersSeen(account="main", at_ns=NOW, complete=True, rows=(new,)))
        see(journal, OrdersSeen(account="main", at_ns=NOW + SECOND, complete=True, rows=(new,)))
        reader = journal.reader()
        assert [order.id for order in reader.orders("main")] == ["2"]
        reader.close()
    finally:
        journal.close()


def test_a_price_from_a_clock_that_was_ahead_is_replaced(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    try:
        for at_ns, price, now_ns in (
            (NOW + 5, "0", NOW + 5),
            (NOW + HOUR, "1", None),
            (NOW, "2", NOW),
            (NOW - 1, "3", NOW),
        ):
            with journal.transaction() as tx:
                seen = PriceSeen(symbol="BTC/USD", price=Decimal(price), at_ns=at_ns, venue="kraken")
                tx.put_prices([seen], now_ns)
        reader = journal.reader()
        assert [price.price for price in reader.prices()] == [Decimal(2)]
        reader.close()
    finally:
        journal.close()


def test_a_beat_from_the_future_is_nobody() -> None:
    row = StreamRow(
        account="main", kind="fills", strategy="stream", status="live", beat_ns=NOW + HOUR, last_message_ns=NOW + HOUR
    )
    assert health_of((row,), now_ns=NOW).liveness == "OFFLINE"
    assert health_of((row,), now_ns=NOW + HOUR).liveness == "LIVE"
