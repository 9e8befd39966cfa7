"""What was back-filled is what became known between the loss of a stream and its return, whoever told it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from account_cli.collector.backfilled import BackFilled, in_words, told_of
from account_cli.collector.delivery import Delivery, Receipt
from account_cli.engine.ingest import Ingest
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import FixedClock, deposit, fill


def test_a_snapshot_of_the_new_stream_counts_as_much_as_a_sweep(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1, fees=None), deposit(2)))])
    reader = journal.reader()
    back_filled = BackFilled(reader, "a")
    back_filled.lost()
    ingest.write([Delivery(account="a", origin="stream", events=(fill(3), fill(4)))])
    ingest.write([Delivery(account="a", events=(fill(1), fill(3), deposit(5)))])
    back_filled.lost()
    found = back_filled.found([], back_filled.losses)
    assert told_of("start", found) == "reconnected: 2 fills and 1 transfer back-filled", "a fee is no new fact"
    assert back_filled.found([Receipt(account="a", n=9, new=1, kinds={"fill": 1})], back_filled.losses) == "1 fill"
    reader.close()
    journal.close()


def test_a_catch_up_that_began_before_the_loss_leaves_what_follows_it_to_the_next(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1),))])
    reader = journal.reader()
    back_filled = BackFilled(reader, "a")
    began = back_filled.losses
    back_filled.lost()
    ingest.write([Delivery(account="a", events=(fill(3),))])
    assert back_filled.found([], began) == "1 fill"
    ingest.write([Delivery(account="a", events=(fill(4), fill(5)))])
    assert back_filled.found([], back_filled.losses) == "2 fills", "what was told once is not told again"
    reader.close()
    journal.close()


def test_words_are_counted_and_nothing_is_said_of_nothing() -> None:
    assert in_words(Counter()) is None
    assert told_of("start", None) == "reconnected: nothing was missed"
    assert in_words(Counter(fill=1, funding=2, opening=1)) == "1 fill, 2 funding payments and 1 other fact"


def test_a_database_that_is_lost_with_the_stream_is_no_reason_to_stop(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    reader = journal.reader()
    back_filled = BackFilled(reader, "a")
    reader.close()
    back_filled.lost()
    assert back_filled.found([Receipt(account="a", n=9, new=1, kinds={"fill": 1})], back_filled.losses) == "1 fill"
    journal.close()
