"""What bootstrap answers about the books: methods, times gone by, closed periods, given costs, rebuilding."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.bootstrap.closing import close_period, closed_periods
from account_cli.bootstrap.costs import set_cost
from account_cli.bootstrap.reading import Reading, reading
from account_cli.bootstrap.rebuilding import rebuild
from account_cli.collector.delivery import Delivery
from account_cli.config import Config, load_config
from account_cli.domain.events import CostGiven, Event, Opening, PriceQuoted
from account_cli.domain.identity import identity
from account_cli.domain.times import SECOND
from account_cli.engine.folding import OTHER_METHODS
from account_cli.engine.ingest import Ingest
from account_cli.errors import InputError, Unavailable
from account_cli.ledger import RULES
from account_cli.ledger.state import MethodName
from account_cli.ports import Journal
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, batched, deposit, fill, history

D = Decimal
CLOCK = FixedClock(START + 10**6 * SECOND)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "config.toml"
    file.touch(mode=0o600)
    file.write_text(f'data_dir = "{tmp_path / "data"}"\n')
    return load_config(file, {"HOME": str(tmp_path)})


def write(config: Config, events: list[Event], quotes: tuple[PriceQuoted, ...] = ()) -> None:
    journal = open_journal(config.database)
    try:
        ingest = Ingest(journal, CLOCK)
        for part in batched(events, 500) if events else [[]]:
            ingest.write([Delivery(account="a", origin="import", events=tuple(part), quotes=quotes)])
    finally:
        journal.close()


def test_without_a_database_every_answer_is_empty(config: Config) -> None:
    with reading(config) as read:
        answers: list[list[object]] = [[*read.views()], [*read.closings(method="fifo")], [*read.lots()]]
        answers += [[*read.book(currency="USD")], [*read.history(interval="1d")], [*read.restatements()]]
        assert not any([*answers, [*read.events()]])
    assert closed_periods(config) == []


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_asking_for_a_method_keeps_it_where_the_database_can_be_written(config: Config, method: MethodName) -> None:
    write(config, history(1200))
    with reading(config) as read:
        assert read.reader is not None
        first = read.closings(method=method)
        assert read.reader.load_snapshot("a", RULES, method) is not None
        assert read.closings(method=method) == first
        assert len(list(read.reader.kept("a", method))) == len(first)
        assert sum(c.quantity for c in first) == sum(c.quantity for c in read.closings())


def test_where_it_cannot_be_written_the_answer_is_worked_out_every_time(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(config, history(1200))

    def refused(self: Reading) -> Journal:  # a root's tests cannot make a file unwritable
        raise Unavailable(f"the database {self.config.database} is not writable")

    monkeypatch.setattr(Reading, "_writable", refused)
    with reading(config) as read:
        assert read.reader is not None
        first = read.closings(method="fifo")
        assert read.reader.load_snapshot("a", RULES, "fifo") is None
        assert read.closings(method="fifo") == first
    monkeypatch.undo()
    with reading(config) as read:
        assert read.closings(method="fifo") == first


def test_a_view_of_a_time_gone_by_is_made_of_the_facts_up_to_then(config: Config) -> None:
    events = history(50)
    price = PriceQuoted(time_ns=START + 10 * SECOND, asset="BNB", price=D(300), currency="USD", source="manual")
    write(config, [*events[:20], deposit(5, "7", "BNB")], (price,))
    at = events[19].time_ns
    with reading(config) as read:
        (then,) = read.views(["a"], at_ns=at)
    write(config, events[20:])
    with reading(config) as read:
        (again,) = read.views(["a"], at_ns=at)
        (now,) = read.views(["a"])
    assert again.state.totals() == then.state.totals() != now.state.totals()
    assert (again.balances, again.positions, again.orders, again.streams) == (None, None, (), ())
    assert again.prices["BNB/USD"].price == 300
    assert all(price.at_ns <= at for price in again.prices.values())


def test_a_closed_period_stays_as_it_was_and_lists_what_changed(config: Config) -> None:
    write(config, [fill(2, quantity="2", fees=()), fill(3, side="sell", price="150", fees=())])
    (figure,) = close_period(config, ["a"], START, START + 10 * SECOND, "test")
    assert figure.locked is not None
    assert (figure.symbol, figure.currency, figure.locked.realized_pnl) == ("BTC/USD", "USD", D(50))
    assert all(not one.differences for one in closed_periods(config))
    write(config, [fill(20, side="sell", price="500", fees=())])
    assert all(not one.differences for one in closed_periods(config)), "what came after the period is not of it"
    write(config, [fill(1, price="200", quantity="2", fees=()), fill(4, symbol="ETH/USD", fees=(("USD", "1"),))])
    btc, eth = closed_periods(config)
    assert btc.differences == {"gross_realized_pnl": (50, 0), "realized_pnl": (50, 0)}
    assert (eth.symbol, eth.locked, eth.differences) == ("ETH/USD", None, {"fees_paid": (0, 1)})
    with reading(config) as read:
        assert read.restatements()[0].code == "restated"
    assert rebuild(config).changed == ()


def test_a_period_is_closed_once_and_only_when_it_is_over(config: Config) -> None:
    with pytest.raises(InputError, match="no facts"):
        close_period(config, (), START, START + SECOND, "empty")
    write(config, [fill(1)])
    close_period(config, (), START, START + 10 * SECOND, "2023")
    with pytest.raises(InputError, match="closed already"):
        close_period(config, (), START, START + 10 * SECOND, "2023")
    with pytest.raises(InputError, match="not over"):
        close_period(config, (), START, 2**62, "later")


def test_a_given_cost_is_a_fact_that_a_better_one_replaces(config: Config) -> None:
    opening = Opening(account="a", id="o", time_ns=START, asset="BTC", amount=D(1))
    write(config, [opening, fill(5, side="sell", price="150", fees=())])
    lot = identity(opening)

    def realised() -> list[Decimal | None]:
        with reading(config) as read:
            return [closing.realized_pnl for closing in read.closings()]

    assert realised() == [None]
    first = set_cost(config, "a", lot, D(100), "USD", None)
    assert realised() == [50]
    assert set_cost(config, "a", lot, D("100.0"), "USD", None) == first
    set_cost(config, "a", lot, D(90), "USD", START)
    assert realised() == [60]
    set_cost(config, "a", lot, D(100), "USD", START)
    assert realised() == [50]
    with reading(config) as read:
        assert [e.cost for e in read.events(kinds=("cost_basis",)) if isinstance(e, CostGiven)] == [100]
        assert [notice.text.partition(" in 1")[0] for notice in read.restatements()] != []
    assert rebuild(config).changed == ()


@pytest.mark.parametrize(("lot", "cost"), [("spot|opening|no", "1"), ("spot|opening|o", "-1")])
def test_a_cost_that_makes_no_sense_is_refused(config: Config, lot: str, cost: str) -> None:
    write(config, [Opening(account="a", id="o", time_ns=START, asset="BTC", amount=D(1))])
    with pytest.raises(InputError):
        set_cost(config, "a", lot, D(cost), "USD", None)


def test_rebuilding_changes_nothing(config: Config) -> None:
    write(config, history(2500))
    with reading(config) as read:
        for method in OTHER_METHODS:
            read.closings(method=method)
    report = rebuild(config)
    assert (report.accounts, report.facts, report.changed) == (("a",), 2500, ())


def test_the_book_in_a_currency_takes_a_fill_itself_for_a_price(config: Config) -> None:
    write(config, [fill(1, quantity="2", fees=()), fill(2, symbol="ETH/BTC", price="0.05", quantity="10", fees=())])
    with reading(config) as read:
        ((_, book),) = read.book(currency="USD")
    assert book.missing == ()
    assert book.sources == {"the fill itself": 1}
    (closing,) = book.closings
    assert (closing.symbol.partition("/")[0], closing.proceeds) == ("BTC", D(50))
