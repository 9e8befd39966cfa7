"""What was received is stored before it is read: a crash loses nothing of it, and a mended normaliser reads it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from account_cli.collector.recovering import recover
from account_cli.domain.events import Fill, TransferArrived
from account_cli.engine.ingest import Ingest
from account_cli.engine.replaying import Replayed, Span, replay
from account_cli.exchanges.fields import Unreadable
from account_cli.ports import ExchangeReader, JournalReader
from account_cli.storage import open_journal, open_reader
from tests.wire.collector.crew import CLOCK, Desk, desk, reader_on, simulated

VENUES = ["kraken", "binance", "binanceusdm"]
NORMALISERS = {
    "kraken": ("kraken.frames.stream_fill", "kraken.walk.rest_fill", "kraken.again.rest_fill"),
    "binance": ("binance.spot.frames.stream_fill", "binance.spot.walk.rest_fill", "binance.again.spot_fill"),
    "binanceusdm": ("binance.frames.stream_fill", "binance.history.rest_fill", "binance.again.rest_fill"),
}


async def until(done: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


def fills(reader: JournalReader) -> list[str]:
    return sorted(event.id for event in reader.events("main", kinds=("fill",)))


def replayed(folder: Path, exchange: ExchangeReader, span: Span, *, dry_run: bool = False) -> Replayed:
    journal = open_journal(folder / "acct.db")
    reader = journal.reader()
    try:
        ingest = None if dry_run else Ingest(journal, CLOCK)
        return replay(reader, exchange.rereader(), "main", span, now_ns=CLOCK.now_ns(), ingest=ingest)
    finally:
        reader.close()
        journal.close()


async def collected(books: Desk, reader: ExchangeReader, sim: Any, when: Callable[[], bool]) -> None:
    """Collect until the stream is live, let two bursts of fills happen, and stop once ``when`` is true."""
    running = asyncio.create_task(books.collector(reader).run())
    try:
        await until(lambda: any(row.status == "live" for row in books.memory.streams()), "live")
        for _ in range(2):
            sim.burst(3)
            await sim.advance(1)
        await until(when, "all is heard")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_trade_told_a_second_time_is_kept_once_and_what_cannot_be_read_in_any_case(tmp_path: Path) -> None:
    async with simulated("binanceusdm") as sim, desk(tmp_path) as books:
        bad = '{"e":"TRADE_LITE","t":'

        def heard() -> bool:
            if not books.memory.unreadable_count("main"):
                sim.malformed_frame(bad)
            return len(fills(books.memory)) == len(sim.world.book.fills) and books.memory.unreadable_count("main") > 0

        await collected(books, reader_on(sim, tmp_path), sim, heard)
        kept = [row.raw for row in books.memory.raws_after("main", limit=10_000) if "TRADE_LITE" in row.raw]
        assert set(kept) == {bad}
        assert any("ORDER_TRADE_UPDATE" in row.raw for row in books.memory.raws_after("main", limit=10_000))


def _have_transactions(memory: JournalReader) -> bool:
    """True when each deposit and withdrawal is known with its transaction, which Kraken tells apart."""
    moved = [one for one in memory.events("main", kinds=("transfer",)) if isinstance(one, TransferArrived)]
    return all(one.tx for one in moved if one.type in ("deposit", "withdrawal"))


@pytest.mark.parametrize("venue", VENUES)
async def test_reading_all_that_was_received_again_changes_nothing(venue: str, tmp_path: Path) -> None:
    async with simulated(venue) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        await collected(
            books,
            reader,
            sim,
            lambda: len(fills(books.memory)) == len(_true_fills(sim)) and _have_transactions(books.memory),
        )
    replayed(tmp_path, reader, Span(states=("waiting",)))  # a page that was under way when the collector was stopped
    again = replayed(tmp_path, reader, Span())
    assert again.facts > len(_true_fills(sim))
    assert (again.found, again.contradictions, again.unreadable) == ([], [], 0)
    database = open_reader(tmp_path / "acct.db")
    assert database.raws_after("main", states=["waiting", "unreadable"]) == []
    database.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_what_a_broken_normaliser_could_not_read_is_read_by_a_mended_one(
    venue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Fill:
        raise Unreadable("no price")

    async with simulated(venue) as sim, desk(tmp_path) as books:
        with monkeypatch.context() as patch:
            for name in NORMALISERS[venue]:
                patch.setattr(f"account_cli.exchanges.{name}", broken)
            reader = reader_on(sim, tmp_path)
            stored = books.memory
            await collected(
                books,
                reader,
                sim,
                lambda: any(row.source == "stream" for row in stored.raws("main", unreadable_only=True)),
            )
            assert fills(books.memory) == []
    streamed = Span(states=("unreadable",))
    told = replayed(tmp_path, reader, streamed, dry_run=True)
    database = open_reader(tmp_path / "acct.db")
    assert fills(database) == [], "a dry run writes nothing"
    again = replayed(tmp_path, reader, streamed)
    assert {one.identity for one in again.found} == {one.identity for one in told.found}
    assert sorted(one.identity for one in again.found if "|fill|" in one.identity)
    assert (again.mended, again.unreadable) == (again.texts, 0)
    assert set(fills(database)) <= set(_true_fills(sim))
    assert fills(database)
    assert database.raws("main", unreadable_only=True) == []
    database.close()


@pytest.mark.parametrize("venue", VENUES)
async def test_what_was_stored_and_not_read_when_the_process_died_is_read_at_the_next_start(
    venue: str, tmp_path: Path
) -> None:
    async with simulated(venue) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        await collected(books, reader, sim, lambda: len(fills(books.memory)) == len(_true_fills(sim)))
        rows = books.memory.raws_after("main", limit=10_000)
        true = fills(books.memory)
    # The same texts in a new database, as they are between the two commits.
    journal = open_journal(tmp_path / "second" / "acct.db")
    with journal.transaction() as tx:
        tx.put_instruments(list(reader.instruments().values()))
        tx.put_raws([replace(row, id=0, done_ns=None) for row in rows])
    journal.close()
    async with desk(tmp_path / "second") as books:
        count, receipts = await recover(reader, books.deliver, books.memory)
        assert (count, sum(receipt.refused for receipt in receipts)) == (len(rows), 0)
        assert fills(books.memory) == true
        assert books.memory.raws_after("main", states=["waiting"]) == []
        assert (await recover(reader, books.deliver, books.memory))[0] == 0


def _true_fills(sim: Any) -> list[str]:
    import json

    lines = (json.loads(line) for line in sim.truth("main").splitlines() if line.strip())
    return [line["id"] for line in lines if line["kind"] == "fill"]
