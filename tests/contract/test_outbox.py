"""What is to leave waits in its order, is told again after a failure, and is forgotten once it was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import TransferArrived
from account_cli.domain.health import Notice
from account_cli.domain.money import decimal
from account_cli.engine.ingest import Ingest
from account_cli.ports import Journal, JournalReader, Location, Message
from account_cli.storage import open_journal
from tests.contract.test_leases import StillClock
from tests.services import DATABASES

FACT = TransferArrived(account="main", id="D1", time_ns=1, asset="USD", amount=decimal("1"), type="deposit")
ALARM = Notice(account="main", at_ns=2, severity="warning", code="drift", text="USD: ledger 1, exchange 2")


@pytest.fixture(params=sorted(DATABASES))
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    with DATABASES[request.param](tmp_path) as found:
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
    assert reader.due(["main"], 0) == [second]
    with journal.transaction() as tx:
        assert tx.retry_outbox([]) == 1
    assert reader.due(["main"], 0) == [first, second]


def test_what_was_told_is_forgotten_after_a_thousand_more(journal: Journal, reader: JournalReader) -> None:
    put(journal, *(message(n) for n in range(1, 1203)), message(1, "other"))
    with journal.transaction() as tx:
        tx.settle_outbox(tx.due(["main"], 0, limit=10), [])
    rows = reader.due(["main"], 0, limit=2000)
    assert len(rows) == 1192
    with journal.transaction() as tx:
        tx.settle_outbox(rows, [])
    kept = reader.outbox(["delivered"], limit=2000)
    assert [row.message.n for row in kept] == list(range(1202, 202, -1))
    assert [row.message.account for row in reader.due(["main", "other"], 0)] == ["other"]
