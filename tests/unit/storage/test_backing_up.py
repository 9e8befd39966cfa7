"""A backup is one file, whole, private and of one instant; and it comes back, or nothing is touched."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import FundingPaid
from account_cli.errors import InputError, SchemaTooNew, StorageError, Unavailable
from account_cli.ports import Entry
from account_cli.ports.location import Location
from account_cli.storage import open_journal, open_reader
from account_cli.storage.backing_up import back_up, restore
from account_cli.storage.checking import find_faults
from account_cli.storage.migrating import SCHEMA, migrate
from tests.services import DATABASES

AS_ROOT = os.geteuid() == 0


def silent(_doing: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def append(location: Location, count: int) -> None:
    journal = open_journal(location)
    with journal.transaction() as tx:
        head = tx.head("main")
        facts = [
            FundingPaid(account="main", id=f"F{n}", time_ns=n, symbol="A/B:B", asset="B", amount=Decimal("1.50"))
            for n in range(head + 1, head + count + 1)
        ]
        tx.append("main", [Entry(n=fact.time_ns, event=fact, origin="rest", heard_ns=0) for fact in facts])
    journal.close()


def head(location: Location) -> int:
    reader = open_reader(location)
    try:
        return reader.head("main")
    finally:
        reader.close()


@pytest.fixture(params=sorted(DATABASES))
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    with DATABASES[request.param](folder) as location:
        append(location, 3)
        yield location


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    append(folder / "acct.db", 3)
    return folder / "acct.db"


def alone(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.name.endswith(".lock") and file.is_file())


# ---- writing one --------------------------------------------------------------------------------------------------


def test_a_backup_is_one_private_file_that_opens_as_a_database(source: Location, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    before = os.umask(0)
    try:
        back_up(source, file, silent)
    finally:
        os.umask(before)
    assert alone(tmp_path) == ["backup.db"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert find_faults(file, silent) == []
    append(file, 1)
    assert head(file) == 4


def test_the_next_backup_takes_the_place_of_the_last(source: Location, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    back_up(source, file, silent)
    append(source, 2)
    back_up(source, file, silent)
    assert head(file) == 5


def test_while_it_is_written_to_a_backup_is_of_one_instant(path: Path, tmp_path: Path) -> None:
    append(path, 4)
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            append(path, 7)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        heads = []
        for number in range(8):
            back_up(path, tmp_path / f"{number}.db", silent)
            assert find_faults(tmp_path / f"{number}.db", silent) == []
            heads.append(head(tmp_path / f"{number}.db"))
    finally:
        over.set()
        writer.join()
    assert all(number % 7 == 0 for number in heads)
    assert heads == sorted(heads)


def test_what_is_no_backup_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, " * 100)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    for file, said in (
        (path, "is the database itself"),
        (link, "is the database itself"),
        (letter, "is not a database of acct"),
        (tmp_path / "nowhere" / "b.db", "there is no directory"),
    ):
        with pytest.raises(InputError, match=said):
            back_up(path, file, silent)
    assert letter.read_text().startswith("Dear reader")
    assert head(path) == 3


def test_a_database_in_use_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    used = tmp_path / "used.db"
    journal = open_journal(used)
    with journal.transaction() as tx:
        tx.put_cursors("main", {"a": "b"})
    with pytest.raises(InputError, match="is a database in use"):
        back_up(path, used, silent)
    journal.close()


def test_what_fails_leaves_the_last_backup_and_nothing_else(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    back_up(path, file, silent)
    before = file.read_bytes()
    damage(path)
    with pytest.raises(Unavailable, match="damaged"):
        back_up(path, file, silent)
    assert file.read_bytes() == before
    assert alone(tmp_path) == ["backup.db"]


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_said(path: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError, match=r"cannot write .*: Permission denied"):
        back_up(path, tmp_path / "closed" / "b.db", silent)


def damage(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as opened:
        opened.seek(4096 * 3)
        opened.write(b"\xff" * 4096 * 4)


# ---- putting it back ----------------------------------------------------------------------------------------------


def test_it_comes_back_and_what_was_there_is_kept(path: Path, tmp_path: Path) -> None:
    file, aside = tmp_path / "backup.db", path.with_name("acct.db.before")
    back_up(path, file, silent)
    append(path, 2)
    with pytest.raises(StorageError, match="holds facts already"):
        restore(file, path, silent, aside=aside)
    assert head(path) == 5
    assert restore(file, path, silent, aside=aside, force=True)
    assert (head(path), head(aside)) == (3, 5)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(aside.stat().st_mode) == 0o600
    append(path, 1)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_it_comes_back_where_nothing_is(path: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.db", tmp_path / "new" / "acct.db"
    back_up(path, file, silent)
    assert not restore(file, target, silent, aside=tmp_path / "aside")
    assert head(target) == 3
    assert not (tmp_path / "aside").exists()


def test_it_comes_back_to_a_server_in_one_transaction(path: Path, tmp_path: Path) -> None:
    file, aside = tmp_path / "backup.db", tmp_path / "aside.db"
    back_up(path, file, silent)
    with DATABASES["postgres"](tmp_path) as server:
        append(server, 5)
        with pytest.raises(StorageError, match="holds facts already"):
            restore(file, server, silent, aside=aside)
        assert head(server) == 5
        assert restore(file, server, silent, aside=aside, force=True)
        assert (head(server), head(aside)) == (3, 5)
        append(server, 1)
        assert head(server) == 4


def test_a_database_that_is_open_elsewhere_is_not_replaced(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    back_up(path, file, silent)
    watching = open_reader(path)
    assert watching.head("main") == 3
    with pytest.raises(Unavailable, match="is open in another process"):
        restore(file, path, silent, aside=tmp_path / "aside", force=True)
    watching.close()
    assert not (tmp_path / "aside").exists()
    assert head(path) == 3


def test_a_damaged_database_is_replaced_too(path: Path, tmp_path: Path) -> None:
    file, aside = tmp_path / "backup.db", tmp_path / "aside"
    back_up(path, file, silent)
    path.write_bytes(b"no database at all, and yet long enough" * 100)
    with pytest.raises(StorageError, match="holds facts already"):
        restore(file, path, silent, aside=aside)
    assert restore(file, path, silent, aside=aside, force=True)
    assert head(path) == 3
    assert aside.read_bytes().startswith(b"no database")


def test_what_a_killed_writer_left_beside_a_database_does_not_spoil_the_one_that_takes_its_place(
    path: Path, tmp_path: Path
) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from account_cli.storage import open_journal\n"
        "with open_journal(pathlib.Path(sys.argv[1])).transaction() as tx: tx.put_cursors('main', {'a': 'b'})\n"
        "os.kill(os.getpid(), 9)\n"
    )
    file, target = tmp_path / "backup.db", tmp_path / "data" / "other.db"
    append(path, 400)
    back_up(path, file, silent)
    subprocess.run([sys.executable, "-c", program, target], check=False)
    assert target.with_name("other.db-wal").stat().st_size
    assert restore(file, target, silent, aside=tmp_path / "aside")
    assert find_faults(target, silent) == []
    assert head(target) == 403


def test_killed_at_the_last_moment_it_leaves_the_database_whole(path: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from account_cli.storage.backing_up import restore\n"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), 9)\n"
        "file, target, aside = map(pathlib.Path, sys.argv[1:])\n"
        "restore(file, target, lambda *_: None, aside=aside, force=True)\n"
    )
    file = tmp_path / "backup.db"
    back_up(path, file, silent)
    append(path, 2)
    killed = subprocess.run([sys.executable, "-c", program, file, path, tmp_path / "aside"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert head(path) == 5
    assert restore(file, path, silent, aside=tmp_path / "again", force=True)
    assert (head(path), head(tmp_path / "again")) == (3, 5)


def test_an_older_backup_is_brought_up_to_date(tmp_path: Path) -> None:
    file, target = tmp_path / "old.db", tmp_path / "acct.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        migrate(connection, target=8)
    restore(file, target, silent, aside=tmp_path / "aside")
    append(target, 1)
    assert head(target) == 1


def test_a_newer_backup_is_refused_with_both_numbers(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    back_up(path, file, silent)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(SchemaTooNew, match=f"schema {SCHEMA + 1}; this acct knows schema {SCHEMA} "):
        restore(file, path, silent, aside=tmp_path / "aside", force=True)
    assert head(path) == 3


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"something else" * 1000])
def test_what_is_no_backup_is_refused(content: bytes, path: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(InputError, match="is not a database of acct"):
        restore(file, path, silent, aside=tmp_path / "aside", force=True)
    with pytest.raises(InputError, match="there is no file"):
        restore(tmp_path / "missing", path, silent, aside=tmp_path / "aside", force=True)
    assert head(path) == 3


def test_a_damaged_backup_is_refused_and_nothing_is_touched(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    back_up(path, file, silent)
    damage(file)
    with pytest.raises(Unavailable, match="damaged"):
        restore(file, path, silent, aside=tmp_path / "aside", force=True)
    assert head(path) == 3
    assert not [name for name in alone(path.parent) if name.endswith(".part")]
