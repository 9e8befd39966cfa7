"""What a difference is called depends on whether it lasts: what is on its way is no break, what stays is one.

An exchange shows a fill in one place before it shows it in another, so one reading proves nothing. A difference that
an earlier reading showed too, the same to the last digit and at least ``settle_ns`` before, is a break. One that is
different every time (a busy account) is one when it has not once been zero for ``_LONGEST_NS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from account_cli.domain.times import SECOND
from account_cli.reconciliation.records import Item, Run

_LONGEST_NS = 90 * SECOND
"""As long as the REST answers of an exchange were ever seen to lag behind its stream."""


def judge(items: Sequence[Item], read_ns: int, before: Iterable[Run], settle_ns: int) -> list[Item]:
    """Return the items with what they are called now; ``before`` are earlier runs of this account, newest first."""
    earlier = [run for run in before if run.read_ns is not None and run.read_ns < read_ns]
    return [_judged(item, read_ns, earlier, settle_ns) for item in items]


def _judged(item: Item, read_ns: int, earlier: Sequence[Run], settle_ns: int) -> Item:
    if item.state != "pending":
        return item
    since, same_since, clean = read_ns, read_ns, None
    same = True
    for run in earlier:
        was = next((one for one in run.items if one.slot == item.slot), None)
        if was is None or was.difference is None:
            clean = run.read_ns if was is None and not run.missing else None
            break
        since, clean = was.since_ns or since, was.clean_ns
        same = same and was.difference == item.difference
        if not same:
            break
        same_since = run.read_ns or same_since
    lasts = (read_ns - same_since >= settle_ns and same_since < read_ns) or read_ns - since >= _LONGEST_NS
    return replace(item, state="unexplained" if lasts else "pending", since_ns=since, clean_ns=clean)
