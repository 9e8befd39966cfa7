"""Opening a database looks before it touches: too new, foreign or damaged files are left exactly as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from account_cli.errors import ConfigError, SchemaTooNew, StorageError, Unavailable
from account_cli.ports import Journal, JournalReader
from account_cli.ports.location import Location
from account_cli.storage.failures import translated
from account_cli.storage.files import check_file, prepare
from account_cli.storage.journal import SqlJournal, SqlReader
from account_cli.storage.lock import schema_lock
from account_cli.storage.migrating import SCHEMA, migrate
from account_cli.storage.sqlite import SqliteDatabase

QUICK_CHECK_BYTES = 16 * 1024 * 1024
"""``PRAGMA quick_check`` reads the whole file: up to this size it costs a few dozen milliseconds and is always made."""


def open_journal(location: Location) -> Journal:
    """Open the database for writing; create it, or bring it to the present schema, where needed.

    Raises ``SchemaTooNew``, ``Unavailable`` or another ``StorageError``; the database is then as it was.
    """
    if isinstance(location, str):
        journal: Journal = _on_a_server().open_journal(location)
        return journal
    path = location
    prepare(path)
    if _version(path) != SCHEMA:
        with schema_lock(path):
            _bring_up_to_date(path)
    database = SqliteDatabase(path, "rw")
    try:
        _quick_check(database)
    except BaseException:
        database.close()
        raise
    return SqlJournal(database)


def open_reader(location: Location) -> JournalReader:
    """Open the database for reading only; it must exist and be of the present schema."""
    if isinstance(location, str):
        reader: JournalReader = _on_a_server().open_reader(location)
        return reader
    path = location
    check_file(path)
    database = SqliteDatabase(path, "ro")
    try:
        version = _version_of(database)
        if version < SCHEMA:
            with schema_lock(path):  # whoever is creating or upgrading it just now is waited for
                version = _version_of(database)
        if version != SCHEMA:
            raise Unavailable(
                f"the database {path} is of schema {version}; this acct reads schema {SCHEMA}",
                hint="Run `acct poll` once: whatever writes the database upgrades it.",
            )
    except BaseException:
        database.close()
        raise
    return SqlReader(database)


def has_database(location: Location) -> bool:
    """True when acct has ever written there."""
    return bool(_on_a_server().has_tables(location)) if isinstance(location, str) else location.exists()


def _on_a_server() -> Any:
    """Return what opens databases on servers; raises ``ConfigError`` where its driver is not installed."""
    try:
        from account_cli.storage import opening_postgres
    except ImportError as error:
        raise ConfigError(
            "PostgreSQL needs a driver that is not installed",
            key="storage.database",
            hint="pip install 'acct[postgres]'",
        ) from error
    return opening_postgres


def _version(path: Path) -> int:
    """Return the schema of the file without being able to change it."""
    database = SqliteDatabase(path, "ro")
    try:
        return _version_of(database)
    finally:
        database.close()


def _version_of(database: SqliteDatabase) -> int:
    version = database.number("PRAGMA user_version")
    if version > SCHEMA:
        raise SchemaTooNew(
            f"the database {database.path} is of schema {version}; this acct knows schema {SCHEMA} and older",
            hint="Upgrade acct: `pip install --upgrade acct`.",
        )
    if version == 0 and database.row("SELECT 1 FROM sqlite_master LIMIT 1") is not None:
        raise StorageError(
            f"{database.path} is a database of another program", hint="Set data_dir, or move the file away."
        )
    return version


def _bring_up_to_date(path: Path) -> None:
    if _version(path) == SCHEMA:  # another process was quicker
        return
    database = SqliteDatabase(path, "rw")
    try:
        with translated(path):
            if database.row("PRAGMA journal_mode = WAL") != ("wal",):
                raise Unavailable(f"the file system of {path} allows no write-ahead log", hint="Use a local disk.")
            migrate(database.raw)
    finally:
        database.close()


def _quick_check(database: SqliteDatabase) -> None:
    if database.number("PRAGMA page_count") * database.number("PRAGMA page_size") > QUICK_CHECK_BYTES:
        return
    answer = database.row("PRAGMA quick_check(1)")
    if answer != ("ok",):
        raise Unavailable(
            f"the database {database.path} is damaged",
            hint="Move it away and restore a backup, or collect afresh into a new one.",
        )
