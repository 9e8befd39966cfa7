"""Opening a schema on a PostgreSQL server: made when it is empty, brought up to date, refused when it is not ours."""

from __future__ import annotations

from account_cli.errors import SchemaTooNew, StorageError, Unavailable
from account_cli.ports.location import named
from account_cli.storage.migrating import SCHEMA, migrate_server
from account_cli.storage.postgres import PostgresDatabase

OLDEST = 150_000
"""``server_version`` of the oldest PostgreSQL that is supported, 15."""
_VERSION = "SELECT version_num FROM alembic_version"
_ANY_TABLE = "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"


def connect_writing(url: str) -> PostgresDatabase:
    """Open for writing; make the tables, or bring them to the present schema, where needed.

    Raises ``SchemaTooNew``, ``Unavailable`` or another ``StorageError``; what is there is then as it was.
    """
    database = PostgresDatabase(url)
    try:
        _recent(database)
        if _version(database) != SCHEMA:
            migrate_server(url)
    except BaseException:
        database.close()
        raise
    return database


def connect_reading(url: str) -> PostgresDatabase:
    """Open for reading only; the tables must be there, of the present schema."""
    database = PostgresDatabase(url, read_only=True)
    try:
        version = _version(database)
        if version == 0:
            raise Unavailable(
                f"acct has never written to the database {named(url)}",
                hint="Run `acct watch` or `acct poll` first, or `acct db upgrade`.",
            )
        if version != SCHEMA:
            raise Unavailable(
                f"the database {named(url)} is of schema {version}; this acct reads schema {SCHEMA}",
                hint="Run `acct db upgrade`; whatever writes the database makes and upgrades it too.",
            )
    except BaseException:
        database.close()
        raise
    return database


def schema_number(url: str) -> int:
    """Return the number of the schema that is there, 0 when acct has never written there."""
    database = PostgresDatabase(url, read_only=True)
    try:
        return _version(database)
    finally:
        database.close()


def _recent(database: PostgresDatabase) -> None:
    version = database.raw.info.server_version
    if version < OLDEST:
        raise Unavailable(
            f"the database {named(database.url)} is PostgreSQL {version // 10_000}",
            hint=f"acct needs {OLDEST // 10_000} or later.",
        )


def _version(database: PostgresDatabase) -> int:
    """Return the schema's number, 0 when there is nothing yet."""
    if database.row("SELECT to_regclass('alembic_version')") in {None, (None,)}:
        if database.row(_ANY_TABLE) is not None:
            raise StorageError(
                f"the database {named(database.url)} holds tables of another program",
                hint="Name a schema of its own: …?options=-csearch_path%3Dacct",
            )
        return 0
    version = database.number(_VERSION)
    if version > SCHEMA:
        raise SchemaTooNew(
            f"the database {named(database.url)} is of schema {version}; this acct knows schema {SCHEMA} and older",
            hint="Use the acct that wrote it, or a newer one.",
        )
    return version
