"""What was back-filled is what became known between the loss of a stream and its return, whoever told it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from account_cli.collector.backfilled import in_words, kinds_since, told_of
from account_cli.collector.delivery import Delivery
from account_cli.engine.ingest import Ingest
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import FixedClock, deposit, fill


def test_a_snapshot_of_the_new_stream_counts_as_much_as_a_sweep(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1, fees=None), deposit(2)))])
    reader = journal.reader()
    lost_at = reader.head("a")
    ingest.write([Delivery(account="a", origin="stream", events=(fill(3), fill(4)))])
    ingest.write([Delivery(account="a", events=(fill(1), fill(3), deposit(5)))])
    counted = kinds_since(reader, "a", lost_at)
    assert counted == Counter(fill=2, transfer=1), "a fee that completes a fill is no new fact"
    assert told_of("start", in_words(counted)) == "reconnected: 2 fills and 1 transfer back-filled"
    reader.close()
    journal.close()


def test_words_are_counted_and_nothing_is_said_of_nothing() -> None:
    assert in_words(Counter()) is None
    assert told_of("start", None) == "reconnected: nothing was missed"
    assert in_words(Counter(fill=1, funding=2, opening=1)) == "1 fill, 2 funding payments and 1 other fact"
