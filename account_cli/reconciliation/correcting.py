"""What stays unexplained is taken into the ledger under a name of its own, and leaves it as the facts come.

A correction is an ``Adjustment`` dated T, the time at which the exchange stated the figure, and says: up to T, so much
of this is unexplained. From then on the ledger's figure at T is what the exchange stated, and it stays that: a fact
from up to T that comes to be known later was part of what was unexplained, so the correction gives way by exactly what
that fact moves (or grows by it, when the fact makes the riddle greater). When nothing is left of it its amount is zero,
and stays zero: what comes after that is a difference like any other, and nobody has asked to correct it.

An exchange may state a figure at T that does not hold yet what happened just before. When that fact comes, the
correction gives way to it all the same, wrongly: the ledger then lacks what the fact moved, and the next comparison
with the exchange shows just that, as an open break. So a correction can be late to be right, but never hides anything.

A correction of a position has no price: what it adds has unknown cost, what it takes leaves at cost. The entry price
stays what it was, and no P&L is realised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from account_cli.domain.events import Adjustment, Event
from account_cli.domain.identity import identity, order_key
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.reconciliation.records import Item, ItemKind, Run
from account_cli.reconciliation.sides import Key

_PREFIX = "correction:"
CORRECTABLE: frozenset[ItemKind] = frozenset({"balance", "position"})
"""Nothing else is moved: entry prices, orders and fills follow from facts alone."""


def is_correction(event: Event) -> bool:
    """True for an adjustment that acct made itself."""
    return isinstance(event, Adjustment) and event.id.startswith(_PREFIX)


def is_spent(event: Event) -> bool:
    """True for a correction of which nothing is left: it says nothing about the account."""
    return isinstance(event, Adjustment) and is_correction(event) and not event.amount


def key_of(correction: Adjustment) -> Key:
    """Return the figure that it corrects."""
    if correction.symbol is None:
        return Key(correction.wallet, correction.asset)
    return Key(correction.wallet, correction.symbol, correction.position_side or "both")


def breaks(run: Run) -> list[Item]:
    """Return what of a run may be corrected: unexplained, of a kind that can be, and not corrected yet."""
    return [item for item in run.items if item.is_break and item.kind in CORRECTABLE and item.difference]


def covered(items: Iterable[Item], standing: Iterable[Adjustment]) -> list[Item]:
    """Return holes in the exchange's own ledger; one that opened before its balance was corrected is part of that."""
    last = {key_of(one): one for one in standing if one.symbol is None}
    return [_covered(item, last.get(Key(item.wallet, item.key))) for item in items]


def _covered(item: Item, one: Adjustment | None) -> Item:
    if one is None or (item.clean_ns or 0) > one.time_ns:
        return item
    why = f"{plain(one.amount)} was corrected ({identity(one)})"
    return replace(item, state="explained", hints=(why, *item.hints))


def corrections(
    run: Run, items: Iterable[Item], *, stated_ns: Mapping[ItemKind, int], before: Iterable[Adjustment]
) -> list[Adjustment]:
    """Return the correction of each of these items of a run.

    ``stated_ns`` says when the exchange stated figures of a kind; ``before`` are all earlier corrections of the
    account, spent ones too. The id follows from what is corrected, from both figures and from the correction before
    it, so that the same correction made again is the same fact.
    """
    last: dict[Key, Adjustment] = {}
    for one in sorted(before, key=order_key):
        last[key_of(one)] = one
    return [_correction(run, item, last.get(Key.of(item)), stated_ns[item.kind]) for item in items]


def corrected(run: Run, made: Iterable[Adjustment]) -> Run:
    """Return the run with what was done about each item: the identity of its correction."""
    names = {key_of(one): identity(one) for one in made}
    items = (
        replace(item, corrected=names.get(Key.of(item))) if item.kind in CORRECTABLE else item for item in run.items
    )
    return replace(run, items=tuple(items))


def _correction(run: Run, item: Item, last: Adjustment | None, stated_ns: int) -> Adjustment:
    assert item.local is not None
    assert item.exchange is not None
    assert item.difference is not None
    key = Key.of(item)
    told = [run.account, *item.slot, plain(item.local), plain(item.exchange), identity(last) if last else ""]
    digest = hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]
    symbol = key.name if item.kind == "position" else None
    return Adjustment(
        account=run.account,
        wallet=item.wallet,
        id=f"{_PREFIX}{key}:{digest}",
        time_ns=stated_ns,
        asset=key.name.partition("/")[0],
        amount=item.difference,
        symbol=symbol,
        position_side=key.side if symbol is not None and key.side in ("long", "short") else None,
        reason=f"ledger {plain(item.local)}, exchange {plain(item.exchange)}, unexplained {_when(item)}",
    )


def _when(item: Item) -> str:
    since = "" if item.since_ns is None else format_time(item.since_ns)
    return f"since before {since}" if item.clean_ns is None else f"between {format_time(item.clean_ns)} and {since}"
