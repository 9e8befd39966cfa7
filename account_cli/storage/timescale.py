"""History lies in hypertables of TimescaleDB where that is loaded, and nothing but its speed can tell.

No other statement of acct names a hypertable, a chunk or a function of the extension. Only tables of history are
turned: a hypertable cannot hold what is unique without its time, and facts are. The source of what is done here is the
reference of TimescaleDB 2 (``create_hypertable``; a time column of integers takes its chunk length in the same unit).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from account_cli.domain.times import DAY
from account_cli.errors import ConfigError, StorageError, Unavailable
from account_cli.ports.location import Location, named

if TYPE_CHECKING:
    import psycopg

Mode = Literal["auto", "on", "off"]
FEATURE = "timescale"
TABLES = ("history", "position_snapshots")
CHUNK_NS = 7 * DAY
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' timescale', 0))"
_INSTALLED = """
SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'timescaledb'
"""
_NOTE = """
INSERT INTO features (name, value, at_ns) VALUES (%s, %s, %s)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, at_ns = excluded.at_ns WHERE features.value <> excluded.value
"""


def arrange_history(location: Location, mode: Mode) -> str | None:
    """Turn the tables of history into hypertables where ``mode`` says so; return why not, when ``auto`` tried in vain.

    The tables must be there. Raises ``ConfigError`` for ``on`` with a file, ``Unavailable`` when ``on`` cannot be
    done, and for a server that cannot be reached. Everything is as it was then.
    """
    if isinstance(location, Path):
        if mode == "on":
            raise ConfigError(
                "TimescaleDB is an extension of PostgreSQL, and the database is a file",
                key="storage.timescale",
                hint='Leave it at "auto", or name a server in [storage] database.',
            )
        return None
    import psycopg

    from account_cli.storage.failures_postgres import translated
    from account_cli.storage.postgres import dialled

    with translated(named(location)), psycopg.connect(dialled(location), autocommit=True) as connection:
        if mode == "off":
            _note(connection, "off")
            return None
        if mode == "on":
            _create(connection, named(location))
        schema = installed(connection)
        if schema is None:
            _note(connection, "plain tables: the extension is not installed")
            return None
    try:
        _turn(location, schema)
    except (psycopg.Error, StorageError) as error:
        why = " ".join(str(error).split("\n")[0].split())
        if mode == "on":
            raise _refused(named(location), why) from error
        with translated(named(location)), psycopg.connect(dialled(location), autocommit=True) as connection:
            _note(connection, f"plain tables: {why}")
        return f"history stays in plain tables: TimescaleDB refused ({why})"
    return None


def installed(connection: psycopg.Connection[Any]) -> str | None:
    """Return the schema of the extension, as SQL writes it; None where it is not installed in this database."""
    row = connection.execute(_INSTALLED).fetchone()
    return None if row is None else str(row[0])


def _create(connection: psycopg.Connection[Any], name: str) -> None:
    """Install the extension where it is not; one that is not loaded would end the connection, so look first."""
    import psycopg

    if installed(connection) is not None:
        return
    row = connection.execute("SELECT current_setting('shared_preload_libraries', true)").fetchone()
    loaded = [part.strip().strip('"') for part in str(row[0] if row else "").split(",")]
    if "timescaledb" not in loaded:
        raise _refused(name, "the server has not loaded it: shared_preload_libraries does not name timescaledb")
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public")
    except psycopg.Error as error:
        raise _refused(name, str(error).split("\n")[0]) from error


def _turn(url: str, schema: str) -> None:
    """Make hypertables of all tables in one transaction, and note it; those that are ones already stay."""
    import psycopg

    from account_cli.storage.postgres import dialled

    with psycopg.connect(dialled(url)) as connection:
        connection.execute(_LOCK)
        for table in TABLES:
            connection.execute(
                f"SELECT {schema}.create_hypertable(%s::regclass, 'at_ns', chunk_time_interval => %s::bigint, "
                "if_not_exists => true, create_default_indexes => false, migrate_data => true)",
                (table, CHUNK_NS),
            )
        _note(connection, "hypertables")


def _note(connection: psycopg.Connection[Any], value: str) -> None:
    connection.execute(_NOTE, (FEATURE, value, time.time_ns()))


def _refused(name: str, why: str) -> Unavailable:
    return Unavailable(
        f"TimescaleDB cannot be used on {name}: {why}",
        hint='Load and install it, or set [storage] timescale = "auto": plain tables do the same.',
    )
