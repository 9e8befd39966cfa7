"""A store answers what the commands answer, for programs: exact, dated, and honest about what is missing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.engine.ingest import Ingest
from account_cli.library import AsyncStore, InputError, StorageError, Store
from account_cli.ports import Location
from account_cli.storage import open_journal
from tests.services import DATABASES
from tests.unit.engine.engine_facts import START, FixedClock, deposit, fill

D = Decimal


@pytest.fixture(params=sorted(DATABASES))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    with DATABASES[request.param](tmp_path) as location:
        journal = open_journal(location)
        facts = (deposit(1), fill(2), fill(3, side="sell", price="150", quantity="0.5"))
        Ingest(journal, FixedClock()).write([Delivery(account="a", events=facts)])
        Ingest(journal, FixedClock()).write([Delivery(account="b", events=(fill(1, account="b"),))])
        journal.close()
        yield location


def test_balances_positions_fills_and_transfers_are_read_from_either_database(database: Location) -> None:
    with Store(database) as store:
        assert store.accounts() == ("a", "b")
        assert store.position("a") == 3
        held = {row.asset: row.total for row in store.balances("a").items}
        assert held == {"BTC": D("0.5"), "USD": D("974.8")}
        (position,) = store.positions("a").items
        assert (position.quantity, position.entry_price) == (D("0.5"), D(100))
        sold, bought = store.fills("a").items
        assert sold.realized_pnl == D("24.85")
        assert bought.realized_pnl is None, "it closed nothing: that is not zero"
        assert [row.id for row in store.fills("a", limit=1, until_ns=START + 3_000_000_000).items] == ["T2"]
        assert [row.amount for row in store.transfers().items] == [D(1000)]
        assert not store.orders("a", only_open=False).items
        assert [row.account for row in store.status().items] == ["a", "b"]


def test_an_answer_says_when_it_is_of_and_what_it_lacks(database: Location) -> None:
    with Store(database, currency="EUR") as store:
        first = store.balances("a")
        assert not first.complete
        assert "a: BTC has no price in EUR" in first.incomplete
        assert [row.value for row in first.items] == [None, None]
        assert store.balances("a").as_of > first.as_of > START


def test_what_is_not_there_is_an_error_and_not_an_empty_answer(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no database of acct at"):
        Store(tmp_path / "none.db")
    with pytest.raises(InputError, match="Redis forgets"):
        Store("redis://127.0.0.1")
    assert not list(tmp_path.iterdir()), "reading makes nothing"


def test_an_unknown_account_is_named_with_those_that_are_known(database: Location) -> None:
    with Store(database) as store, pytest.raises(InputError, match="no account 'c'") as refused:
        store.balances("c")
    assert refused.value.hint == "It knows a, b."


async def test_a_question_is_answered_beside_the_loop_one_after_another(database: Location) -> None:
    async with AsyncStore(database) as store:
        threads = await asyncio.gather(*(store.ask(lambda _: threading.get_ident()) for _ in range(3)))
        assert len({*threads, threading.get_ident()}) == 2
        assert (await store.ask(lambda one: one.position("b"))) == 1
        with pytest.raises(InputError):
            await store.ask(lambda one: one.balances("c"))
    with pytest.raises(InputError, match="async with"):
        await AsyncStore(database).ask(lambda one: one.accounts())


async def test_there_is_no_thread_left_of_a_store_that_could_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        async with AsyncStore(tmp_path / "none.db"):
            pass
    assert not [one for one in threading.enumerate() if one.name.startswith("acct-store")]
