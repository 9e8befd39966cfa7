"""A database becomes the present schema in one transaction, or stays exactly as it was.

The only module of ``storage`` that imports SQLAlchemy and Alembic, and it does so only when it is called.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from account_cli.killing import fault

SCHEMA = 7
"""The number of the newest migration; also ``PRAGMA user_version`` of an up-to-date file."""


def migrate(connection: sqlite3.Connection, *, scripts: Path | None = None, target: int = SCHEMA) -> None:
    """Run every missing migration; ``connection`` is in autocommit mode and holds no transaction.

    Whatever a step raises is raised, after everything has been rolled back.
    """
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config

    from account_cli.storage.schema import APPLICATION_ID

    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
    config = Config()
    folder = str(scripts or Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))  # configparser would read % as a reference
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
    except BaseException:
        connection.rollback()
        raise
