"""How close the journal comes to the bare driver: the same rows, the same file settings, the same run.

``python bench/storage.py [--facts 100000]`` prints ratios; the absolute figures belong to this machine alone.

1. Appending fills in batches of 100 and 1000 against ``executemany`` of the very rows that the journal stores, prepared
   beforehand, into an identical database: both once with ids in order and once with random ids.
2. Streaming a long journal back: time against reading the bare bodies, and memory beside an empty process.
"""

from __future__ import annotations

import argparse
import gc
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from account_cli.domain.events import Fill
from account_cli.ports import Entry
from account_cli.storage import open_journal, open_reader
from account_cli.storage.writing_facts import _INSERT
from bench.facts import fills

ROUNDS = 9


class Spent:
    """Seconds by the wall and of this process's processor time."""

    wall = 0.0
    cpu = 0.0


@contextmanager
def clock() -> Iterator[Spent]:
    """Time the block; what was made before it is kept out of the garbage collector's way."""
    spent = Spent()
    gc.collect()
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.unfreeze()


def batches(total: int, size: int) -> Iterator[range]:
    for start in range(0, total, size):
        yield range(start, min(start + size, total))


def through_journal(folder: Path, facts: list[Fill], size: int) -> Spent:
    journal = open_journal(folder / "acct.db")
    entries = [Entry(n=n, event=fact, origin="stream", heard_ns=n) for n, fact in enumerate(facts, 1)]
    with clock() as spent:
        for batch in batches(len(facts), size):
            with journal.transaction() as tx:
                tx.append("main", entries[batch.start : batch.stop])
    journal.close()
    return spent


def through_driver(folder: Path, rows: list[tuple[object, ...]], size: int) -> Spent:
    path = folder / "acct.db"
    open_journal(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    with clock() as spent:
        for batch in batches(len(rows), size):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows[batch.start : batch.stop])
            connection.execute("COMMIT")
    connection.close()
    return spent


def stored_rows(facts: list[Fill]) -> list[tuple[object, ...]]:
    """Return the very rows that the journal makes of ``facts``."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "acct.db"
        through_journal(Path(name), facts, 1000)
        connection = sqlite3.connect(path)
        columns = "account, n, identity, revision, kind, time_ns, seq, symbol, current, origin, heard_ns, body"
        rows = connection.execute(f"SELECT {columns} FROM journal ORDER BY n").fetchall()
        connection.close()
        return rows


def timed(run: Callable[[Path], Spent]) -> Spent:
    folder = Path(tempfile.mkdtemp(prefix="acct-bench-"))
    try:
        return run(folder)
    finally:
        shutil.rmtree(folder)


def compare_writing(total: int) -> None:
    for shuffled in (False, True):
        facts = fills(total, shuffled=shuffled)
        rows = stored_rows(facts)
        for size in (100, 1000):
            bare, ours = [], []
            for _ in range(ROUNDS):  # in turns, so that other work on the machine weighs on both
                bare.append(timed(partial(through_driver, rows=rows, size=size)))
                ours.append(timed(partial(through_journal, facts=facts, size=size)))
            wall = median(b.wall / o.wall for b, o in zip(bare, ours, strict=True))
            cpu = median(b.cpu / o.cpu for b, o in zip(bare, ours, strict=True))
            rate = total / median(o.wall for o in ours)
            kind = "random ids" if shuffled else "ids in order"
            print(f"append b={size:<5}{kind:<13}{rate:>9,.0f} facts/s = {wall:.0%} of executemany (cpu {cpu:.0%})")


def compare_reading(total: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="acct-bench-"))
    try:
        through_journal(folder, fills(total, shuffled=False), 1000)
        gc.collect()
        begun = time.perf_counter()
        connection = sqlite3.connect(folder / "acct.db")
        for (_body,) in connection.execute("SELECT body FROM journal ORDER BY account, n"):
            pass
        connection.close()
        bare = time.perf_counter() - begun
        reader = open_reader(folder / "acct.db")
        begun = time.perf_counter()
        count = sum(1 for _ in reader.events_after("main", None))
        ours = time.perf_counter() - begun
        reader.close()
        assert count == total
        print(f"stream {total:,} facts: {ours:.2f} s = {ours / bare:.1f}x reading the bodies in the order of the file")
        print(f"  size of the file: {(folder / 'acct.db').stat().st_size / total:.0f} bytes a fact", flush=True)
        subprocess.run([sys.executable, __file__, "--memory", str(folder / "acct.db")], check=True)
    finally:
        shutil.rmtree(folder)


def peak_mib() -> float:
    """Return the most memory this program ever had; ``getrusage`` would count its parent's in."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def memory(path: Path) -> None:
    """Print how much more memory streaming takes; to be run in a process of its own."""
    reader = open_reader(path)
    reader.head("main")
    before = peak_mib()
    count = sum(1 for _ in reader.events_after("main", None))
    print(f"  {count:,} facts streamed: {peak_mib() - before:.1f} MiB more memory")
    reader.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=int, default=50_000)
    parser.add_argument("--stream", type=int, default=200_000)
    parser.add_argument("--memory", type=Path, help="only stream this database and say what memory it took")
    asked = parser.parse_args()
    if asked.memory:
        memory(asked.memory)
        return
    compare_writing(asked.facts)
    compare_reading(asked.stream)


if __name__ == "__main__":
    main()
