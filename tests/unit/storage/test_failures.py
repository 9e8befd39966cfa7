"""Whatever the disk or the driver does becomes one of our errors, and nothing of the transaction is stored."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.events import Fill
from account_cli.errors import Damaged, DiskFull, InternalError, LockHeld, StorageError, Unavailable
from account_cli.ports import RawRow
from account_cli.storage.codec import decode_event, encode
from account_cli.storage.failures import translate
from account_cli.storage.journal import SqlJournal
from account_cli.storage.opening import open_journal, open_reader
from account_cli.storage.presence import collector_lock
from account_cli.storage.sqlite import SqliteDatabase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    open_journal(tmp_path / "acct.db").close()
    return tmp_path / "acct.db"


@pytest.fixture
def database(path: Path) -> Iterator[SqliteDatabase]:
    opened = SqliteDatabase(path, "rw")
    yield opened
    opened.close()


def raw(text: str = "x") -> RawRow:
    return RawRow(account="main", received_ns=1, source="rest", channel="c", raw=text)


def test_a_full_disk_is_said_and_nothing_is_stored(database: SqliteDatabase) -> None:
    journal = SqlJournal(database)
    pages = database.number("PRAGMA page_count")
    database.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(DiskFull) as caught, journal.transaction() as tx:
        tx.put_raws([raw("x" * 100_000)])
    assert caught.value.hint is not None
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    with journal.transaction() as tx:
        assert tx.raws("main") == []


def test_a_second_writer_waits_and_then_says_who_is_in_the_way(path: Path, database: SqliteDatabase) -> None:
    journal = SqlJournal(database)
    other = SqliteDatabase(path, "rw")
    other.run("PRAGMA busy_timeout = 10")
    with journal.transaction(), pytest.raises(Unavailable, match="another process"):
        other.run("BEGIN IMMEDIATE")
    with SqlJournal(other).transaction() as tx:
        tx.put_raws([raw()])
    other.close()


def test_a_reader_cannot_write(path: Path) -> None:
    reader = SqliteDatabase(path, "ro")
    with pytest.raises(Unavailable, match="cannot be opened for this"):
        reader.run("DELETE FROM journal")
    reader.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_BUSY, Unavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Unavailable),
        (sqlite3.SQLITE_CORRUPT, Damaged),
        (sqlite3.SQLITE_NOTADB, Damaged),
        (sqlite3.SQLITE_CANTOPEN, Unavailable),
        (sqlite3.SQLITE_READONLY_DIRECTORY, Unavailable),
        (sqlite3.SQLITE_IOERR_FSYNC, Unavailable),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, InternalError),
        (sqlite3.SQLITE_ERROR, InternalError),
    ],
)
def test_each_code_of_sqlite_has_its_error(code: int, kind: type[StorageError]) -> None:
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = code
    assert type(translate(error, Path("acct.db"))) is kind


def test_a_connection_opened_in_one_thread_works_in_another(path: Path) -> None:
    journal = open_journal(path)
    seen: list[int] = []

    def write() -> None:
        with journal.transaction() as tx:
            tx.put_raws([raw()])
            seen.append(len(tx.raws("main")))

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    journal.close()
    assert seen == [1]


def test_closing_twice_is_fine(path: Path) -> None:
    journal, reader = open_journal(path), open_reader(path)
    for opened in (journal, reader, journal, reader):
        opened.close()


@given(st.integers(-(10**38), 10**38), st.integers(-20, 40))
def test_digits_survive_the_stored_form(digits: int, places: int) -> None:
    price = Decimal(f"{digits}e{-places}")
    fill = Fill(account="a", id="1", time_ns=0, order_id="", symbol="A/B", side="buy", price=price)
    back = decode_event(encode(fill))
    assert isinstance(back, Fill)
    assert back.price.as_tuple() == price.as_tuple()


# ---- who collects -------------------------------------------------------------------------------------------------


def test_one_process_collects_an_account_and_the_other_hears_who(path: Path) -> None:
    program = (
        "import sys, pathlib; from account_cli.storage import collector_lock\n"
        "with collector_lock(pathlib.Path(sys.argv[1]), 'ma/in'): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeld, match=f"by process {holder.pid}") as caught, collector_lock(path, "ma/in"):
            pass
        assert caught.value.exit_code == 7
        with collector_lock(path, "other"):
            pass
        holder.kill()
        holder.wait()
        with collector_lock(path, "ma/in"):
            pass


def test_the_lock_is_let_go_by_any_end_of_its_block(path: Path) -> None:
    with pytest.raises(KeyError), collector_lock(path, "main"):
        raise KeyError
    with collector_lock(path, "main"), pytest.raises(LockHeld), collector_lock(path, "main"):
        pass


def test_a_lock_file_that_is_a_link_or_has_no_place_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / ".acct.db.collect-main.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match="lock file"), collector_lock(path, "main"):
        pass
    assert not (tmp_path / "elsewhere").exists()
