"""``acct db``: what is done to a database as a whole, from outside of what it is about."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from account_cli.bootstrap import REDACTOR
from account_cli.config import Config
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.errors import InputError, StorageError
from account_cli.ports.location import Location, located, password_of
from account_cli.reports.databases import FindingRow
from account_cli.storage import (
    backing_up,
    checking,
    copying,
    has_database,
    measuring,
    open_journal,
    open_reader,
    present,
)
from account_cli.storage.opening import schema_number

Tell = Callable[[str, int, int], None]


def upgrade(config: Config) -> tuple[int, int]:
    """Bring the database to the present schema, or make it; return the number of its schema before and after."""
    before = schema_number(config.database)
    open_journal(config.database).close()
    return before, schema_number(config.database)


def check_database(config: Config, tell: Tell) -> list[FindingRow]:
    """Return what is wrong with the database: its engine, its journal, and what was kept of what follows from it."""
    found = checking.find_faults(config.database, tell)
    if any(one.account is None for one in found):
        return found
    unread = {one.account for one in found}
    with closing(open_reader(config.database)) as reader, reader.snapshot_view():
        for row in reader.accounts():
            if row.account in unread:
                continue
            tell(f"working out {row.account}", 0, 0)
            found += [
                FindingRow(account=one.account, where="kept", what=f"{one.what}: {one.old}, but it follows {one.new}")
                for one in check(reader, row.account, StoredReferences(reader)).changed
            ]
    return found


def back_up(config: Config, file: Path, tell: Tell) -> None:
    """Write the database into a file, as of now; see ``storage.backing_up``."""
    backing_up.back_up(config.database, file, tell)


def restore(config: Config, file: Path, tell: Tell, *, force: bool) -> Path | None:
    """Put a backup in place of the database; return where what was there is now.

    Raises ``LockHeld`` while any account of the database or of the configuration is collected.
    """
    database = config.database
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    beside = database if isinstance(database, Path) else config.data_dir / "server"
    aside = beside.with_name(f"{beside.name}.before-restore-{stamp}")
    accounts = sorted({*config.accounts, *_known(database)})
    with present(database, "once", wants=accounts) as me:
        for account in accounts:
            me.take(account)
        if not isinstance(database, Path):
            aside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return aside if backing_up.restore(file, database, tell, aside=aside, force=force) else None


def _known(database: Location) -> list[str]:
    """Return the accounts that the database knows; none where it cannot be read, for that may be why it is restored."""
    try:
        if not has_database(database):
            return []
        with closing(open_reader(database)) as reader:
            return [row.account for row in reader.accounts()]
    except StorageError:
        return []


def vacuum(config: Config) -> tuple[int, int]:
    """Give unused space back; return the size in bytes before and after."""
    return measuring.vacuum(config.database)


def measure_database(config: Config) -> measuring.Measured:
    """Count what the database holds."""
    return measuring.measure(config.database)


def copy_database(config: Config, url: str, tell: Tell) -> tuple[Location, copying.Copied]:
    """Copy the database to the one that ``url`` names, which must be empty; return where it is and what was copied."""
    try:
        target = located(url)
    except ValueError as wrong:
        hint = "sqlite:////home/me/acct.db or postgresql://user@host/database"
        raise InputError(f"--to: {wrong}", hint=hint) from None
    REDACTOR.learn(password_of(target))
    return target, copying.copy(config.database, target, tell)
