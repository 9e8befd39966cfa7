"""Beancount (v3): lots are found by their labels under STRICT booking, so that it checks our books and does not guess.

Beancount's own FIFO and LIFO sort lots by day, which is not the order in which a trader traded. Here a transaction
names every lot it takes; beancount looks each up, refuses to take more than is there and works out its cost from the
lot. It stores a cost per unit with 28 digits, so costs agree to the twelfth digit after the point (``_TOLERANCE``).

Source of the syntax: beancount's "Language Syntax" and "Inventory Booking"; 3.2.3 reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from account_cli.domain.events import Fill
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.interchange.books.postings import Posting, Transaction
from account_cli.interchange.books.writing import Balances, BookWriter, day_after, shown
from account_cli.interchange.tables import UTC_CLOCK, Clock

_TOLERANCE = "0.000000000001"


def lines(transactions: Iterable[Transaction], held: Balances, clock: Clock = UTC_CLOCK) -> Iterator[str]:
    """Yield the book; ``held`` is filled by whoever makes the transactions, and asserted at the end."""
    return _Writer(clock).lines(transactions, held)


class _Writer(BookWriter):
    head = f'option "title" "acct"\noption "tolerance_multiplier" "{_TOLERANCE}"\n'

    def transaction(self, one: Transaction) -> str:
        event = one.event
        day = self.last = self.day(event.time_ns)
        out = [line for posting in one.postings for line in self._declarations(day, posting)]
        out.append(f"{day} * {_text(event.account)} {_text(one.title)} #{type(event).__struct_config__.tag}\n")
        out.append(f"  acct-id: {_text(event.id)}\n  ts: {_text(format_time(event.time_ns))}\n")
        price = self._price(one)
        out += [self._posting(posting, price) for posting in one.postings]
        return "".join(out) + "\n"

    def _price(self, one: Transaction) -> tuple[str, str, str]:
        """What a fill's own base was traded at: for the reader, it balances nothing."""
        event = one.event
        if not isinstance(event, Fill) or event.settle is not None:
            return "", "", ""
        base, _, quote = event.symbol.partition("/")
        return base, quote, f" @ {plain(event.price)} {self.names.commodity(quote)}" if quote else ""

    def _posting(self, posting: Posting, price: tuple[str, str, str]) -> str:
        commodity = self.names.commodity(posting.asset)
        text = f"  {self.account(posting.account)}  {plain(posting.units)} {commodity}"
        if posting.cost is None:
            return text + "\n"
        currency = self.names.commodity(posting.currency)
        if posting.opened_ns is None:
            sold = price[2] if (posting.asset, posting.currency) == price[:2] else ""
            return f"{text} {{{currency}, {_text(posting.label)}}}{sold}\n"
        cost = f"{plain(abs(posting.cost))} {currency}"
        return f"{text} {{{{{cost}, {self.day(posting.opened_ns)}, {_text(posting.label)}}}}}\n"

    def _declarations(self, day: str, posting: Posting) -> Iterator[str]:
        for asset in (posting.asset, posting.currency):
            if asset and self.is_new(f"c {asset}"):
                commodity = self.names.commodity(asset)
                yield f"{day} commodity {commodity}\n" + (f"  name: {_text(asset)}\n" if commodity != asset else "")
                # A least tolerance, beside which what follows from a number's digits is smaller still.
                yield f'option "inferred_tolerance_default" "{commodity}:{_TOLERANCE}"\n'
        name = self.account(posting.account)
        if self.is_new(name):
            yield f'{day} open {name} "STRICT"\n' if posting.account[0] == "Assets" else f"{day} open {name}\n"

    def end(self, last: str, held: Balances) -> str:
        """Assert what is held, at the beginning of the day after the last fact."""
        return "".join(
            f"{day_after(last)} balance {name}  {plain(amount)} {self.names.commodity(asset)}\n"
            for name, asset, amount in self.declared(held)
        )


def _text(text: str) -> str:
    """Return a text in quotes."""
    return '"' + shown(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
