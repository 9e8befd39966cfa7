"""History comes back as it was stored, from every database; what is old goes, what is not stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from account_cli.ports import Journal, JournalReader, PointRow
from account_cli.storage import open_journal
from tests.services import JOURNALS


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


def test_points_come_by_time_and_market_and_the_last_of_a_bucket_counts(
    journal: Journal, reader: JournalReader
) -> None:
    rows = [PointRow(at, symbol, "USD", b"%d" % at) for at in (300, 100, 200) for symbol in ("", "BTC/USD")]
    with journal.transaction() as tx:
        tx.put_points("main", "5m", rows)
        tx.put_points("main", "1h", rows[:1])
        tx.put_points("main", "5m", [PointRow(100, "", "USD", b"later")])
    assert reader.points("main", "5m") == [
        PointRow(100, "", "USD", b"later"),
        PointRow(100, "BTC/USD", "USD", b"100"),
        *(PointRow(at, symbol, "USD", b"%d" % at) for at in (200, 300) for symbol in ("", "BTC/USD")),
    ]
    assert [row.at_ns for row in reader.points("main", "5m", symbol="", since_ns=200, until_ns=300)] == [200]
    with journal.transaction() as tx:
        tx.drop_points("main", "5m", 300)
    assert [row.at_ns for row in reader.points("main", "5m")] == [300, 300]
    assert reader.points("main", "1h") == rows[:1]
    assert reader.points("other", "5m") == []


def test_position_snapshots_come_by_time(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        for at in (30, 10, 20):
            tx.put_position_snapshot("main", at, b"%d" % at)
        tx.put_position_snapshot("main", 20, b"again")
    assert reader.position_snapshots("main") == [b"10", b"again", b"30"]
    assert reader.position_snapshots("main", since_ns=11, until_ns=30) == [b"again"]
    with journal.transaction() as tx:
        tx.drop_position_snapshots("main", 20)
    assert reader.position_snapshots("main") == [b"again", b"30"]
    assert reader.feature("nothing") is None
