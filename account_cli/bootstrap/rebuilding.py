"""``acct rebuild``: refold everything from the facts, say what differs from what was kept, and put that right."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from account_cli.bootstrap.collecting import SystemClock
from account_cli.config import Config
from account_cli.engine.ingest import Ingest
from account_cli.engine.rebuilding import Changed, check
from account_cli.engine.references import StoredReferences
from account_cli.storage import open_journal


class RebuildReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was folded again and what had been kept otherwise; ``changed`` empty is how it must be."""

    accounts: tuple[str, ...]
    facts: int
    changed: tuple[Changed, ...]


def rebuild(config: Config, names: Sequence[str] = ()) -> RebuildReport:
    """Fold all facts of the named accounts (all for none) again; what came out otherwise is repaired and restated.

    Each account is compared without holding up its collector, and only what differs is written. Raises
    ``StorageError`` when the database cannot be used.
    """
    journal = open_journal(config.database, announces=config.redis is not None)
    try:
        reader = journal.reader()
        try:
            with reader.snapshot_view():
                known = [row.account for row in reader.accounts()]
                chosen = [account for account in known if not names or "@all" in names or account in names]
                found = [check(reader, account, StoredReferences(reader)) for account in chosen]
        finally:
            reader.close()
        wrong = [one.account for one in found if one.changed]
        if wrong:
            Ingest(journal, SystemClock()).repair(wrong)
    finally:
        journal.close()
    return RebuildReport(
        accounts=tuple(one.account for one in found),
        facts=sum(one.facts for one in found),
        changed=tuple(changed for one in found for changed in one.changed),
    )
