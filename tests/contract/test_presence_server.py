"""On a server a lease goes over from who is dead at once, and from who lives and does not beat after a while."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from account_cli.domain.presence import EXPIRED_NS
from account_cli.errors import LockHeld, Unavailable
from account_cli.storage import present
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
