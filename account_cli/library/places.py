"""A store is named by a path, by a URL, or by the configuration that says where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from account_cli.bootstrap import REDACTOR
from account_cli.config import Config
from account_cli.errors import InputError, Unavailable
from account_cli.ports import Location
from account_cli.ports.location import located, named, password_of

Database = Config | Path | str
"""A configuration, a SQLite file, ``sqlite:///FILE`` or ``postgresql://…``."""


def settings_of(database: Database, currency: str | None = None) -> Config:
    """Return the configuration of a store, which need not name any account.

    Raises ``InputError`` for a URL that names no database; a password in it is never told.
    """
    if isinstance(database, Config):
        found = database
    else:
        nowhere = Path()
        found = Config(
            path=None, place=nowhere, data_dir=nowhere, cache_dir=nowhere, state_dir=nowhere, database_at=_at(database)
        )
    REDACTOR.learn(password_of(found.database))
    return found if currency is None else replace(found, currency=currency)


def _at(database: Path | str) -> Location:
    if isinstance(database, Path) or "://" not in database:
        return Path(database).expanduser()
    try:
        return located(database)
    except ValueError as wrong:
        raise InputError(str(wrong), hint="sqlite:////home/me/acct.db or postgresql://user@host/database") from None


def demand(config: Config) -> None:
    """Raise ``Unavailable`` when there is no store: an empty answer would look like an empty account."""
    from account_cli.storage import has_database

    if not has_database(config.database):
        raise Unavailable(
            f"there is no database of acct at {named(config.database)}",
            hint="Name the one that acct writes, or collect into this one first.",
        )
