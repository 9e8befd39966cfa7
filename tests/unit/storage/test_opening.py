"""Opening looks before it touches, keeps others out, and imports nothing heavy when nothing is to be migrated."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import FundingPaid
from account_cli.domain.health import Coverage
from account_cli.errors import SchemaTooNew, StorageError, Unavailable
from account_cli.ports import Entry, PointRow
from account_cli.storage import opening
from account_cli.storage.migrating import SCHEMA, migrate
from account_cli.storage.opening import open_journal, open_reader

AS_ROOT = os.geteuid() == 0
VERSIONS = Path(opening.__file__).with_name("migrations")
BROKEN_STEP = f"""
from alembic import op
revision, down_revision = "{SCHEMA + 1:04d}", "{SCHEMA:04d}"
def upgrade():
    op.execute("ALTER TABLE journal ADD COLUMN extra TEXT")
    op.execute("DELETE FROM journal")
    op.execute("CREATE TABLE half (")
"""
GOOD_STEP = f"""
from alembic import op
revision, down_revision = "{SCHEMA + 1:04d}", "{SCHEMA:04d}"
def upgrade():
    op.execute("ALTER TABLE journal ADD COLUMN extra TEXT")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "acct.db"


def write_one(path: Path, n: int = 1) -> None:
    paid = FundingPaid(account="main", id=f"F{n}", time_ns=n, symbol="A/B:B", asset="B", amount=Decimal(1))
    journal = open_journal(path)
    with journal.transaction() as tx:
        tx.append("main", [Entry(n=n, event=paid, origin="rest", heard_ns=n)])
    journal.close()


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    lines = [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]
    connection.close()
    return lines


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ---- who may read it ----------------------------------------------------------------------------------------------


