"""What was worked out once is read, not worked out again: costs on a small and on a large database, as ratios.

1. ``acct pnl``, a cold process with nothing new: against the same command on a database of a thousandth of the fills.
2. Writing one new fill, and following it: the median on the large database against that on the small one.
3. One week of hourly history, read: milliseconds.

``python bench/pnl_at_scale.py [--fills 1000000]``; seconds belong to this machine, the ratios should not.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Amount, Fill
from account_cli.domain.times import DAY, HOUR, MINUTE
from account_cli.engine.follow import Follower
from account_cli.engine.history import points
from account_cli.engine.ingest import Ingest
from account_cli.engine.recording import keep_points
from account_cli.ports import Journal
from account_cli.reports.history import HistoryPoint
from account_cli.storage import open_journal, open_reader

START = 1_600_000_000_000_000_000
ROUNDS = 7
NEW_FILLS = 200


class SystemClock:
    """The machine's own time."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def fills(start: int = 0, symbols: int = 50) -> Iterator[Fill]:
    """Make fills for ever, a second apart, two buys to a sale, over ``symbols`` markets."""
    number = start
    while True:
        yield Fill(
            account="main",
            id=f"T{number * 7919 % 2**32:08X}",
            time_ns=START + number * 10**9,
            order_id=f"O{number}",
            symbol=f"A{number % symbols}/USD",
            side="sell" if number // symbols % 2 else "buy",
            price=Decimal(90_000 + number * 37 % 20_000).scaleb(-2),
            quantity=Decimal(1 + number * 31 % 99_991).scaleb(-5),
            fees=(Amount("USD", Decimal(number % 997).scaleb(-4)),),
            liquidity="taker",
        )
        number += 1


def build(path: Path, count: int) -> None:
    journal = open_journal(path)
    ingest = Ingest(journal, SystemClock())
    stream = fills()
    for _ in range(0, count, 1000):
        ingest.write([Delivery(account="main", origin="import", events=tuple(islice(stream, 1000)))])
    journal.close()


@contextmanager
def databases(count: int) -> Iterator[tuple[Path, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="acct-bench-"))
    try:
        small, large = folder / "small", folder / "large"
        for home, size in ((small, max(count // 1000, 1000)), (large, count)):
            home.mkdir(mode=0o700)
            begun = time.perf_counter()
            build(home / "acct.db", size)
            print(f"built {size:,} fills in {time.perf_counter() - begun:.0f} s", flush=True)
        yield small, large
    finally:
        shutil.rmtree(folder)


def cold(home: Path, *words: str) -> float:
    """Return the seconds that a command takes in a process of its own."""
    config = home / "config.toml"
    if not config.exists():
        config.touch(mode=0o600)
        config.write_text(f'data_dir = "{home}"\n')
    env = {**os.environ, "ACCT_CONFIG": str(config)}
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "account_cli", *words, "--json"], env=env, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - begun


def compare_cold(small: Path, large: Path) -> None:
    words = ("pnl",)
    cold(small, *words), cold(large, *words)
    times = [(cold(small, *words), cold(large, *words)) for _ in range(ROUNDS)]
    few, many = median(a for a, _ in times), median(b for _, b in times)
    print(f"acct pnl, cold: {many:.2f} s = {many / few:.2f} x the small database's")


def one_by_one(home: Path, count: int) -> tuple[float, float]:
    """Return median seconds of writing one new fill, and of seeing it."""
    journal: Journal = open_journal(home / "acct.db")
    ingest, follower = Ingest(journal, SystemClock()), Follower(journal.reader())
    stream = fills(count + 10)
    ingest.write([Delivery(account="main", events=(next(stream),))])
    follower.views(["main"])
    follower.fills("main", limit=200)
    writing, seeing = [], []
    gc.collect()
    gc.freeze()
    for _ in range(NEW_FILLS):
        news = (next(stream),)
        writing.append(_timed(lambda news=news: ingest.write([Delivery(account="main", events=news)])))  # type: ignore[misc]
        seeing.append(_timed(lambda: (follower.views(["main"]), follower.fills("main", limit=200))))
    gc.unfreeze()
    follower.reader.close()
    journal.close()
    return median(writing), median(seeing)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compare_one(small: Path, large: Path, few: int, many: int) -> None:
    written, seen = zip(one_by_one(small, few), one_by_one(large, many), strict=True)
    for what, (a, b) in (("one new fill written", written), ("one new fill seen", seen)):
        print(f"{what}: {b * 1e3:.2f} ms = {b / a:.2f} x the small database's")


def measure_history(home: Path) -> None:
    journal = open_journal(home / "acct.db")
    week = [START + n * MINUTE for n in range(7 * DAY // MINUTE)]
    for chunk in (week[at : at + 500] for at in range(0, len(week), 500)):
        with journal.transaction() as tx:
            for at in chunk:
                made = [_point(at, symbol) for symbol in (None, *(f"A{n}/USD" for n in range(5)))]
                keep_points(tx, made)
    journal.close()
    reader = open_reader(home / "acct.db")
    took = [_timed(lambda: points(reader, "main", "1h", since_ns=START, until_ns=START + 7 * DAY)) for _ in range(5)]
    rows = len(points(reader, "main", "1h", since_ns=START, until_ns=START + 7 * DAY))
    print(f"a week by 1h: {rows} points in {median(took) * 1e3:.1f} ms, {7 * DAY // HOUR} of them the account's own")
    reader.close()


def _point(at: int, symbol: str | None) -> HistoryPoint:
    figure = Decimal(at // MINUTE).scaleb(-4)
    return HistoryPoint(
        account="main", at_ns=at, currency="USD", symbol=symbol, equity=None if symbol else figure,
        gross_realized_pnl=figure, fees=figure, realized_pnl=figure, funding=figure, other_income=figure,
        unrealized_pnl=figure, net_pnl=figure, flows=None if symbol else figure, rules=1,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fills", type=int, default=1_000_000)
    count = parser.parse_args().fills
    with databases(count) as (small, large):
        compare_cold(small, large)
        compare_one(small, large, max(count // 1000, 1000), count)
        measure_history(small)


if __name__ == "__main__":
    main()
