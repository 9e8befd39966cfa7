"""Money moved between own accounts or wallets is told twice, as gone and as come: one side of each, once.

Theory. The two tellings share no id but the transaction's on a blockchain, where it is told. Else they are known by
what they say: one asset, as much as left less what the move cost, soon after. Of several that fit, the pair that is
nearest in amount, then in time, is taken first, and what is taken is gone. What left for the world outside, or came
from there, has no other side, and needs none; an internal transfer without one is listed: its money is in a wallet that
nobody watches, or one of two tellings is missing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

from account_cli.domain.events import TransferArrived
from account_cli.domain.identity import identity
from account_cli.domain.money import MONEY
from account_cli.domain.times import DAY, MINUTE

BEFORE_NS = 10 * MINUTE
"""Two exchanges' clocks, and their ideas of when something began, are so far apart at most."""
AFTER_NS = DAY
"""A transfer arrives within that."""
_UNTOLD_FEE = Decimal("0.01")
"""Where no fee is told it was no more than this part of what left."""

Name = tuple[str, str]
"""Account and identity of a fact."""


class Link(NamedTuple):
    """The two sides of one transfer, and by what they were known as such."""

    gone: TransferArrived
    come: TransferArrived
    by: Literal["tx", "amount"]


class OwnTransfers(NamedTuple):
    """Transfers between own accounts and wallets; ``unmatched`` are those of which one side is told, oldest first."""

    links: tuple[Link, ...]
    unmatched: tuple[TransferArrived, ...]

    def other_sides(self) -> dict[Name, TransferArrived]:
        """Return the other side of each side."""
        found: dict[Name, TransferArrived] = {}
        for link in self.links:
            found[name_of(link.gone)], found[name_of(link.come)] = link.come, link.gone
        return found


def name_of(event: TransferArrived) -> Name:
    """Return what names a transfer among those of all accounts."""
    return event.account, identity(event)


def link(transfers: Iterable[TransferArrived]) -> OwnTransfers:
    """Link the transfers of all own accounts, given in any order, one to one."""
    with localcontext(MONEY):
        told = sorted(transfers, key=lambda event: (event.time_ns, *name_of(event)))
        accounts = {event.account for event in told}
        apart = [event for event in told if not _is_whole(event)]
        gone, come = [one for one in apart if one.amount < 0], [one for one in apart if one.amount > 0]
        taken: set[Name] = set()
        links = [*_linked(_by_tx(gone, come), taken, "tx")]
        links += _linked(_by_amount([one for one in gone if name_of(one) not in taken], come), taken, "amount")
    unmatched = [one for one in apart if name_of(one) not in taken and _is_own(one, accounts)]
    return OwnTransfers(tuple(links), tuple(unmatched))


def _is_whole(event: TransferArrived) -> bool:
    """True for one telling that is about both sides."""
    return event.to_wallet is not None and event.to_account in {None, event.account}


def _is_own(event: TransferArrived, accounts: set[str]) -> bool:
    return event.type == "internal" or event.to_account in accounts


Pair = tuple[tuple[Decimal, int, Name, Name], TransferArrived, TransferArrived]


def _linked(pairs: Iterable[Pair], taken: set[Name], by: Literal["tx", "amount"]) -> Iterator[Link]:
    for (*_, one, other), gone, come in sorted(pairs, key=lambda pair: pair[0]):
        if one not in taken and other not in taken:
            taken |= {one, other}
            yield Link(gone, come, by)


def _by_tx(gone: Sequence[TransferArrived], come: Sequence[TransferArrived]) -> Iterator[Pair]:
    arrived: dict[tuple[str, str], list[TransferArrived]] = {}
    for other in come:
        if other.tx:
            arrived.setdefault((_plain(other.tx), other.asset), []).append(other)
    for one in gone:
        for other in arrived.get((_plain(one.tx or ""), one.asset), ()):
            if _are_apart(one, other):
                yield _pair(one, other)


def _plain(tx: str) -> str:
    """Return a transaction's id as all exchanges write it: some put ``0x`` before it, or use capitals."""
    return tx.lower().removeprefix("0x")


def _by_amount(gone: Sequence[TransferArrived], come: Sequence[TransferArrived]) -> Iterator[Pair]:
    arrived: dict[str, list[TransferArrived]] = {}
    for other in come:
        arrived.setdefault(other.asset, []).append(other)
    for one in gone:
        there = arrived.get(one.asset, [])
        first = bisect_left(there, one.time_ns - BEFORE_NS, key=lambda event: event.time_ns)
        last = bisect_right(there, one.time_ns + AFTER_NS, key=lambda event: event.time_ns)
        left = -one.amount
        least = left - (one.fee.amount if one.fee is not None and one.fee.asset == one.asset else left * _UNTOLD_FEE)
        for other in there[first:last]:
            differ = one.tx and other.tx and _plain(one.tx) != _plain(other.tx)
            if least <= other.amount <= left and not differ and _are_apart(one, other):
                yield _pair(one, other)


def _pair(one: TransferArrived, other: TransferArrived) -> Pair:
    apart = abs(one.amount + other.amount), abs(other.time_ns - one.time_ns)
    return (*apart, name_of(one), name_of(other)), one, other


def _are_apart(one: TransferArrived, other: TransferArrived) -> bool:
    """True when these may be the sides of one transfer by where they are and where they say the money went."""
    if one.account == other.account and (one.wallet == other.wallet or {one.type, other.type} != {"internal"}):
        return False
    to_account, to_wallet = one.to_account or other.account, one.to_wallet or other.wallet
    return (to_account, to_wallet) == (other.account, other.wallet)