def test_directory_and_files_are_the_owners_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        journal = open_journal(path)
        with journal.transaction() as tx:
            tx.put_cursors("main", {"a": "b"})
        modes = {file.name: mode(file) for file in path.parent.iterdir()}
        journal.close()
    finally:
        os.umask(before)
    assert {"acct.db", "acct.db-wal", "acct.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert mode(path.parent) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    write_one(path)
    path.chmod(0o644)
    open_journal(path).close()
    assert mode(path) == 0o600


def test_a_symbolic_link_is_refused(path: Path, tmp_path: Path) -> None:
    write_one(path)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    for opener in (open_journal, open_reader):
        with pytest.raises(StorageError, match="symbolic link"):
            opener(link)


def test_a_directory_in_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir(parents=True, mode=0o700)
    with pytest.raises(StorageError, match="not a file"):
        open_journal(path)


def test_a_directory_where_others_may_write_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with pytest.raises(StorageError, match="others may write") as caught:
        open_journal(path)
    assert caught.value.hint == f"Run `chmod 700 {path.parent}`."


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be used"):
        open_journal(tmp_path / "file" / "data" / "acct.db")


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_an_unwritable_directory_is_said(path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(Unavailable, match="not writable"):
        open_journal(path)


# ---- what it is ---------------------------------------------------------------------------------------------------


def test_a_reader_says_that_there_is_nothing_yet(path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no database") as caught:
        open_reader(path)
    assert "acct poll" in str(caught.value.hint)
    assert not path.parent.exists()


def test_a_newer_schema_is_refused_and_left_untouched(path: Path) -> None:
    write_one(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    before = path.read_bytes()
    for opener in (open_journal, open_reader):
        with pytest.raises(SchemaTooNew) as caught:
            opener(path)
        assert "a newer one" in str(caught.value.hint)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_untouched(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    for opener in (open_journal, open_reader):
        with pytest.raises(StorageError, match="another program"):
            opener(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look", b"\0" * 8192])
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="damaged or is not a database"):
        open_journal(path)
    assert path.read_bytes() == content


def test_a_damaged_file_is_refused_for_writing(path: Path) -> None:
    write_one(path)
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)
    with pytest.raises(Unavailable, match="damaged"):
        open_journal(path)


def test_the_settings_are_those_that_keep_a_commit(path: Path) -> None:
    journal = open_journal(path)
    database = journal._db  # type: ignore[attr-defined]
    settings = {name: database.row(f"PRAGMA {name}")[0] for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert database.row("PRAGMA busy_timeout") == (5000,)
    journal.close()


def test_money_is_text_in_strict_tables(path: Path) -> None:
    write_one(path)
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    assert {name for name, strict in tables if not strict} <= {"alembic_version", "sqlite_schema"}
    columns = connection.execute(
        "SELECT DISTINCT c.type FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.strict = 1"
    )
    assert {type_ for (type_,) in columns} == {"TEXT", "INTEGER", "BLOB"}
    connection.close()


# ---- migrating ----------------------------------------------------------------------------------------------------


def test_the_migrations_add_up_to_the_schema(path: Path) -> None:
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from account_cli.storage.schema import metadata

    open_journal(path).close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    ours = sqlite3.connect(":memory:")
    metadata.create_all(sa.create_engine("sqlite://", creator=lambda: ours, poolclass=sa.pool.StaticPool))
    wanted = {" ".join(sql.split()) for (sql,) in ours.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    ours.close()
    connection_ = sqlite3.connect(path)
    found = {
        " ".join(sql.split()) for (sql,) in connection_.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
    }
    connection_.close()
    assert {sql for sql in found if "alembic_version" not in sql} == wanted


def scripts_with(step: str, folder: Path) -> Path:
    shutil.copytree(VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"v{SCHEMA + 1:04d}_next.py").write_text(step)
    return folder


def test_a_failed_migration_leaves_the_database_as_it_was(path: Path, tmp_path: Path) -> None:
    write_one(path)
    before = dump(path)
    scripts = scripts_with(BROKEN_STEP, tmp_path / "100% broken")
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(Exception, match="incomplete input"):
        migrate(connection, scripts=scripts, target=SCHEMA + 1)
    assert not connection.in_transaction
    connection.close()
    assert dump(path) == before
    write_one(path, 2)


def test_a_migration_keeps_what_was_there(path: Path, tmp_path: Path) -> None:
    write_one(path)
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, scripts=scripts_with(GOOD_STEP, tmp_path / "scripts"), target=SCHEMA + 1)
    assert connection.execute("SELECT n, extra FROM journal").fetchall() == [(1, None)]
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA + 1,)
    connection.close()


def test_a_reader_of_an_older_schema_says_who_upgrades_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_one(path)
    monkeypatch.setattr(opening, "SCHEMA", SCHEMA + 1)
    with pytest.raises(Unavailable, match=f"of schema {SCHEMA}; this acct reads schema {SCHEMA + 1}"):
        open_reader(path)


def test_processes_that_open_at_once_create_it_once(path: Path) -> None:
    program = (
        "import sys, pathlib; from account_cli.storage import open_journal\n"
        "sys.stdin.read(1); journal = open_journal(pathlib.Path(sys.argv[1]))\n"
        "with journal.transaction() as tx: tx.put_cursors(sys.argv[2], {'a': 'b'})\n"
        "journal.close()"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", program, str(path), f"a{number}"], stdin=subprocess.PIPE)
        for number in range(3)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(b"x")
        racer.stdin.flush()
    for racer in racers:
        racer.communicate()
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    reader = open_reader(path)
    assert [reader.cursors(f"a{number}") for number in range(3)] == [{"a": "b"}] * 3
    reader.close()


def test_reading_and_writing_an_up_to_date_file_import_nothing_heavy(path: Path) -> None:
    write_one(path)
    program = (
        "import sys, pathlib; from account_cli.storage import open_journal, open_reader, collector_lock\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "reader = open_reader(path); assert list(reader.events()); reader.close()\n"
        "journal = open_journal(path)\n"
        "with journal.transaction() as tx: tx.put_cursors('main', {'a': 'b'})\n"
        "journal.close()\n"
        "heavy = {'sqlalchemy', 'alembic', 'aiosqlite', 'asyncio', 'ccxt', 'textual'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


def test_recorded_history_moves_into_a_table_of_its_own(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection, target=9)
    connection.execute("INSERT INTO kept VALUES ('main', 'history:5m', 300, -1, '|USD', 0, '', 'USD', x'7b7d')")
    connection.execute("INSERT INTO kept VALUES ('main', 'average', 300, -1, 'x', 0, 'BTC/USD', 'USD', x'7b')")
    connection.close()
    open_journal(path).close()
    reader = open_reader(path)
    assert reader.points("main", "5m") == [PointRow(300, "", "USD", b"{}")]
    assert [row.body for _, row in reader.kept("main", "average")] == [b"{"]
    assert not list(reader.kept("main", "history:5m"))
    reader.close()


def test_a_database_of_schema_1_keeps_its_facts_and_its_snapshots(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection, target=1)
    connection.execute("INSERT INTO snapshots VALUES ('main', 1, 5, -1, 'x', 9, x'00ff')")
    connection.execute("INSERT INTO coverage VALUES ('main', 'fills', 7, 0), ('main', 'transfers', 0, 1)")
    connection.close()
    write_one(path)
    reader = open_reader(path)
    found = reader.load_snapshot("main", 1)
    assert found is not None
    assert (found.n, found.last_key, found.state) == (9, (5, -1, "x"), b"\x00\xff")
    assert reader.head("main") == 1
    assert reader.coverage("main") == [
        Coverage(kind="fills", since_ns=7),
        Coverage(kind="transfers", since_ns=0, from_start=True),
    ]
    reader.close()
