"""A frame is stored before it is looked into, and marked in the transaction that stores what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
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
        late, written = writer.inbox.keep(FRAME), writer.put(broken)
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
