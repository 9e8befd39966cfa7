"""How many fills a second become journal, ledger, kept results and outbox, each batch in one durable transaction.

As in life every fill comes in a frame of its own, which is stored by one transaction and read by the next, with the
order and the balances that it changed beside it. The baseline is ``executemany`` of the very rows that the journal
stores, prepared beforehand, into an identical database with the same settings, batch for batch in the same run.
Exit status 3 when a goal is missed.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import shutil
import sqlite3
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles

import msgspec

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill
from account_cli.domain.observations import Balance, BalancesSeen, Observation, Order, OrdersSeen
from account_cli.engine.ingest import Ingest
from account_cli.ports import Arrived, Heard, RawRow
from account_cli.storage import open_journal
from account_cli.storage.writing_facts import _INSERT
from bench.facts import fills

BATCHES = (100, 1000)
LEAST_A_SECOND, LEAST_SHARE = 15_000.0, 0.30
"""Of fills alone, in batches of a thousand."""
MOST_MS = 10.0
"""From the arrival of a single fill to its commit, 99 in 100."""


def heard(fill: Fill, number: int, inbox: int, *, alone: bool) -> Heard:
    at_ns = fill.time_ns
    order = Order(id=fill.order_id, symbol=fill.symbol, side=fill.side, status="open", updated_ns=at_ns)
    seen: tuple[Observation, ...] = (
        OrdersSeen(account="main", at_ns=at_ns, complete=False, rows=(order,)),
        BalancesSeen(
            account="main",
            at_ns=at_ns,
            complete=False,
            rows=(
                Balance(asset=fill.symbol.partition("/")[0], wallet="spot", total=Decimal(number)),
                Balance(asset="USD", wallet="spot", total=Decimal(number)),
            ),
        ),
    )
    raw = msgspec.json.encode(fill).decode()
    return Heard(
        account="main",
        received_ns=at_ns,
        source="stream",
        channel="executions",
        raw=raw,
        events=(fill,),
        observations=() if alone else seen,
        inbox=inbox,
    )


def ours(folder: Path, facts: list[Fill], size: int, profile: cProfile.Profile | None, *, alone: bool) -> float:
    """Write all; ``alone`` leaves the frames, orders and balances out. Return the seconds."""
    journal = open_journal(folder / "ours.db")
    ingest = Ingest(journal, SystemClock())
    batches = [facts[at : at + size] for at in range(0, len(facts), size)]
    told = [
        tuple(heard(fill, number, 0, alone=alone) for number, fill in enumerate(batch)) if not alone else ()
        for batch in batches
    ]
    rows = [
        tuple(
            RawRow(account="main", received_ns=one.received_ns, source="stream", channel="stream", raw=one.raw)
            for one in batch
        )
        for batch in told
    ]
    ids: list[int] = []
    if profile is not None:
        profile.enable()
    began = time.perf_counter()
    for place, batch in enumerate(batches):
        if alone:
            ingest.write([Delivery(account="main", origin="stream", events=tuple(batch))])
            continue
        before = told[place - 1] if place else ()
        known = tuple(msgspec.structs.replace(one, inbox=row) for one, row in zip(before, ids, strict=True))
        ids, _ = ingest.write_with(Arrived(rows[place]), [Delivery(account="main", origin="stream", heard=known)])
    took = time.perf_counter() - began
    if profile is not None:
        profile.disable()
    journal.close()
    return took


def bare(folder: Path, rows: list[tuple[object, ...]], size: int) -> float:
    open_journal(folder / "bare.db").close()
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    began = time.perf_counter()
    for at in range(0, len(rows), size):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_INSERT, rows[at : at + size])
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return took


def one_by_one(folder: Path, count: int) -> tuple[list[float], list[float]]:
    """Return how long a fill that comes alone takes to be committed, and in turns a bare row, in milliseconds."""
    journal = open_journal(folder / "ours.db")
    ingest = Ingest(journal, SystemClock())
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE single (n, body)")
    took, bare = [], []
    for number, fill in enumerate(fills(count)):
        began = time.perf_counter()
        ingest.write([Delivery(account="main", origin="stream", events=(fill,))])
        written = time.perf_counter()
        connection.execute("INSERT INTO single VALUES (?, ?)", (number, fill.id * 20))
        took.append((written - began) * 1000)
        bare.append((time.perf_counter() - written) * 1000)
    connection.close()
    journal.close()
    return took, bare


def said_of_one(took: list[float], bare: list[float]) -> bool:
    """Print what a fill that comes alone costs beside a bare row; return whether the goal was missed."""
    most, least = quantiles(took, n=100)[98], quantiles(bare, n=100)[98]
    late = most > MOST_MS
    sys.stdout.write(
        f"one fill: half within {median(took):.1f} ms, 99 % within {most:.1f} ms; a bare row {median(bare):.1f} and "
        f"{least:.1f} ms   goal {MOST_MS:g} ms{'   MISSED' if late else ''}\n"
    )
    return late


def stored(path: Path) -> list[tuple[object, ...]]:
    """Return the very rows that the journal holds."""
    connection = sqlite3.connect(path)
    columns = "account, n, identity, revision, kind, time_ns, seq, symbol, current, origin, heard_ns, body"
    rows = connection.execute(f"SELECT {columns} FROM journal ORDER BY n").fetchall()
    connection.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fills", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--single", type=int, default=1000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    facts, missed = fills(asked.fills), False
    for alone in (True, False):
        for size in BATCHES:
            profile = cProfile.Profile() if asked.profile else None
            mine, theirs = [], []
            for _ in range(asked.rounds):  # in turns, so that other work on the machine weighs on both
                folder = Path(tempfile.mkdtemp(prefix="acct-bench-"))
                try:
                    mine.append(ours(folder, facts, size, profile, alone=alone))
                    theirs.append(bare(folder, stored(folder / "ours.db"), size))
                finally:
                    shutil.rmtree(folder)
            share, rate = median(b / m for b, m in zip(theirs, mine, strict=True)), asked.fills / median(mine)
            what = "fills alone" if alone else "with frames, orders, balances"
            goal = alone and size == max(BATCHES)
            bad = goal and (rate < LEAST_A_SECOND or share < LEAST_SHARE)
            missed = missed or bad
            note = f"   goal {LEAST_A_SECOND:,.0f}/s and {LEAST_SHARE:.0%}{'   MISSED' if bad else ''}" if goal else ""
            sys.stdout.write(f"b={size:<5}{what:30}{rate:>9,.0f} fills/s = {share:.0%} of executemany{note}\n")
            if profile is not None:
                pstats.Stats(profile).sort_stats("tottime").print_stats(35)
    with tempfile.TemporaryDirectory(prefix="acct-bench-") as place:
        missed |= said_of_one(*one_by_one(Path(place), asked.single))
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
