"""How an exchange tells of money on a bad day: fees and entries late, names and digits odd, markets gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from account_cli.simulator.world.facts import Entry


@dataclass(slots=True)
class MoneyFaults:
    """The switches of rows F37 to F50; none of them changes what is true."""

    fees_untold: bool = False
    """The stream leaves fees out."""
    ledger_n: int | None = None
    """The histories of money show what there was after so many happenings, while all else is up to date."""
    withheld: set[str] = field(default_factory=set)
    """Entries (by id) that the histories of money leave out."""
    unconfirmed: set[str] = field(default_factory=set)
    """Kraken: deposits and withdrawals (by the entry's id) that are on their way, and in no transaction yet."""
    ends_late: bool = False
    """Kraken: a last trade says that its order is filled in part, and that it is filled comes later."""
    scientific: bool = False
    """JSON numbers are written with an exponent."""
    aliases: bool = False
    """Kraken: assets and pairs go by their alternative names."""
    unlisted: set[str] = field(default_factory=set)
    """Markets (by symbol) that the exchange does not list and refuses to be asked about."""

    def told(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return those of these entries that the histories of money tell of now."""
        n = self.ledger_n
        return [entry for entry in entries if (n is None or entry.n <= n) and entry.id not in self.withheld]
