"""A writer killed at any moment leaves every transaction that it had been told was stored, and none by halves."""

from __future__ import annotations

import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from account_cli.storage.opening import open_journal
from account_cli.storage.sqlite import SqliteDatabase

WRITER = """
import sys, pathlib
from decimal import Decimal
from account_cli.domain.events import FundingPaid
from account_cli.ports import Entry
from account_cli.storage import open_journal

journal = open_journal(pathlib.Path(sys.argv[1]))
while True:
    with journal.transaction() as tx:
        head = tx.head("main")
        facts = [
            FundingPaid(account="main", id=str(n), time_ns=n, symbol="A/B:B", asset="B", amount=Decimal(n))
            for n in range(head + 1, head + 8)
        ]
        tx.append("main", [Entry(n=fact.time_ns, event=fact, origin="rest", heard_ns=0) for fact in facts])
        tx.put_cursors("main", {"fills": str(head + 7)})
    print(head + 7, flush=True)
"""


def kill_while_writing(path: Path, dice: random.Random) -> int:
    """Start a writer, kill it at a random moment; return the last number that it was told was stored."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        select.select([writer.stdout], [], [])
        time.sleep(dice.random() * 0.2)
        writer.send_signal(signal.SIGKILL)
        told = writer.stdout.read()
    complete = told[: told.rfind("\n") + 1].split()
    return int(complete[-1])


def test_every_acknowledged_transaction_is_there_and_the_numbers_have_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "acct.db"
    dice = random.Random(20)
    for _ in range(4):
        acknowledged = kill_while_writing(path, dice)
        journal = open_journal(path)
        with journal.transaction() as tx:
            numbers = [entry.n for entry in tx.entries_since("main", 0)]
            assert len(numbers) >= acknowledged
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) % 7 == 0
            assert tx.cursors("main") == {"fills": str(len(numbers))}
            assert [event.time_ns for event in tx.events("main")] == numbers
        journal.close()
    database = SqliteDatabase(path, "ro")
    assert database.row("PRAGMA integrity_check") == ("ok",)
    database.close()
