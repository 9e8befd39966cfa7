"""On a server a lease goes over from who is dead at once, and from who lives and does not beat after a while."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from account_cli.domain.health import StreamRow
from account_cli.domain.presence import EXPIRED_NS
from account_cli.domain.times import SECOND
from account_cli.errors import LockHeld, Unavailable
from account_cli.ports import AccountRow, Request
from account_cli.storage import open_journal, open_reader, present
from account_cli.storage.presence import Presence
from tests.services import postgres_schema

HOLD = """
import sys, time
from account_cli.storage import present
me = present(sys.argv[1], "collect")
me.take("main")
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_schema() as found:
        yield found


def silenced(url: str, one: Presence) -> None:
    """Let it seem as if this process had not beaten for longer than is allowed."""
    with psycopg.connect(url) as connection:
        late = EXPIRED_NS + 1_000_000_000
        connection.execute("UPDATE processes SET beat_ns = beat_ns - %s WHERE id = %s", (late, one.process.id))


def test_the_lease_of_a_killed_process_can_be_taken_at_once(url: str) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with present(url, "collect") as me:
            with pytest.raises(LockHeld, match=f"by process {holder.pid} on "):
                me.take("main")
            holder.kill()
            holder.wait()
            me.take("main", patience_s=5)
            assert me.fences == {"main": 2}
    finally:
        holder.kill()
        holder.wait()


def test_a_process_that_does_not_beat_loses_its_lease_and_hears_of_it(url: str) -> None:
    with present(url, "collect") as paused, present(url, "collect") as standby:
        paused.take("main")
        silenced(url, paused)
        standby.take("main")
        assert standby.fences == {"main": 2}
        paused._beat()
        assert paused.lost == {"main"}
        assert paused.fences == {"main": 0}
        standby._beat()
        assert standby.lost == set()


def test_who_comes_back_after_the_connection_was_cut_is_there_still(url: str) -> None:
    with present(url, "collect") as cut, present(url, "collect") as standby:
        cut.take("main")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid = %s",
                (cut._db.raw.info.backend_pid,),  # type: ignore[attr-defined]
            )
        for _ in range(2):  # the first beat meets the lost connection, the next one makes it again
            with contextlib.suppress(Unavailable):
                cut._beat()
        with pytest.raises(LockHeld):
            standby.take("main")
        assert cut.fences == {"main": 1}


def test_a_sign_of_life_is_as_old_to_who_reads_it_as_it_is_whatever_the_clocks_say(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: here() + 600 * SECOND)
    journal, now = open_journal(url), time.time_ns()
    row = StreamRow(account="main", kind="fills", strategy="stream", status="live", beat_ns=now, last_message_ns=None)
    asked = Request(account="main", what="poll", asked_ns=now, until_ns=now + 90 * SECOND)
    with journal.transaction() as tx:
        tx.put_account(AccountRow(account="main"))
        tx.put_streams([row])
        tx.put_request(asked)
    journal.close()
    for ahead_s in (0, -30, 600):
        monkeypatch.setattr(time, "time_ns", lambda ahead_s=ahead_s: here() + ahead_s * SECOND)
        reader = open_reader(url)
        (told,), (known,), (request,) = reader.streams(), reader.known_now(["main"]).values(), reader.waiting()
        reader.close()
        assert known.streams == [told]
        assert told.last_message_ns is None
        for at_ns in (told.beat_ns, request.asked_ns, request.until_ns - 90 * SECOND):
            assert abs(time.time_ns() - at_ns) < 20 * SECOND
