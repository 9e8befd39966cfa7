"""What an exchange's own ledger says was held after each entry is checked where something was told, and nowhere else.

A long ledger is read once; a process that starts reads what came since the last checkpoint, for that was clean.
"""

from __future__ import annotations

from collections.abc import Iterator

from account_cli.domain.observations import RunningBalance
from account_cli.ports import JournalReader
from account_cli.reconciliation.continuity import Hole, holes


class RunningBooks:
    """Knows the holes of each account's books as far as they were looked at."""

    def __init__(self) -> None:
        self._heads: dict[str, int] = {}
        self._holes: dict[str, list[Hole]] = {}

    def holes(self, reader: JournalReader, account: str) -> list[Hole]:
        """Return the holes that there are now, by book and time."""
        head = reader.running_head(account)
        known = self._heads.get(account)
        if known is None:
            checkpoint = reader.checkpoint(account)
            known = 0 if checkpoint is None else checkpoint.entries
        if head > known:
            first: dict[str, int] = {}

            def told() -> Iterator[RunningBalance]:
                for entry in reader.running_since(account, known):
                    first.setdefault(entry.book, entry.time_ns)
                    yield entry

            fresh = holes(told())
            kept = [
                hole
                for hole in self._holes.get(account, ())
                if hole.before.book not in first or hole.before.time_ns <= first[hole.before.book]
            ]
            found = {(hole.after.id, hole.before.id): hole for hole in (*kept, *fresh)}
            self._holes[account] = sorted(found.values(), key=lambda hole: (hole.before.book, hole.before.time_ns))
        self._heads[account] = head
        return self._holes.get(account, [])
