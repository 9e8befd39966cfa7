"""What is to leave waits in its order, is told again after a failure, and is forgotten once it was told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import TransferArrived
from account_cli.domain.health import Notice
from account_cli.domain.money import decimal
from account_cli.domain.times import DAY
from account_cli.engine.ingest import Ingest
from account_cli.ports import Journal, JournalReader, Location, Message
from account_cli.storage import open_journal
from tests.contract.test_leases import StillClock
from tests.services import JOURNALS

FACT = TransferArrived(account="main", id="D1", time_ns=1, asset="USD", amount=decimal("1"), type="deposit")
ALARM = Notice(account="main", at_ns=2, severity="warning", code="drift", text="USD: ledger 1, exchange 2")


@pytest.fixture(params=sorted(JOURNALS))
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    with JOURNALS[request.param](tmp_path) as found:
        yield found


@pytest.fixture
def journal(location: Location) -> Iterator[Journal]:
    opened = open_journal(location, announces=True)
    yield opened
    opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def message(n: int, account: str = "main", body: bytes = b"\x00\xff") -> Message:
    return Message(id=f"{account}/{n}", account=account, topic="fact", n=n, body=body)


def put(journal: Journal, *messages: Message) -> None:
    with journal.transaction() as tx:
        tx.put_outbox(messages)


def test_a_fact_and_a_warning_leave_a_message_each_with_their_cause(journal: Journal, reader: JournalReader) -> None:
    quiet = replace(ALARM, severity="info")
    Ingest(journal, StillClock()).write([Delivery(account="main", events=(FACT,), notices=(ALARM, quiet))])
    fact, notice = reader.due(["main"], 0)
    assert (fact.message.id, fact.message.topic, fact.message.n) == ("main/1", "fact", 1)
    assert b'"D1"' in fact.message.body
    assert (notice.message.topic, notice.state, notice.tries) == ("notice", "pending", 0)
    assert notice.message.id.startswith("main/notice/")
    assert reader.outbox_counts() == {"pending": 2}


def test_where_nobody_is_to_hear_nothing_is_left(location: Location) -> None:
    journal = open_journal(location)
    Ingest(journal, StillClock()).write([Delivery(account="main", events=(FACT,), notices=(ALARM,))])
    with journal.transaction() as tx:
        assert tx.outbox() == []
    journal.close()


def test_what_a_failed_transaction_wanted_to_tell_is_never_told(journal: Journal, reader: JournalReader) -> None:
    def work() -> None:
        with journal.transaction() as tx:
            tx.put_outbox([message(1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert reader.outbox() == []


def test_behind_a_message_that_failed_its_account_waits_and_others_do_not(
    journal: Journal, reader: JournalReader
) -> None:
    put(journal, message(1), message(2), message(1, "other"))
    first, second, other = reader.due(["main", "other"], 0)
    with journal.transaction() as tx:
        tx.settle_outbox([other], [replace(first, state="failed", tries=1, next_ns=100, error="no")])
    assert reader.due(["main", "other"], 99) == []
    again = replace(first, state="failed", tries=1, next_ns=100, error="no")
    assert reader.due(["main", "other"], 100) == [again, second]
    assert reader.due(["other"], 100) == []
    assert reader.outbox(["failed"]) == [again]
    assert reader.outbox_counts() == {"pending": 1, "failed": 1}


def test_a_dead_message_is_told_again_only_when_a_person_asks(journal: Journal, reader: JournalReader) -> None:
    put(journal, message(1), message(2))
    first, second = reader.due(["main"], 0)
    with journal.transaction() as tx:
        tx.settle_outbox([], [replace(row, state="dead", tries=5, error="no") for row in (first, second)])
    assert reader.due(["main"], 2**62) == []
    with journal.transaction() as tx:
        assert tx.retry_outbox(["main/2", "main/9"]) == 1
    assert [row.row for row in reader.due(["main"], 0)] == [second.row]
    with journal.transaction() as tx:
        assert tx.retry_outbox([]) == 1
    again = reader.due(["main"], 0)
    assert [replace(row, next_ns=0) for row in again] == [replace(row, next_ns=0) for row in (first, second)]


def test_of_what_was_told_the_newest_are_kept_and_of_notices_and_alerts_more(
    journal: Journal, reader: JournalReader
) -> None:
    notice = replace(message(9, "other"), id="other/notice/9", topic="notice", n=0)
    put(journal, notice, *(message(n) for n in range(1, 1203)), message(1, "other"))
    with journal.transaction() as tx:
        tx.settle_outbox(tx.due(["main", "other"], 0, limit=11), [])
    rows = reader.due(["main"], 0, limit=2000)
    assert len(rows) == 1192
    with journal.transaction() as tx:
        tx.settle_outbox(rows, [])
    kept = reader.outbox(["delivered"], limit=2000)
    assert [row.message.n for row in kept] == [*range(1202, 202, -1), 0]
    assert [row.message.account for row in reader.due(["main", "other"], 0)] == ["other"]
    assert reader.told("other") == [notice]
    assert reader.told("main") == []


def test_the_first_fact_that_waits_is_known_and_notices_are_no_facts(journal: Journal, reader: JournalReader) -> None:
    put(journal, replace(message(9), topic="notice", n=0), message(3), message(4), message(2, "other"))
    assert [reader.first_waiting(account) for account in ("main", "other", "third")] == [3, 2, None]
    with journal.transaction() as tx:
        tx.settle_outbox(tx.due(["main"], 0, limit=2), [])
    assert reader.first_waiting("main") == 4


def test_what_waits_too_long_is_dead_and_then_removed_oldest_first(journal: Journal, reader: JournalReader) -> None:
    put(journal, message(1), message(2), message(3))
    long_ago, ahead = time.time_ns() - DAY, time.time_ns() + DAY
    with journal.transaction() as tx:
        assert tx.give_up_outbox(long_ago, "too late", limit=2) == 0
        assert tx.give_up_outbox(ahead, "too late", limit=2) == 2
    assert [(row.message.n, row.error) for row in reader.outbox(["dead"])] == [(2, "too late"), (1, "too late")]
    with journal.transaction() as tx:
        assert tx.forget_dead(long_ago, limit=1) == 0
        assert tx.forget_dead(ahead, limit=1) == 1
    assert [(row.message.n, row.state) for row in reader.outbox()] == [(3, "pending"), (2, "dead")]
    with journal.transaction() as tx:
        assert tx.retry_outbox([]) == 1
    assert reader.outbox_counts() == {"pending": 2}


def test_many_at_once_keep_their_order_and_every_byte(journal: Journal, reader: JournalReader) -> None:
    odd = [f"a'{chr(n)}\\\"%s é" for n in range(1, 301)]
    told = [replace(message(n), id=name, body=bytes([n % 256, 0, 39, 92])) for n, name in enumerate(odd, 1)]
    put(journal, *told)
    assert [row.message for row in reader.due(["main"], 0)] == told
