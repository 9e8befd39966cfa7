"""So many fills the exchange has had since it was last asked, and so many are in the journal.

An exchange is asked for that once an hour, and again when something else lasts that does not agree: never in a quiet
cycle. Where a count itself does not agree, the same interval is counted again in those markets, for up to a day: a fill
may have been told after its count, and one that is really missing must not be forgotten by the next hour. What is
counted is old enough for every answer to know of it (``LAG_NS`` and a sweep), and lies where fills are known from one
end to the other. Intervals are open at their beginning and closed at their end, in whole seconds: so Kraken counts
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.times import DAY, HOUR, SECOND, format_time
from account_cli.reconciliation.in_flight import LAG_NS, SWEEP_NS
from account_cli.reconciliation.records import Item, Run

CURSOR = "fills.counted"
"""The cursor that holds what was counted last."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange counted when it was asked at ``at_ns``: by unified symbol, or under "" in all markets at once.

    Without ``counts`` nothing was: an interval begins at ``until_ns``.
    """

    at_ns: int
    since_ns: int
    until_ns: int
    counts: Mapping[str, int] = {}


def last_counted(cursors: Mapping[str, str]) -> Counted | None:
    """Return what was counted last; None when nothing was."""
    told = cursors.get(CURSOR)
    return msgspec.json.decode(told, type=Counted) if told else None


def to_count(before: Counted | None, last: Run | None, now_ns: int, known_from_ns: int) -> Counted | None:
    """Return the interval that is to be counted now; None where none is due.

    Its ``counts`` are of the markets to be asked for again, which did not agree; empty to ask for all. ``last`` is the
    last comparison, ``known_from_ns`` from when on fills are known without a gap.
    """
    until_ns = _second(now_ns - LAG_NS - SWEEP_NS)
    if before is None:
        return Counted(at_ns=now_ns, since_ns=until_ns, until_ns=until_ns)
    looked = last is not None and last.at_ns > before.at_ns
    wrong = [] if last is None else [item for item in last.items if item.state in {"pending", "unexplained"}]
    again = {market: count for market, count in before.counts.items() if _key(before, market) in _fill_keys(wrong)}
    if again and until_ns - before.until_ns < DAY:
        return msgspec.structs.replace(before, at_ns=now_ns, counts=again) if looked else None
    broken = [item for item in wrong if item.state == "unexplained" and item.kind != "fill"]
    since_ns = before.until_ns
    if broken and looked:
        since_ns = min([since_ns, until_ns - HOUR, *(item.clean_ns for item in broken if item.clean_ns is not None)])
    elif 0 <= now_ns - before.at_ns < HOUR:
        return None
    since_ns = _second(max(since_ns, until_ns - DAY, known_from_ns + SECOND))
    return Counted(at_ns=now_ns, since_ns=since_ns, until_ns=until_ns) if since_ns < until_ns else None


def _fill_keys(items: Iterable[Item]) -> set[str]:
    return {item.key for item in items if item.kind == "fill"}


def _key(counted: Counted, market: str) -> str:
    return f"{market} {format_time(counted.since_ns)}/{format_time(counted.until_ns)}".lstrip()


def _second(time_ns: int) -> int:
    return time_ns - time_ns % SECOND


def compare_counts(counted: Counted, fills: Iterable[Fill]) -> list[Item]:
    """Return an item for each market that was counted; ``fills`` are those that are known of the interval."""
    known = Counter(fill.symbol for fill in fills)
    return [
        Item(
            kind="fill",
            wallet="futures" if ":" in symbol else "spot",
            key=_key(counted, symbol),
            local=Decimal(local := known[symbol] if symbol else known.total()),
            exchange=Decimal(count),
            state="clean" if local == count else "pending",
        )
        for symbol, count in sorted(counted.counts.items())
    ]
