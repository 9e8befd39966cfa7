"""What the books share: their frame, the next day, and a text that stays a text whatever stands in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from account_cli.interchange.books.names import Names
from account_cli.interchange.books.postings import Transaction
from account_cli.interchange.tables import Clock

Balances = dict[tuple[str, str, str], Decimal]
"""What is held by (account, wallet, asset)."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def day_after(day: str) -> str:
    """Return the next day."""
    return (datetime.fromisoformat(day) + timedelta(days=1)).strftime("%Y-%m-%d")


def shown(text: str, special: str = "") -> str:
    """Return ``text`` on one line; what steers a terminal or turns its direction, and ``special``, as a code point."""
    if text.isascii() and text.isprintable() and not any(c in text for c in special):
        return text
    return "".join(f"<U+{ord(c):04X}>" if c in special or unicodedata.category(c) in _HIDDEN else c for c in text)


class BookWriter:
    """Writes a book transaction by transaction, and remembers what it declared and on which day it was last."""

    head = ""

    def __init__(self, clock: Clock) -> None:
        self.day, self.names = clock.day, Names()
        self.last: str | None = None
        self._declared: set[str] = set()

    def lines(self, transactions: Iterable[Transaction], held: Balances) -> Iterator[str]:
        """Yield the book; ``held`` is filled by whoever makes the transactions, and asserted at the end."""
        yield self.head
        for transaction in transactions:
            yield self.transaction(transaction)
        yield "" if self.last is None else self.end(self.last, held)

    def transaction(self, one: Transaction) -> str:
        """Return the text of one transaction, with what it is the first to name; sets ``last``."""
        raise NotImplementedError

    def end(self, last: str, held: Balances) -> str:
        """Return the text that asserts what is held after the last day."""
        raise NotImplementedError

    def is_new(self, name: str) -> bool:
        """True the first time that an account, or ``c ASSET``, is named: it is declared then."""
        if name in self._declared:
            return False
        self._declared.add(name)
        return True

    def account(self, account: tuple[str, ...]) -> str:
        """Return the name of an account in the book."""
        return ":".join((account[0], *(self.names.part(part) for part in account[1:])))

    def declared(self, held: Balances) -> Iterator[tuple[str, str, Decimal]]:
        """Yield account, asset and amount of what is held in accounts that the book names."""
        for (account, wallet, asset), amount in sorted(held.items()):
            name = self.account(("Assets", account, wallet, asset))
            if name in self._declared:
                yield name, asset, amount
