"""What is no fact goes when a person says; positions are recorded as they were answered."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.times import DAY, SECOND
from account_cli.engine.follow import Follower
from account_cli.engine.history import forget_fine
from account_cli.engine.ingest import Ingest
from account_cli.engine.position_snapshots import is_due, keep_positions, kept_positions, taken
from account_cli.engine.recording import keep_points
from account_cli.engine.retention import Retention, prune
from account_cli.ports import Journal, JournalReader, Message, ReadingRow
from account_cli.reports.history import HistoryPoint
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, deposit, fill

D = Decimal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    yield opened
    opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def test_readings_go_by_their_age_but_for_the_last_of_each_figure(journal: Journal, reader: JournalReader) -> None:
    now = 100 * DAY
    with journal.transaction() as tx:
        for asset, days in (("BTC", 50), ("BTC", 40), ("BTC", 20), ("ETH", 60), ("ETH", 50)):
            row = ReadingRow(kind="balance", wallet="spot", key=asset, at_ns=now - days * DAY, head=1, amount=D(days))
            tx.put_readings("main", [row])
    kept = Retention(observations_ns=30 * DAY)
    with journal.transaction() as tx:
        assert prune(tx, retention=kept, now_ns=now) == 3
        assert prune(tx, retention=kept, now_ns=now) == 0
    assert [one.amount for one in reader.readings("main", "balance", "spot", "BTC")] == [D(20)]
    with journal.transaction() as tx:
        row = ReadingRow(kind="balance", wallet="spot", key="BTC", at_ns=now, head=1, amount=D(1))
        tx.put_readings("main", [row])
        assert prune(tx, retention=Retention(observations_ns=60 * DAY), now_ns=now + 20 * DAY) == 0, "as long as asked"
    assert reader.stated("main")["balance", "spot", "ETH"] == D(50), "the last reading stays, however old"


@pytest.mark.parametrize(("every", "due"), [(30, 20), (300, 2), (450, 2), (600, 1)])
def test_positions_are_due_once_in_every_interval(every: int, due: int) -> None:
    boundaries = [START // (1800 * SECOND) * 1800 * SECOND + n * 30 * SECOND for n in range(20)]
    assert sum(is_due(at, every * SECOND) for at in boundaries) == due


def test_positions_are_kept_as_they_were_answered_and_go_by_their_age(journal: Journal, reader: JournalReader) -> None:
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(deposit(1), fill(2)))])
    follower = Follower(reader)
    bought = taken(follower.views(["a", "unknown"]), START + 300 * SECOND, now_ns=START + 301 * SECOND)
    ingest.write([Delivery(account="a", events=(fill(3, side="sell"),))])
    sold = taken(follower.views(["a"]), START + 600 * SECOND, now_ns=START + 600 * SECOND)
    with journal.transaction() as tx:
        keep_positions(tx, [*bought, *sold])
    first, second = kept_positions(reader, "a")
    assert first == bought[0][1]
    assert [(row.symbol, row.quantity, row.mark_price) for row in first.items] == [("BTC/USD", D(1), None)]
    assert not first.complete, "there was no price"
    assert second.items == (), "nothing was open, and that is known"
    with journal.transaction() as tx:
        forget_fine(tx, ["a"], START + 600 * SECOND + DAY, DAY)
    assert [one.as_of for one in kept_positions(reader, "a")] == [START + 600 * SECOND]


def test_fine_points_go_sooner_where_a_person_says_so(journal: Journal, reader: JournalReader) -> None:
    now = START // DAY * DAY
    with journal.transaction() as tx:
        for days in (0, 3, 20):
            keep_points(tx, [HistoryPoint(account="a", at_ns=now - days * DAY, currency="USD", equity=D(days))])
        forget_fine(tx, ["a"], now, 10 * DAY)
    assert [len(reader.points("a", span)) for span in ("30s", "1m", "5m", "1h", "1d")] == [1, 2, 2, 3, 3]


def test_what_could_not_be_told_for_a_week_is_dead_and_gone_after_another(
    journal: Journal, reader: JournalReader
) -> None:
    with journal.transaction() as tx:
        tx.announces = True  # type: ignore[misc]
        tx.put_outbox([Message(id="a/1", account="a", topic="fact", n=1, body=b"{}")])
    put_ns = reader.outbox()[0].next_ns
    for days, state in ((6, "pending"), (8, "dead"), (13, "dead")):
        with journal.transaction() as tx:
            prune(tx, retention=Retention(), now_ns=put_ns + days * DAY)
        assert [row.state for row in reader.outbox()] == [state]
    assert reader.outbox()[0].error == "waited for 7 days to be told"
    with journal.transaction() as tx:
        assert prune(tx, retention=Retention(), now_ns=put_ns + 15 * DAY) == 1
    assert reader.outbox() == []
