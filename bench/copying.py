"""How fast a whole history moves between SQLite and PostgreSQL, beside the driver's own floor, in the same run.

``python bench/copying.py [--fills 100000] [--server URL]`` fills a file through the whole ingest path (facts, kept
results, snapshots, outbox), copies it to the server, and from there into another file, each in a process of its own,
whose memory is told. The floor is ``COPY``, or ``executemany``, of the very same rows out of memory into the same empty
tables in one transaction: it reads no source, digests nothing and reads nothing back. With ``--exports`` the ledger
files of all three are compared. Everything lies in a schema of its own that is dropped again.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import psycopg

from account_cli.bootstrap.collecting import SystemClock
from account_cli.collector.delivery import Delivery
from account_cli.engine.ingest import Ingest
from account_cli.interchange.ndjson import write_ledger
from account_cli.ports.location import Location, located
from account_cli.storage import open_journal, open_reader
from account_cli.storage.copying import copy, tables
from account_cli.storage.opening import connect_reading, connect_writing
from bench.facts import stream

BATCH = 1000


def fill(path: Path, total: int) -> float:
    with closing(open_journal(path)) as journal:
        ingest = Ingest(journal, SystemClock())
        began = time.perf_counter()
        told = stream(total)
        while batch := tuple(islice(told, BATCH)):
            ingest.write([Delivery(account="main", origin="stream", events=batch)])
        return time.perf_counter() - began


def ours(source: str, target: str) -> tuple[float, int]:
    """Copy in a process of its own; return the seconds and the most memory that it ever had, in KiB."""
    command = [sys.executable, __file__, "--copy", source, target]
    took, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(took), int(memory)


def copy_here(source: str, target: str) -> None:
    began = time.perf_counter()
    copy(located(source), located(target), lambda *_: None)
    took = time.perf_counter() - began
    (peak,) = (line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    sys.stdout.write(f"{took} {peak}\n")


def floor(source: Location, target: Location) -> tuple[float, int]:
    """Write the rows of ``source`` out of memory by the driver alone; return the seconds and the number of rows."""
    took, count = 0.0, 0
    with closing(connect_reading(source)) as reading, closing(connect_writing(target)) as writing:
        writing.begin(writing=True)
        for table in tables():
            names = ", ".join(table.columns)
            rows = [
                tuple(str(cell) if isinstance(cell, Decimal) else cell for cell in row)
                for row in reading.stream(f"SELECT {names} FROM {table.name} ORDER BY {', '.join(table.key)}")
            ]
            count += len(rows)
            began = time.perf_counter()
            writing.pour(table.name, table.columns, rows)
            took += time.perf_counter() - began
        began = time.perf_counter()
        writing.commit()
        return took + time.perf_counter() - began, count


class _Hash(io.TextIOBase):
    """Keeps of a text only what tells it from others."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, text: str) -> int:
        self.digest.update(text.encode())
        return len(text)


def exported(location: Location) -> str:
    with closing(open_reader(location)) as reader, reader.snapshot_view():
        out = _Hash()
        out.writelines(write_ledger(reader.events(), reader.instruments().values(), reader.quotes()))
        return out.digest.hexdigest()


@contextmanager
def schema(server: str) -> Iterator[str]:
    name = f"acct_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{server}{'&' if '?' in server else '?'}options={quote(f'-csearch_path={name}', safe='')}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


def say(what: str, rows: int, took: float, bare: float, memory: int) -> None:
    print(
        f"{what:20} {took:8.1f} s {rows / took:>9,.0f} rows/s = {bare / took:.0%} of the driver's floor"
        f" ({bare:.1f} s); {memory / 1024:.0f} MiB",
        flush=True,
    )


def measure(folder: Path, server: str, total: int, *, exports: bool) -> None:
    source, back = folder / "source.db", folder / "back.db"
    took = fill(source, total)
    print(f"filled a file with {total:,} fills in {took:.1f} s, {source.stat().st_size / 1e6:,.0f} MB", flush=True)
    with schema(server) as url, schema(server) as bare:
        least, rows = floor(source, bare)
        there, memory = ours(f"sqlite:///{source}", url)
        say("SQLite -> PostgreSQL", rows, there, least, memory)
        least, rows = floor(url, folder / "bare.db")
        again, memory = ours(url, f"sqlite:///{back}")
        say("PostgreSQL -> SQLite", rows, again, least, memory)
        if exports:
            same = len({exported(source), exported(url), exported(back)}) == 1
            print(f"exports of all three are {'the same' if same else 'DIFFERENT'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fills", type=int, default=100_000)
    parser.add_argument("--server", default="postgresql://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--exports", action="store_true")
    parser.add_argument("--copy", nargs=2, metavar="URL", help="only copy, and say how long it took and its memory")
    asked = parser.parse_args()
    if asked.copy:
        copy_here(*asked.copy)
        return
    folder = Path(tempfile.mkdtemp(prefix="acct-bench-"))
    try:
        measure(folder, asked.server, asked.fills, exports=asked.exports)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
