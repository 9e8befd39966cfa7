"""Opening a database looks before it touches: too new, foreign or damaged files are left exactly as they were."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from account_cli.errors import ConfigError, SchemaTooNew, StorageError, Unavailable
from account_cli.ports import Journal, JournalReader
from account_cli.ports.location import Location
from account_cli.storage.database import Database
from account_cli.storage.failures import translated
from account_cli.storage.files import check_file, prepare
from account_cli.storage.journal import SqlJournal, SqlReader
from account_cli.storage.lock import schema_lock
from account_cli.storage.migrating import SCHEMA, migrate
from account_cli.storage.sqlite import SqliteDatabase

QUICK_CHECK_BYTES = 16 * 1024 * 1024
"""``PRAGMA quick_check`` reads the whole file: up to this size it costs a few dozen milliseconds and is always made."""


def open_journal(location: Location, *, announces: bool = False) -> Journal:
    """Open the database for writing; create it, or bring it to the present schema, where needed.

    With ``announces`` whatever others are to hear of is left in the outbox, with its cause.
    Raises ``SchemaTooNew``, ``Unavailable`` or another ``StorageError``; the database is then as it was.
    """
    return SqlJournal(connect_writing(location), announces=announces)


def open_reader(location: Location) -> JournalReader:
    """Open the database for reading only; it must exist and be of the present schema."""
    return SqlReader(connect_reading(location))


def connect_writing(location: Location) -> Database:
    """Return the connection that ``open_journal`` writes through."""
    if isinstance(location, str):
        there: Database = on_a_server().connect_writing(location)
        return there
    path = location
    prepare(path)
    if _version(path) != SCHEMA:
        with schema_lock(path):
            _bring_up_to_date(path)
    database = SqliteDatabase(path, "rw")
    try:
        _write_ahead(database)
        _quick_check(database)
    except BaseException:
        database.close()
        raise
    return database


def connect_reading(location: Location) -> Database:
    """Return the connection that ``open_reader`` reads through."""
    if isinstance(location, str):
        there: Database = on_a_server().connect_reading(location)
        return there
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
                hint="Run `acct db upgrade`; whatever writes the database upgrades it too.",
            )
    except BaseException:
        database.close()
        raise
    return database


def has_database(location: Location) -> bool:
    """True when acct has ever written there."""
    return schema_number(location) > 0 if isinstance(location, str) else location.exists()


def schema_number(location: Location) -> int:
    """Return the number of the schema that is there, 0 when there is nothing yet; changes nothing.

    Raises ``SchemaTooNew`` for a newer one than this acct knows, ``StorageError`` for what is not ours.
    """
    if isinstance(location, str):
        number: int = on_a_server().schema_number(location)
        return number
    if not location.exists():
        return 0
    check_file(location)
    return _version(location)


def on_a_server() -> ModuleType:
    """Return what opens databases on servers; raises ``ConfigError`` where its driver is not installed."""
    try:
        from account_cli.storage import opening_postgres
    except ImportError as error:
        raise ConfigError(
            "PostgreSQL needs a driver that is not installed",
            key="storage.database",
            hint="pip install 'psycopg[binary]'",
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
            hint="Use the acct that wrote it, or a newer one.",
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
        _write_ahead(database)
        with translated(path):
            migrate(database.raw)
    finally:
        database.close()


def _write_ahead(database: SqliteDatabase) -> None:
    """Let readers and the writer not wait for each other; a backup that was copied into place does not know of it."""
    if database.row("PRAGMA journal_mode = WAL") != ("wal",):
        raise Unavailable(f"the file system of {database.path} allows no write-ahead log", hint="Use a local disk.")


def _quick_check(database: SqliteDatabase) -> None:
    if database.number("PRAGMA page_count") * database.number("PRAGMA page_size") > QUICK_CHECK_BYTES:
        return
    answer = database.row("PRAGMA quick_check(1)")
    if answer != ("ok",):
        raise Unavailable(
            f"the database {database.path} is damaged",
            hint="Move it away and restore a backup, or collect afresh into a new one.",
        )
