"""What proof rests on comes back as it was stored, from every database."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from account_cli.domain.events import Amount, Fill
from account_cli.domain.observations import RunningBalance
from account_cli.ports import Entry, Journal, JournalReader, ReadingRow
from account_cli.reconciliation import Item, Run
from account_cli.reconciliation.bisect import Reading
from account_cli.reconciliation.proof import BalanceProof, Checkpoint, Held, Line, Moved, Proof
from account_cli.storage import open_journal
from tests.services import JOURNALS

D = Decimal


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


def checkpoint(head: int, *, account: str = "main") -> Checkpoint:
    held = (Held("spot", "BTC", D("1.50")), Held("futures", "USDT", D("-0.00000001")))
    return Checkpoint(account=account, at_ns=head * 10, read_ns=head * 10 - 1, head=head, key=(5, -1, "x"), refolds=2,
                      entries=7, balances=held)  # fmt: skip


def test_the_last_checkpoint_counts_and_none_that_knew_more(journal: Journal, reader: JournalReader) -> None:
    assert reader.checkpoint("main") is None
    with journal.transaction() as tx:
        for one in (checkpoint(3), checkpoint(8), checkpoint(9, account="other")):
            tx.put_checkpoint(one)
    assert reader.checkpoint("main") == checkpoint(8)
    assert reader.checkpoint("main", 7) == checkpoint(3)
    assert reader.checkpoint("main", 2) is None
    assert (reader.checkpoint("main", None, 79), reader.checkpoint("main", None, 80)) == (checkpoint(3), checkpoint(8))


def test_a_proof_comes_back_with_its_run(journal: Journal, reader: JournalReader) -> None:
    fact = Moved(fact="spot|transfer|d", id="d", time_ns=4, amount=D("0.10"))
    line = Line(kind="deposits", amount=D("0.10"), count=1, late=True, first_ns=4, last_ns=4, facts=(fact,))
    balance = BalanceProof(wallet="spot", asset="BTC", opening=D(1), lines=(line,), closing=D("1.10"), exchange=None)
    proof = Proof(account="main", head=4, since_ns=3, balances=(balance,), still=2)
    with journal.transaction() as tx:
        tx.put_proof(5, proof)
    assert reader.proof(5) == proof
    assert reader.proof(6) is None


def reading(at_ns: int, amount: str, *, key: str = "BTC", before_ns: int | None = None) -> ReadingRow:
    return ReadingRow(
        kind="balance", wallet="spot", key=key, at_ns=at_ns, head=1, amount=D(amount), before_ns=before_ns
    )


def test_readings_are_told_from_the_one_before_on_and_the_last_is_kept_whatever_its_age(
    journal: Journal, reader: JournalReader
) -> None:
    with journal.transaction() as tx:
        tx.put_readings("main", [reading(10, "1.0"), reading(10, "5", key="ETH")])
        tx.put_readings("main", [reading(20, "2", before_ns=15)])
        tx.put_readings("main", [reading(30, "3", before_ns=25)])
    asked = ("main", "balance", "spot", "BTC")
    assert reader.readings(*asked) == [Reading(10, D("1.0")), Reading(20, D(2), 15), Reading(30, D(3), 25)]
    assert reader.readings(*asked, since_ns=30) == [Reading(20, D(2), 15), Reading(30, D(3), 25)]
    assert reader.readings("main", "balance", "spot", "USD") == []
    assert reader.stated("main") == {("balance", "spot", "BTC"): D(3), ("balance", "spot", "ETH"): D(5)}
    with journal.transaction() as tx:
        assert tx.prune_readings(100, limit=1) == 1
        assert tx.prune_readings(100) == 1
        assert tx.prune_readings(100) == 0
    assert reader.readings(*asked) == [Reading(30, D(3), 25)]


def entry(number: int, *, book: str = "XXBT", account: str = "main") -> RunningBalance:
    return RunningBalance(book=book, id=f"L{number}", wallet="spot", asset="BTC", time_ns=number // 2, change=D("0.10"),
                          balance=D(number))  # fmt: skip


def test_entries_are_told_from_the_instant_before_the_first_new_one(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        tx.put_running("main", [entry(n) for n in (2, 3, 4, 5, 8)])
        tx.put_running("main", [entry(2, book="ZUSD")])
    known = reader.running_head("main")
    assert [one.id for one in reader.running_since("main", 0)] == ["L2", "L3", "L4", "L5", "L8", "L2"]
    assert list(reader.running_since("main", known)) == []
    with journal.transaction() as tx:
        tx.put_running("main", [entry(4), entry(6), entry(7)])
    assert list(reader.running_since("main", known)) == [entry(n) for n in (4, 5, 6, 7, 8)]
    assert reader.running_head("other") == 0


def test_a_fact_is_found_as_it_was_told_when_the_head_was_that(journal: Journal, reader: JournalReader) -> None:
    told = Fill(
        account="main", id="T", time_ns=1, order_id="O", symbol="BTC/USD", side="buy", price=D(1), quantity=D(1)
    )
    whole = Fill(account="main", id="T", time_ns=1, order_id="O", symbol="BTC/USD", side="buy", price=D(1),
                 quantity=D(1), fees=(Amount("USD", D("0.1")),))  # fmt: skip
    with journal.transaction() as tx:
        tx.append("main", [Entry(n=1, event=told, origin="stream", heard_ns=1)])
        tx.append("main", [Entry(n=2, event=whole, origin="rest", heard_ns=2, revision=1)])
    (name,) = reader.find("main", ["spot|fill|T|BTC/USD|O|buy"])
    assert [reader.find("main", [name], at_most=n).get(name) and reader.find("main", [name], n)[name].event
            for n in (0, 1, 2)] == [None, told, whole]  # fmt: skip


def run(at_ns: int, *items: Item) -> Run:
    return Run(account="main", at_ns=at_ns, version="t", head=1, read_ns=at_ns, compared=3, items=items)


def test_proofs_go_by_age_where_all_agreed_and_checkpoints_but_the_last(
    journal: Journal, reader: JournalReader
) -> None:
    wrong = Item(kind="balance", wallet="spot", key="BTC", local=D(1), exchange=D(2), state="unexplained")
    proof = Proof(account="main", head=4, since_ns=3, balances=(), still=2)
    with journal.transaction() as tx:
        for kept in (run(10), run(20, wrong), run(30), run(40)):
            tx.put_proof(tx.put_run(kept), proof)
        for one in (checkpoint(1), checkpoint(2), checkpoint(3), checkpoint(2, account="other")):
            tx.put_checkpoint(one)
        runs = [number for number, _ in reversed(tx.runs("main"))]
    with journal.transaction() as tx:
        assert tx.prune_proofs(40, limit=1) == 2, "so many of each"
        assert tx.prune_proofs(40) == 2
        assert tx.prune_proofs(40) == 0
    assert [reader.proof(number) is None for number in runs] == [True, False, True, False]
    assert [one.at_ns for _, one in reversed(reader.runs("main"))] == [10, 20, 30, 40], "runs stay"
    assert (reader.checkpoint("main"), reader.checkpoint("main", 2)) == (checkpoint(3), None)
    assert reader.checkpoint("other") == checkpoint(2, account="other"), "the last stays, however old"


def test_entries_go_once_they_are_proven_and_the_last_of_each_book_stays(
    journal: Journal, reader: JournalReader
) -> None:
    with journal.transaction() as tx:
        tx.put_running("main", [entry(n) for n in range(2, 12)])
        tx.put_running("main", [entry(2, book="ZUSD"), entry(3, book="ZUSD")])
        tx.put_running("other", [entry(4, account="other")])
    with journal.transaction() as tx:
        assert tx.prune_running(4) == 0, "nothing was proven yet"
        tx.put_checkpoint(msgspec.structs.replace(checkpoint(9), read_ns=3))
        assert tx.prune_running(4, limit=1) == 1
        assert tx.prune_running(4) == 3
        assert tx.prune_running(4) == 0
    assert [(one.book, one.id) for one in reader.running_since("main", 0)] == [
        *(("XXBT", f"L{n}") for n in range(6, 12)), ("ZUSD", "L2"), ("ZUSD", "L3"),
    ]  # fmt: skip
