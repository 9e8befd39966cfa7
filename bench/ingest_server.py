"""How many fills a second become journal, ledger, kept results and outbox on a PostgreSQL server, each batch durable.

The baseline is ``COPY`` of the very rows that the journal stores, prepared beforehand, into an identical table of the
same server, batch for batch, committed as often, in the same run. A single fill is timed from its arrival to its
commit, in turns with the commit of a bare row. Needs a server as the tests do. Exit status 3 when a goal is missed.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from statistics import median

import psycopg

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill
from account_cli.engine.ingest import Ingest
from account_cli.storage import open_journal, present
from bench.facts import fills
from bench.ingest import said_of_one
from tests.services import postgres_schema

LEAST_A_SECOND, LEAST_SHARE = 5_000.0, 0.30
_COLUMNS = "account, n, identity, revision, kind, time_ns, seq, symbol, current, origin, heard_ns, body"


def through(url: str, facts: list[Fill], size: int, profile: cProfile.Profile | None) -> float:
    """Write all under a lease, as a collector does; return the seconds."""
    with present(url, "collect") as me:
        me.take("main")
        journal = open_journal(url)
        ingest = Ingest(journal, SystemClock(), me.fences)
        told = [
            Delivery(account="main", origin="stream", events=tuple(facts[at : at + size]))
            for at in range(0, len(facts), size)
        ]
        if profile is not None:
            profile.enable()
        began = time.perf_counter()
        for delivery in told:
            ingest.write([delivery])
        took = time.perf_counter() - began
        if profile is not None:
            profile.disable()
        journal.close()
    return took


def copied(url: str, size: int) -> float:
    """Copy the rows that the journal holds by now into its like; return the seconds."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY n").fetchall()
        connection.execute("CREATE TABLE bare (LIKE journal INCLUDING ALL)")
        began = time.perf_counter()
        for at in range(0, len(rows), size):
            with connection.cursor() as cursor, cursor.copy(f"COPY bare ({_COLUMNS}) FROM STDIN") as copy:
                for row in rows[at : at + size]:
                    copy.write_row(row)
        return time.perf_counter() - began


def one_by_one(url: str, count: int) -> tuple[list[float], list[float]]:
    """Return how long a fill that comes alone takes to be committed, and in turns a bare row, in milliseconds."""
    took, bare = [], []
    with present(url, "collect") as me, psycopg.connect(url, autocommit=True) as connection:
        me.take("main")
        connection.execute("CREATE TABLE single (n bigint PRIMARY KEY, body text)")
        journal = open_journal(url)
        ingest = Ingest(journal, SystemClock(), me.fences)
        for number, fill in enumerate(fills(count)):
            began = time.perf_counter()
            ingest.write([Delivery(account="main", origin="stream", events=(fill,))])
            written = time.perf_counter()
            connection.execute("INSERT INTO single VALUES (%s, %s)", (number, fill.id * 20))
            took.append((written - began) * 1000)
            bare.append((time.perf_counter() - written) * 1000)
        journal.close()
    return took, bare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fills", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--single", type=int, default=1000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    facts, profile = fills(asked.fills, shuffled=True), cProfile.Profile() if asked.profile else None
    mine, theirs = [], []
    for _ in range(asked.rounds):  # in turns, so that other work on the machine weighs on both
        with postgres_schema() as url:
            mine.append(through(url, facts, asked.size, profile))
            theirs.append(copied(url, asked.size))
    share, rate = median(b / m for b, m in zip(theirs, mine, strict=True)), asked.fills / median(mine)
    missed = rate < LEAST_A_SECOND or share < LEAST_SHARE
    sys.stdout.write(f"b={asked.size:<6}{rate:>9,.0f} fills/s = {share:.0%} of COPY{'   MISSED' if missed else ''}")
    sys.stdout.write(f"   goal {LEAST_A_SECOND:,.0f}/s and {LEAST_SHARE:.0%}\n")
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    with postgres_schema() as url:
        late = said_of_one(*one_by_one(url, asked.single))
    return 3 if missed or late else 0


if __name__ == "__main__":
    sys.exit(main())
