"""How long a view waits for its figures while a writer works at full speed in another process, on both databases.

The reads are those behind ``acct positions``, ``acct pnl`` and ``acct balances`` in a program that stays (a screen,
the library): what is committed by then, the tail of the journal folded, the report built. The floor is the driver's
own: the bare ``SELECT`` of the journal's last line, over a connection of its own, at the same time. Needs a server as
the tests do. Exit status 3 when a goal is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.delivery import Delivery
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.ports.location import Location, located
from account_cli.reports.balances import balances
from account_cli.reports.pnl import pnl
from account_cli.reports.positions import positions
from account_cli.reports.view import AccountView
from account_cli.storage import open_journal, open_reader
from account_cli.storage.opening import connect_reading
from bench.facts import stream
from tests.services import DATABASES

MOST_MS = 50.0
BATCH = 1000
REPORTS: dict[str, Callable[[list[AccountView], int], object]] = {
    "positions": lambda views, now: positions(views, now_ns=now),
    "pnl": lambda views, now: pnl(views, now_ns=now),
    "balances": lambda views, now: balances(views, now_ns=now, currency="USD"),
}


def write(location: Location, total: int) -> None:
    """Write fills as fast as they can be written, and say after each batch how many there are."""
    journal = open_journal(location)
    ingest, told = Ingest(journal, SystemClock()), stream(total)
    for number in range(0, total, BATCH):
        ingest.write([Delivery(account="main", origin="stream", events=tuple(next(told) for _ in range(BATCH)))])
        sys.stdout.write(f"{number + BATCH}\n")
        sys.stdout.flush()


def measure(location: Location, seconds: float) -> tuple[dict[str, list[float]], list[float], float]:
    """Return how long each read took and the floor, in milliseconds, and how many fills a second were written."""
    name = str(location) if isinstance(location, str) else f"sqlite:///{location}"
    command = [sys.executable, __file__, "--write", name]
    took: dict[str, list[float]] = {what: [] for what in REPORTS}
    bare: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        reader, driver = open_reader(location), connect_reading(location)
        follower = Follower(reader)
        follower.views(["main"])
        before, began = reader.head("main"), time.perf_counter()
        while time.perf_counter() < began + seconds:
            for what, report in REPORTS.items():
                at = time.perf_counter()
                report(follower.views(["main"]), time.time_ns())
                took[what].append((time.perf_counter() - at) * 1000)
            at = time.perf_counter()
            driver.row("SELECT body FROM journal WHERE account = ? ORDER BY n DESC LIMIT 1", ("main",))
            bare.append((time.perf_counter() - at) * 1000)
        rate = (reader.head("main") - before) / (time.perf_counter() - began)
        writer.kill()
        reader.close()
        driver.close()
    return took, bare, rate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--write", metavar="URL", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write is not None:
        write(located(asked.write), 10_000_000)
        return 0
    missed = False
    for name, database in DATABASES.items():
        with tempfile.TemporaryDirectory(prefix="acct-bench-") as folder, database(Path(folder)) as location:
            took, bare, rate = measure(location, asked.seconds)
        floor = quantiles(bare, n=100)[98]
        sys.stdout.write(f"{name}: {rate:,.0f} fills/s written meanwhile; one bare row: 99 % within {floor:.1f} ms\n")
        for what, ms in took.items():
            most = quantiles(ms, n=100)[98]
            missed |= most > MOST_MS
            note = "   MISSED" if most > MOST_MS else ""
            sys.stdout.write(
                f"  {what:10} half within {median(ms):5.1f} ms, 99 % within {most:5.1f} ms = {most / floor:,.0f} x"
                f"   goal {MOST_MS:g} ms{note}   ({len(ms):,} reads)\n"
            )
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
