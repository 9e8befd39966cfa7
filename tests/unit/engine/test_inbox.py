"""A frame is stored before it is looked into, and marked in the transaction that stores what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.times import DAY
from account_cli.engine.retention import Retention, prune
from account_cli.engine.writing import Writer
from account_cli.errors import DiskFull
from account_cli.ports import Heard, Journal, JournalReader, RawRow
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import FixedClock, fill

FRAME = RawRow(account="a", received_ns=1, source="stream", channel="stream", raw="{}")


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


def heard(row_id: int, **named: object) -> Heard:
    told = Heard(account="a", received_ns=1, source="stream", channel="fills", raw="{}", inbox=row_id)
    return replace(told, **named)


async def test_a_frame_waits_in_the_inbox_until_its_effects_are_written_with_its_mark(
    journal: Journal, reader: JournalReader
) -> None:
    async with Writer(journal, FixedClock()) as writer:
        row_id = await writer.inbox.keep(FRAME)
        assert [row.state for row in reader.raws("a")] == ["waiting"]
        await writer.write(Delivery(account="a", heard=(heard(row_id, events=(fill(1),)),)))
    (row,) = reader.raws("a")
    assert (row.id, row.state, row.channel) == (row_id, "done", "fills")
    assert reader.head("a") == 1


async def test_what_nobody_awaits_is_stored_and_what_says_nothing_is_removed_at_the_latest_on_closing(
    journal: Journal, reader: JournalReader
) -> None:
    async with Writer(journal, FixedClock()) as writer:
        writer.inbox.keep(FRAME)
        writer.inbox.forget(await writer.inbox.keep(replace(FRAME, raw="idle")))
    assert [row.raw for row in reader.raws("a")] == ["{}"]


async def test_a_delivery_that_cannot_be_written_neither_marks_its_frame_nor_loses_one_that_arrived_with_it(
    journal: Journal, reader: JournalReader
) -> None:
    async with Writer(journal, FixedClock()) as writer:
        row_id = await writer.inbox.keep(FRAME)
        broken = Delivery(account="a", heard=(heard(row_id, events=(replace(fill(1), price="no number"),)),))
        late, written = writer.inbox.keep(FRAME), writer.write(broken)
        assert await late
        with pytest.raises(Exception, match=r".+"):
            await written
    assert [row.state for row in reader.raws("a")] == ["waiting", "waiting"]
    assert reader.head("a") == 0


async def test_a_frame_that_the_database_refuses_says_so_to_whoever_waits_for_it(journal: Journal) -> None:
    database = journal._db  # type: ignore[attr-defined]
    database.run(f"PRAGMA max_page_count = {database.number('PRAGMA page_count') + 1}")
    async with Writer(journal, FixedClock()) as writer:
        with pytest.raises(DiskFull):
            await asyncio.wait_for(writer.inbox.keep(replace(FRAME, raw="x" * 100_000)), 30)


# ---- retention ----

KEEP = Retention(keep_ns=7 * DAY, most_bytes=10_000)
NOW = 100 * DAY


def filled(journal: Journal, *rows: RawRow) -> None:
    with journal.transaction() as tx:
        tx.put_raws(rows)


def pruned(journal: Journal, now_ns: int = NOW) -> int:
    batches = 0
    while True:
        with journal.transaction() as tx:
            if not prune(tx, retention=KEEP, now_ns=now_ns):
                return batches
        batches += 1


def test_what_was_read_is_kept_for_a_week_and_what_could_not_be_for_ninety_days(
    journal: Journal, reader: JournalReader
) -> None:
    def at(day: int, **named: object) -> RawRow:
        return replace(FRAME, received_ns=day * DAY, **named)

    filled(
        journal, at(92, done_ns=1), at(94, done_ns=1), at(9), at(11), at(9, unreadable="no"), at(11, unreadable="no")
    )
    pruned(journal)
    assert sorted((row.received_ns // DAY, row.state) for row in reader.raws("a")) == [
        (11, "unreadable"),
        (11, "waiting"),
        (94, "done"),
    ]


def test_beyond_its_size_the_oldest_that_was_read_goes_first_and_what_could_not_be_read_last(
    journal: Journal, reader: JournalReader
) -> None:
    big = replace(FRAME, raw="x" * 1000, done_ns=1)
    filled(journal, *(replace(big, received_ns=99 * DAY + n, unreadable="no") for n in range(3)))
    filled(journal, *(replace(big, received_ns=99 * DAY + 10 + n) for n in range(1000)))
    assert pruned(journal) == 2, "a batch at a time, until it is small enough"
    assert [row.state for row in reader.raws("a")] == ["unreadable"] * 3
    filled(journal, *(replace(big, received_ns=99 * DAY + n, unreadable="no") for n in range(20)))
    pruned(journal)
    assert reader.inbox_bytes() <= KEEP.most_bytes


def test_a_year_of_frames_takes_no_more_room_than_a_week_of_them(journal: Journal, reader: JournalReader) -> None:
    database = journal._db  # type: ignore[attr-defined]
    pages = []
    for day in range(1, 366):
        frames = [replace(FRAME, received_ns=day * DAY + n, raw="x" * 100, done_ns=1) for n in range(20)]
        filled(journal, *frames)
        pruned(journal, (day + 1) * DAY)
        pages.append(database.number("PRAGMA page_count"))
    assert len(reader.raws("a", limit=10_000)) <= 8 * 20
    assert max(pages) == max(pages[:20])
