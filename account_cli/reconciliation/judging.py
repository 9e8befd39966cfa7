"""What a difference is called depends on whether it lasts: what is on its way is no break, what stays is one.

An exchange shows a fill in one place before it shows it in another, so one reading proves nothing. A difference that
an earlier reading showed too, the same to the last digit and at least ``settle_ns`` before, is a break. One that is
different every time (a busy account) is one when it has not once been zero for ``LAG_NS``.

What the exchange states late is none at all. Where it was seen to be late within the hour, what it told early waits as
long for the fact that it owes: a balance that a stream moves is explained by what REST tells afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from account_cli.domain.times import HOUR
from account_cli.reconciliation.in_flight import LAG_NS, SWEEP_NS
from account_cli.reconciliation.records import Item, Run


def judge(items: Sequence[Item], read_ns: int, before: Iterable[Run], settle_ns: int) -> list[Item]:
    """Return the items with what they are called now; ``before`` are earlier runs of this account, newest first."""
    earlier = [_reading(run) for run in before if run.read_ns is not None and run.read_ns < read_ns]
    recent = [_late(one.items.values(), one.at_ns) for one in earlier if read_ns - one.at_ns < HOUR]
    late_ns = max([_late(items, read_ns), *recent])
    if late_ns > settle_ns:
        settle_ns = late_ns + SWEEP_NS
    return [_judged(item, read_ns, earlier, settle_ns) for item in items]


class _Reading(msgspec.Struct, frozen=True):
    """An earlier run, its differences found by slot; not ``whole`` it is no proof that anything agreed."""

    at_ns: int
    items: Mapping[tuple[str, str, str], Item]
    whole: bool


def _reading(run: Run) -> _Reading:
    assert run.read_ns is not None
    return _Reading(run.read_ns, {item.slot: item for item in run.items if item.lasted}, not run.missing)


def _late(items: Iterable[Item], read_ns: int) -> int:
    """Return by how long at least the exchange was late."""
    return max((read_ns - item.as_of_ns for item in items if item.as_of_ns is not None), default=0)


def _judged(item: Item, read_ns: int, earlier: Sequence[_Reading], settle_ns: int) -> Item:
    if item.state != "pending":
        return item
    since, same_since, clean = read_ns, read_ns, None
    same = True
    for reading in earlier:
        was = reading.items.get(item.slot)
        if was is None or was.difference is None:
            clean = reading.at_ns if was is None and reading.whole else None
            break
        since, clean = was.since_ns or since, was.clean_ns
        same = same and was.difference == item.difference
        if not same:
            break
        same_since = reading.at_ns
    lasts = item.as_of_ns is None and (
        (read_ns - same_since >= settle_ns and same_since < read_ns) or read_ns - since >= max(LAG_NS, settle_ns)
    )
    return replace(item, state="unexplained" if lasts else "pending", since_ns=since, clean_ns=clean)
