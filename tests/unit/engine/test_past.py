"""What the screen shows of days gone by is read from a real database, seldom, and never made up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, parse_time
from account_cli.engine.folding import METHOD
from account_cli.engine.history import KEPT, rows_of
from account_cli.engine.past import PastReader
from account_cli.ledger import empty
from account_cli.ledger.closings import Closing
from account_cli.ports import AccountRow, Journal, KeptRow
from account_cli.reports.history import HistoryPoint
from account_cli.reports.view import AccountView
from account_cli.storage import open_journal

D = Decimal
NOW = parse_time("2026-11-20T14:03:27Z")


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ns(self) -> int:
        return NOW + int(self.seconds * SECOND)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    with opened.transaction() as tx:
        for name in ("kraken", "binance", "book"):
            tx.put_account(AccountRow(account=name, venue="kraken", user=None, derived_strategy=None))
    yield opened
    opened.close()


def _record(journal: Journal, account: str, at_ns: int, equity: str, flows: str | None = "0") -> None:
    sample = HistoryPoint(
        account=account,
        at_ns=at_ns,
        currency="USD",
        equity=D(equity),
        net_pnl=D(equity) - 100,
        flows=None if flows is None else D(flows),
    )
    market = msgspec.structs.replace(sample, symbol="BTC/USD", equity=None)
    with journal.transaction() as tx:
        for interval in KEPT:
            tx.put_points(account, interval, rows_of([sample, market], interval))


def _closing(journal: Journal, number: int, gain: str, at_ns: int, currency: str = "USD") -> None:
    closing = Closing(
        account="kraken",
        symbol=f"BTC/{currency}",
        fill_id=f"f{number}",
        time_ns=at_ns,
        seq=None,
        quantity=D(1),
        proceeds=D(100) + D(gain),
        cost=D(100),
        fees=D(0),
        currency=currency,
        side="long",
        wallet="spot",
        order_id="o",
        bought=False,
    )
    row = KeptRow(
        key=(at_ns, -1, closing.identity),
        ordinal=0,
        symbol=closing.symbol,
        currency=currency,
        body=msgspec.json.encode(closing),
    )
    with journal.transaction() as tx:
        tx.put_kept("kraken", METHOD, [row])


def _view(account: str, n: int = 1) -> AccountView:
    return AccountView(
        account=account,
        venue="kraken",
        user=None,
        derived_strategy=None,
        n=n,
        state=empty(account),
        balances=None,
        positions=None,
        orders=(),
        streams=(),
        coverage=(),
        prices={},
        instruments={},
    )


def _reader(journal: Journal, clock: _Clock, *accounts: str) -> PastReader:
    return PastReader(journal.reader(), accounts, clock, currency="USD")


def test_nothing_recorded_is_nothing_shown(journal: Journal) -> None:
    past = _reader(journal, _Clock(), "kraken").look([_view("kraken")])
    assert (past.curve, past.without, past.today, past.statistics, past.performance) == ((), (), None, (), None)


def test_accounts_are_summed_and_one_without_history_is_named(journal: Journal) -> None:
    for minutes in range(5):
        at = NOW // MINUTE * MINUTE - minutes * MINUTE
        _record(journal, "kraken", at, str(100 - minutes))
        if minutes != 2:
            _record(journal, "binance", at, "10")
    past = _reader(journal, _Clock(), "kraken", "binance").look([])
    equities = [point.equity for point in past.curve]
    assert equities == [D(106), D(107), D(109), D(110)], "the minute that only one account has is left out"
    assert past.without == ()
    assert past.today is not None
    assert past.today.gain == D(4)
    apart = _reader(journal, _Clock(), "kraken", "book").look([])
    assert apart.without == ("book",)
    assert apart.today is None, "the key figures are of all accounts, so the day's gain must be"
    assert len(apart.curve) == 5


def test_history_is_read_again_after_half_a_minute(journal: Journal) -> None:
    clock = _Clock()
    reader = _reader(journal, clock, "kraken")
    at = NOW // MINUTE * MINUTE
    _record(journal, "kraken", at - MINUTE, "100")
    assert len(reader.look([]).curve) == 1
    _record(journal, "kraken", at, "101")
    clock.seconds = 29
    assert len(reader.look([]).curve) == 1
    clock.seconds = 31
    assert [point.equity for point in reader.look([]).curve] == [D(100), D(101)]


def test_statistics_are_of_thirty_days_and_read_again_when_something_came(journal: Journal) -> None:
    clock = _Clock()
    reader = _reader(journal, clock, "kraken")
    _closing(journal, 1, "10", NOW - HOUR)
    _closing(journal, 2, "-4", NOW - 2 * HOUR)
    _closing(journal, 3, "0", NOW - 2 * HOUR)
    _closing(journal, 4, "99", NOW - 31 * DAY)
    _closing(journal, 5, "5", NOW - HOUR, currency="USDT")
    usd, usdt = reader.look([_view("kraken")]).statistics
    assert (usd.currency, usd.count, usd.winners, usd.losers, usd.break_even) == ("USD", 3, 1, 1, 1)
    assert (usd.win_rate, usd.average_win, usd.average_loss, usd.profit_factor) == (D(50), D(10), D(-4), D("2.5"))
    assert (usdt.currency, usdt.count, usdt.profit_factor) == ("USDT", 1, None)
    _closing(journal, 6, "1", NOW - MINUTE)
    clock.seconds = 11
    assert reader.look([_view("kraken")]).statistics[0].count == 3, "no line more in the journal: nothing to read"
    assert reader.look([_view("kraken", n=2)]).statistics[0].count == 4
    _closing(journal, 7, "1", NOW - MINUTE)
    clock.seconds = 15
    assert reader.look([_view("kraken", n=3)]).statistics[0].count == 4, "not yet"
    clock.seconds = 22
    assert reader.look([_view("kraken", n=3)]).statistics[0].count == 5


def test_a_slow_reading_makes_the_next_one_wait(journal: Journal) -> None:
    class Slow(_Clock):
        def monotonic(self) -> float:
            self.seconds += 10
            return self.seconds

    clock = Slow()
    reader = _reader(journal, clock, "kraken")
    reader.look([])
    _record(journal, "kraken", clock.now_ns() // MINUTE * MINUTE, "100")
    clock.seconds = 150
    assert reader.look([]).curve == ()
    clock.seconds = 300
    assert len(reader.look([]).curve) == 1


def test_daily_returns_make_the_ratios(journal: Journal) -> None:
    for day, equity in enumerate(("100", "110", "99", "120")):
        _record(journal, "kraken", NOW - (3 - day) * DAY, equity)
    performance = _reader(journal, _Clock(), "kraken").look([]).performance
    assert performance is not None
    assert (performance.days, performance.small, performance.max_drawdown_pct) == (3, True, D(-10))
    assert performance.sharpe is not None
