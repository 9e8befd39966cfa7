"""A database becomes the present schema in one transaction, or stays exactly as it was.

The only module of ``storage`` that imports SQLAlchemy and Alembic, and it does so only when it is called.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from account_cli.killing import fault

SCHEMA = 13
"""The number of the newest migration; also ``PRAGMA user_version`` of an up-to-date file."""

_WAIT_FOR_OTHERS = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' schema', 0))"


def migrate(connection: sqlite3.Connection, *, scripts: Path | None = None, target: int = SCHEMA) -> None:
    """Run every missing migration; ``connection`` is in autocommit mode and holds no transaction.

    Whatever a step raises is raised, after everything has been rolled back.
    """
    import sqlalchemy as sa
    from alembic import command

    from account_cli.storage.schema import APPLICATION_ID

    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
    config = _alembic(scripts)
    try:
        with engine.connect() as wrapped:
            # Only now: on connecting, SQLAlchemy asks the driver a few things and rolls back what was begun before.
            wrapped.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = wrapped
            command.upgrade(config, f"{target:04d}")
            fault("during_migration")
            wrapped.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID:d}")
            wrapped.exec_driver_sql(f"PRAGMA user_version = {target:d}")
            wrapped.commit()
    except sa.exc.DBAPIError as error:
        connection.rollback()
        raise (error.orig or error) from error
    except BaseException:
        connection.rollback()
        raise


def migrate_server(url: str, *, scripts: Path | None = None, target: int = SCHEMA) -> None:
    """Make the tables on a PostgreSQL server, or run every missing migration, in one transaction.

    An empty schema gets the present tables at once; whoever else is about to do the same is waited for.
    """
    import psycopg
    import sqlalchemy as sa
    from alembic import command

    from account_cli.ports.location import named
    from account_cli.storage.failures_postgres import translated
    from account_cli.storage.postgres import dialled
    from account_cli.storage.schema import metadata

    with translated(named(url)), psycopg.connect(dialled(url)) as connection:
        engine = sa.create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
        config = _alembic(scripts)
        try:
            with engine.connect() as wrapped:
                wrapped.execute(sa.text(_WAIT_FOR_OTHERS))
                config.attributes["connection"] = wrapped
                if wrapped.execute(sa.text("SELECT to_regclass('alembic_version')")).scalar() is None:
                    metadata.create_all(wrapped, checkfirst=False)
                    command.stamp(config, f"{target:04d}")
                else:
                    command.upgrade(config, f"{target:04d}")
                fault("during_migration")
                wrapped.commit()
        except sa.exc.DBAPIError as error:
            raise (error.orig or error) from error


def _alembic(scripts: Path | None = None) -> Any:
    from alembic.config import Config

    config = Config()
    folder = str(scripts or Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))  # configparser would read % as a reference
    return config
