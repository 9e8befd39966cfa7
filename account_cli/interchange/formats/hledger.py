"""hledger: postings at cost with ``@@``, explicit gains, balances asserted at the end; no lot syntax.

A total cost is what we allocated, to the last digit, so that every transaction balances exactly. hledger 1.x checks the
whole under ``check --strict``; 2.x reads the same text. Every commodity is written in quotes when it is not letters
alone: ``1 1INCH`` would be read as 11 INCH.

Source of the syntax: the hledger manual, "Journal"; 1.25 reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.domain.times import format_time
from account_cli.interchange.books.postings import Posting, Transaction
from account_cli.interchange.books.writing import Balances, BookWriter, shown
from account_cli.interchange.tables import UTC_CLOCK, Clock

_SPECIAL = ';"'


def lines(transactions: Iterable[Transaction], held: Balances, clock: Clock = UTC_CLOCK) -> Iterator[str]:
    """Yield the journal; ``held`` is filled by whoever makes the transactions, and asserted at the end."""
    return _Writer(clock).lines(transactions, held)


class _Writer(BookWriter):
    head = "decimal-mark .\n"

    def transaction(self, one: Transaction) -> str:
        event = one.event
        day = self.last = self.day(event.time_ns)
        out = [line for posting in one.postings for line in self._declarations(posting)]
        code = shown(event.id, _SPECIAL + "()")
        title = shown(f"{event.account} | {one.title}", _SPECIAL)
        out.append(f"{day} * ({code}) {title}  ; ts: {format_time(event.time_ns)}\n")
        out += [self._posting(posting) for posting in joined(one.postings)]
        return "\n" + "".join(out)

    def _posting(self, posting: Posting) -> str:
        text = f"    {self.account(posting.account)}  {plain(posting.units)} {commodity(posting.asset)}"
        if posting.cost is None:
            return text + "\n"
        return f"{text} @@ {plain(abs(posting.cost))} {commodity(posting.currency)}\n"

    def _declarations(self, posting: Posting) -> Iterator[str]:
        for asset in (posting.asset, posting.currency):
            if asset and self.is_new(f"c {asset}"):
                yield f"commodity {commodity(asset)}\n"
        name = self.account(posting.account)
        if self.is_new(name):
            yield f"account {name}\n"

    def end(self, last: str, held: Balances) -> str:
        """Assert what is held, in a transaction of zeros on the last day."""
        out = [
            f"    {name}  0 {commodity(asset)} = {plain(amount)} {commodity(asset)}\n"
            for name, asset, amount in self.declared(held)
        ]
        return f"\n{last} * acct | what is held\n" + "".join(out) if out else ""


def joined(postings: Iterable[Posting]) -> list[Posting]:
    """Return postings with the lots of one asset as one, where units and cost still have one sign: a pool is one."""
    sums: dict[tuple[object, ...], Posting] = {}
    for posting in postings:
        key = (posting.account, posting.asset, posting.currency) if posting.cost is not None else (len(sums), posting)
        before = sums.get(key)
        if before is None or before.cost is None or posting.cost is None:
            sums[key] = posting
            continue
        units, cost = MONEY.add(before.units, posting.units), MONEY.add(before.cost, posting.cost)
        if units and (not cost or (cost > ZERO) == (units > ZERO)):
            sums[key] = before._replace(units=units, cost=cost)
        else:
            sums[len(sums), posting] = posting
    return list(sums.values())


def commodity(asset: str) -> str:
    """Return an asset as hledger reads it: letters as they are, anything else in quotes."""
    return asset if asset.isascii() and asset.isalpha() else '"' + shown(asset, _SPECIAL) + '"'
