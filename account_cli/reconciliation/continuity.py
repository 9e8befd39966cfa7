"""An exchange that states the balance after each entry of its ledger says by itself whether an entry is missing.

In one book (an asset of an account, as the exchange keeps it) each entry's balance is the one before plus what the
entry changes. Where it is not, something lies between two entries that was not told. Entries of one instant come in no
order: they are in one piece when each can be passed exactly once on a way from the balance before them, the way of an
Eulerian path over the balances as nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from itertools import groupby

import msgspec

from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.domain.observations import RunningBalance
from account_cli.domain.times import format_time
from account_cli.reconciliation.in_flight import LAG_NS
from account_cli.reconciliation.records import Item

_MOST = 5
"""So many holes of an asset are put into words."""


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Between two neighbouring entries of a book something is missing.

    ``expected`` is the balance after the one, ``stated`` that from which the other must have started.
    """

    after: RunningBalance
    before: RunningBalance
    expected: Decimal
    stated: Decimal

    @property
    def amount(self) -> Decimal:
        """What the missing entries change in all."""
        return MONEY.subtract(self.stated, self.expected)


def holes(entries: Iterable[RunningBalance]) -> list[Hole]:
    """Return the holes of these entries, which are by book and time; a book's first entry is where its story begins."""
    found: list[Hole] = []
    with localcontext(MONEY):
        for _, book in groupby(entries, key=lambda entry: entry.book):
            found += _of_book(book)
    return found


def items_of(found: Sequence[Hole], read_ns: int, *, being_read: bool) -> list[Item]:
    """Return an item for each asset that has a hole: its oldest, with a sentence for each.

    What is younger than an answer may lag behind ``read_ns``, and any hole while history is ``being_read``, is pending.
    """
    by_asset: dict[tuple[str, str], list[Hole]] = {}
    for hole in found:
        by_asset.setdefault((hole.before.wallet, hole.before.asset), []).append(hole)
    items = []
    for (wallet, asset), mine in sorted(by_asset.items()):
        mine.sort(key=lambda hole: hole.before.time_ns)
        oldest = mine[0]
        fresh = being_read or read_ns - oldest.before.time_ns < LAG_NS
        item = Item(
            kind="running",
            wallet=wallet,
            key=asset,
            local=oldest.expected,
            exchange=oldest.stated,
            state="pending" if fresh else "unexplained",
            since_ns=oldest.before.time_ns,
            clean_ns=oldest.after.time_ns,
            hints=tuple(_words(hole) for hole in mine[:_MOST]),
        )
        items.append(item)
    return items


def _words(hole: Hole) -> str:
    after, before = hole.after, hole.before
    return (
        f"the exchange's own ledger of {after.book} has {plain(hole.expected)} after entry {after.id} "
        f"({format_time(after.time_ns)}) and {plain(hole.stated)} before entry {before.id} "
        f"({format_time(before.time_ns)}): what changed it by {plain(hole.amount)} in between was not told"
    )


def _of_book(entries: Iterable[RunningBalance]) -> list[Hole]:
    found: list[Hole] = []
    last: RunningBalance | None = None
    for _, instant in groupby(entries, key=lambda entry: entry.time_ns):
        for piece in _pieces(list(instant), None if last is None else last.balance):
            start = _before(piece[0])
            if last is not None and start != last.balance:
                found.append(Hole(after=last, before=piece[0], expected=last.balance, stated=start))
            last = piece[-1]
    return found


def _before(entry: RunningBalance) -> Decimal:
    return entry.balance - entry.change


def _pieces(told: Sequence[RunningBalance], balance: Decimal | None) -> Iterator[Sequence[RunningBalance]]:
    """Yield the entries of one instant in pieces without a hole, of each its first and last at least."""
    if len(told) == 1:
        yield told
        return
    degree: dict[Decimal, int] = {}
    for entry in told:
        degree[_before(entry)] = degree.get(_before(entry), 0) + 1
        degree[entry.balance] = degree.get(entry.balance, 0) - 1
    uneven = [node for node, count in degree.items() if count]
    begins = [node for node in uneven if degree[node] > 0]
    if _in_one_piece(told) and (not uneven or (len(uneven) == 2 and degree[begins[0]] == 1)):
        if not begins and balance is None:
            return  # round and back to where they began, wherever that was: the story begins after them
        start = begins[0] if begins else balance if balance in degree else _before(told[0])
        end = start + sum((entry.change for entry in told), ZERO)
        yield (
            next(entry for entry in told if _before(entry) == start),
            next(entry for entry in told if entry.balance == end),
        )
        return
    left = list(told)
    while left:
        place = next((i for i, entry in enumerate(left) if _before(entry) == balance), None)
        if place is None:
            ends = {entry.balance for entry in left}
            place = next((i for i, entry in enumerate(left) if _before(entry) not in ends), 0)
        entry = left.pop(place)
        balance = entry.balance
        yield (entry,)


def _in_one_piece(told: Sequence[RunningBalance]) -> bool:
    """True when every balance can be reached from every other, whatever the direction."""
    root: dict[Decimal, Decimal] = {}

    def find(node: Decimal) -> Decimal:
        while root.setdefault(node, node) != node:
            root[node] = node = root[root[node]]
        return node

    for entry in told:
        root[find(entry.balance)] = find(entry.balance - entry.change)
    return len({find(node) for node in list(root)}) == 1
