"""What is asked of the process that collects is taken by one, once, and answered to whoever waits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from account_cli.domain.times import DAY
from account_cli.ports import Answer, Journal, JournalReader, Request, Wish
from account_cli.reconciliation import Run, Tolerance
from account_cli.storage import open_journal
from tests.services import JOURNALS

WISH = Wish(tolerance=Tolerance(balance=Decimal("0.10"), dust={"BTC": Decimal("1E-8")}), explain=True, since_ns=7)


@pytest.fixture(params=sorted(JOURNALS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    with JOURNALS[request.param](tmp_path) as location:
        opened = open_journal(location)
        yield opened
        opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def request(asked_ns: int = 5) -> Request:
    return Request(account="main", what="reconcile", asked_ns=asked_ns, until_ns=asked_ns + 9, wish=WISH)


def test_a_request_is_taken_once_and_its_answer_comes_back(journal: Journal, reader: JournalReader) -> None:
    assert reader.waiting() == []
    with journal.transaction() as tx:
        number = tx.put_request(request())
    asked = msgspec.structs.replace(request(), number=number)
    assert reader.waiting() == [asked]
    with journal.transaction() as tx:
        assert tx.take_request(number, 6)
        assert not tx.take_request(number, 7)
    assert reader.waiting() == []
    answer = Answer(new_facts=3, run=4, code="unreachable", exit_code=6, message="no answer", hint="try again")
    with journal.transaction() as tx:
        tx.answer_request(number, answer)
    assert reader.request(number) == msgspec.structs.replace(asked, taken_ns=6, answer=answer)


def test_a_request_that_was_taken_back_is_neither_taken_nor_answered(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        first, second = tx.put_request(request()), tx.put_request(request())
        tx.drop_requests([first])
        assert not tx.take_request(first, 6)
        tx.answer_request(first, Answer())
    assert reader.request(first) is None
    assert [one.number for one in reader.waiting()] == [second]


def test_requests_of_long_ago_are_forgotten(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        old = tx.put_request(request(asked_ns=1))
        tx.put_request(request(asked_ns=DAY))
    with journal.transaction() as tx:
        tx.put_request(request(asked_ns=DAY + 2))
    assert reader.request(old) is None
    assert len(reader.waiting()) == 2


def test_a_run_is_a_look_and_a_later_look_may_find_the_same(journal: Journal, reader: JournalReader) -> None:
    def run(account: str, at_ns: int) -> Run:
        return Run(account=account, at_ns=at_ns, version="1", head=0, read_ns=None, compared=0)

    assert reader.looked("main") is None
    with journal.transaction() as tx:
        tx.put_look("main", 4)
        first, other = tx.put_run(run("main", 5)), tx.put_run(run("other", 6))
        tx.put_look("main", 7)
    assert (reader.looked("main"), reader.looked("other")) == ((7, first), (6, other))
    with journal.transaction() as tx:
        second = tx.put_run(run("main", 8))
    assert reader.looked("main") == (8, second)
