"""A connection that is lost takes its transaction with it, and nothing else: what is not stored is never said to be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.times import SECOND
from account_cli.engine.fencing import hold
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.engine.writing import Writer
from account_cli.errors import Busy, LeaseLost, Unavailable
from account_cli.ports import RawRow
from account_cli.storage import open_journal, present
from account_cli.storage.journal import SqlJournal
from account_cli.storage.postgres import PostgresDatabase
from account_cli.storage.presence import LATE_NS
from tests.contract.test_leases import StillClock, deposit
from tests.services import postgres_schema


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_schema() as found:
        yield found


@pytest.fixture
def journal(url: str) -> Iterator[SqlJournal]:
    opened = open_journal(url)
    assert isinstance(opened, SqlJournal)
    yield opened
    opened.close()


def cut(url: str, one: object) -> None:
    """Let the server end the connection of a journal or a reader."""
    pid = one._db.raw.info.backend_pid  # type: ignore[attr-defined]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_what_follows_a_lost_connection_is_not_stored_without_what_came_before(url: str, journal: SqlJournal) -> None:
    def careless() -> None:
        with journal.transaction() as tx:
            tx.put_marks("main", {"before": "1"})
            cut(url, journal)
            for _ in range(3):
                with contextlib.suppress(Unavailable):
                    tx.put_marks("main", {"after": "1"})

    with pytest.raises(Unavailable):
        careless()
    with journal.transaction() as tx:
        assert tx.marks("main") == {}


def test_a_connection_that_was_lost_while_nobody_used_it_is_not_missed(url: str, journal: SqlJournal) -> None:
    reader = journal.reader()
    assert reader.head("main") == 0
    cut(url, reader)
    cut(url, journal)
    Ingest(journal, StillClock()).write([deposit(1)])
    assert reader.head("main") == 1
    cut(url, reader)
    with reader.snapshot_view():
        assert [event.time_ns for event in reader.events("main")] == [1]
    reader.close()


def test_a_reading_that_was_cut_off_ends_with_an_error_and_the_next_one_is_whole(url: str, journal: SqlJournal) -> None:
    Ingest(journal, StillClock()).write([deposit(number) for number in range(1, 2001)])
    reader = journal.reader()
    first, second = reader.events_after("main", None), reader.events_after("main", None)
    assert next(first).time_ns == next(second).time_ns == 1
    cut(url, reader)
    with pytest.raises(Unavailable):
        list(first)
    with pytest.raises(Unavailable):
        list(second)
    assert sum(1 for _ in reader.events_after("main", None)) == 2000
    reader.close()


async def test_what_others_were_in_the_way_of_is_written_when_they_are_gone(url: str) -> None:
    journal = open_journal(url)
    assert isinstance(journal, SqlJournal)
    journal._db.run("SET lock_timeout = 100")
    async with Writer(journal, StillClock()) as writer:
        with psycopg.connect(url) as other:
            other.execute("INSERT INTO accounts (account) VALUES ('main')")
            with pytest.raises(Busy):
                await writer.write(deposit(1))
            journal._db.run("SET lock_timeout = 5000")
            writing = writer.write(deposit(1))
            await asyncio.sleep(0)
        assert (await writing).new == 1


async def test_who_has_lost_a_lease_writes_nothing_more_and_the_others_do(url: str) -> None:
    with present(url, "collect") as me:
        me.take("main")
        me.take("other")
        async with Writer(open_journal(url), StillClock(), me.fences) as writer:
            with psycopg.connect(url) as connection:
                connection.execute("UPDATE leases SET process = 'another', fence = fence + 1 WHERE account = 'main'")
            for _ in range(2):  # before and after it is heard of
                rows = [
                    writer.inbox.keep(RawRow(account=name, received_ns=1, source="stream", channel="c", raw="{}"))
                    for name in ("main", "other", "main")
                ]
                told = [writer.write(deposit(1)), writer.write(Delivery(account="other", cursors={"mark": "1"}))]
                with pytest.raises(LeaseLost):
                    await writer.do(lambda tx: tx.put_marks("main", {"mark": "1"}), ["main"])
                assert (await told[1]).account == "other"
                assert await rows[1] > 0
                for refused in (rows[0], rows[2], told[0]):
                    with pytest.raises(LeaseLost):
                        await refused
                me._beat()
            assert me.lost == {"main"}
            me.give_back("main")
            with pytest.raises(LeaseLost):
                await writer.write(deposit(1))
            reader = open_journal(url).reader()
            assert {row.account for row in reader.raws("main")} == set()
            assert (reader.head("main"), reader.marks("main")) == (0, {})


def test_a_lease_that_could_not_be_given_back_is_with_the_next_beat(url: str) -> None:
    with present(url, "collect") as me, present(url, "collect") as other:
        me.take("main")
        me.fences["main"] = 0
        me._beat()
        other.take("main")
        assert other.fences == {"main": 2}


def test_a_worker_that_died_is_not_counted_for_longer_than_it_takes_to_look(url: str) -> None:
    with present(url, "collect", workers=True) as me:
        dead = present(url, "collect", workers=True)
        dead.take("main")
        me._beat()
        assert me.workers == 2
        assert "being collected by process" in me.held()["main"]
        dead._over.set()
        dead._thread.join()
        dead._db.close()  # type: ignore[attr-defined]
        with psycopg.connect(url) as connection:
            late = LATE_NS + SECOND
            connection.execute("UPDATE processes SET beat_ns = beat_ns - %s WHERE id = %s", (late, dead.process.id))
        assert me.held() == {}
        me._beat()
        assert me.workers == 1
        me.take("main")


def test_a_process_that_is_paused_in_a_transaction_is_shut_out_of_it(journal: SqlJournal) -> None:
    with journal.transaction() as tx:
        fence = tx.take_lease("main", "a")
    with journal.transaction() as tx:
        hold(tx, ["main"], {"main": fence})
        assert tx._db.row("SHOW idle_in_transaction_session_timeout") == ("8s",)
    with journal.transaction() as tx:
        assert tx._db.row("SHOW idle_in_transaction_session_timeout") == ("0",)


def test_what_every_view_asks_is_asked_at_once_and_is_what_is_there_then(
    url: str, journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    send = PostgresDatabase._send

    def counted(self: PostgresDatabase, text: str, *rest: Any, **more: Any) -> Any:
        sent.append(text)
        return send(self, text, *rest, **more)

    ingest = Ingest(journal, StillClock())
    reader = journal.reader()
    follower = Follower(reader)
    monkeypatch.setattr(PostgresDatabase, "_send", counted)
    turns, heads = [], []
    for number in range(1, 6):
        ingest.write([deposit(number)])
        sent.clear()
        (view,) = follower.views(["main"])
        turns.append(len(sent))
        heads.append((view.n, sum(view.state.balances().values())))
    assert heads == [(n, heads[0][1] * n) for n in range(1, 6)]
    assert turns[-1] < turns[0] / 2
    cut(url, reader)
    ingest.write([deposit(6)])
    assert follower.views(["main"])[0].n == 6
    reader.close()
