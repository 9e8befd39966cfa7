"""One process collects an account: whoever takes a lease may write, whoever lost it may not, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import TransferArrived
from account_cli.domain.money import decimal
from account_cli.domain.presence import EXPIRED_NS, Process
from account_cli.engine.ingest import Ingest
from account_cli.errors import LeaseLost, LockHeld
from account_cli.ports import Journal, Location
from account_cli.storage import open_journal, present
from account_cli.storage.presence import Presence
from tests.services import JOURNALS


class StillClock:
    def now_ns(self) -> int:
        return 9

    def monotonic(self) -> float:
        return 9.0

    async def sleep(self, _seconds: float) -> None: ...


@pytest.fixture(params=sorted(JOURNALS))
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    with JOURNALS[request.param](tmp_path) as found:
        yield found


@pytest.fixture
def journal(location: Location) -> Iterator[Journal]:
    opened = open_journal(location)
    yield opened
    opened.close()


def deposit(number: int) -> Delivery:
    fact = TransferArrived(
        account="main", id=f"D{number}", time_ns=number, asset="USD", amount=decimal("1"), type="deposit"
    )
    return Delivery(account="main", events=(fact,))


def process(name: str) -> Process:
    return Process(id=name, kind="collect", host="elsewhere", pid=1, version="1", started_ns=1)


def beating(location: Location) -> Presence:
    me = present(location, "collect")
    me.register()
    return me


def test_each_taking_of_a_lease_has_a_number_one_higher(journal: Journal) -> None:
    with journal.transaction() as tx:
        assert [tx.take_lease("main", name) for name in ("a", "b", "b")] == [1, 2, 3]
        assert tx.take_lease("other", "a") == 1
        (main, other) = tx.leases()
    assert (main.process, main.fence, other.process) == ("b", 3, "a")


def test_whoever_was_overtaken_can_write_nothing_more(journal: Journal) -> None:
    with journal.transaction() as tx:
        fences = {"main": tx.take_lease("main", "a")}
    ingest = Ingest(journal, StillClock(), fences)
    ingest.write([deposit(1)])
    with journal.transaction() as tx:
        overtaking = {"main": tx.take_lease("main", "b")}
    with pytest.raises(LeaseLost, match="has taken over account 'main'"):
        ingest.write([deposit(2)])
    assert Ingest(journal, StillClock(), overtaking).write([deposit(3)])[0].n == 2
    with pytest.raises(LeaseLost):
        ingest.write([deposit(4)])


def test_a_process_that_left_in_order_leaves_its_leases_to_others(journal: Journal) -> None:
    with journal.transaction() as tx:
        tx.put_process(process("a"))
        tx.take_lease("main", "a")
        tx.remove_process("a")
        assert tx.leases()[0].process is None
        assert tx.processes() == []


def test_a_process_that_is_asked_to_stop_hears_of_it(journal: Journal) -> None:
    with journal.transaction() as tx:
        tx.put_process(process("a"))
        assert tx.ask_to_stop("a")
        assert not tx.ask_to_stop("b")
        assert [one.stop for one in tx.processes()] == [True]
        assert tx.beat("a")
        assert not tx.beat("b")
        assert abs(tx.now_ns() - tx.processes()[0].beat_ns) < EXPIRED_NS


def test_two_that_are_present_do_not_collect_one_account(location: Location, journal: Journal) -> None:
    with beating(location) as one, beating(location) as two:
        one.take("main")
        with pytest.raises(LockHeld, match="account 'main' is being collected by process"):
            two.take("main")
        assert one.fences == {"main": 1}
        one.give_back("main")
        two.take("main")
        assert two.fences == {"main": 2}
        assert one.fences == {"main": 0}
    reader = journal.reader()
    assert reader.processes() == []
    assert [lease.process for lease in reader.leases()] == [None]
    reader.close()
