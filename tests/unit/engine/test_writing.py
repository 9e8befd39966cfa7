"""Whoever waits for the writer hears from it, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.engine.writing import _MOST, Writer, _at_once
from account_cli.errors import Unavailable
from account_cli.ports import Heard, RawRow
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import FixedClock, fill

FRAME = RawRow(account="a", received_ns=1, source="stream", channel="stream", raw="{}")
TOLD = Delivery(account="a", events=(fill(1),))


async def test_frames_that_wait_together_are_all_stored(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "acct.db")
    reader = journal.reader()
    facts = [fill(number) for number in (1, 2, 3)]
    async with Writer(journal, FixedClock()) as writer:
        frames = (Heard(account="a", received_ns=1, source="stream", channel="x", raw="{}", events=(f,)) for f in facts)
        receipts = await asyncio.gather(
            *(writer.write(Delivery(account="a", origin="stream", heard=(frame,))) for frame in frames)
        )
        assert {(receipt.n, receipt.new) for receipt in receipts} == {(3, 3)}, "in one go"
        assert list(reader.events("a")) == facts
    reader.close()


def test_a_transaction_is_over_once_it_has_so_many_frames() -> None:
    frame = Heard(account="a", received_ns=1, source="stream", channel="x", raw="{}")
    ten, many = (Delivery(account="a", origin="stream", heard=(frame,) * count) for count in (10, 2 * _MOST))
    assert _at_once([ten] * _MOST) == _MOST // 10
    assert _at_once([TOLD] * 2 * _MOST) == _MOST
    assert _at_once([many, ten]) == 1
    assert [TOLD, ten][: _at_once([TOLD, ten])] == [TOLD, ten]


async def test_a_writer_that_is_cancelled_leaves_nobody_waiting(tmp_path: Path) -> None:
    writer = Writer(open_journal(tmp_path / "acct.db"), FixedClock())
    await writer.__aenter__()
    waiting, kept = writer.write(TOLD), writer.inbox.keep(FRAME)
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == "writer")
    task.cancel()
    async with asyncio.timeout(10):
        for future in (waiting, kept, writer.write(TOLD), writer.inbox.keep(FRAME)):
            with pytest.raises(Unavailable, match="nothing more is written"):
                await future
    with pytest.raises(asyncio.CancelledError):
        await writer.__aexit__()


async def test_a_bug_in_the_writer_is_told_to_whoever_waits_and_to_whoever_comes_later(tmp_path: Path) -> None:
    def boom(_: Collection[str]) -> None:
        raise ZeroDivisionError("a bug")

    writer = Writer(open_journal(tmp_path / "acct.db"), FixedClock())
    writer.on_written = boom
    await writer.__aenter__()
    async with asyncio.timeout(10):
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await writer.write(TOLD)
        with pytest.raises(ZeroDivisionError):
            await writer.inbox.keep(FRAME)
    with pytest.raises(ZeroDivisionError):
        await writer.__aexit__()
